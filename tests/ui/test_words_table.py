"""A table of words: its columns become as wide as they need when there is enough space."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QStandardItem, QStandardItemModel
from pytestqt.qtbot import QtBot

from cacheview.ui.words_table import WordsTable


@pytest.fixture
def table(qtbot: QtBot) -> WordsTable:
    model = QStandardItemModel()
    model.appendRow([QStandardItem("Origin"), QStandardItem("an engine")])
    table = WordsTable("Facts")
    qtbot.addWidget(table)
    model.setParent(table)
    table.setModel(model)
    table.setWordWrap(False)
    table.set_widths({0: 20})
    table.resize(90, 200)
    table.show()
    return table


def test_columns_measured_in_a_narrow_table_are_measured_again(table: WordsTable) -> None:
    cut = table.columnWidth(0)
    table.resize(900, 200)
    wide = table.columnWidth(0)
    assert wide > 2 * cut
    table.resize(1200, 200)
    assert table.columnWidth(0) == wide


def test_a_column_that_the_person_dragged_stays(table: WordsTable) -> None:
    table.horizontalHeader().resizeSection(0, 77)
    table.resize(900, 200)
    assert table.columnWidth(0) == 77
