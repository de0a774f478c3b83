"""The single-line editors of the pane. They report what the user types, but not values set by code."""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QPersistentModelIndex, QRegularExpression, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QRegularExpressionValidator,
    QTextCharFormat,
)
from PySide6.QtWidgets import QLineEdit, QStyle, QStyleOptionFrame, QWidget

from cacheview.model import DataError
from cacheview.model.duration import format_duration, parse_duration
from cacheview.ui.theme import current_tokens, mono_font, set_font

__all__ = ["DurationEdit", "LineEdit", "NumberEdit", "is_undo_key", "leave_undo_key"]

_INT64_LIMIT: Final = 1 << 63
_TEXT_PADDING: Final = 2
"""Pixels that Qt leaves before the text in a line."""
_STAYING_REASONS: Final = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
"""Reasons for losing the focus that do not mean that the user left: a list or another window opens or closes."""


def is_undo_key(event: QEvent) -> bool:
    """Whether an event is a key press for undo or redo, which apply to the document, not to one line."""
    return isinstance(event, QKeyEvent) and (
        event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)
    )


def leave_undo_key(event: QEvent) -> bool:
    """Leave an event to the window if it is a key press for undo or redo. Returns whether it is."""
    if event.type() not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) or not is_undo_key(event):
        return False
    event.ignore()
    return True


class LineEdit(QLineEdit):
    """A line of monospace text. The window handles undo and redo. Part of the text can be marked.

    A text that is too long ends with an ellipsis while the line does not have the focus.
    """

    focused = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_font(self, mono_font)
        self._marked = slice(0, 0)
        self.place: QPersistentModelIndex | None = None  # the cell that it edits, if any

    def minimumSizeHint(self) -> QSize:
        """Return the smallest usable size, without the space reserved for a hint, which disappears in a narrow line."""
        margins = self.textMargins()
        return super().minimumSizeHint() - QSize(margins.left() + margins.right(), 0)

    @property
    def text_width(self) -> int:
        """The width that the line has for its text, in pixels."""
        return self.width() - self._around

    def width_for(self, characters: int) -> int:
        """Return the width of a line, without a hint, that shows this number of characters."""
        margins = self.textMargins()
        text = self.fontMetrics().horizontalAdvance("0" * characters)
        return text + self._around - margins.left() - margins.right()

    @property
    def _around(self) -> int:
        """The width of everything around the text, such as the buttons of actions."""
        # Qt's minimum is the widest character with everything around it.
        return super().minimumSizeHint().width() - self.fontMetrics().maxWidth()

    @property
    def elided(self) -> str:
        """The text as the line shows it without the focus."""
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.text_width)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus() or self.cursorPosition() or self.elided == self.text():
            return
        metrics = self.fontMetrics()
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        rest = self.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, self)
        left = rest.left() + self.textMargins().left() + _TEXT_PADDING
        rest.setLeft(left + metrics.horizontalAdvance(self.elided.removesuffix("…")))
        painter = QPainter(self)
        painter.fillRect(rest, QColor(current_tokens().surface_raised))
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        painter.drawText(rest, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), "…")

    def set_value(self, text: str) -> None:
        """Show a value, keeping the cursor position if possible. Does not emit ``textEdited``."""
        if self.text() == text:
            return
        cursor = self.cursorPosition()
        self.setText(text)
        self.setCursorPosition(min(cursor, len(text)) if self.hasFocus() else 0)
        self._paint_mark()

    def mark(self, part: slice) -> None:
        """Mark a part of the text as different; an empty part removes the mark."""
        if part != self._marked:
            self._marked = part
            self._paint_mark()

    def _paint_mark(self) -> None:
        # A line edit draws text formats only for input methods.
        formatted = QTextCharFormat()
        formatted.setBackground(QColor(current_tokens().difference))
        attributes = []
        if self._marked.stop > self._marked.start:
            start = self._marked.start - self.cursorPosition()
            attributes.append(
                QInputMethodEvent.Attribute(
                    QInputMethodEvent.AttributeType.TextFormat,
                    start,
                    self._marked.stop - self._marked.start,
                    formatted,
                )
            )
        QCoreApplication.sendEvent(self, QInputMethodEvent("", attributes))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_mark()

    def event(self, event: QEvent) -> bool:
        return not leave_undo_key(event) and super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() not in _STAYING_REASONS:
            self.focused.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in _STAYING_REASONS:
            self.setCursorPosition(0)  # show the start of a text that is too long
            self.left.emit()


class DurationEdit(LineEdit):
    """An editor for a duration in Go's format.

    Signals: ``edited(int)``: the text is valid, with its nanoseconds; ``wrong(str)``: why it is invalid; empty: it is
    valid.
    """

    edited = Signal(object)  # Qt's int has 32 bits
    wrong = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("inherit")
        self._value = 0
        self._is_wrong = False
        self.textEdited.connect(self._typed)
        self.editingFinished.connect(self._finish)

    @property
    def value(self) -> int:
        """The nanoseconds of the last valid text; 0 for none."""
        return self._value

    def set_nanoseconds(self, value: int) -> None:
        """Show a value. Invalid text, or text with the same meaning, is left as typed."""
        if value != self._value or not (self.hasFocus() or self._is_wrong):
            self._value = value
            self.set_value(format_duration(value) if value else "")
            self._show_problem("")

    def _typed(self, text: str) -> None:
        try:
            self._value = parse_duration(text.strip()) if text.strip() else 0
        except DataError as error:
            self._show_problem(str(error))
            return
        self._show_problem("")
        self.edited.emit(self._value)

    def _finish(self) -> None:
        if not self._is_wrong:
            self.set_value(format_duration(self._value) if self._value else "")

    def _show_problem(self, why: str) -> None:
        self._is_wrong = bool(why)
        self.wrong.emit(why)


class NumberEdit(LineEdit):
    """An editor for a 64-bit integer, or none. Up and Down change it by one. Qt's spin box has only 32 bits.

    Signals: ``edited(int | None)``: the number was changed; None: not set.
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, unset: str = "not set") -> None:
        super().__init__(parent)
        self.setPlaceholderText(unset)
        self.setValidator(QRegularExpressionValidator(QRegularExpression("-?[0-9]{0,19}"), self))
        self._value: int | None = None
        self.textEdited.connect(self._typed)

    @property
    def value(self) -> int | None:
        """The last text that was a number; None: not set."""
        return self._value

    def set_number(self, value: int | None) -> None:
        """Show a value. Text with the same meaning is left as typed."""
        if value != self._value or not self.hasFocus():
            self._value = value
            self._show()

    def _show(self) -> None:
        self.set_value("" if self._value is None else str(self._value))

    def _typed(self, text: str) -> None:
        value = _whole_number(text)
        if not text or value is not None:
            self._value = value
            self.edited.emit(value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        value = (self._value or 0) + (step or 0)
        if step is None or not -_INT64_LIMIT <= value < _INT64_LIMIT:
            super().keyPressEvent(event)
            return
        self._value = value
        self._show()
        self.edited.emit(value)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show()  # remove text that is not a number, such as a single minus


def _whole_number(text: str) -> int | None:
    """Return the number in a text; None if it is not a number, or does not fit into 64 bits."""
    if re.fullmatch(r"\s*-?[0-9]{1,19}\s*", text) is None:
        return None
    value = int(text)
    return value if -_INT64_LIMIT <= value < _INT64_LIMIT else None
