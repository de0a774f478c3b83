"""The table model of suite checks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from cacheview.ui.suites.model import ChecksColumn, ChecksModel
from cacheview.ui.suites.rows import ChecksRow, Outcome, unusable_row
from cacheview.ui.theme import current_tokens


def row(number: int, outcome: Outcome = Outcome.PASSED, *, name: str = "case", why: str = "") -> ChecksRow:
    differences = (why,) if why else ()
    searched = f"{number} {name} {outcome.value} {why}".lower()
    answers = ("miss", "miss" if outcome is Outcome.PASSED else "hit")
    return ChecksRow("/s.jsonl", number, 0, 0, name, "probe", "", "rules", *answers, outcome, differences, searched)


def test_the_model_passes_the_qt_model_tester(qtmodeltester: ModelTester) -> None:
    model = ChecksModel()
    qtmodeltester.check(model)
    model.add([row(1), row(2, Outcome.FAILED, why="outcome"), unusable_row("/s.jsonl", 3, "damaged")])
    model.set_only_failed(True)
    model.add([row(4), row(5, Outcome.FAILED)])
    model.set_text("damaged")
    model.set_text("")
    model.clear()


def test_counts_include_all_rows_and_the_model_only_filtered_ones() -> None:
    model = ChecksModel()
    model.add([row(1), row(2, Outcome.FAILED, name="Labels", why="outcome: expected miss"), row(3, name="labels")])
    model.add([unusable_row("/s.jsonl", 4, "damaged")])
    assert (model.passed, model.failed, model.unusable, model.total) == (2, 2, 1, 4)
    model.set_text("MISS  labels")
    assert [model.index(i, ChecksColumn.CASE).data() for i in range(model.rowCount())] == ["2 Labels"]
    model.set_text("labels")
    assert model.rowCount() == 2
    model.set_only_failed(True)
    assert model.rowCount() == 1
    model.add([row(5, name="labels"), row(6, Outcome.FAILED, name="labels")])
    assert model.rowCount() == 2
    assert model.total == 6
    model.set_text("")
    assert model.rowCount() == 3


def test_outcomes_have_icon_word_and_color() -> None:
    model = ChecksModel()
    model.add([row(1), row(2, Outcome.FAILED), unusable_row("/s.jsonl", 3, "damaged")])
    indexes = [model.index(i, ChecksColumn.OUTCOME) for i in range(3)]
    assert [index.data() for index in indexes] == ["passed", "failed", "could not be run"]
    tokens = current_tokens()
    colors = [index.data(Qt.ItemDataRole.ForegroundRole) for index in indexes]
    assert colors == [QColor(tokens.passed), QColor(tokens.failed), QColor(tokens.error)]
    icons = [index.data(Qt.ItemDataRole.DecorationRole).pixmap(16).toImage() for index in indexes]
    assert icons[0] != icons[1] != icons[2] != icons[0]


def test_text_from_a_file_is_text_and_one_line() -> None:
    model = ChecksModel()
    model.add([row(1, name="<b>bold</b>\n\x1b[31m\u202egnp.exe")])
    shown = model.index(0, ChecksColumn.CASE).data()
    assert "<b>bold</b>" in shown
    assert not any(char in shown for char in "\n\x1b\u202e")
    assert "&lt;b&gt;" in model.index(0, ChecksColumn.CASE).data(Qt.ItemDataRole.ToolTipRole)


def test_a_proxy_model_over_the_checks_model_works(qtmodeltester: ModelTester) -> None:
    model, proxy = ChecksModel(), QSortFilterProxyModel()
    proxy.setSourceModel(model)
    qtmodeltester.check(proxy)
    model.add([row(number, Outcome.FAILED if number % 3 else Outcome.PASSED) for number in range(1, 10)])
    model.set_only_failed(True)
    assert proxy.rowCount() == 6


def test_very_many_rows_are_filtered_in_turns(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cacheview.ui.suites.model._ROWS_PER_TURN", 10)
    model = ChecksModel()
    rows = [row(number, Outcome.FAILED if number % 3 == 0 else Outcome.PASSED) for number in range(1, 101)]
    with qtbot.waitSignal(model.filtered):
        model.add(rows)
        assert model.is_filtering
    assert model.rowCount() == 100
    with qtbot.waitSignal(model.filtered):
        model.set_only_failed(True)
        assert model.rowCount() == 3
        model.set_text("failed")  # results of the previous filter are dropped
        model.add([row(102, Outcome.FAILED), row(103)])
        assert model.rowCount() == 3
    shown = [model.index(place, ChecksColumn.CASE).data() for place in range(model.rowCount())]
    assert shown == [f"{number} case" for number in (*range(3, 101, 3), 102)]
    model.set_text("none of them")
    model.clear()
    assert not model.is_filtering
    assert model.rowCount() == 0
