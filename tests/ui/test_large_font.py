"""A font 1.6 times the normal size on a small laptop screen: nothing is cut off or out of reach."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot
from window_kit import OpenWindow

from cacheview.ui.docks import AUDIT, SUITES
from cacheview.ui.window import MainWindow

pytestmark = pytest.mark.looks


@pytest.fixture
def window(qapp: QApplication, open_window: OpenWindow) -> Iterator[MainWindow]:
    before = qapp.font()
    large = qapp.font()
    large.setPointSizeF(before.pointSizeF() * 1.6)
    qapp.setFont(large)
    yield open_window("demo:")
    qapp.setFont(before)


def test_all_tool_bar_items_are_visible_with_a_large_font(window: MainWindow) -> None:
    bar = window.tool_bar
    for widget in (*bar.findChildren(QToolButton), bar.probe):
        if widget.objectName() != "qt_toolbar_ext_button":
            assert widget.isVisible()
            assert bar.rect().contains(widget.geometry())
    window.resize(window.minimumSizeHint().width(), 768)
    QApplication.processEvents()
    assert bar.rules.text() == "containerd 71ebfc7 ▾"
    assert bar.rules.accessibleName() == "Rules: containerd 71ebfc7"
    window.resize(2600, 768)
    QApplication.processEvents()
    assert bar.rules.text() == "Rules  containerd 71ebfc7 ▾"


def test_the_form_is_as_wide_as_its_pane(window: MainWindow) -> None:
    assert window.workspace is not None
    form = window.workspace.probe.form
    content = form.widget()
    assert content is not None
    assert content.width() == form.viewport().width()


def test_a_dock_does_not_make_the_window_grow(window: MainWindow, qtbot: QtBot) -> None:
    for action, dock in (
        (window.commands.suite_checks, window.docks.get(SUITES).dock),
        (window.commands.audit, window.docks.get(AUDIT).dock),
    ):
        action.trigger()
        qtbot.waitUntil(dock.isVisible)
    QApplication.processEvents()
    assert window.height() == 768
