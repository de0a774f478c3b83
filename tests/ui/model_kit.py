"""Models checked by Qt's own tester."""

from __future__ import annotations

from PySide6.QtCore import SIGNAL, QAbstractItemModel, QModelIndex, QObject
from PySide6.QtTest import QAbstractItemModelTester

__all__ = ["checked_by_qt"]


def checked_by_qt(model: QAbstractItemModel, parent: QObject | None = None) -> QAbstractItemModelTester:
    """A tester that aborts the run when a model breaks a rule. It checks the whole model before and after each change
    of its rows.

    Qt's tester also does this after each change of a cell, which moves no row but takes most of the time. Here, only
    the indexes of the changed cells are checked instead.
    """
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, parent)
    changed = SIGNAL("dataChanged(QModelIndex,QModelIndex,QList<int>)")
    assert QObject.disconnect(model, changed, tester, None)  # type: ignore[call-overload]

    def check(first: QModelIndex, last: QModelIndex) -> None:
        assert model.checkIndex(first, QAbstractItemModel.CheckIndexOption.IndexIsValid)
        assert model.checkIndex(last, QAbstractItemModel.CheckIndexOption.IndexIsValid)
        assert first.parent() == last.parent()
        assert first.row() <= last.row()
        assert first.column() <= last.column()

    model.dataChanged.connect(check)
    return tester
