"""Which step is selected: initially, after the user's choice, and after the steps have changed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal

from cacheview.replay.result import Step, StepStatus
from cacheview.ui.replay.model import StepsModel
from cacheview.ui.replay.replayer import ReplayResult
from cacheview.ui.replay.view import StepsView

__all__ = ["ChosenStep"]


class ChosenStep(QObject):
    """Tracks the selected step.

    Signals: ``chosen(QModelIndex)``: the user moved to a row; not emitted for changes through `quietly`.
    """

    chosen = Signal(QModelIndex)

    def __init__(self, view: StepsView, model: StepsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._model = model
        self._is_quiet = False
        self._numbers = (0, 0)  # of the step that the user chose last, and of its trigger
        view.chosen.connect(self._choose)

    def quietly(self, change: Callable[[], object]) -> None:
        """Change the content or the selection without treating it as the user's choice."""
        self._is_quiet = True
        try:
            change()
        finally:
            self._is_quiet = False

    def forget(self) -> None:
        """Forget the choice, since another Dockerfile has other steps."""
        self._numbers = (0, 0)

    def find_again(self) -> None:
        """Select the step that the user chose if it exists again, as it may while a Dockerfile is edited."""
        index = self._model.index_of(*self._numbers)
        if index.isValid():
            self.quietly(lambda: self._view.setCurrentIndex(index))

    def go_to_first(self, result: ReplayResult) -> None:
        """Select the most relevant row of a replay, as if the user had chosen it."""
        self.find_first(result)
        self._choose(self._view.currentIndex())

    def find_first(self, result: ReplayResult) -> None:
        """Select the most relevant row of a replay, if the step that the user chose no longer exists."""
        self.quietly(lambda: self._view.setCurrentIndex(self._first_of_interest(result)))

    def go_to(self, step: Step) -> None:
        """Select a step, and move the keyboard focus there."""
        self._view.setCurrentIndex(self.index_of(step))
        self._view.setFocus(Qt.FocusReason.OtherFocusReason)

    def index_of(self, step: Step) -> QModelIndex:
        """Return the index of a step or trigger; invalid if it is not shown."""
        for row in self._model.rows:
            if row.step is step:
                return self._model.index_of(step.number)
            for child in row.children:
                if child.step is step:
                    return self._model.index_of(step.number, child.number)
        return QModelIndex()

    def _choose(self, index: QModelIndex) -> None:
        if self._is_quiet:
            return
        row = self._model.row(index)
        if row is not None and row.step is not None:
            self._numbers = (row.step.number, row.number)
        self.chosen.emit(index)

    def _first_of_interest(self, result: ReplayResult) -> QModelIndex:
        """Return the first miss or unknown step, or else the last row, which for a refused build is the refusal."""
        unknown = next((step for step in result.replay.looked_up if step.status is StepStatus.UNKNOWN), None)
        step = result.first_miss or unknown
        if result.replay.refused is not None or step is None:
            return self._model.index(self._model.rowCount() - 1, 0)
        return self.index_of(step)
