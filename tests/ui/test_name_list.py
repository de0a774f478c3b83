"""A list of many names costs no more than the few that are shown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from cacheview.ui.name_list import NameList

pytestmark = pytest.mark.looks  # without a style sheet, Qt shows lists as menus, which measure every name

COUNT = 300_000


def test_only_visible_names_are_created(qtbot: QtBot, qtmodeltester: ModelTester) -> None:
    made: list[int] = []

    def name_of(number: int) -> str:
        made.append(number)
        return f"{number} <b>x</b>"

    box = NameList()
    qtbot.addWidget(box)
    box.setMinimumContentsLength(17)
    box.show()
    box.set_names(COUNT, name_of, 150_000)
    assert (box.count(), box.currentIndex(), box.currentText()) == (COUNT, 150_000, "150000 <b>x</b>")
    box.showPopup()
    qtbot.waitUntil(lambda: box.view().isVisible())
    qtbot.keyClick(box.view(), Qt.Key.Key_Down)
    with qtbot.waitSignal(box.activated) as chosen:
        qtbot.keyClick(box.view(), Qt.Key.Key_Return)
    assert chosen.args == [150_001]
    assert len(set(made)) < 200
    box.set_names(3, name_of, 0)
    qtmodeltester.check(box.model())


def test_a_new_name_is_shown_at_once(qtbot: QtBot) -> None:
    names = ["one", "two\nlines"]
    box = NameList()
    qtbot.addWidget(box)
    box.set_names(2, names.__getitem__, 0)
    assert "\n" not in box.itemText(1)
    names[0] = "other"
    with qtbot.waitSignal(box.currentTextChanged) as changed:
        box.renamed(0)
    assert changed.args == ["other"]
