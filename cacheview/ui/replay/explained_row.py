"""Lets the session explain the chosen row of the replay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cacheview.replay.result import StepStatus
from cacheview.ui.replay.detail import StepDetail
from cacheview.ui.replay.model import StepsModel
from cacheview.ui.replay.rows import ReplayRow
from cacheview.ui.replay.selecting import selection
from cacheview.ui.replay.view import StepsView
from cacheview.ui.selection import SelectionRelation

if TYPE_CHECKING:
    from cacheview.ui.replay.replayer import ReplayResult
    from cacheview.ui.session import Session

__all__ = ["ExplainedRow"]


class ExplainedRow(QObject):
    """Lets the session explain the chosen row.

    Attributes:
        session: the session; None: nothing is open.
        result: the replay that the rows are from; None: there are no rows.

    Signals: ``image_activated(str)``: a FROM was chosen, with the id of its image.
    """

    image_activated = Signal(str)

    def __init__(self, view: StepsView, model: StepsModel, detail: StepDetail, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._model = model
        self._detail = detail
        self.session: Session | None = None
        self.result: ReplayResult | None = None

    @property
    def row(self) -> ReplayRow | None:
        """The chosen row."""
        return self._model.row(self._view.currentIndex())

    def explain(self, *, merge: bool = True) -> None:
        """Load the row's probe into the session, or show the image of a FROM.

        Args:
            merge: whether consecutive calls are one step for Undo.
        """
        session, result, row = self.session, self.result, self.row
        if session is None or result is None or row is None:
            self.release()
            return
        selected = selection(row, result)
        session.select(selected, f"Probe of {selected.name}", f"replay {selected.name}" if merge else "")
        if row.step is not None and row.step.status is StepStatus.NO_PROBE and row.step.image:
            self.image_activated.emit(row.step.image)

    def follow(self) -> None:
        """Explain the row again after rows have changed or been removed. A probe that the user edited stays."""
        assert self.session is not None
        if self.session.is_undisturbed:
            self.explain()
        else:
            self.select_without_probe()
        self.show_detail()

    def select_without_probe(self) -> None:
        """Select the row without changing the probe."""
        session, result, row = self.session, self.result, self.row
        if session is not None and result is not None and row is not None:
            session.select_without_probe(selection(row, result))

    def release(self) -> None:
        """Tell the session that no row is chosen or visible."""
        if self.session is not None:
            self.session.release()

    def show_detail(self) -> None:
        """Show the row's details, which also depend on whether the session's probe is that of the row."""
        session = self.session
        selected = session.selected if session is not None else None
        is_other = selected is None or selected.is_until_edit
        is_explained = session is not None and session.relation is SelectionRelation.OWN and not is_other
        self._detail.show_row(self.row, self.result, is_explained=is_explained)
