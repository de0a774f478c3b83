"""Rows that are counted without Python: the base of models that may have 100,000."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QStandardItemModel

__all__ = ["CountedRows"]


class CountedRows(QStandardItemModel):
    """A flat list of rows, of which the base class knows the number and no item is ever made.

    Views and selections ask a model for each of its rows in one breath. Where Python answers, that takes half a second
    for 100,000. So what is asked of every row is not overridden: ``index``, ``parent``, ``rowCount``, ``hasChildren``,
    ``flags``. The flags allow editing: a view needs `NoEditTriggers`.
    """

    def __init__(self, columns: int, parent: QObject | None = None) -> None:
        super().__init__(0, columns, parent)

    def _show_rows(self, count: int) -> None:
        """Show this many rows, all of them new. To be called between the begin and the end of a reset."""
        self.blockSignals(True)
        self.setRowCount(count)
        self.blockSignals(False)
