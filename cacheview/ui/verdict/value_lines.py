"""Shows the two values of a check on two lines, with the difference marked in each."""

from __future__ import annotations

from cacheview.engine import Check
from cacheview.ui.verdict.labels import ValueLine
from cacheview.ui.verdict.values import full_pair, marks, row_pair
from cacheview.ui.verdict.words import sides_of

__all__ = ["show_check"]


def show_check(lines: tuple[ValueLine, ValueLine], check: Check | None) -> None:
    """Show the values of a check; None: hide the lines."""
    for line in lines:
        line.setVisible(check is not None)
    if check is None:
        return
    sides, pair = sides_of(check), row_pair(check)
    for line, side, text, full, mark in zip(lines, sides, pair, full_pair(check), marks(check, *pair), strict=True):
        line.show_value(side, sides, text, full, mark)
