"""The labels of the pane: plain text in a color of the theme, and a value with its differing part marked."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cacheview.ui.plain import visible
from cacheview.ui.theme import GRID, current_tokens, mono_font, set_font, small_font
from cacheview.ui.tips import set_tip
from cacheview.ui.verdict.delegate import draw_pieces
from cacheview.ui.verdict.fonts import Face
from cacheview.ui.verdict.pieces import Piece
from cacheview.ui.verdict.values import NO_MARK
from cacheview.ui.wrapped import Wrapped

__all__ = ["ElidedLabel", "ValueLine", "WrappedText"]


class WrappedText(Wrapped):
    """Plain text, wrapped, in the color of a token."""

    def __init__(self, font: Callable[[], QFont], color: str = "text", parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._color = color
        set_font(self, font)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.set_color(color)

    def show_text(self, text: str) -> None:
        """Set the text. An empty one takes no space."""
        if text != self.text():
            self.setText(text)
        self.setVisible(bool(text))

    def set_color(self, color: str) -> None:
        """Use the color of another token."""
        self._color = color
        new_color = QColor(getattr(current_tokens(), color))
        palette = self.palette()
        if palette.color(self.foregroundRole()) != new_color:
            palette.setColor(self.foregroundRole(), new_color)
            self.setPalette(palette)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.set_color(self._color)


class ElidedLabel(WrappedText):
    """One line of plain text that is cut if necessary. The tool tip is complete."""

    def __init__(self, font: Callable[[], QFont], color: str = "text", parent: QWidget | None = None) -> None:
        super().__init__(font, color, parent)
        self._whole = ""
        self.setWordWrap(False)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_text(self, text: str) -> None:
        """Show another text."""
        self._whole = text
        set_tip(self, text)
        self.setAccessibleName(text)
        self._cut()

    def whole(self) -> str:
        """Return the full text."""
        return self._whole

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        cut = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, self.width())
        if cut != self.text():
            self.setText(cut)


class ValueLine(QWidget):
    """The name of a side and its value on one line, such as ``probe  "A=1"``, cut so that the mark is visible."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = ""
        self._text = ""
        self._mark = NO_MARK
        self._sides: tuple[str, ...] = ()
        self._take_fonts()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_value(self, side: str, sides: tuple[str, ...], text: str, full: str, mark: slice) -> None:
        """Show a value. ``sides``: the stacked names, so that values align; ``full``: for the tool tip."""
        self._side, self._text, self._mark = side, visible(text), mark
        self._sides = sides
        set_tip(self, full)
        self.setAccessibleName(f"{side}: {self._text[:500]}")
        self.update()

    def _take_fonts(self) -> None:
        self._side_face, self._value_face = Face(small_font()), Face(mono_font(), mono=True)

    @property
    def _side_width(self) -> float:
        return max((self._side_face.width(side) for side in self._sides), default=0.0) + 3 * GRID

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationFontChange:
            self._take_fonts()
            self.updateGeometry()

    def pieces(self) -> tuple[Piece, ...]:
        """Return the value as drawn."""
        return self._value_face.fit(self._text, self._mark, self.width() - self._side_width)

    def sizeHint(self) -> QSize:
        return QSize(40 * GRID, int(self._value_face.height) + GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(20 * GRID, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens = current_tokens()
        painter = QPainter(self)
        side = QRectF(0, 0, self._side_width, self.height())
        draw_pieces(painter, side, (Piece(self._side),), self._side_face, QColor(tokens.text_muted), tokens)
        value = QRectF(self._side_width, 0, self.width() - self._side_width, self.height())
        draw_pieces(painter, value, self.pieces(), self._value_face, QColor(tokens.text), tokens)
