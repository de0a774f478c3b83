"""Tool tips are plain text, and screen readers get plain text from them."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot
from window_kit import OpenWindow

from cacheview.ui.tips import set_tip
from cacheview.ui.window import MainWindow


@pytest.fixture
def window(open_window: OpenWindow) -> MainWindow:
    return open_window("demo:", size=(1320, 840))


def description(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Description)


def test_no_description_has_markup(window: MainWindow) -> None:
    described = [widget for widget in window.findChildren(QWidget) if description(widget)]
    assert described
    assert [(type(each).__name__, description(each)) for each in described if "<p" in description(each)] == []


def test_setting_a_tip_keeps_a_custom_accessible_description(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    set_tip(label, "a <b>\nc")
    assert description(label) == "a <b>␊c".replace("␊", "↵")
    set_tip(label, "d")
    assert description(label) == "d"
    label.setAccessibleDescription("failed")
    set_tip(label, "e")
    assert description(label) == "failed"
    assert "e" in label.toolTip()


def test_panes_come_from_left_to_right(window: MainWindow) -> None:
    assert window.workspace is not None
    splitter = window.workspace.images.parentWidget()
    assert splitter is not None
    names = [child.accessibleName() for child in splitter.children() if isinstance(child, QWidget)]
    assert [name for name in names if name] == ["Images", "Probe", "Verdict"]
