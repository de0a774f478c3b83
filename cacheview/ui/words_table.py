"""How a row of rules is drawn: with room around its words, which may take several lines, and a hairline below."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from cacheview.ui.theme import GRID, current_tokens

__all__ = ["WordsDelegate"]

_Index = QModelIndex | QPersistentModelIndex


class WordsDelegate(QStyledItemDelegate):
    """For tables of words: what Qt draws, with the icon beside the first line."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        option.decorationAlignment = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        inner = QStyleOptionViewItem(option)
        inner.rect = _inner(option)
        return super().sizeHint(inner, index) + QSize(2 * GRID, 2 * GRID)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        tokens = current_tokens()
        rect = option.rect
        ground = index.data(Qt.ItemDataRole.BackgroundRole)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(tokens.selection))
        elif isinstance(ground, QBrush):
            painter.fillRect(rect, ground)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, QColor(tokens.line))
        inner = QStyleOptionViewItem(option)
        inner.rect = _inner(option)
        super().paint(painter, inner, index)


def _inner(option: QStyleOptionViewItem) -> QRect:
    """Where the words are."""
    rect: QRect = option.rect
    return rect.adjusted(GRID, GRID, -GRID, -GRID)
