"""The images pane: filter box, tree, toggles, count, and what is shown where there is nothing to show."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Literal

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cacheview.layers.nowhere import why_no_layers
from cacheview.ui.filter_box import FilterBox
from cacheview.ui.hairline import Hairline
from cacheview.ui.icons import icon
from cacheview.ui.images.empty import EmptyPage
from cacheview.ui.images.filter import ImageFilter
from cacheview.ui.images.model import NODE_ROLE, Column, ImageTreeModel
from cacheview.ui.images.tree import Forest, Node
from cacheview.ui.images.view import ImageTree
from cacheview.ui.scrolled import Scrolled
from cacheview.ui.theme import GRID, set_font, small_font, strong_font

if TYPE_CHECKING:
    from cacheview.model import Image, ImageStore
    from cacheview.ui.images.marks import Marks
    from cacheview.ui.images.view import Place

__all__ = ["ImagesPane"]

_INTERMEDIATE: Final = "&Intermediate"
_ONLY_CANDIDATES: Final = ("Only can&didates", "Can&didates")
"""And where there is little room."""
_LEAST: Final = 46 * GRID
_LEAST_HEIGHT: Final = 10 * GRID
_EXPAND_ALL: Final = 400
"""Up to so many images the tree begins fully expanded."""


class ImagesPane(QWidget):
    """Lists the images of a store by lineage, with the marks of the current probe.

    Signals:
        image_selected(Image | None): by the person, None for scratch; `reveal` says nothing.
        probe_requested(Image): to ask what the builder asked when it made the image.
        parent_requested(Image | None): to build on it; None for scratch.
        cache_from_requested(Image).
        layer_requested(Image): to see what its layer holds.
        copied(str): what was put on the clipboard, in words.
        choices_changed(): toggles or columns.
    """

    image_selected = Signal(object)
    probe_requested = Signal(object)
    parent_requested = Signal(object)
    cache_from_requested = Signal(object)
    layer_requested = Signal(object)
    copied = Signal(str)
    choices_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store: ImageStore | None = None
        self._total: int | None = None
        self._revealing = False
        self._before_filter: tuple[set[str], str | None] | None = None  # what was expanded, and the current image
        self.model = ImageTreeModel(self)
        self.rows = ImageFilter(self.model, self)
        self.tree = ImageTree(self.rows)
        self._title = QLabel("Images")
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._box = FilterBox("Filter: name, id, instruction", "Filter images by name, id or instruction")
        self._search = self._box.addAction(icon("filter", "text_faint"), QLineEdit.ActionPosition.LeadingPosition)
        self._box.list_asked.connect(self._enter_tree)
        self._title.setBuddy(self._box)
        self._empty = EmptyPage()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.tree)
        self._pages.addWidget(Scrolled(self._empty, _LEAST_HEIGHT))
        self._pages.setMinimumHeight(_LEAST_HEIGHT)
        self._intermediate = QCheckBox(_INTERMEDIATE)
        self._intermediate.setToolTip("Unnamed images that others were built on")
        self._intermediate.setChecked(True)
        self._marked = QCheckBox(_ONLY_CANDIDATES[0])
        self._marked.setAccessibleName(_ONLY_CANDIDATES[0].replace("&", ""))
        self._marked.setToolTip("Only what the probe is compared with: candidates and sources")
        self._count = QLabel()
        self._count.setTextFormat(Qt.TextFormat.PlainText)
        self._lay_out()
        self._set_fonts()
        self._box.textChanged.connect(self._filter)
        self._intermediate.toggled.connect(self._toggle_intermediate)
        self._marked.toggled.connect(self._toggle_marked)
        self._empty.pressed.connect(self.clear_filter)
        self.tree.activated_row.connect(self._activate)
        self.tree.menu_asked.connect(self._open_menu)
        self.tree.columns_changed.connect(self.choices_changed)
        self.tree.current_changed.connect(self._select)
        self.model.marks_changed.connect(self._marks_changed)
        self._show_counts()

    def _lay_out(self) -> None:
        bar = QWidget()
        bar.setMinimumHeight(9 * GRID)  # as high as the heads of the other panes
        head = QHBoxLayout(bar)
        head.setContentsMargins(3 * GRID, GRID, 2 * GRID, GRID)
        head.setSpacing(2 * GRID)
        head.addWidget(self._title)
        head.addWidget(self._box, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(3 * GRID, GRID, 3 * GRID, GRID)
        foot.setSpacing(3 * GRID)
        foot.addWidget(self._intermediate)
        foot.addWidget(self._marked)
        foot.addStretch(1)
        foot.addWidget(self._count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(Hairline())
        layout.addWidget(self._pages, 1)
        layout.addWidget(Hairline())
        layout.addLayout(foot)
        self.setTabOrder(self._box, self.tree)
        self.setTabOrder(self.tree, self._intermediate)
        self.setTabOrder(self._intermediate, self._marked)

    # What is shown

    def prepare(self, forest: Forest) -> bool:
        """Do some of the work that `set_store` with this tree takes. Returns whether there is more to do."""
        return self._intermediate.isChecked() and self.model.prepare(forest)

    def set_store(
        self,
        store: ImageStore | None,
        *,
        keep: bool = False,
        new: Iterable[str] = (),
        forest: Forest | None = None,
        total: int | None = None,
    ) -> None:
        """Show another store.

        Args:
            keep: it is the same store, read again: what is selected, folded up and on screen stays so.
            new: ids of images that are marked as new.
            forest: its tree with all images in it, where it has been made; None: it is made now.
            total: how many images there are, where the store given is only a part.
        """
        if keep and not new and forest is not None and forest is self.model.forest:
            self._total = total
            self._show_counts()
            return
        place = self.tree.place() if keep and self._store is not None else None
        self._store = store
        self._total = total
        self._before_filter = None
        intermediate = self._intermediate.isChecked()
        made = forest if intermediate else None
        self._quietly(lambda: self.model.set_store(store, intermediate=intermediate, new=new, made=made))
        sizes = store is not None and any(image.size is not None for image in store.images)
        self.tree.set_empty_columns(set() if sizes else {Column.SIZE})
        if place is not None:
            self._quietly(lambda: self.tree.restore(place))
        else:
            self._expand(None)
        self._show_counts()

    def restore(self, place: Place) -> None:
        """Be where the person was, without a word, see `ImageTree.place`."""
        self._quietly(lambda: self.tree.restore(place))

    def set_marks(self, marks: Marks | None) -> None:
        """Mark what the probe concerns. Only what is on screen is worked out."""
        self.model.set_marks(marks)

    def reveal(self, image_id: str, *, unhide: bool = True) -> bool:
        """Select an image and bring it on screen, without a word; the empty id means scratch.

        Filters that hide it are taken off, unless ``unhide`` is False. Returns whether it is on screen.
        """
        if self._store is None or (image_id and image_id not in self._store.by_id):
            return False
        self._revealing = True
        try:
            if unhide and not self.model.index_of_image(image_id).isValid():
                self._intermediate.setChecked(True)
            if unhide and not self._row(image_id).isValid():
                self.clear_filter()
            row = self._row(image_id)
            if not row.isValid():
                return False
            self.tree.setCurrentIndex(row)
            self.tree.scrollTo(row)
        finally:
            self._revealing = False
        return True

    def selected(self) -> Image | None:
        """The image of the current row; None for scratch and for no row."""
        node = self.tree.currentIndex().data(NODE_ROLE)
        return node.image if isinstance(node, Node) else None

    def focus_filter(self) -> None:
        self._box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._box.selectAll()

    def clear_filter(self) -> None:
        """Take off what hides rows: the text, and the toggle of candidates."""
        self._marked.setChecked(False)
        self._box.clear()

    @property
    def intermediate(self) -> bool:
        return self._intermediate.isChecked()

    @intermediate.setter
    def intermediate(self, shown: bool) -> None:
        self._intermediate.setChecked(shown)

    def bring_into_sight(self, parent: str, hit: str | None) -> None:
        """Make the parent of the probe the current row, and scroll so that the hit is in sight too, if there is one."""
        self.reveal(parent, unhide=False)
        if hit is not None and (row := self._row(hit)).isValid():
            self.tree.scrollTo(row)

    # Changes

    def _current_id(self) -> str | None:
        """The id of the image of the current row, empty for scratch; None: there is none."""
        node = self.tree.currentIndex().data(NODE_ROLE)
        if not isinstance(node, Node):
            return None
        return node.image.id if node.image is not None else ""

    def _row(self, image_id: str) -> QModelIndex:
        return self.tree.row_of_image(image_id)

    def _expand(self, ids: set[str] | None) -> None:
        if ids is not None:
            self.tree.expand_ids(ids)
        elif self.rows.is_active or len(self.model.forest.nodes) <= _EXPAND_ALL:
            self.tree.expandAll()
        else:
            self.tree.expand_top()

    def _filter(self, text: str) -> None:
        if self._before_filter is None and not self.rows.is_active:
            self._before_filter = (self.tree.expanded_ids(), self._current_id())
        self._refilter(lambda: self.rows.set_text(text))

    def _toggle_marked(self, only: bool) -> None:
        if self._before_filter is None and not self.rows.is_active:
            self._before_filter = (self.tree.expanded_ids(), self._current_id())
        self._refilter(lambda: self.rows.set_only_marked(only))
        self.choices_changed.emit()

    def _refilter(self, change: Callable[[], object]) -> None:
        self.tree.setUpdatesEnabled(False)
        # With all folded up, rows come and go without the tree being laid out for each change.
        self.tree.collapseAll()
        self._quietly(change)
        self._quietly(lambda: self.tree.set_filtered(self.rows.is_active))
        if self.rows.is_active:
            self.tree.expandAll()
        elif self._before_filter is not None:
            expanded, current = self._before_filter
            self._before_filter = None
            self.tree.expand_ids(expanded)
            if current is not None and not self.tree.currentIndex().isValid():
                self._quietly(lambda: self.tree.setCurrentIndex(self._row(current)))
        self.tree.setUpdatesEnabled(True)
        if self.tree.currentIndex().isValid():
            self.tree.scrollTo(self.tree.currentIndex())
        self._show_counts()

    def _toggle_intermediate(self, shown: bool) -> None:
        current = self.selected()
        expanded = self.tree.expanded_ids()
        marks = self.model.marks
        # What hangs on images that now appear was visible, and stays so.
        self._quietly(lambda: self.model.set_store(self._store, intermediate=shown))
        self.model.set_marks(marks)
        self._expand(None if self.rows.is_active or len(self.model.forest.nodes) <= _EXPAND_ALL else expanded)
        if current is not None and self._row(current.id).isValid():
            self._quietly(lambda: self.tree.setCurrentIndex(self._row(current.id)))
        self._show_counts()
        self.choices_changed.emit()

    def _quietly(self, change: Callable[[], object]) -> None:
        """Do something that may move the current row, which nobody asked for."""
        before, self._revealing = self._revealing, True
        try:
            change()
        finally:
            self._revealing = before

    def _marks_changed(self) -> None:
        self.tree.update_rows(self._looks_different)
        if self._marked.isChecked():
            self.tree.expandAll()
            self._show_counts()

    def _looks_different(self, row: QModelIndex) -> bool:
        """Whether the marks of a row are others than before."""
        node = row.data(NODE_ROLE)
        return isinstance(node, Node) and self.model.has_other_marks(node)

    def _show_counts(self) -> None:
        """Count, and say why where there is nothing."""
        there = len(self._store.images) if self._store is not None else 0
        total = there if self._total is None else self._total
        shown = self.rows.matching_count if self.rows.is_active else there - self.model.forest.hidden
        what = "image" if total == 1 else "images"
        self._count.setText(f"{total:,} {what}" if shown == total else f"{shown:,} of {total:,} {what}")
        self._fit()
        if total and (shown or not self.rows.is_active):
            self._pages.setCurrentWidget(self.tree)
            return
        if self._store is None:
            self._empty.show_text("No store is open", "")
        elif not total:
            self._empty.show_text("This store has no images", "Build, pull or load one, then reload.")
        elif self._box.text().strip():
            text = self._box.text().strip()
            self._empty.show_text(f"Nothing matches “{text[:60]}”", "Names, ids and instructions are searched.",
                                  "Clear filter")  # fmt: skip
        else:
            self._empty.show_text("No image concerns this probe", "It has neither candidates nor sources.",
                                  "Show all images")  # fmt: skip
        self._pages.setCurrentIndex(1)

    # What the person does

    def _select(self, current: QModelIndex) -> None:
        node = current.data(NODE_ROLE)
        if not self._revealing and isinstance(node, Node):
            self.image_selected.emit(node.image)

    def _activate(self, row: QModelIndex) -> None:
        node = row.siblingAtColumn(0).data(NODE_ROLE)
        if isinstance(node, Node):
            if node.image is None:
                self.parent_requested.emit(None)
            else:
                self.probe_requested.emit(node.image)

    def menu_for(self, image: Image | None) -> QMenu:
        """What can be done with an image; None: with scratch."""
        menu = QMenu(self)
        if image is not None:
            probe = _item(menu, "&Ask what its builder asked", lambda: self.probe_requested.emit(image))
            menu.setDefaultAction(probe)
        _item(menu, "Use as pa&rent", lambda: self.parent_requested.emit(image))
        if image is not None:
            _item(menu, "Add to cache &from", lambda: self.cache_from_requested.emit(image))
            why = why_no_layers(self._store) if self._store is not None else ""
            layer = _item(menu, "Files of this &layer", lambda: self.layer_requested.emit(image))
            if why:
                layer.setText(f"{layer.text()} ({why})")
                layer.setEnabled(False)
            menu.addSeparator()
            _item(menu, "Copy &id", lambda: self._copy(image.id, "id"))
            if image.names:
                what = "name" if len(image.names) == 1 else "names"
                _item(menu, f"Copy &{what}", lambda: self._copy("\n".join(image.names), what))
            _item(menu, "Copy &text", lambda: self._copy(_image_text(image, "text"), "image as text"))
            _item(menu, "Copy &Markdown", lambda: self._copy(_image_text(image, "markdown"), "image as Markdown"))
            _item(menu, "Copy &JSON", lambda: self._copy(image_json(image), "JSON of the image"))
        return menu

    def _open_menu(self, row: QModelIndex, where: QPoint) -> None:
        node = row.data(NODE_ROLE)
        if isinstance(node, Node):
            menu = self.menu_for(node.image)
            menu.exec(where)
            menu.deleteLater()

    def _copy(self, text: str, what: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(what)

    def _enter_tree(self) -> None:
        self.tree.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.tree.currentIndex().isValid():
            self.tree.setCurrentIndex(self.tree.model().index(0, 0))

    def _fit(self) -> None:
        """The count goes where there is no room for it beside what can be chosen, then words: nothing is cut off."""
        texts = QFontMetrics(self._count.font()).horizontalAdvance(self._count.text()) + 3 * GRID
        needed = [self._foot_width(text) for text in _ONLY_CANDIDATES]
        self._count.setVisible(needed[0] + texts <= self.width())
        text = _ONLY_CANDIDATES[0 if needed[0] <= self.width() else 1]
        if self._marked.text() != text:
            self._marked.setText(text)

    def _foot_width(self, only: str) -> int:
        """What the foot takes with these words and without the count."""
        boxes = 2 * self._marked.sizeHint().width() - 2 * self._measure(self._marked.text())
        return boxes + self._measure(_INTERMEDIATE) + self._measure(only) + 9 * GRID

    def _measure(self, text: str) -> int:
        return QFontMetrics(self._marked.font()).horizontalAdvance(text.replace("&", ""))

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        return QSize(max(_LEAST, self._foot_width(_ONLY_CANDIDATES[-1])), least.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._search.setIcon(icon("filter", "text_faint"))
        elif event.type() is QEvent.Type.FontChange:
            self._set_fonts()

    def _set_fonts(self) -> None:
        set_font(self._title, strong_font)
        for small in (self._intermediate, self._marked, self._count):
            set_font(small, small_font)


def image_json(image: Image) -> str:
    """An image as JSON, without what it does not say."""
    return image.model_dump_json(indent=2, exclude_defaults=True)


def _image_text(image: Image, form: Literal["text", "markdown"]) -> str:
    from cacheview import report  # not needed before somebody copies

    return report.image_as_text(image) if form == "text" else report.image_as_markdown(image)


def _item(menu: QMenu, text: str, do: Callable[[], object]) -> QAction:
    action = menu.addAction(text)
    action.triggered.connect(do)
    return action
