"""Mouse wheel events over the combo boxes of the window."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot
from window_kit import OpenWindow

import cacheview.ui
from cacheview.ui.chooser import Chooser


def wheel(widget: QWidget, steps: int) -> None:
    middle = widget.rect().center()
    event = QWheelEvent(
        QPointF(middle),
        QPointF(widget.mapToGlobal(middle)),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("focused", [False, True])
def test_the_wheel_changes_no_closed_chooser(qtbot: QtBot, focused: bool) -> None:
    box, plain = Chooser(), QComboBox()
    for each in (box, plain):
        each.addItems(["one", "two", "three"])
        each.setCurrentIndex(1)
        qtbot.addWidget(each)
        each.show()
    if focused:
        box.setFocus()
    wheel(plain, -1)
    assert plain.currentIndex() == 2  # as with Qt's own class
    for steps in (-1, 1, -3):
        wheel(box, steps)
        assert box.currentIndex() == 1


@pytest.mark.parametrize("editable", [False, True])
def test_the_wheel_does_not_move_the_focus_to_a_chooser(qtbot: QtBot, editable: bool) -> None:
    box = Chooser(editable=editable)
    qtbot.addWidget(box)
    assert box.isEditable() is editable
    assert box.focusPolicy() is Qt.FocusPolicy.StrongFocus  # by Tab and by clicking, but not by the wheel


def test_the_wheel_over_the_probe_chooser_keeps_edits(open_window: OpenWindow) -> None:
    window = open_window("demo:")
    assert window.session is not None
    window.session.document.set_field("User", "me")
    edited = window.session.document.probe
    for box in (window.tool_bar.probe, window.tool_bar.case):
        wheel(box, -1)
    assert window.session.document.probe == edited
    assert window.session.document.undo_stack.canUndo()


def test_every_combo_box_of_the_window_is_a_chooser() -> None:
    """Qt's own classes that react to the wheel are not used directly."""
    changed = {"QComboBox", "QFontComboBox", "QSpinBox", "QDoubleSpinBox", "QDateEdit", "QTimeEdit", "QDateTimeEdit",
               "QSlider", "QDial"}  # fmt: skip
    folder = Path(cacheview.ui.__file__).parent
    found = {
        str(file.relative_to(folder)): node.id
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Name) and node.id in changed
    }
    assert found == {"chooser.py": "QComboBox"}


@pytest.mark.looks
def test_a_text_that_is_too_long_ends_in_dots(qtbot: QtBot) -> None:
    box = Chooser()
    qtbot.addWidget(box)
    box.addItem("1 Miss: one variable differs")
    box.resize(box.sizeHint())
    assert box.option().currentText == "1 Miss: one variable differs"
    box.resize(box.width() - 20, box.height())
    assert box.option().currentText.endswith("…")
