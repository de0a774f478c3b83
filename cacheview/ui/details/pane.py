"""The pane with everything known about the image selected in the tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QListView, QPlainTextEdit, QSplitter, QTableView, QWidget

from cacheview.report.forms import joined
from cacheview.report.images import image_as_json
from cacheview.ui.details.head import DetailsHead
from cacheview.ui.details.model import DetailsColumn, DetailsModel, TitlesModel
from cacheview.ui.details.sections import DetailsRow, as_lines, sections_of
from cacheview.ui.dock_pane import DockPane
from cacheview.ui.loading import Loader, Report
from cacheview.ui.plain import one_line, visible
from cacheview.ui.theme import GRID, icon_size, mono_font, plain_font, set_font
from cacheview.ui.words_table import WordsDelegate, WordsTable
from cacheview.visible import visible_lines
from cacheview.wording import counted

if TYPE_CHECKING:
    from cacheview.model import Image
    from cacheview.ui.session import Session
from cacheview.ui.two_panes import is_tall

__all__ = ["DetailsPane"]

_SPLITTER_SIZES: Final = (200, 720, 446)
_MAX_CHARACTERS: Final = 10_000
"""The maximum number of characters shown of a value. When it is copied, all are copied."""
_MIN_WIDTH: Final = 12 * GRID


class DetailsPane(DockPane[DetailsHead]):
    """Shows the image passed to `show_image`, and updates it when the store is read again.

    Signals: ``image_activated(str)``: the user wants to see the image with this id.
    """

    image_activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(DetailsHead(), parent)
        self._session: Session | None = None
        self._image: Image | None = None
        self._copier = Loader(self)
        self._copier.succeeded.connect(lambda copied: self._copy_to_clipboard(*copied))
        self.model = DetailsModel(self)
        self.titles_model = TitlesModel(self)
        self.rows = self._make_rows()
        self.titles = self._make_titles()
        self.value = self._make_value()
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        for widget, stretch in ((self.titles, 0), (self.rows, 3), (self.value, 2)):
            self._splitter.addWidget(widget)
            self._splitter.setStretchFactor(self._splitter.indexOf(widget), stretch)
        self._splitter.setSizes(list(_SPLITTER_SIZES))
        self._lay_out(self._splitter)
        self.head.text_requested.connect(self.copy_text)
        self.head.json_requested.connect(self.copy_json)
        self._show_nothing()

    def _make_rows(self) -> WordsTable:
        table = WordsTable("Image details")
        table.setModel(self.model)
        table.setWordWrap(False)
        table.horizontalHeader().hide()
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.set_widths({DetailsColumn.NAME: 18})
        # All rows have the same height, which is not measured: there may be 10,000.
        table.verticalHeader().setDefaultSectionSize(icon_size() + 3 * GRID)
        table.verticalHeader().setSectionResizeMode(table.verticalHeader().ResizeMode.Fixed)
        table.selectionModel().currentRowChanged.connect(self._show_row)
        table.entered_row.connect(self._enter)
        table.doubleClicked.connect(self._enter)
        table.copy_requested.connect(self._copy_row)
        return table

    def _make_titles(self) -> QListView:
        view = QListView()
        view.setModel(self.titles_model)
        view.setAccessibleName("Sections")
        view.setItemDelegate(WordsDelegate(view))
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.setUniformItemSizes(True)
        view.setMinimumWidth(_MIN_WIDTH)
        view.clicked.connect(self._go_to_section)
        view.activated.connect(self._enter_section)
        view.selectionModel().currentRowChanged.connect(self._go_to_section)
        return view

    def _make_value(self) -> QPlainTextEdit:
        edit = QPlainTextEdit()
        edit.setReadOnly(True)
        edit.setTabChangesFocus(True)
        edit.setFrameShape(QFrame.Shape.NoFrame)
        edit.setAccessibleName("Full value")
        edit.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByKeyboard | Qt.TextInteractionFlag.TextSelectableByMouse
        )
        edit.setMinimumSize(_MIN_WIDTH, _MIN_WIDTH)
        set_font(edit, mono_font)
        return edit

    # The interface of a dock's pane

    def attach(self, session: Session) -> None:
        if session is not self._session:
            self._session = session
            session.rules_changed.connect(self._show_again)
            session.store_changed.connect(self._show_again)

    def _content_focus(self) -> QWidget:
        return self.rows

    def stop(self) -> None:
        self._copier.close()

    # Content

    @property
    def image(self) -> Image | None:
        """The current image; None if there is none."""
        return self._image

    def show_image(self, image: Image | None) -> None:
        """Show an image; None: scratch, or none is selected. A hidden pane shows the image later."""
        self._image = image
        if self.isVisible():
            self._show()

    def _show_again(self) -> None:
        """Update the image, since the store or the rules have changed."""
        if self._image is None or self._session is None:
            return
        image, supposed = self._session.store.by_id.get(self._image.id), self._session.supposed
        if image is None and supposed is not None:  # the tree strikes it through
            image = supposed.before.by_id.get(self._image.id)
        self.show_image(image)

    def _show(self) -> None:
        image, session = self._image, self._session
        if image is None or session is None:
            self._show_nothing()
            return
        place = self._place()
        sections = sections_of(image, session.store, session.cache.rules)
        self.model.set_sections(sections)
        self.titles_model.set_sections(sections)
        self.head.show_text(one_line(f"{image.title}  {image.instruction}"))
        self._enable(True)
        self._content.show_content()
        self._go_back(place)

    def _show_nothing(self) -> None:
        self.model.set_sections(())
        self.titles_model.set_sections(())
        self.value.clear()
        self.head.show_text("")
        self._enable(False)
        self._content.show_text("No image is selected", "Select an image in the tree to see its details.")

    def _enable(self, enabled: bool) -> None:
        for button in (self.head.text_button, self.head.json_button):
            button.setEnabled(enabled)

    def _place(self) -> tuple[str, int]:
        """Return the title of the section that the user is in, and how many rows below the title the user is."""
        row = self.rows.currentIndex().row()
        section = self.model.section_at(row)
        if section < 0:
            return "", 0
        return self.model.sections[section].title, row - self.model.title_of(section)

    def _go_back(self, place: tuple[str, int]) -> None:
        """Restore the position when another image is shown, so that the user continues at the same kind of detail."""
        title, below = place
        sections = self.model.sections
        number = next((number for number, section in enumerate(sections) if section.title == title), 0)
        if not title or sections[number].title != title:
            below = 1
        row = self.model.title_of(number) + min(below, len(sections[number].rows))
        self.rows.setCurrentIndex(self.model.index(row, 0))
        if number:
            top = self.model.index(self.model.title_of(number), 0)
            self.rows.scrollTo(top, QTableView.ScrollHint.PositionAtTop)
            self.rows.scrollTo(self.rows.currentIndex())
        else:
            self.rows.scrollToTop()

    def _show_row(self, current: QModelIndex) -> None:
        row = self.model.row(current.row())
        text = row.value if row is not None else ""
        hidden = len(text) - _MAX_CHARACTERS
        shown = "\n".join(map(visible, text[:_MAX_CHARACTERS].split("\n")))
        set_font(self.value, mono_font if row is None or row.is_exact else plain_font)
        self.value.setPlainText(
            f"{shown}\n… and {counted(hidden, 'more character')}. Copy the row to get the full value."
            if hidden > 0
            else shown
        )
        section = self.model.section_at(current.row())
        self._quietly(lambda: self.titles.setCurrentIndex(self.titles_model.index(section, 0)))

    # User actions

    def _quietly(self, change: Callable[[], object]) -> None:
        """Move in the list of sections without treating this as a user action."""
        model = self.titles.selectionModel()
        was_blocked = model.blockSignals(True)
        change()
        model.blockSignals(was_blocked)
        self.titles.viewport().update()

    def _go_to_section(self, index: QModelIndex) -> None:
        if not index.isValid() or index.row() >= len(self.model.sections):
            return
        top = self.model.index(self.model.title_of(index.row()), 0)
        self.rows.setCurrentIndex(top.siblingAtRow(top.row() + 1))
        self.rows.scrollTo(top, QTableView.ScrollHint.PositionAtTop)

    def _enter_section(self, index: QModelIndex) -> None:
        self._go_to_section(index)
        self.rows.setFocus(Qt.FocusReason.OtherFocusReason)

    def _enter(self, index: QModelIndex) -> None:
        row = self.model.row(index.row())
        if row is not None and row.image:
            self.image_activated.emit(row.image)

    def _copy_row(self) -> None:
        row = self.model.row(self.rows.currentIndex().row())
        if row is not None:
            self._write(lambda: (_all_of(row), "the value"))

    def copy_text(self) -> None:
        """Copy all details as text."""
        sections = self.model.sections
        self._write(lambda: (joined(as_lines(sections)), "the details as text"))

    def copy_json(self) -> None:
        """Copy the image as JSON."""
        image = self._image
        if image is not None:
            self._write(lambda: (image_as_json(image), "JSON for the image"))

    def _write(self, make: Callable[[], tuple[str, str]]) -> None:
        """Create the text in another thread, since it may be several megabytes, then copy it."""

        def work(report: Report) -> object:
            report(0, None, "Copying")
            return make()

        self._copier.start(work)

    # Events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        below = is_tall(self.size())
        orientation = Qt.Orientation.Vertical if below else Qt.Orientation.Horizontal
        if orientation is not self._splitter.orientation():
            self._splitter.setOrientation(orientation)
            self._splitter.setSizes(list(_SPLITTER_SIZES))
        self.titles.setVisible(not below)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            self.model.update_look()
            self.rows.verticalHeader().setDefaultSectionSize(icon_size() + 3 * GRID)


def _all_of(row: DetailsRow) -> str:
    return visible_lines(row.value)
