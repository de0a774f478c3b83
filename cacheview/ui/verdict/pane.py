"""The verdict pane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from cacheview.cases import Daemon
from cacheview.engine import Check, Explanation
from cacheview.ui.busy_timer import FURTHER_BUSY_AFTER_MS, BusyTimer
from cacheview.ui.hairline import Hairline
from cacheview.ui.images.empty import EmptyPage
from cacheview.ui.plain import one_line
from cacheview.ui.scrolled import Scrolled
from cacheview.ui.selected_item import SelectedItem
from cacheview.ui.selection import SelectionRelation
from cacheview.ui.theme import GRID
from cacheview.ui.verdict.banner import Banner
from cacheview.ui.verdict.copying import explanation_as
from cacheview.ui.verdict.detail import CheckDetail
from cacheview.ui.verdict.hazards import HazardList
from cacheview.ui.verdict.head import VerdictHead
from cacheview.ui.verdict.listing import MAX_SUBJECTS, ListedSubjects
from cacheview.ui.verdict.model import TraceModel
from cacheview.ui.verdict.navigation import Navigation
from cacheview.ui.verdict.row_menu import TraceMenu
from cacheview.ui.verdict.rows import MoreRow
from cacheview.ui.verdict.subject import SubjectLine
from cacheview.ui.verdict.values import field_path
from cacheview.ui.verdict.view import TraceView

__all__ = ["VerdictPane"]

_MIN_ROWS_WITH_VALUES: Final = 5
"""The number of trace rows that must stay visible for the full values to be shown below them."""
_MIN_ROWS: Final = 3
"""The number of trace rows that are always visible, even in a pane so short that it scrolls."""
_LOW_PANE_LINES: Final = 27
"""The pane's height, in lines of text, below which the banner hides what the trace shows too."""
_MIN_WIDTH_CHARACTERS: Final = 36
"""The minimum width in average characters of the font."""
_MIN_HEIGHT: Final = 20 * GRID
"""The minimum height below the header. If there is less space, the pane scrolls."""


class VerdictPane(QWidget):
    """Shows the cache's answer and the reason for it. It contains no rules: all content is from the explanation.

    Signals:
        edit_requested(ProbeEdit): the user wants to change the probe.
        field_activated(str): the user moved to the check of a field or element (``Env[1]``).
        field_entered(str): the user pressed Enter on one, to edit it.
        image_activated(str): the user moved to a candidate or source with this id, or a check of one.
        back_requested(): the user wants to restore the probe of the selected item.
        files_requested(): the user wants to see which files of a ``COPY`` or ``ADD`` differ.
        copied(str): what was put on the clipboard, in words.

    `reveal_field` and `reveal_image` do not emit ``field_activated`` and ``image_activated``.
    """

    edit_requested = Signal(object)
    field_activated = Signal(str)
    field_entered = Signal(str)
    image_activated = Signal(str)
    back_requested = Signal()
    files_requested = Signal()
    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, later: bool = False) -> None:
        """Create the pane. ``later``: its content is created later, by `fill`."""
        super().__init__(parent)
        self.daemon: Callable[[], Daemon | None] = lambda: None
        """Returns the daemon whose answer is shown. The owner of the pane sets it."""
        if not later:
            self.fill()

    def fill(self) -> None:
        """Create the content, once."""
        self.trace = TraceModel(self)
        self._pages = QStackedWidget(self)
        page = QWidget()
        self._scrolled = Scrolled(page, _MIN_HEIGHT, self._pages)
        self.subject = SubjectLine(page)
        self.banner = Banner(page)
        self.hazards = HazardList(page)
        self.splitter = QSplitter(Qt.Orientation.Vertical, page)
        self.view = TraceView(self.trace, self.splitter)
        self.detail = CheckDetail(self.splitter)
        self.row_menu = TraceMenu(self.view, self.trace, self)
        self.navigation = Navigation(self.view, self.trace, self)
        self._shown = False
        self._selected: SelectedItem | None = None
        self._detail_height: int | None = None  # 0: the user hid it; None: the user has not set it
        self._rows_height = 0
        self._pending_copy = ""  # the format to copy once the explanation is complete
        self._is_late = False
        self._late = BusyTimer(self, FURTHER_BUSY_AFTER_MS)
        self._late.timeout.connect(self._show_pending)
        self._lay_out(page)
        self._connect()
        self.show_nothing("Nothing to explain yet", "Open a store to see how its cache would answer.")

    # The interface for the window

    def show_explanation(
        self,
        explanation: Explanation,
        selected: SelectedItem | None = None,
        relation: SelectionRelation = SelectionRelation.OWN,
    ) -> None:
        """Show an answer to the same or another probe. For the same store, rows keep their place.

        Args:
            selected: the selected item.
            relation: the relation of this answer to it.
        """
        before = self.trace.explanation
        is_other = selected != self._selected
        if is_other or before is None or before.trace.probe.parent != explanation.trace.probe.parent:
            self.banner.forget_height()  # another step: nothing is being typed
        self._selected = selected
        with self.navigation.quietly():
            place = self.navigation.place_of(self.view.currentIndex())
            in_place = self.trace.show(explanation)
            if in_place and place is not None:
                self.navigation.restore(place)
        self.subject.show_selected(selected, relation)
        self.banner.show_explanation(explanation, selected if relation is SelectionRelation.OWN else None)
        self._pages.setCurrentIndex(1)
        self.head.order_button.setEnabled(len(explanation.trace.index) > 1)
        self.head.show_button.setEnabled(True)
        self._pending_copy = ""
        self._show_further(explanation)
        self._fit()
        if in_place:
            self.navigation.follow()
        else:
            self.navigation.start()
        self._show_detail()

    def show_further(self) -> None:
        """Show the smallest edit and the hazards, which have been found by now."""
        explanation = self.trace.explanation
        if explanation is None:
            return
        self._show_further(explanation)
        self._fit()
        if self._pending_copy and explanation.further.is_found:
            self.copy_explanation(self._pending_copy)

    def _show_further(self, explanation: Explanation) -> None:
        if explanation.further.is_found:
            self._late.stop()
            self._is_late = False
            self.banner.show_edit(explanation)
            self.hazards.show_hazards(explanation.hazards, explanation.doubt_counts)
            return
        if self._shown and not self._is_late and not self._late.isActive():
            self._late.start()
        self.banner.await_edit(explanation, is_late=self._is_late)
        self.hazards.show_hazards(() if self._is_late else self.hazards.hazards, explanation.doubt_counts)

    def _show_pending(self) -> None:
        """Show that the edit and the hazards are pending. Until now, the previous ones were shown."""
        self._is_late = True
        self.show_further()

    def show_delayed(self) -> None:
        """Show that a new answer is pending. The previous trace stays until then."""
        if self.trace.explanation is not None:
            self._late.stop()
            self._pending_copy = ""
            self.banner.show_delayed()
            self._fit()

    def show_nothing(self, text: str, hint: str) -> None:
        """Show that there is nothing to explain, and what to do."""
        self._late.stop()
        with self.navigation.quietly():
            self.trace.show(None)
        self._empty.show_text(text, hint)
        self._pages.setCurrentIndex(0)
        self.head.order_button.setEnabled(False)
        self.head.show_button.setEnabled(False)

    @property
    def nothing(self) -> tuple[str, str]:
        """The text shown instead of an explanation, and its hint; empty while an explanation is shown."""
        return self._empty.words if self.trace.explanation is None else ("", "")

    def reveal_field(self, path: str) -> bool:
        """Select the check of a field or element, in the current or nearest subject."""
        result = self.navigation.reveal_field(path)
        self._show_detail()
        return result

    def reveal_image(self, image_id: str) -> bool:
        """Select a candidate or source. Returns whether the image is one."""
        result = self.navigation.reveal_image(image_id)
        self._show_detail()
        return result

    def show_differences_only(self, only: bool) -> None:
        """Fold checks that are not a difference, or list everything."""
        self.head.show_differences_only(only)
        with self.navigation.quietly():
            place = self.navigation.place_of(self.view.currentIndex())
            self.trace.set_folded(only)
            if place is not None:
                self.navigation.restore(place)
        if self.trace.explanation is not None:
            self.navigation.show_deciding()
            self._show_detail()

    def show_nearest_first(self, nearest: bool) -> None:
        """Sort the candidates: nearest first, or in the daemon's order."""
        self.head.show_nearest_first(nearest)
        with self.navigation.quietly():
            self.trace.set_nearest_first(nearest)
        if self.trace.explanation is not None:
            self.navigation.show_deciding()

    # Layout

    def _lay_out(self, page: QWidget) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.head = VerdictHead(self)
        layout.addWidget(self.head)
        self._empty = EmptyPage()
        self._pages.addWidget(Scrolled(self._empty, _MIN_HEIGHT, self._pages))
        self._pages.addWidget(self._scrolled)
        self._pages.raise_()  # also after the head for a screen reader
        layout.addWidget(self._pages, 1)
        self._lay_out_page(page)

    def _lay_out_page(self, page: QWidget) -> None:
        self._top = QVBoxLayout()
        self._top.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        self._top.setSpacing(2 * GRID)
        self._top.addWidget(self.subject)
        self._top.addWidget(self.banner)
        self._top.addWidget(self.hazards)
        self.splitter.setHandleWidth(1)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        self.splitter.setCollapsible(0, False)
        self._page_layout = layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._top)
        layout.addWidget(Hairline(parent=page))
        layout.addWidget(self.splitter, 1)

    def _fit(self) -> None:
        """Set the heights of the banner and hazards now, so that the scroll position stays valid."""
        if self.trace.explanation is None or not self._shown:
            return  # `showEvent` does it
        is_low = self.height() < _LOW_PANE_LINES * self.fontMetrics().height()
        self._top.setContentsMargins(*([GRID if is_low else 3 * GRID] * 4))
        self.banner.set_brief(is_low)
        self.banner.keep_height()
        self.hazards.fit_into(self.width() - 6 * GRID, self.height())
        self.view.setMinimumHeight(self.view.header().sizeHint().height() + _MIN_ROWS * self._row_height)
        self.detail.setVisible(self._has_room_for_detail())
        self._page_layout.activate()
        self._scrolled.fit()
        self._page_layout.activate()
        self._share()
        self._keep_in_sight()

    def _share(self) -> None:
        """Divide the height between the trace and the values."""
        if not self._shown or self._detail_height == 0 or self.detail.isHidden():
            return
        header = self.view.header().height()
        room = self.splitter.height() - self.splitter.handleWidth() - header - _MIN_ROWS_WITH_VALUES * self._row_height
        usual = self.detail.usual_height()
        height = min(self._detail_height or usual, room) if room >= usual else self.detail.least_height()
        if self.splitter.sizes()[1] != height:
            self.splitter.setSizes([self.splitter.height() - self.splitter.handleWidth() - height, height])

    def _has_room_for_detail(self) -> bool:
        """Whether the full values fit below the banner and the trace at its minimum height, without scrolling."""
        top = self._top.totalHeightForWidth(self._scrolled.width())
        return self._scrolled.height() >= top + self.view.minimumHeight() + self.detail.least_height() + GRID

    @property
    def _row_height(self) -> int:
        return max(self.view.fontMetrics().height() + GRID, self.view.sizeHintForRow(0))

    def _keep_in_sight(self) -> None:
        """If the trace has become less tall, keep the current row, or else the deciding one, visible."""
        before, self._rows_height = self._rows_height, self.view.viewport().height()
        if self._rows_height >= before:
            return
        index = self.view.currentIndex()
        place = self.view.visualRect(index if index.isValid() else self.navigation.deciding_index())
        if place.isValid() and place.top() >= 0 and self._rows_height <= place.bottom() < before:
            self.view.scrollTo(index if index.isValid() else self.navigation.deciding_index())

    def _person_shared(self) -> None:
        self._detail_height = self.splitter.sizes()[1]

    def minimumSizeHint(self) -> QSize:
        """Return a size whose width does not depend on the content, so that an edit moves no pane."""
        if self.layout() is None:
            return super().minimumSizeHint()  # not filled yet
        width = max(_MIN_WIDTH_CHARACTERS * self.fontMetrics().averageCharWidth(), self.head.minimumSizeHint().width())
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._shown = True
        self._fit()
        if self.trace.explanation is not None:
            self.navigation.show_deciding()

    # User actions

    def _connect(self) -> None:
        self.head.differences_chosen.connect(self.show_differences_only)
        self.head.nearest_chosen.connect(self.show_nearest_first)
        self.splitter.splitterMoved.connect(lambda *_: self._person_shared())
        self.banner.edit_requested.connect(self._ask_smallest_edit)
        self.banner.files_requested.connect(self.files_requested)
        self.banner.copy_requested.connect(self.copy_explanation)
        self.subject.back_requested.connect(self.back_requested)
        self.row_menu.edit_requested.connect(self.edit_requested)
        self.row_menu.copied.connect(self.copied)
        self.view.entered_row.connect(self._enter)
        self.view.doubleClicked.connect(self._list_all)
        self.navigation.moved.connect(self._moved)
        self.detail.take_requested.connect(lambda: self.row_menu.use_value(self._detail_index()))
        self.detail.copy_requested.connect(lambda: self.row_menu.copy_row(self._detail_index(), "text"))

    def _ask_smallest_edit(self) -> None:
        explanation = self.trace.explanation
        if explanation is not None and explanation.further.is_found and explanation.edit is not None:
            self.edit_requested.emit(explanation.edit)

    def _moved(self, index: QModelIndex) -> None:
        self._show_detail()
        self._activate(index)

    def _enter(self, index: QModelIndex) -> None:
        self._activate(index)
        item = self.trace.item(index)
        if isinstance(item, Check) and field_path(item):
            self.field_entered.emit(field_path(item))
        self._list_all(index)

    def _list_all(self, index: QModelIndex) -> None:
        item = self.trace.item(index)
        if isinstance(item, MoreRow):
            self.trace.list_subjects(item.kind, ListedSubjects(MAX_SUBJECTS))

    def _activate(self, index: QModelIndex) -> None:
        item = self.trace.item(index)
        subject = self.trace.subject_of(index)
        if subject is not None:
            self.image_activated.emit(subject.image.id)
        elif isinstance(item, Check) and item.field == "cache_from" and isinstance(item.image, str):
            self.image_activated.emit(item.image)
        if isinstance(item, Check) and field_path(item):
            self.field_activated.emit(field_path(item))

    def _detail_index(self) -> QModelIndex:
        """Return the selected check, or else the deciding one."""
        current = self.view.currentIndex().siblingAtColumn(0)
        if isinstance(self.trace.item(current), Check):
            return current
        return self.navigation.deciding_index()

    def _show_detail(self) -> None:
        index = self._detail_index()
        check = self.trace.item(index)
        subject = self.trace.subject_of(index)
        whose = f"{subject.role} {subject.image.title}" if subject is not None else ""
        self.detail.show_check(
            check if isinstance(check, Check) else None,
            one_line(whose),
            can_take=self.row_menu.edit_of(index) is not None,
        )

    # Copying

    def copy_explanation(self, form: str) -> None:
        """Copy the explanation in one of `FORMATS`, once it is complete."""
        explanation = self.trace.explanation
        if explanation is not None and not explanation.further.is_found:
            self._pending_copy = form
        elif explanation is not None:
            self._pending_copy = ""
            QGuiApplication.clipboard().setText(explanation_as(explanation, form, self.daemon()))
            self.copied.emit(f"the verdict as {form}")
