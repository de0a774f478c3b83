"""The headings of tables and trees, and the sides to which the text of their columns is aligned."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final

from PySide6.QtCore import Qt

__all__ = ["aligned", "heading"]

_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def heading(
    titles: Sequence[str], section: int, orientation: Qt.Orientation, role: int, right: Container[int] = ()
) -> str | Qt.AlignmentFlag | None:
    """Return what a model answers to ``headerData``: the title of a column, or its alignment.

    Args:
        titles: the titles of all columns, in order.
        right: see `aligned`.
    """
    if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(titles):
        return None
    if role == Qt.ItemDataRole.DisplayRole:
        return titles[section]
    return aligned(section, right) if role == Qt.ItemDataRole.TextAlignmentRole else None


def aligned(column: int, right: Container[int] = ()) -> Qt.AlignmentFlag:
    """Return the alignment of a column's text. ``right``: the columns whose text is aligned to the right."""
    return _RIGHT if column in right else _LEFT
