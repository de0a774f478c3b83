"""The pane with the answers of all rule sets to the current probe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QWidget

from cacheview.cases import daemon_known
from cacheview.engine import RuleSet
from cacheview.engine.matrix import MatrixRow
from cacheview.engine.walk import Walk
from cacheview.model import Probe
from cacheview.ui.busy_timer import MATRIX_BUSY_AFTER_MS
from cacheview.ui.compare.head import CompareHead
from cacheview.ui.compare.line import RuleSetAnswer, summary
from cacheview.ui.compare.lookup import RuleSetLookup
from cacheview.ui.compare.model import MatrixModel
from cacheview.ui.compare.view import MatrixView
from cacheview.ui.dock_pane import LookupPane
from cacheview.ui.loading import Loader
from cacheview.ui.plain import error_words, one_line
from cacheview.ui.rules.menu import own_rules
from cacheview.ui.selected_item import SelectedItem
from cacheview.ui.session import Session

__all__ = ["TITLE", "ComparePane"]

TITLE: Final = "Compare rules"


class ComparePane(LookupPane[CompareHead, Probe]):
    """Shows the answers of all rule sets after every edit. Late results are dropped.

    Signals:
        rules_requested(str, Work): the user wants to use the rule set with this name. The result of the work is a cache
            for it, with its indexes.
    """

    rules_requested = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(CompareHead(TITLE), parent, busy_after=MATRIX_BUSY_AFTER_MS)
        self._lookup: RuleSetLookup | None = None
        self._of_store: RuleSet | None = None
        self._copied_form = ""
        self._unseen = True
        self.model = MatrixModel(self)
        self.view = MatrixView(self.model)
        self.view.chosen.connect(self._choose)
        self.view.copy_requested.connect(lambda: self.copy("text"))
        self.head.copy_requested.connect(self.copy)
        self.head.cancel_requested.connect(self._cancel)
        self.head.again_requested.connect(self.look_up_again)
        self.head.again_button.hide()
        self._lay_out(self.view)
        self._content.pressed.connect(self.look_up_again)
        self._loader.progressed.connect(self._progress)
        self._loader.parted.connect(self._show_part)
        self._loader.succeeded.connect(self._settle)
        self._loader.failed.connect(self._fail)
        self._loader.finished.connect(self._end)
        self.copier = Loader(self)
        self.copier.succeeded.connect(self._put_on_clipboard)
        self.copier.failed.connect(self._fail)
        self._show_empty()

    def _connect_session(self, session: Session) -> None:
        for changed in (session.answered, session.selection_changed):
            changed.connect(self.look_up)

    def _content_focus(self) -> QWidget:
        return self.view

    def look_up(self) -> None:
        """Look up the session's probe if the pane is visible and does not already show its answers."""
        session = self._session
        if session is None:
            return
        store, walk = session.store, _walk_of(session)
        is_here = self._lookup is not None and self._lookup.is_at(store, walk)
        if not self.isVisible():
            if not is_here:
                session.discard(self._lookup)
                self._lookup = None  # it keeps much of the closed store in memory
            return
        if session.answer is None:
            if session.selected is not None and not session.has_probe:
                self._show_no_probe(session.selected)
            return
        value = session.answer.explanation
        probe = value.trace.probe if walk is None else session.document.held
        if self._lookup is None or not is_here:
            session.discard(self._lookup)
            self._lookup, self._subject = RuleSetLookup(store, walk, self._lookup), None
            own = own_rules(session)
            self._of_store = own.rules if own is not None else None
        self.model.mark(session.cache.rules, self._of_store)
        if not self._content.has_content:
            self._content.show_content()
            self.view.setCurrentIndex(self.model.row_of(session.cache.rules))
            self._unseen = True
        if probe == self._subject:
            if not self._loader.is_busy:
                self.head.show_text(summary(self.model.lines))
            return
        self._subject = probe
        row = MatrixRow(session.cache.rules, value.verdict, value.deciding)
        self.head.copy_button.setEnabled(False)
        self.model.expect()
        self.model.add_answers({row.rules.name: RuleSetAnswer.of(row)})
        self._busy_timer.start()
        self._loader.start(self._lookup.looking_up(probe, row))

    def copy(self, form: str) -> None:
        """Put the table on the clipboard, in one of `lookup.FORMS`; do nothing while it is incomplete."""
        session, lookup, probe = self._session, self._lookup, self._subject
        if session is None or lookup is None or probe is None or not self.head.copy_button.isEnabled():
            return
        self._copied_form = form
        self.copier.start(lookup.copying(probe, daemon_known(session.case), form))

    def stop(self) -> None:
        super().stop()
        self.copier.close()

    # Results

    def _show_part(self, lines: dict[str, RuleSetAnswer]) -> None:
        self.model.add_answers(lines)

    def _end(self) -> None:
        """Handle the end of the work, whatever its result. If answers are missing, the user can look them up again."""
        self._busy_timer.stop()
        self.head.set_busy(False)
        self.head.again_button.setVisible(self.model.is_cut_short)

    def _cancel(self) -> None:
        self._loader.cancel()
        self._subject = None
        answered = self.model.cut_short()
        self.head.show_text(f"Canceled: {answered} of {len(self.model.lines)} rule sets answered")
        self._end()

    def _settle(self, lines: Sequence[RuleSetAnswer]) -> None:
        self.model.set_answers(lines)
        if self._unseen:
            self._unseen = False
            self.view.show_from_top()
        self.head.copy_button.setEnabled(True)
        self.head.show_text(summary(lines))
        self.settled.emit()

    def _show_busy(self) -> None:
        self.model.blank()
        self.head.show_text("Comparing all rule sets…")
        self.head.show_progress(0, None)
        self.head.set_busy(True)

    def _progress(self, done: int, total: int, what: str) -> None:
        if not self._busy_timer.isActive():
            self.head.show_text(f"{what}…")
            self.head.show_progress(done, total)

    def _fail(self, error: Exception) -> None:
        self._subject = None
        self.head.show_text("")
        self._content.show_text("The rule sets could not be compared", error_words(error), "Compare again")

    def _show_empty(self) -> None:
        self.head.copy_button.setEnabled(False)
        self._content.show_text("No store is open", "Open a store to compare every rule set's answer.")

    def _show_no_probe(self, selected: SelectedItem) -> None:
        self._loader.cancel()
        self._subject = None
        self.head.copy_button.setEnabled(False)
        self.head.show_text("")
        self._content.show_text(one_line(selected.no_probe), one_line(selected.why))

    def _put_on_clipboard(self, text: str) -> None:
        self._copy_to_clipboard(text, f"the answers of all rule sets as {self._copied_form}")

    # User actions

    def _choose(self, index: QModelIndex) -> None:
        session, rules = self._session, self.model.line(index).rules
        if session is None or self._lookup is None:
            return
        self.rules_requested.emit(rules.name, self._lookup.preparing(rules, session.document.probe))


def _walk_of(session: Session) -> tuple[Walk, int] | None:
    """Return the shown walk, and the number of the place in it; None: the answers depend only on the shown store."""
    walk = session.places.walk
    return (walk, session.probe_number) if walk is not None and session.supposed is None else None
