"""Text beside editors: names of fields, hints and remarks, in colors of the theme."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QColor, QFontMetrics, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from cacheview.ui.theme import GRID, current_tokens, set_font, small_font
from cacheview.ui.wrapped import Wrapped

__all__ = ["FieldLabel", "PartLabel", "TokenLabel"]

_WIDEST_LABEL: Final = "NetworkDisabled"
_WIDEST_HEAD_LABEL: Final = "Cache from"


class TokenLabel(Wrapped):
    """Plain text in colors of the theme, given as tokens, so that they change with the theme."""

    def __init__(self, text: str, parent: QWidget, token: str, surface: str = "") -> None:
        super().__init__(parent=parent)
        self._token, self._surface = token, surface
        self.setWordWrap(False)
        self.setText(text)
        self.setForegroundRole(QPalette.ColorRole.WindowText)  # otherwise that of a surrounding editor is used
        self._color()

    def set_tokens(self, token: str, surface: str = "") -> None:
        """Use other colors. ``surface``: the token of the background; empty: none is painted."""
        if (token, surface) != (self._token, self._surface):
            self._token, self._surface = token, surface
            self._color()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # Setting a style sheet again resets the palette, so the colors are set again too.
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._color()

    def _color(self) -> None:
        tokens = current_tokens()
        palette = self.palette()
        tokens_by_role = {QPalette.ColorRole.WindowText: self._token, QPalette.ColorRole.Window: self._surface}
        colors = {role: QColor(getattr(tokens, token)) for role, token in tokens_by_role.items() if token}
        self.setAutoFillBackground(bool(self._surface))
        if any(palette.color(role) != color for role, color in colors.items()):
            for role, color in colors.items():
                palette.setColor(role, color)
            self.setPalette(palette)


class FieldLabel(TokenLabel):
    """The name of a field, aligned with the first line of its editor. ``&`` marks the shortcut."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, parent, "text_muted")
        self._is_narrow = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def set_narrow(self, narrow: bool) -> None:
        """Use only the width needed by the longest name in the pane's header."""
        if narrow != self._is_narrow:
            self._is_narrow = narrow
            self.updateGeometry()

    def wide_width(self) -> int:
        """Return the width of the column of labels."""
        return QFontMetrics(self.font()).horizontalAdvance(_WIDEST_LABEL) + 4 * GRID

    def narrow_width(self) -> int:
        """Return the width of the column of labels in a narrow pane."""
        return QFontMetrics(self.font()).horizontalAdvance(_WIDEST_HEAD_LABEL) + 3 * GRID

    def sizeHint(self) -> QSize:
        width = self.narrow_width() if self._is_narrow else self.wide_width()
        return QSize(width, QFontMetrics(self.font()).height() + 3 * GRID)


class PartLabel(FieldLabel):
    """The name of a part of a field. It is smaller than that of a field, and only as wide as its text."""

    def __init__(self, text: str, buddy: QWidget, parent: QWidget) -> None:
        super().__init__(text, parent)
        self.setBuddy(buddy)
        set_font(self, small_font)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self.text()), metrics.height() + 3 * GRID)
