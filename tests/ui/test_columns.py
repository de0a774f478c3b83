"""Column headings of tables and trees."""

from __future__ import annotations

from PySide6.QtCore import Qt

from cacheview.ui.columns import heading

TITLES = ("File", "Size")
ACROSS = Qt.Orientation.Horizontal
ROLE = Qt.ItemDataRole
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def test_column_headings_have_a_title_and_an_alignment() -> None:
    assert [heading(TITLES, column, ACROSS, ROLE.DisplayRole) for column in (0, 1)] == list(TITLES)
    assert [heading(TITLES, column, ACROSS, ROLE.TextAlignmentRole, right=(1,)) for column in (0, 1)] == [LEFT, RIGHT]


def test_rows_and_columns_that_do_not_exist_have_no_heading() -> None:
    assert heading(TITLES, 0, Qt.Orientation.Vertical, ROLE.DisplayRole) is None
    assert [heading(TITLES, column, ACROSS, ROLE.DisplayRole) for column in (-1, 2)] == [None, None]
    assert heading(TITLES, 0, ACROSS, ROLE.ToolTipRole) is None
