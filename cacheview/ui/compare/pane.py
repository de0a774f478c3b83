"""The pane with the answers of all rule sets to the current probe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QWidget

from cacheview.cases import daemon_known
from cacheview.engine import RuleSet
from cacheview.engine.matrix import MatrixRow
from cacheview.model import Probe
from cacheview.ui.compare.asking import Asker
from cacheview.ui.compare.head import CompareHead
from cacheview.ui.compare.line import RuleSetAnswer, summary
from cacheview.ui.compare.model import MatrixModel
from cacheview.ui.compare.view import MatrixView
from cacheview.ui.dock_pane import AskingPane
from cacheview.ui.loading import Loader
from cacheview.ui.patience import MATRIX_PATIENCE
from cacheview.ui.plain import error_words
from cacheview.ui.rules.menu import own_rules
from cacheview.ui.session import Session

__all__ = ["TITLE", "ComparePane"]

TITLE: Final = "Compare rules"


class ComparePane(AskingPane[CompareHead, Probe]):
    """Shows the answers of all rule sets after every edit. Late results are dropped.

    Signals:
        rules_requested(str, Work): the name of the rule set that the user chose, and work whose result is a cache with
            the indexes for it.
    """

    rules_requested = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(CompareHead(TITLE), parent, patience=MATRIX_PATIENCE)
        self._asker: Asker | None = None
        self._of_store: RuleSet | None = None
        self._copied_form = ""
        self._unseen = True
        self.model = MatrixModel(self)
        self.view = MatrixView(self.model)
        self.view.chosen.connect(self._choose)
        self.view.copy_requested.connect(lambda: self.copy("text"))
        self.head.copy_requested.connect(self.copy)
        self.head.cancel_requested.connect(self._cancel)
        self.head.again_requested.connect(self.again)
        self.head.again_button.hide()
        self._lay_out(self.view)
        self._content.pressed.connect(self.again)
        self._loader.progressed.connect(self._progress)
        self._loader.parted.connect(self._take)
        self._loader.succeeded.connect(self._settle)
        self._loader.failed.connect(self._fail)
        self._loader.finished.connect(self._end)
        self.copier = Loader(self)
        self.copier.succeeded.connect(self._put_on_clipboard)
        self.copier.failed.connect(self._fail)
        self._show_empty()

    def _hear(self, session: Session) -> None:
        session.answered.connect(self.ask)

    def _first(self) -> QWidget:
        return self.view

    def ask(self) -> None:
        """Look up the session's probe if the pane is visible and does not show its answer."""
        session = self._session
        if session is None or session.answer is None:
            return
        if not self.isVisible():
            if self._asker is not None and self._asker.store is not session.store:
                session.discard(self._asker)
                self._asker = None  # it refers to much of a store that is closed
            return
        value = session.answer.explanation
        probe = value.trace.probe
        if self._asker is None or self._asker.store is not session.store:
            session.discard(self._asker)
            self._asker, self._question = Asker(session.store), None
            own = own_rules(session)
            self._of_store = own.rules if own is not None else None
        self.model.mark(session.cache.rules, self._of_store)
        if not self._content.has_content:
            self._content.show_content()
            self.view.setCurrentIndex(self.model.row_of(session.cache.rules))
            self._unseen = True
        if probe == self._question:
            if not self._loader.is_busy:
                self.head.say(summary(self.model.lines))
            return
        self._question = probe
        known = MatrixRow(session.cache.rules, value.verdict, value.deciding)
        self.head.copy_button.setEnabled(False)
        self.model.expect()
        self.model.add_answers({known.rules.name: RuleSetAnswer.of(known)})
        self._patience.start()
        self._loader.start(self._asker.asking(probe, known))

    def copy(self, form: str) -> None:
        """Put the table on the clipboard, in one of `asking.FORMS`; do nothing while it is incomplete."""
        session, asker, probe = self._session, self._asker, self._question
        if session is None or asker is None or probe is None or not self.head.copy_button.isEnabled():
            return
        self._copied_form = form
        self.copier.start(asker.copying(probe, daemon_known(session.case), form))

    def stop(self) -> None:
        super().stop()
        self.copier.close()

    # Results

    def _take(self, lines: dict[str, RuleSetAnswer]) -> None:
        self.model.add_answers(lines)

    def _end(self) -> None:
        """Handle the end of the work, whatever its result. Missing lookups may be repeated."""
        self._patience.stop()
        self.head.set_busy(False)
        self.head.again_button.setVisible(self.model.is_cut_short)

    def _cancel(self) -> None:
        self._loader.cancel()
        self._question = None
        answered = self.model.cut_short()
        self.head.say(f"Canceled: {answered} of {len(self.model.lines)} rule sets answered")
        self._end()

    def _settle(self, lines: Sequence[RuleSetAnswer]) -> None:
        self.model.set_answers(lines)
        if self._unseen:
            self._unseen = False
            self.view.show_from_top()
        self.head.copy_button.setEnabled(True)
        self.head.say(summary(lines))
        self.settled.emit()

    def _lose_patience(self) -> None:
        self.model.blank()
        self.head.say("Querying all rule sets…")
        self.head.show_progress(0, None)
        self.head.set_busy(True)

    def _progress(self, done: int, total: int, what: str) -> None:
        if not self._patience.isActive():
            self.head.say(f"{what}…")
            self.head.show_progress(done, total)

    def _fail(self, error: Exception) -> None:
        self._question = None
        self.head.say("")
        self._content.say("The rule sets could not be compared", error_words(error), "Compare again")

    def _show_empty(self) -> None:
        self.head.copy_button.setEnabled(False)
        self._content.say("No store is open", "Open a store to compare every rule set's answer.")

    def _put_on_clipboard(self, text: str) -> None:
        self._put(text, f"the answers of all rule sets as {self._copied_form}")

    # User actions

    def _choose(self, index: QModelIndex) -> None:
        session, rules = self._session, self.model.line(index).rules
        if session is None or self._asker is None:
            return
        self.rules_requested.emit(rules.name, self._asker.preparing(rules, session.document.probe))
