"""Draws a row of a list or map and edits it in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from cacheview.ui.icons import pixmap
from cacheview.ui.plain import one_line, visible
from cacheview.ui.probe.image_edit import ImageEdit
from cacheview.ui.probe.image_search import ImageIndex
from cacheview.ui.probe.inputs import LineEdit
from cacheview.ui.probe.marks import FAILED
from cacheview.ui.probe.rows_model import GHOST_ROLE, MARK_ROLE, NOTE_ROLE, ConfigRowsModel, RowMark, RowRemark
from cacheview.ui.theme import GRID, Tokens, current_tokens, icon_size, mono_font, small_font

__all__ = ["RowsDelegate"]

_Index = QModelIndex | QPersistentModelIndex
_MAX_LINES: Final = 6
_CHARACTERS_BEFORE_DIFFERENCE: Final = 12
"""The number of characters shown before a difference that would otherwise be too far right to be visible."""


@dataclass(frozen=True, slots=True)
class _ElidedText:
    """The text of a cell as drawn: cut to the available width, with the position of the mark."""

    text: str
    part: slice


class RowsDelegate(QStyledItemDelegate):
    """Draws and edits rows.

    Signals:
        started(row): a cell of this row is about to be edited.
        canceled(): the edit must be reverted.
        finished(index, key): Enter, Tab or Backtab (a `Qt.Key`) closed the editor.
    """

    started = Signal(int)
    finished = Signal(QModelIndex, int)
    canceled = Signal()

    def __init__(self, parent: QWidget, actions: tuple[str, ...], perform: Callable[[str, int], None]) -> None:
        super().__init__(parent)
        self.hot_row = -1  # the row below the pointer
        self.active_row = -1  # the current row while the view has the focus
        self.live = True
        self.images: ImageIndex | None = None
        self._actions = actions
        self._perform = perform
        self.update_fonts()

    def update_fonts(self) -> None:
        """Use the current fonts."""
        self._mono = mono_font()
        self._small = small_font()
        self._mono_metrics, self._small_metrics = QFontMetrics(self._mono), QFontMetrics(self._small)
        self._line_height = self._mono_metrics.height()
        self._character_width = max(1, self._mono_metrics.horizontalAdvance("0"))
        self._icon_size = icon_size()
        self._button_size = self._icon_size + GRID

    # Positions

    @property
    def line_height(self) -> int:
        """The height of one line of text in pixels."""
        return self._line_height

    def gutter(self, model: QAbstractItemModel) -> int:
        """Return the width to the left of a row's text, which includes the index in a list."""
        if not isinstance(model, ConfigRowsModel) or not model.ordered:
            return 2 * GRID
        digits = len(str(max(model.rowCount() - 1, 1)))
        return 3 * GRID + self._small_metrics.horizontalAdvance("0" * digits)

    def ghost_left(self, model: QAbstractItemModel) -> int:
        """Return the left edge of the empty row's text."""
        gutter = self.gutter(model)
        return gutter if gutter > 2 * GRID else gutter + self._icon_size * 3 // 4

    def ghost_width(self, model: QAbstractItemModel) -> int:
        """Return the width of the empty row's text."""
        prompts = getattr(model, "prompts", ("",))
        return self.ghost_left(model) + self._small_metrics.horizontalAdvance(prompts[0])

    def _text_rect(self, rect: QRect, index: _Index) -> QRect:
        left = self.gutter(index.model()) if index.column() == 0 else GRID
        return rect.adjusted(left, GRID, -2 * GRID, -GRID)

    def _button(self, rect: QRect, number: int) -> QRect:
        """Return the rectangle of the action button with a number, counted from the right."""
        top = rect.top() + max(0, (min(rect.height(), self.line_height + 2 * GRID) - self._button_size) // 2)
        return QRect(
            QPoint(rect.right() - GRID - (number + 1) * self._button_size, top),
            QSize(self._button_size, self._button_size),
        )

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        text_width = self._text_rect(QRect(0, 0, option.rect.width(), 0), index).width()
        height = self._line_count(self._shown(index, text_width), text_width) * self.line_height
        note = index.data(NOTE_ROLE)
        if isinstance(note, RowRemark) and self._is_last(index) and not self._fits_beside_text(index, note, text_width):
            height += self._small_metrics.height()
        return QSize(option.rect.width(), height + 2 * GRID)

    def _fits_beside_text(self, index: _Index, note: RowRemark, width: int) -> bool:
        """Whether a note fits on the line of the text."""
        used = self._mono_metrics.horizontalAdvance(visible(str(index.data())[:400]))
        return used + 3 * GRID + self._small_metrics.horizontalAdvance(one_line(note.text)) <= width

    @staticmethod
    def _is_last(index: _Index) -> bool:
        return index.column() == index.model().columnCount() - 1

    # Text

    def _shown(self, index: _Index, width: int) -> _ElidedText:
        text = str(index.data() or "")
        mark = index.data(MARK_ROLE)
        part = mark.part if isinstance(mark, RowMark) and self._is_last(index) else slice(0, 0)
        room = max(8, width // self._character_width) * _MAX_LINES - 2
        start = 0
        if part.start > room - _CHARACTERS_BEFORE_DIFFERENCE and len(text) > room:
            start = max(0, part.start - _CHARACTERS_BEFORE_DIFFERENCE)
        head, tail = ("…" if start else ""), ("…" if len(text) - start > room else "")
        cut = _edges(text)[start : start + room]
        shift = len(head) - start
        return _ElidedText(f"{head}{cut}{tail}", slice(max(0, part.start + shift), max(0, part.stop + shift)))

    def _line_count(self, shown: _ElidedText, width: int) -> int:
        if self._mono_metrics.horizontalAdvance(shown.text) + GRID <= width:
            return 1  # without laying it out
        return max(1, self._layout(shown, width, current_tokens()).lineCount())

    def _layout(self, shown: _ElidedText, width: int, tokens: Tokens) -> QTextLayout:
        layout = QTextLayout(shown.text, self._mono)
        wrap = QTextOption()
        wrap.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(wrap)
        if shown.part.stop > shown.part.start:
            different = QTextLayout.FormatRange()
            different.start = shown.part.start
            different.length = min(shown.part.stop, len(shown.text)) - shown.part.start
            formatted = QTextCharFormat()
            formatted.setBackground(QColor(tokens.difference))
            formatted.setForeground(QColor(tokens.text))
            different.format = formatted
            layout.setFormats([different])
        layout.beginLayout()
        for number in range(_MAX_LINES):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(max(width, 1))
            line.setPosition(QPointF(0, number * self.line_height))
        layout.endLayout()
        return layout

    # Painting

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        tokens = current_tokens()
        rect: QRect = option.rect
        row, ghost = index.row(), bool(index.data(GHOST_ROLE))
        painter.save()
        background = self._background(row, index.data(MARK_ROLE), tokens)
        if background:
            painter.fillRect(rect, QColor(background))
        text_rect = self._text_rect(rect, index)
        if index.column() == 0:
            self._paint_gutter(painter, rect, index, tokens)
        if ghost:
            # Drawn across all columns, since the key column may be narrower than the text.
            painter.setFont(self._small)
            painter.setPen(QColor(tokens.text_faint))
            painter.setClipRect(rect)
            prompts = getattr(index.model(), "prompts", ("",))
            text_rect.setLeft(self.ghost_left(index.model()))
            text_rect.setRight(rect.right())
            painter.drawText(text_rect, Qt.AlignmentFlag.AlignVCenter, prompts[0])
        else:
            layout = self._layout(self._shown(index, text_rect.width()), text_rect.width(), tokens)
            key = index.column() == 0 and index.model().columnCount() > 1
            painter.setPen(QColor(tokens.text_muted if key else tokens.text))
            layout.draw(painter, QPointF(text_rect.topLeft()))
            self._paint_note(painter, text_rect, index, tokens)
        if self._is_last(index) and not ghost and row in (self.hot_row, self.active_row):
            self._paint_buttons(painter, rect, background or tokens.hover)
        painter.restore()

    def _background(self, row: int, mark: object, tokens: Tokens) -> str:
        if row == self.active_row:
            return tokens.selection
        if isinstance(mark, RowMark) and mark.outcome == FAILED:
            return tokens.failed_surface
        return tokens.hover if row == self.hot_row else ""

    def _paint_gutter(self, painter: QPainter, rect: QRect, index: _Index, tokens: Tokens) -> None:
        ratio = painter.device().devicePixelRatio()
        width = self.gutter(index.model())
        line = QRect(rect.left(), rect.top() + GRID, width - GRID, self.line_height)
        mark = index.data(MARK_ROLE)
        failed = isinstance(mark, RowMark) and mark.outcome == FAILED
        if index.data(GHOST_ROLE):
            size = self._icon_size * 3 // 4
            left = line.right() - size + 1 if width > 2 * GRID else rect.left() + GRID
            place = QPoint(left, line.center().y() - size // 2 + 1)
            painter.drawPixmap(place, pixmap("add", "text_faint", size, ratio))
        elif width > 2 * GRID:
            painter.setFont(self._small)
            painter.setPen(QColor(tokens.failed if failed else tokens.text_faint))
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(index.row()))
        if failed:
            painter.fillRect(QRect(rect.left(), rect.top(), GRID // 2, rect.height()), QColor(tokens.failed))

    def _paint_note(self, painter: QPainter, rect: QRect, index: _Index, tokens: Tokens) -> None:
        note = index.data(NOTE_ROLE)
        if not isinstance(note, RowRemark) or not self._is_last(index):
            return
        metrics = self._small_metrics
        painter.setFont(self._small)
        painter.setPen(QColor(getattr(tokens, note.token)))
        text = one_line(note.text)
        if self._fits_beside_text(index, note, rect.width()):
            line = QRect(rect.left(), rect.top(), rect.width(), self.line_height)
            alignment = Qt.AlignmentFlag.AlignRight
        else:
            line = QRect(rect.left(), rect.bottom() - metrics.height() + 1, rect.width(), metrics.height())
            alignment = Qt.AlignmentFlag.AlignLeft
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(line, alignment | Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_buttons(self, painter: QPainter, rect: QRect, background: str) -> None:
        ratio = painter.device().devicePixelRatio()
        area = self._button(rect, len(self._actions) - 1).united(self._button(rect, 0))
        painter.fillRect(area.adjusted(-GRID, 0, 0, 0), QColor(background))
        for number, action in enumerate(self._actions):
            place = self._button(rect, number).center() - QPoint(self._icon_size // 2 - 1, self._icon_size // 2 - 1)
            painter.drawPixmap(place, pixmap(action, "text_muted", self._icon_size, ratio))

    # Editing

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        del option
        self.started.emit(index.row())
        if self.images is not None:
            search = ImageEdit(parent, arrow=False)
            search.set_index(self.images)
            search.chosen.connect(lambda image: self._choose(search, image.title if image else ""))
            search.entered.connect(lambda: self._close(search, Qt.Key.Key_Return))
            editor: LineEdit = search
        else:
            editor = LineEdit(parent)
            if self.live:
                editor.textEdited.connect(lambda: self.commitData.emit(editor))
        editor.setFrame(False)
        editor.place = QPersistentModelIndex(index)
        editor.setAccessibleName(str(index.data(Qt.ItemDataRole.AccessibleTextRole)))
        prompts = getattr(index.model(), "prompts", ())
        if index.data(GHOST_ROLE) and len(prompts) > 1:
            editor.setPlaceholderText(("key", "value")[index.column()])
        return editor

    def _choose(self, editor: ImageEdit, text: str) -> None:
        editor.set_value(text)
        self._close(editor, Qt.Key.Key_Return)

    def _close(self, editor: LineEdit, key: Qt.Key) -> None:
        place = editor.place
        if place is None:
            return
        index = place.model().index(place.row(), place.column())
        self.commitData.emit(editor)
        self.closeEditor.emit(editor, QStyledItemDelegate.EndEditHint.NoHint)
        self.finished.emit(index, key)

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        if isinstance(editor, LineEdit):
            editor.set_value(str(index.data(Qt.ItemDataRole.EditRole)))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        if isinstance(editor, LineEdit) and editor.text() != index.data(Qt.ItemDataRole.EditRole):
            model.setData(index, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        text_rect = self._text_rect(option.rect, index)
        # A line edit has a margin of two pixels.
        editor.setGeometry(option.rect.adjusted(text_rect.left() - option.rect.left() - 2, 0, -GRID, 0))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(watched, LineEdit) and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            enter = key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if enter and not isinstance(watched, ImageEdit):
                self._close(watched, Qt.Key.Key_Return)
                return True
            if enter:
                return False  # the editor handles it: a list of images may be open
            if key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                self._close(watched, Qt.Key(key))
                return True
            if key == Qt.Key.Key_Escape:
                self.canceled.emit()
                self.closeEditor.emit(watched, QStyledItemDelegate.EndEditHint.NoHint)
                return True
        return super().eventFilter(watched, event)

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: _Index
    ) -> bool:
        if isinstance(event, QMouseEvent) and self._is_last(index):
            for number, action in enumerate(self._actions):
                hit = self._button(option.rect, number).contains(event.position().toPoint())
                if hit and not index.data(GHOST_ROLE):
                    if event.type() == QEvent.Type.MouseButtonRelease:
                        self._perform(action, index.row())
                    return True
        return super().editorEvent(event, model, option, index)


def _edges(text: str) -> str:
    """Return `visible` text in which spaces at both ends are visible too, since they count in every comparison."""
    inner = text.strip(" ")
    if len(inner) == len(text):
        return visible(text)
    before = len(text) - len(text.lstrip(" ")) if inner else 0
    return "·" * before + visible(inner) + "·" * (len(text) - before - len(inner))
