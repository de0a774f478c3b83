"""Draws a row of the tree: icon, name or id, instruction, marks, creation time and size."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from cacheview.ui.icons import pixmap
from cacheview.ui.images.marks import REMOVED, ImageMark
from cacheview.ui.images.model import ImagesColumn, column_text
from cacheview.ui.images.tree import NO_PARENT, ImageNode
from cacheview.ui.plain import one_line
from cacheview.ui.theme import GRID, Tokens, current_tokens, mono_font, scaled_font, small_font, strong_font

if TYPE_CHECKING:
    from cacheview.model import Image

__all__ = ["RowHeight", "RowPainter"]

_GAP: Final = 2 * GRID
_MARK_COLORS: Final = {
    "parent": ("text_muted", "surface_raised"),
    "source": ("text_muted", "surface_raised"),
    "new": ("text_muted", "surface_raised"),
    "remove": ("text_muted", "surface_raised"),
    "hit": ("hit", "hit_surface"),
    "passed": ("passed", "passed_surface"),
    "failed": ("failed", "failed_surface"),
    "not-certain": ("text_muted", "surface_raised"),
}
# Created once: combining flags takes as long as drawing a short text.
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_NOT_OF_ANSWER: Final = ("new", "parent", "source", "remove")
"""The kinds of marks that are not about the cache's answer."""
_MIN_ID_DIGITS: Final = 7
_MIN_NAME_CHARACTERS: Final = 4
_MIN_STEP_CHARACTERS: Final = 5
"""The minimum widths, in average characters, of a name and an instruction: other parts are shortened first."""
_MAX_CACHED: Final = 4096
"""The maximum number of cached texts and of cached badges, since the same rows are drawn repeatedly."""

_line = lru_cache(_MAX_CACHED)(one_line)


class _Face:
    """A font, with metrics that are used constantly."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self.metrics = QFontMetrics(font)
        self.height = self.metrics.height()
        # Not the method itself: the cache would read its docstring, which PySide would first have to generate.
        self.width = lru_cache(_MAX_CACHED)(lambda text: self.metrics.horizontalAdvance(text))
        self.min_width = 2 * self.metrics.averageCharWidth()
        self.cut = lru_cache(_MAX_CACHED)(self._cut)

    def _cut(self, text: str, room: int) -> str:
        return self.metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)


def _struck_out(font: QFont) -> QFont:
    result = QFont(font)
    result.setStrikeOut(True)
    return result


class RowPainter:
    """Draws text literally, never as markup. Create it again after the application's font or colors have changed."""

    def __init__(self) -> None:
        self.tokens: Tokens = current_tokens()
        self._name = _Face(strong_font())
        self._plain = _Face(scaled_font(1.0))
        self._mono = _Face(mono_font())
        self._struck = {face: _Face(_struck_out(face.font)) for face in (self._name, self._plain, self._mono)}
        self._small = _Face(small_font())
        self._word = _Face(scaled_font(0.85, weight=QFont.Weight.DemiBold))
        self._icon = max(16, self._name.height)
        self._mark_icon = max(12, self._word.metrics.ascent())
        self._colors: dict[str, QColor] = {}
        self._badges: dict[tuple[ImageMark, float, bool], QPixmap] = {}
        self.height = max(self._name.height, self._mono.height) + 2 * GRID
        self.icon_middle = GRID + self._icon // 2

    def paint(
        self,
        painter: QPainter,
        node: ImageNode,
        marks: tuple[ImageMark, ...],
        cells: Mapping[ImagesColumn, QRect],
        ratio: float,
    ) -> None:
        """Draw the cells of the visible columns. ``ratio``: the pixel ratio of the paint device."""
        for column, cell in cells.items():
            rect = cell.adjusted(GRID, 0, -GRID, 0)
            if column is ImagesColumn.IMAGE:
                self._paint_image(painter, rect, node, marks, ratio)
            elif column is ImagesColumn.ID:
                face = self._struck[self._mono] if REMOVED in marks else self._mono
                self._text(painter, rect, face, column_text(node, column), "text_faint")
            else:
                self._text(painter, rect, self._small, column_text(node, column), "text_faint", _RIGHT)

    def _paint_image(
        self, painter: QPainter, rect: QRect, node: ImageNode, marks: tuple[ImageMark, ...], ratio: float
    ) -> None:
        image = node.image
        name = "scratch" if image is None else "image" if image.names else "image-unnamed"
        top = rect.center().y() - self._icon // 2 + 1
        self._paint_thread(painter, rect, node, top)
        painter.drawPixmap(rect.x(), top, pixmap(name, "text_faint", self._icon, ratio))
        rect = rect.adjusted(self._icon + _GAP, 0, 0, 0)
        # Marks keep their space: only the text is shortened.
        badges = self._badges_within(marks, ratio, rect.width() - self._least_text(image))
        reserved = marked = sum(round(badge.width() / ratio) + _GAP for badge in badges)
        is_shown = node.word and node.word != NO_PARENT
        if is_shown and image is not None and not image.names:  # more informative than the instruction
            wide = self._small.width(_line(node.word)) + _GAP
            reserved += min(wide, (rect.width() - reserved) // 2)
        text = rect.adjusted(0, 0, -reserved, 0)
        strong, plain, mono, color, faint = self._name, self._plain, self._mono, "text", "text_muted"
        if REMOVED in marks:
            strong, plain, mono = self._struck[strong], self._struck[plain], self._struck[mono]
            color = faint = "text_faint"
        if image is None:
            used = self._text(painter, text, strong, "scratch", color)
        elif image.names:
            used = self._text(painter, text, strong, _line(image.title), color)
        else:
            used = self._text(painter, text, mono, self._id_within(image, text.width()), faint)
            step = text.adjusted(used + _GAP, 0, 0, 0)
            used += _GAP + self._text(painter, step, plain, _line(image.instruction), color)
        if node.word:
            word = text.adjusted(used + _GAP, 0, reserved - marked, 0)
            used += _GAP + self._text(painter, word, self._small, _line(node.word), "text_faint")
        left = rect.x() + used + _GAP
        for badge in badges:
            height, width = round(badge.height() / ratio), round(badge.width() / ratio)
            if left + width > rect.right() + 1:
                break  # do not paint over the neighboring parts
            painter.drawPixmap(left, rect.center().y() - height // 2 + 1, badge)
            left += width + _GAP

    def _least_text(self, image: Image | None) -> int:
        """Return the minimum width that the words of badges leave for a row's text."""
        if image is None or image.names:
            return _MIN_NAME_CHARACTERS * self._plain.min_width
        return (
            self._mono.width(_line(image.short_id)[:_MIN_ID_DIGITS])
            + _GAP
            + _MIN_STEP_CHARACTERS * self._plain.min_width
        )

    def _id_within(self, image: Image, room: int) -> str:
        """Return the short id, or only its start if the instruction would not fit otherwise."""
        full_id = _line(image.short_id)
        step_width = min(self._plain.width(_line(image.instruction)), _MIN_STEP_CHARACTERS * self._plain.min_width)
        return full_id if self._mono.width(full_id) + _GAP + step_width <= room else full_id[:_MIN_ID_DIGITS]

    def _badges_within(self, marks: tuple[ImageMark, ...], ratio: float, room: int) -> list[QPixmap]:
        """Return the badges of a row. If space is short, those that are not about the answer lose their words first."""
        short: set[ImageMark] = set()
        for mark in sorted(marks, key=lambda mark: mark.kind not in _NOT_OF_ANSWER):
            needed = sum(round(self._badge(each, ratio, short=each in short).width() / ratio) + _GAP for each in marks)
            if needed <= room:
                break
            short.add(mark)
        return [self._badge(mark, ratio, short=mark in short) for mark in marks]

    def _paint_thread(self, painter: QPainter, rect: QRect, node: ImageNode, top: int) -> None:
        """Draw the line from an image to the one it was built on, if that is in the row above."""
        middle = rect.x() + self._icon // 2
        painter.setPen(self._color("text_faint"))
        if node.follows:
            painter.drawLine(middle, rect.top(), middle, top)
        if node.followed:
            painter.drawLine(middle, top + self._icon, middle, rect.bottom())

    def _text(
        self,
        painter: QPainter,
        rect: QRect,
        face: _Face,
        text: str,
        color: str,
        side: Qt.AlignmentFlag = _LEFT,
    ) -> int:
        """Draw text on one line, with an ellipsis if it is too long. Returns its width."""
        room = rect.width()
        if room < face.min_width or not text:
            return 0
        width = face.width(text)
        if width > room:
            text = face.cut(text, room)
            width = face.width(text)
        painter.setFont(face.font)
        painter.setPen(self._color(color))
        painter.drawText(rect, side, text)
        return width

    def _color(self, token: str) -> QColor:
        color = self._colors.get(token)
        if color is None:
            color = self._colors[token] = QColor(getattr(self.tokens, token))
        return color

    def _badge(self, mark: ImageMark, ratio: float, *, short: bool = False) -> QPixmap:
        """Draw a badge. ``short``: without its word, which the tool tip shows."""
        result = self._badges.get((mark, ratio, short))
        if result is None:
            if len(self._badges) >= _MAX_CACHED:
                self._badges.clear()
            result = self._badges[mark, ratio, short] = self._draw_badge(mark, ratio, short=short)
        return result

    def _draw_badge(self, mark: ImageMark, ratio: float, *, short: bool) -> QPixmap:
        text_token, surface_token = _MARK_COLORS[mark.kind]
        if mark.is_faint:
            return pixmap(mark.kind, "text_faint", self._mark_icon, ratio)
        word = "" if short else _line(mark.word)
        word_width = 2 * GRID + self._word.width(word) if word else 0
        size = QSize(self._mark_icon + 2 * GRID + word_width, self._word.height + 2)
        badge = QPixmap(size * ratio)
        badge.setDevicePixelRatio(ratio)
        badge.fill(Qt.GlobalColor.transparent)
        painter = QPainter(badge)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(self._color(surface_token))
        plain = surface_token == "surface_raised"
        painter.setPen(self._color("line_strong") if plain else QColor(Qt.GlobalColor.transparent))
        whole = QRect(0, 0, size.width(), size.height())
        painter.drawRoundedRect(QRectF(whole).adjusted(0.5, 0.5, -0.5, -0.5), GRID, GRID)
        top = (size.height() - self._mark_icon) // 2
        painter.drawPixmap(GRID, top, pixmap(mark.kind, text_token, self._mark_icon, ratio))
        painter.setFont(self._word.font)
        painter.setPen(self._color(text_token))
        painter.drawText(whole.adjusted(self._mark_icon + 2 * GRID, 0, 0, 0), _LEFT, word)
        painter.end()
        return badge


class RowHeight(QStyledItemDelegate):
    """Provides only the height of rows: the view draws them itself."""

    def __init__(self, height: int) -> None:
        super().__init__()
        self.height = height

    def sizeHint(self, option: QStyleOptionViewItem, index: object) -> QSize:
        del option, index
        return QSize(0, self.height)
