"""The widths of a widget's texts, which layouts need far more often than they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtGui import QFontMetrics
    from PySide6.QtWidgets import QWidget

__all__ = ["TextWidths"]


class TextWidths:
    """Measures each text once, until the widget gets another font.

    Args:
        widget: the widget whose font is used. It must not be the owner of this object, which would be a cycle.
    """

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._metrics: QFontMetrics | None = None
        self._widths: dict[str, int] = {}

    def of(self, text: str) -> int:
        """Return the width of a text in pixels. ``&``, which marks a shortcut, takes no space."""
        metrics = self._widget.fontMetrics()
        if metrics != self._metrics:
            self._metrics, self._widths = metrics, {}
        width = self._widths.get(text)
        if width is None:
            width = self._widths[text] = metrics.horizontalAdvance(text.replace("&", ""))
        return width
