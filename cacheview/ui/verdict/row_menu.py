"""The menu of a row of the trace: using the image's value, and copying."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from cacheview.engine import Check, ProbeEdit, Stage, Subject, take_value
from cacheview.ui.verdict.copying import row_as
from cacheview.ui.verdict.model import TraceModel
from cacheview.ui.verdict.view import TraceView
from cacheview.ui.verdict.words import FORMATS

__all__ = ["TraceMenu"]


class TraceMenu(QObject):
    """Opens at the row that is clicked.

    Signals:
        edit_requested(ProbeEdit): the user wants to change the probe.
        copied(str): what was put on the clipboard, in words.
    """

    edit_requested = Signal(object)
    copied = Signal(str)

    def __init__(self, view: TraceView, trace: TraceModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._trace = trace
        view.menu_requested.connect(self._open)
        view.copy_requested.connect(lambda: self.copy_row(view.currentIndex(), "text"))

    def edit_of(self, index: QModelIndex) -> ProbeEdit | None:
        """Return the probe with the image's value of a check; None: the row has no value to use."""
        explanation, check, subject = self._trace.explanation, self._trace.item(index), self._trace.subject_of(index)
        if explanation is None or subject is None or not isinstance(check, Check):
            return None
        return take_value(explanation.trace.probe, check, subject.image, explanation.trace.rules)

    def use_value(self, index: QModelIndex) -> None:
        """Request the image's value of a check."""
        edit = self.edit_of(index)
        if edit is not None:
            self.edit_requested.emit(edit)

    def copy_row(self, index: QModelIndex, form: str) -> None:
        """Copy a row in one of `FORMATS`."""
        explanation, items = self._trace.explanation, self._trace.items_above(index.siblingAtColumn(0))
        if explanation is not None and items:
            QGuiApplication.clipboard().setText(row_as(items, explanation, form))
            self.copied.emit(f"the row as {form}")

    def menu_of(self, index: QModelIndex) -> QMenu:
        """Return the menu of a row."""
        menu = QMenu(self._view)
        if isinstance(self._trace.item(index), Check):
            use = menu.addAction("&Use the image's value")
            use.setEnabled(self.edit_of(index) is not None)
            use.triggered.connect(lambda: self.use_value(index))
            menu.addSeparator()
        for form in FORMATS:
            action = menu.addAction(f"Copy as {form}")
            action.triggered.connect(lambda _=False, form=form: self.copy_row(self._view.currentIndex(), form))
        if isinstance(self._trace.item(index), Stage | Subject):
            menu.addSeparator()
            menu.addAction("&Expand all below").triggered.connect(lambda: self._view.expandRecursively(index, 3))
        return menu

    def _open(self, index: QModelIndex, where: QPoint) -> None:
        menu = self.menu_of(index)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(where)
