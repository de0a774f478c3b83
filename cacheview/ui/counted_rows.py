"""A base class for models that may have 100,000 rows, which Qt counts without calling Python."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QStandardItemModel

__all__ = ["CountedRows"]


class CountedRows(QStandardItemModel):
    """A flat list of rows whose number the base class stores, without creating items.

    Views and selections query a model for each of its rows at once. If Python answers, that takes half a second for
    100,000 rows. So the methods that are called for every row are not overridden: ``index``, ``parent``, ``rowCount``,
    ``hasChildren`` and ``flags``. The flags allow editing, so a view needs `NoEditTriggers`.
    """

    def __init__(self, columns: int, parent: QObject | None = None) -> None:
        super().__init__(0, columns, parent)

    def _show_rows(self, count: int) -> None:
        """Set the number of rows, which are all new. Call this between the beginning and the end of a model reset."""
        self.blockSignals(True)
        self.setRowCount(count)
        self.blockSignals(False)
