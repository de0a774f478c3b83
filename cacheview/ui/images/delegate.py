"""How a row of the tree is drawn: icon, name or id, instruction, marks."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from cacheview.ui.icons import pixmap
from cacheview.ui.images.marks import Mark
from cacheview.ui.images.model import MARKS_ROLE, NODE_ROLE, Column
from cacheview.ui.images.tree import Node
from cacheview.ui.plain import one_line
from cacheview.ui.theme import GRID, current_tokens, mono_font, scaled_font, small_font, strong_font

__all__ = ["ImageRowDelegate"]

_Index = QModelIndex | QPersistentModelIndex
_GAP: Final = 2 * GRID
_MARK_COLOURS: Final = {
    "parent": ("text_muted", "surface_raised"),
    "source": ("text_muted", "surface_raised"),
    "candidate": ("text_muted", "surface_raised"),
    "hit": ("hit", "hit_surface"),
    "passed": ("passed", "passed_surface"),
    "failed": ("failed", "failed_surface"),
}
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ImageRowDelegate(QStyledItemDelegate):
    """Draws text as it is. The background of a row is the tree's. `refresh` after the application's font changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.refresh()

    def refresh(self) -> None:
        self._name = strong_font()
        self._plain = scaled_font(1.0)
        self._mono = mono_font()
        self._small = small_font()
        self._word = scaled_font(0.85, weight=QFont.Weight.DemiBold)
        self._icon = max(16, QFontMetrics(self._name).height())
        self._mark_icon = max(12, QFontMetrics(self._word).ascent())

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        del option, index
        return QSize(0, max(QFontMetrics(self._name).height(), QFontMetrics(self._mono).height()) + 2 * GRID)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        node = index.data(NODE_ROLE)
        if not isinstance(node, Node):
            return
        painter.save()
        painter.setClipRect(option.rect)
        rect: QRect = option.rect.adjusted(GRID, 0, -GRID, 0)
        if index.column() == Column.IMAGE:
            self._paint_image(painter, rect, node, self._marks(index))
        else:
            painter.setFont(self._mono if index.column() == Column.ID else self._small)
            side = _LEFT if index.column() == Column.ID else _RIGHT
            self._text(painter, rect, index.data(Qt.ItemDataRole.DisplayRole), "text_faint", side)
        painter.restore()

    @staticmethod
    def _marks(index: _Index) -> tuple[Mark, ...]:
        marks = index.data(MARKS_ROLE)
        return marks if isinstance(marks, tuple) else ()

    def _paint_image(self, painter: QPainter, rect: QRect, node: Node, marks: tuple[Mark, ...]) -> None:
        ratio = painter.device().devicePixelRatioF()
        image = node.image
        name = "scratch" if image is None else "image" if image.names else "image-unnamed"
        top = rect.center().y() - self._icon // 2 + 1
        self._paint_thread(painter, rect, node, top)
        painter.drawPixmap(rect.x(), top, pixmap(name, "text_faint", self._icon, ratio))
        rect = rect.adjusted(self._icon + _GAP, 0, 0, 0)
        # What the marks take is kept free: the text gives way, they do not.
        reserved = marked = sum(self._mark_width(mark) + _GAP for mark in marks)
        if node.word and image is not None and not image.names:  # the word says more than the instruction
            wide = QFontMetrics(self._small).horizontalAdvance(one_line(node.word)) + _GAP
            reserved += min(wide, (rect.width() - reserved) // 2)
        text = rect.adjusted(0, 0, -reserved, 0)
        if image is None:
            used = self._run(painter, text, self._name, "scratch", "text")
        elif image.names:
            used = self._run(painter, text, self._name, one_line(image.title), "text")
        else:
            used = self._run(painter, text, self._mono, one_line(image.short_id), "text_muted")
            step = text.adjusted(used + _GAP, 0, 0, 0)
            used += _GAP + self._run(painter, step, self._plain, one_line(image.instruction), "text")
        if node.word:
            word = text.adjusted(used + _GAP, 0, reserved - marked, 0)
            used += _GAP + self._run(painter, word, self._small, one_line(node.word), "text_faint")
        left = rect.x() + used + _GAP
        for mark in marks:
            left += self._paint_mark(painter, left, rect, mark, ratio) + _GAP

    def _paint_thread(self, painter: QPainter, rect: QRect, node: Node, top: int) -> None:
        """The line from an image to the one that it was built on, where that is in the row above."""
        painter.setPen(QColor(current_tokens().text_faint))
        middle = rect.x() + self._icon // 2
        if node.follows:
            painter.drawLine(middle, rect.top(), middle, top)
        if node.followed:
            painter.drawLine(middle, top + self._icon, middle, rect.bottom())

    def _run(self, painter: QPainter, rect: QRect, font: QFont, text: str, colour: str) -> int:
        painter.setFont(font)
        return self._text(painter, rect, text, colour, _LEFT)

    @staticmethod
    def _text(painter: QPainter, rect: QRect, text: str, colour: str, side: Qt.AlignmentFlag) -> int:
        """Draw on one line, cut off with an ellipsis. Returns the width that it took."""
        metrics = painter.fontMetrics()
        if rect.width() < metrics.averageCharWidth() * 2 or not text:
            return 0
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.setPen(QColor(getattr(current_tokens(), colour)))
        painter.drawText(rect, side | Qt.TextFlag.TextSingleLine, shown)
        return metrics.horizontalAdvance(shown)

    def _mark_width(self, mark: Mark) -> int:
        return self._mark_icon + GRID + QFontMetrics(self._word).horizontalAdvance(one_line(mark.word)) + 3 * GRID

    def _paint_mark(self, painter: QPainter, left: int, row: QRect, mark: Mark, ratio: float) -> int:
        text_token, surface_token = _MARK_COLOURS[mark.kind]
        tokens = current_tokens()
        width = self._mark_width(mark)
        height = QFontMetrics(self._word).height() + 2
        badge = QRect(left, row.center().y() - height // 2 + 1, width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(getattr(tokens, surface_token)))
        painter.setPen(QColor(tokens.line_strong if surface_token == "surface_raised" else "transparent"))
        painter.drawRoundedRect(QRectF(badge).adjusted(0.5, 0.5, -0.5, -0.5), GRID, GRID)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        top = badge.center().y() - self._mark_icon // 2 + 1
        drawing = pixmap(mark.kind, text_token, self._mark_icon, ratio)
        painter.drawPixmap(badge.x() + GRID, top, drawing)
        painter.setFont(self._word)
        painter.setPen(QColor(getattr(tokens, text_token)))
        label = badge.adjusted(self._mark_icon + 2 * GRID, 0, 0, 0)
        painter.drawText(label, _LEFT | Qt.TextFlag.TextSingleLine, one_line(mark.word))
        return width
