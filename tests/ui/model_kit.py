"""Models under the eyes of Qt's own tester."""

from __future__ import annotations

from PySide6.QtCore import SIGNAL, QAbstractItemModel, QModelIndex, QObject
from PySide6.QtTest import QAbstractItemModelTester

__all__ = ["checked_by_qt"]


def checked_by_qt(model: QAbstractItemModel, parent: QObject | None = None) -> QAbstractItemModelTester:
    """A tester that ends the run as soon as a model breaks a rule: it looks at all of it before and after each change
    of its rows.

    It would do so after each change of a cell too, which moves no row, and takes most of the time. Instead it is
    checked here that what changed is there.
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
