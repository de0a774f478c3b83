"""Where the context menu of a row opens, by mouse and by keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QTreeView
from pytestqt.qtbot import QtBot

from cacheview.ui.row_keys import place_of_menu

FAR = QPoint(700, 500)


@pytest.fixture
def view(qtbot: QtBot) -> QTreeView:
    view = QTreeView()
    qtbot.addWidget(view)
    model = QStandardItemModel(view)
    for name in ("first", "second"):
        model.appendRow(QStandardItem(name))
    view.setModel(model)
    view.resize(200, 200)
    view.show()
    view.setCurrentIndex(model.index(1, 0))
    return view


def event_at(view: QTreeView, where: QPoint, reason: QContextMenuEvent.Reason) -> QContextMenuEvent:
    return QContextMenuEvent(reason, where, view.viewport().mapToGlobal(where))


def test_the_mouse_opens_the_menu_of_the_row_under_the_pointer(view: QTreeView) -> None:
    point = view.visualRect(view.model().index(0, 0)).center()
    index, where = place_of_menu(view, event_at(view, point, QContextMenuEvent.Reason.Mouse))
    assert (index.row(), where) == (0, view.viewport().mapToGlobal(point))
    assert not place_of_menu(view, event_at(view, FAR, QContextMenuEvent.Reason.Mouse))[0].isValid()


def test_the_menu_key_opens_the_menu_below_the_current_row(view: QTreeView) -> None:
    index, where = place_of_menu(view, event_at(view, FAR, QContextMenuEvent.Reason.Keyboard))
    assert index == view.currentIndex()
    assert where == view.viewport().mapToGlobal(view.visualRect(index).bottomLeft())
