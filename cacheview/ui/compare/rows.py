"""Draws a row of the table in the style of the trace."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject

from cacheview.engine import RULE_SETS
from cacheview.ui.compare.line import IN_USE_LABEL, STORE_RULES_LABEL, RuleSetAnswer, answer_of, short_name
from cacheview.ui.compare.model import MatrixColumn
from cacheview.ui.theme import GRID
from cacheview.ui.verdict.delegate import TextRun, TraceRowDelegate
from cacheview.ui.verdict.pieces import Piece
from cacheview.ui.verdict.words import VERDICT_COLORS, VERDICT_ICONS

__all__ = ["LineDelegate"]

_GAP: Final = 2 * GRID
_MIN_RELEASES_DIGITS: Final = 12  # the width, in digits, below which the releases are not shown


class LineDelegate(TraceRowDelegate):
    """Lays out rows. How they are drawn, their fonts and their height are as in the trace."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)

    def lay_out_line(
        self, line: RuleSetAnswer, column: MatrixColumn, width: float, *, in_use: bool, of_store: bool
    ) -> list[TextRun]:
        """Return the texts in one cell."""
        if column is MatrixColumn.RULES:
            return self._rules(
                line, width, IN_USE_LABEL if in_use else STORE_RULES_LABEL if of_store else "", in_use=in_use
            )
        if column is MatrixColumn.VERDICT:
            return self._verdict(line, width)
        if line.why is None:
            return [self._run(0.0, width - _GAP, line.missing, "plain", "text_faint")]
        return [self._run(0.0, width - _GAP, line.why, "plain", "text")]

    @property
    def widths(self) -> tuple[float, float]:
        """The preferred widths of the columns for rules and verdict, without an image's name."""
        releases = max(self._faces["small"].width(rules.releases) for rules in RULE_SETS.values())
        word = max(self._faces["word"].width(text) for text in (IN_USE_LABEL, STORE_RULES_LABEL))
        verdict = max(self._faces["word"].width(outcome.value.upper()) for outcome in VERDICT_ICONS)
        image = self._faces["plain"].width("0123456789ab (ENV MODE=dev)")
        return (
            self._name_width + 2 * _GAP + releases + _GAP + word + self.icon_size + 3 * GRID,
            self.icon_size + GRID + verdict + _GAP + image + 2 * _GAP,
        )

    @property
    def _name_width(self) -> float:
        return self.icon_size + GRID + max(self._faces["strong"].width(short_name(r)) for r in RULE_SETS.values())

    def _rules(self, line: RuleSetAnswer, width: float, word: str, *, in_use: bool) -> list[TextRun]:
        runs = [TextRun(0.0, self.icon_size, (), color="accent", icon="chevron-right")] if in_use else []
        end = float(width - _GAP)
        if word:
            value = self._faces["word"].width(word)
            end -= value
            runs.append(TextRun(end, value, (Piece(word),), "word", "link" if in_use else "text_muted"))
            end -= _GAP
        left = float(self.icon_size + GRID)
        name = self._run(left, end - left, short_name(line.rules), "strong" if in_use else "plain", "text")
        left = self._name_width + 2 * _GAP
        runs.append(name)
        # a shorter list of releases would be useless; the tool tip shows all of them
        if end - left >= _MIN_RELEASES_DIGITS * self._faces["small"].width("0"):
            runs.append(self._run(left, end - left, line.rules.releases, "small", "text_muted"))
        return runs

    def _verdict(self, line: RuleSetAnswer, width: float) -> list[TextRun]:
        verdict = line.verdict
        if verdict is None:
            return [self._run(0.0, width - _GAP, line.missing, "plain", "text_faint")]
        picture, look = VERDICT_ICONS[verdict.outcome], VERDICT_COLORS[verdict.outcome]
        icon = TextRun(0.0, self.icon_size, (), color=look, icon=picture)
        word = self._run(self.icon_size + GRID, width, verdict.outcome.value.upper(), "word", look)
        left = word.left + word.width + _GAP
        return [icon, word, self._run(left, width - _GAP - left, answer_of(line), "plain", "text")]
