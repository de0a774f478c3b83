"""The pane that shows where two builds first differ and why, their steps, and how the selected step differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QTableView, QVBoxLayout, QWidget

from cacheview.model import DataError
from cacheview.ui.diff.choices import BuildChoice
from cacheview.ui.diff.head import DiffHead
from cacheview.ui.diff.model import DiffColumn, DiffModel
from cacheview.ui.dock_pane import DockPane
from cacheview.ui.loading import Loader, Report
from cacheview.ui.plain import one_line, visible
from cacheview.ui.theme import GRID, icon_size, plain_font, set_font, small_font, strong_font
from cacheview.ui.two_panes import TwoPaneSplitter
from cacheview.ui.verdict.labels import ElidedLabel, WrappedText
from cacheview.ui.words_table import WordsTable

if TYPE_CHECKING:
    from cacheview.diff.compare import BuildDiff
    from cacheview.ui.session import Session

__all__ = ["DiffPane"]

_HINT: Final = "Choose two records, build contexts or watched builds to see where they first differ and why."
_BUTTON: Final = "Choose builds…"
_EVENTS_SECONDS: Final = 20.0  # seconds to wait for the engine's past events


class DiffPane(DockPane[DiffHead]):
    """Compares builds off the UI thread.

    Signals:
        choose_requested(): the user wants to choose the builds.
        settled(): a comparison is shown, or the reason why there is none.
    """

    choose_requested = Signal()
    settled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(DiffHead(), parent)
        self.session: Session | None = None
        self.diff: BuildDiff | None = None
        self.choices: tuple[BuildChoice, BuildChoice] | None = None
        self._loader = Loader(self)
        self._loader.progressed.connect(lambda _done, _total, what: self.head.show_text(f"{what}…"))
        self._loader.succeeded.connect(self._show)
        self._loader.failed.connect(self._fail)
        self._remembering = Loader(self)
        self._remembering.succeeded.connect(self._explain)
        self._remembering.failed.connect(self._not_remembered)
        self.head.choose_requested.connect(self.choose_requested)
        self.head.swap_requested.connect(self._swap)
        self.head.copy_requested.connect(self._copy)
        self.answer = WrappedText(strong_font)
        self.loss = WrappedText(plain_font)
        self.sides = (ElidedLabel(small_font, "text_muted"), ElidedLabel(small_font, "text_muted"))
        self.model = DiffModel(self)
        self.table = self._make_table()
        self._make_detail()
        self._lay_out(self._content_widget())
        self._content.pressed.connect(self.choose_requested)
        self._enable()
        self._content.show_text("No builds compared yet", _HINT, _BUTTON)

    def _make_table(self) -> WordsTable:
        table = WordsTable("Steps of both builds")
        table.setModel(self.model)
        table.setWordWrap(False)
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.set_widths({DiffColumn.ANSWER_A: 12, DiffColumn.ANSWER_B: 12})
        table.verticalHeader().setDefaultSectionSize(icon_size() + 3 * GRID)
        table.selectionModel().currentRowChanged.connect(lambda *_: self._show_detail())
        table.entered_row.connect(lambda _: self.detail.setFocus(Qt.FocusReason.OtherFocusReason))
        table.copy_requested.connect(self._copy_row)
        return table

    def _make_detail(self) -> None:
        self.words = WrappedText(plain_font)
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.addWidget(self.words)
        layout.addStretch(1)
        self.detail = _Detail(inner)

    def _content_widget(self) -> QWidget:
        head = QWidget()
        above = QVBoxLayout(head)
        above.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        above.setSpacing(GRID)
        for label in (self.answer, self.loss):
            above.addWidget(label)
        side_lines = QHBoxLayout()
        side_lines.setSpacing(4 * GRID)
        for line in self.sides:
            side_lines.addWidget(line, 1)
        above.addLayout(side_lines)
        self._parts = TwoPaneSplitter(self.table, self.detail)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(head)
        layout.addWidget(self._parts, 1)
        return content

    # The interface of a dock's pane

    def attach(self, session: Session) -> None:
        """From now on, look for past events of the engine that is open in this session."""
        self.session = session

    def _content_focus(self) -> QWidget:
        return self.table

    def _message_focus(self) -> QWidget:
        return self._content

    def stop(self) -> None:
        """Stop comparing, and wait until running work has ended."""
        self._remembering.close()
        self._loader.close()

    # User actions

    def compare(self, a: BuildChoice, b: BuildChoice) -> None:
        """Compare two builds. A running comparison is canceled."""
        self.choices = (a, b)

        def work(report: Report) -> BuildDiff:
            from cacheview.diff.compare import compare_builds
            from cacheview.model.effort import QUESTION_SECONDS, Effort

            sides = a.read(report), b.read(report)
            report(0, None, "Comparing")
            with Effort(2 * QUESTION_SECONDS, lambda: report(0, None, "Comparing")).spent():
                return compare_builds(*sides)

        if self.diff is None:
            self._content.show_text("Comparing…", "")
        self._remembering.cancel()
        self._loader.start(work)
        self._enable()

    def _swap(self) -> None:
        if self.choices is not None:
            self.compare(*reversed(self.choices))

    def _copy(self, form: str) -> None:
        from cacheview.report.builds import diff_as_json, diff_as_markdown, diff_as_text, hiding

        if self.diff is not None:
            hide = hiding(self.diff, env=False, labels=False)
            forms = {"text": diff_as_text, "Markdown": diff_as_markdown, "JSON": diff_as_json}
            self._copy_to_clipboard(forms[form](self.diff, hide), f"the comparison as {form}")

    def _copy_row(self) -> None:
        if self.words.text():
            self._copy_to_clipboard(self.words.text(), "the differences at this step")

    # Results

    def _show(self, diff: BuildDiff) -> None:
        from cacheview.diff.words import lost_cache_sentence, side_line

        self.diff = diff
        self._show_answer(diff)
        self.loss.show_text(lost_cache_sentence(diff))
        for label, letter, side in zip(self.sides, "AB", (diff.a, diff.b), strict=True):
            label.show_text(one_line(f"{letter}: {side_line(side)}"))
        self.model.show_diff(diff)
        self._content.show_content()
        self.head.show_text(one_line(f"{diff.a.title} and {diff.b.title}"))
        row = diff.first if diff.first is not None else 0
        self.table.selectRow(row)
        self.table.scrollTo(self.model.index(row, 0), QTableView.ScrollHint.PositionAtCenter)
        self._show_detail()
        self._enable()
        self._ask_engine(diff)
        self.settled.emit()

    def _show_answer(self, diff: BuildDiff) -> None:
        from cacheview.diff.words import answer_sentence

        self.answer.show_text(visible(answer_sentence(diff)))

    def _ask_engine(self, diff: BuildDiff) -> None:
        """Ask the open engine for its past events, if they may explain a difference."""
        from cacheview.diff.missing_image import is_of_store
        from cacheview.diff.remembered_events import may_explain, with_events_of
        from cacheview.stores.locations import ENGINE, parse_location

        if self.session is None:
            return
        place = parse_location(self.session.opened.location)
        if place.source is not ENGINE or not may_explain(diff) or not is_of_store(diff.b, self.session.store):
            return

        def work(report: Report) -> BuildDiff:
            from cacheview.stores.docker_engine.client import Timeouts

            def stopped() -> bool:
                report(0, None, "")  # raises when canceled
                return False

            return with_events_of(place.target, diff, Timeouts(total=_EVENTS_SECONDS), stopped)

        self._remembering.start(work)

    def _explain(self, diff: BuildDiff) -> None:
        self.diff = diff
        self._show_answer(diff)
        self.model.explain(diff)
        self._show_detail()

    def _not_remembered(self, error: Exception) -> None:
        if isinstance(error, DataError):  # the loader reports any other exception
            self.loss.show_text(
                f"{self.loss.text()} The engine's events could not be read: {one_line(str(error))}.".lstrip()
            )

    def _fail(self, error: Exception) -> None:
        from cacheview.model.effort import LimitError

        if not isinstance(error, (DataError, LimitError)):
            raise error  # reported like any other exception
        self.diff = None
        self.model.show_diff(None)
        self.head.show_text("")
        self._content.show_text("These builds cannot be compared", one_line(str(error)), _BUTTON)
        self._enable()
        self.settled.emit()

    def _show_detail(self) -> None:
        from cacheview.diff.words import row_lines

        place = self.table.currentIndex().row()
        rows = self.model.rows
        if self.diff is None or not 0 <= place < len(rows):
            self.words.show_text("")
            return
        self.words.show_text("\n".join(map(one_line, row_lines(rows[place], self.diff))))

    def _enable(self) -> None:
        for button in (self.head.copy_button, self.head.swap_button):
            button.setEnabled(self.diff is not None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._parts.turn_for(self.size())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationFontChange:
            set_font(self.answer, strong_font)
            for label in (self.loss, self.words):
                set_font(label, plain_font)
            for line in self.sides:
                set_font(line, small_font)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            self.table.verticalHeader().setDefaultSectionSize(icon_size() + 3 * GRID)
            self.table.viewport().update()


class _Detail(QScrollArea):
    """The differences at the selected step."""

    def __init__(self, inner: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("What differs at this step")

    def minimumSizeHint(self) -> QSize:
        return QSize(30 * GRID, 8 * GRID)
