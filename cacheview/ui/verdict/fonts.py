"""The fonts of the trace, and cached widths of text, since measuring is slow."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QFont, QFontMetricsF

from cacheview.ui.theme import mono_font, scaled_font, small_font, strong_font
from cacheview.ui.verdict.pieces import Piece, fit

__all__ = ["Face", "faces"]

_MAX_CACHED_TEXTS: Final = 4_000


class Face:
    """A font with its metrics."""

    def __init__(self, font: QFont, *, mono: bool = False) -> None:
        self.font = font
        self._metrics = QFontMetricsF(font)
        self._each = self._metrics.horizontalAdvance("0") if mono else 0.0
        self.height = self._metrics.height()
        self.ascent = self._metrics.ascent()
        self._widths: dict[str, float] = {}
        self._fitted: dict[tuple[str, int, int, int], tuple[Piece, ...]] = {}

    def width(self, text: str) -> float:
        """Return the width of a text in pixels, without kerning between it and the text that follows."""
        if self._each and text.isascii():
            return self._each * len(text)
        width = self._widths.get(text)
        if width is None:
            if len(self._widths) >= _MAX_CACHED_TEXTS:
                self._widths.clear()
            width = self._widths[text] = self._metrics.horizontalAdvance(text)
        return width

    def fit(self, text: str, mark: slice, room: float) -> tuple[Piece, ...]:
        """Return the pieces of a text in this font, as `cacheview.ui.verdict.pieces.fit` does."""
        key = (text, mark.start, mark.stop, int(room))
        pieces = self._fitted.get(key)
        if pieces is None:
            if len(self._fitted) >= _MAX_CACHED_TEXTS:
                self._fitted.clear()
            pieces = self._fitted[key] = fit(text, mark, int(room), self.width)
        return pieces


def faces() -> dict[str, Face]:
    """Return the fonts by name, for the current application font."""
    return {
        "plain": Face(scaled_font(1.0)),
        "strong": Face(strong_font()),
        "small": Face(small_font()),
        "mono": Face(mono_font(), mono=True),
        "word": Face(scaled_font(0.85, weight=QFont.Weight.DemiBold)),
    }
