"""A list of many names to choose from, each created when it is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtWidgets import QListView

from cacheview.ui.chooser import Chooser
from cacheview.ui.plain import one_line

__all__ = ["NameList"]

_Index = QModelIndex | QPersistentModelIndex


class NameList(Chooser):
    """A list that can become narrower: Qt's own keeps the minimum width that it measured first."""

    def __init__(self) -> None:
        super().__init__()
        self._names = _NamesModel(self)
        self.setModel(self._names)
        self.setSizeAdjustPolicy(Chooser.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMaxVisibleItems(24)
        view = self.view()
        assert isinstance(view, QListView)
        view.setUniformItemSizes(True)  # otherwise each row is measured before the first is shown

    def set_names(self, count: int, name_of: Callable[[int], str], current: int) -> None:
        """Replace the names, and choose one of them without emitting a signal."""
        self.blockSignals(True)
        self._names.set_names(count, name_of)
        self.setCurrentIndex(current)
        self.blockSignals(False)

    def renamed(self, number: int) -> None:
        """Update a name that has changed."""
        self._names.renamed(number)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class _NamesModel(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._count = 0
        self._name_of: Callable[[int], str] = str

    def set_names(self, count: int, name_of: Callable[[int], str]) -> None:
        self.beginResetModel()
        self._count, self._name_of = count, name_of
        self.endResetModel()

    def renamed(self, number: int) -> None:
        self.dataChanged.emit(self.index(number), self.index(number))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else self._count

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return None
        return one_line(self._name_of(index.row()))
