"""The dialog about rules and their differences, from the menu to the clipboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cacheview.engine import RULE_SETS
from cacheview.engine.words.rules import differences
from cacheview.ui.rules.describing import lines
from cacheview.ui.rules.dialog import RulesDialog
from cacheview.ui.rules.model import RulesColumn, RulesModel
from cacheview.ui.window import MainWindow

pytestmark = pytest.mark.looks

OLD, NEW = "graphdriver-24.0.7", "containerd-28.5.2"


def dialog_of(window: MainWindow) -> RulesDialog:
    found = window.findChildren(RulesDialog)
    assert len(found) == 1
    assert found[0].isVisible()
    return found[0]


def test_model(qtmodeltester: object) -> None:
    model = RulesModel()
    qtmodeltester.check(model)  # type: ignore[attr-defined]
    for before in (None, RULE_SETS[OLD]):
        model.set_lines(lines(RULE_SETS[NEW], before), before.name if before is not None else "", NEW)
        qtmodeltester.check(model)  # type: ignore[attr-defined]
    model.set_lines((), "", "")
    qtmodeltester.check(model)  # type: ignore[attr-defined]


def test_a_differing_row_has_icon_text_and_background() -> None:
    model = RulesModel()
    model.set_lines(lines(RULE_SETS[NEW], RULE_SETS[OLD]), OLD, NEW)
    for row, line in enumerate(model.lines):
        if line.is_group:
            assert not model.flags(model.index(row, 0)) & Qt.ItemFlag.ItemIsSelectable
            continue
        changed = model.index(row, RulesColumn.CHANGED)
        marked = changed.data(Qt.ItemDataRole.DecorationRole) is not None
        assert marked == line.differs == (changed.data() == "differs")
        assert (changed.data(Qt.ItemDataRole.BackgroundRole) is not None) == line.differs


def test_about_these_rules(filled: MainWindow, qtbot: QtBot) -> None:
    filled.commands.about_rules.trigger()
    dialog = dialog_of(filled)
    assert not dialog.isModal()
    assert dialog.shown is RULE_SETS["containerd-71ebfc7"]
    assert dialog.compared_with is None
    assert dialog.windowTitle() == "About these rules"
    text = dialog.words.toPlainText()
    assert "Candidates of the local cache" in text
    assert "no release" in text
    assert not dialog.only.isVisible()
    # By keyboard alone: another rule set, then its table.
    dialog.rules.setFocus()
    qtbot.keyClick(dialog.rules, Qt.Key.Key_Down)
    assert dialog.shown.name == "containerd-25.0.0"
    assert "v25.0.0-rc.3 to v25.0.1" in dialog.words.toPlainText()
    dialog.tabs.setCurrentIndex(1)
    assert dialog.table.isVisible()
    assert dialog.table.isColumnHidden(RulesColumn.BEFORE)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_any_two_rule_sets_can_be_compared(filled: MainWindow, qtbot: QtBot) -> None:
    filled.commands.changed_rules.trigger()
    dialog = dialog_of(filled)
    assert dialog.compared_with is RULE_SETS["containerd-24.0.9"]
    dialog.show_changes(OLD)
    assert dialog.compared_with is RULE_SETS[OLD]
    assert dialog.shown is list(RULE_SETS.values())[1]
    dialog.rules.setCurrentIndex(dialog.rules.findData(NEW))
    changes = differences(RULE_SETS[OLD], RULE_SETS[NEW])
    text = dialog.words.toPlainText()
    for change in changes:
        assert change.what in text
        assert change.before in text
        assert change.after in text
    dialog.tabs.setCurrentIndex(1)
    assert not dialog.table.isColumnHidden(RulesColumn.BEFORE)
    dialog.only.setFocus()
    qtbot.keyClick(dialog.only, Qt.Key.Key_Space)
    assert [line.what for line in dialog.model.lines if not line.is_group] == [change.what for change in changes]
    # The same rules twice: the dialog says so, and what to do.
    dialog.before.setCurrentIndex(dialog.before.findData(NEW))
    assert not dialog.table.isVisible()
    assert "Nothing changed" in dialog.words.toPlainText()
    dialog.close()


def test_table_rows_are_high_enough_for_their_text(filled: MainWindow, qtbot: QtBot) -> None:
    filled.commands.about_rules.trigger()
    dialog = dialog_of(filled)
    dialog.show_changes(NEW)
    dialog.tabs.setCurrentIndex(1)
    for width in (1000, 700):
        dialog.resize(width, 600)
        qtbot.waitUntil(lambda: heights(dialog) == needed(dialog))
    dialog.close()


def heights(dialog: RulesDialog) -> list[int]:
    return [dialog.table.rowHeight(row) for row in range(dialog.model.rowCount())]


def needed(dialog: RulesDialog) -> list[int]:
    least = dialog.table.verticalHeader().sectionSizeHint
    return [max(least(row), dialog.table.sizeHintForRow(row)) for row in range(dialog.model.rowCount())]


def test_copied(filled: MainWindow, qtbot: QtBot) -> None:
    filled.commands.about_rules.trigger()
    dialog = dialog_of(filled)
    dialog.show_changes("containerd-25.0.2")
    qtbot.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    assert text.startswith("From containerd-25.0.0 to containerd-25.0.2")
    assert "AttachStdin" in text
    assert "now: equal" in text
    dialog.tabs.setCurrentIndex(1)
    dialog.table.setFocus()
    row = next(row for row, line in enumerate(dialog.model.lines) if line.what == "AttachStdin")
    dialog.table.selectRow(row)
    with qtbot.waitSignal(dialog.copied):
        qtbot.keyClick(dialog.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "AttachStdin\tnot compared\tequal"
    dialog.close()


def test_the_shown_rules_can_be_used(filled: MainWindow, qtbot: QtBot) -> None:
    filled.commands.about_rules.trigger()
    dialog = dialog_of(filled)
    assert not dialog.use.isEnabled(), "these rules are already in use"
    dialog.rules.setCurrentIndex(dialog.rules.findData(NEW))
    qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    assert filled.session is not None
    assert filled.session.cache.rules.name == NEW
    assert not dialog.use.isEnabled()
    dialog.close()


def test_a_large_font_leaves_room_for_both_rule_sets(filled: MainWindow, qtbot: QtBot) -> None:
    filled.commands.about_rules.trigger()
    dialog = dialog_of(filled)
    dialog.show_changes(NEW)
    dialog.tabs.setCurrentIndex(1)
    small = dialog.table.columnWidth(RulesColumn.CHANGED)
    before = QApplication.font()
    large = QFont(before)
    large.setPointSizeF(before.pointSizeF() * 1.6)
    try:
        QApplication.setFont(large)
        qtbot.waitUntil(lambda: dialog.table.columnWidth(RulesColumn.CHANGED) > small)
        width = dialog.table.viewport().width()
        both = dialog.table.columnWidth(RulesColumn.BEFORE) + dialog.table.columnWidth(RulesColumn.NOW)
        assert both >= 0.4 * width
        qtbot.waitUntil(lambda: heights(dialog) == needed(dialog))
    finally:
        QApplication.setFont(before)
        dialog.close()
