"""The menu of a row of a replay, with which its line can be opened in the editor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from cacheview.ui.replay.copying import StepsCopier
from cacheview.ui.replay.model import StepsModel
from cacheview.ui.replay.view import StepsView

if TYPE_CHECKING:
    from cacheview.replay.misses import Miss
    from cacheview.ui.replay.build import Build

__all__ = ["StepMenu"]


class StepMenu(QObject):
    """The menu of the chosen row.

    Args:
        miss: returns why the row misses; None: it does not.

    Signals:
        editor_requested(path, line): the user wants to edit the Dockerfile there; line 0: anywhere.
        files_requested(Miss): the user wants to see the files that differ.
    """

    editor_requested = Signal(object, int)  # a QString cannot contain a path that is not UTF-8
    files_requested = Signal(object)

    def __init__(
        self, view: StepsView, model: StepsModel, copier: StepsCopier, miss: Callable[[], Miss | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._model = model
        self._copier = copier
        self._miss = miss
        self._build: Build | None = None
        view.menu_requested.connect(self._open)

    def show_build(self, build: Build) -> None:
        """Use the menu for the rows of another build."""
        self._build = build

    def edit(self) -> None:
        """Open the Dockerfile in the user's editor, at the line of the row."""
        if self._build is not None and self._build.file:
            self.editor_requested.emit(self._build.file, self._line)

    @property
    def _line(self) -> int:
        """The line of the row, or for a trigger, of its FROM; 0: none."""
        index = self._view.currentIndex()
        row = self._model.row(index.parent() if index.parent().isValid() else index)
        return row.line if row is not None else 0

    def menu(self) -> QMenu:
        """Return the menu of the row."""
        row, miss, menu = self._model.row(self._view.currentIndex()), self._miss(), QMenu(self._view)
        where = f" at line {self._line}" if self._line else ""
        edit = menu.addAction(f"&Open in your editor{where}", "F4", self.edit)
        if self._build is None or not self._build.file:
            edit.setText(f"{edit.text()} (the Dockerfile is in a tar file)")
            edit.setEnabled(False)
        if miss is not None and miss.comparison is not None:
            menu.addAction("&Which files differ", lambda: self.files_requested.emit(miss))
        copy = menu.addAction("&Copy", QKeySequence.StandardKey.Copy, lambda: self._copier.copy_row(row))
        copy.setEnabled(row is not None)
        return menu

    def _open(self, where: QPoint) -> None:
        menu = self.menu()
        menu.exec(where)
        menu.deleteLater()
