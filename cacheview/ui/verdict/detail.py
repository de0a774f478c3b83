"""The two full values of one check, with the differing part marked, and the actions for them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPlainTextEdit, QPushButton, QTextEdit, QVBoxLayout, QWidget

from cacheview.engine import Check
from cacheview.ui.plain import one_line, visible
from cacheview.ui.theme import GRID, current_tokens, mono_font, set_font, small_font, strong_font
from cacheview.ui.verdict.labels import ElidedLabel, WrappedText
from cacheview.ui.verdict.values import NO_MARK, full_pair, marks
from cacheview.ui.verdict.words import doubt_in_words, outcome_in_words, sides_of

__all__ = ["CheckDetail"]

_MIN_WIDTH_SIDE_BY_SIDE = 120 * GRID


class _Value(QWidget):
    """A value that can be selected and copied, with the name of its side."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._mark = NO_MARK
        self.side = WrappedText(small_font, "text_muted", self)
        self.edit = QPlainTextEdit(self)
        self.edit.setReadOnly(True)
        self.edit.setTabChangesFocus(True)
        self.edit.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByKeyboard | Qt.TextInteractionFlag.TextSelectableByMouse
        )
        set_font(self.edit, mono_font)
        self._set_least_height()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self.side)
        layout.addWidget(self.edit, 1)

    def show_value(self, side: str, text: str, mark: slice) -> None:
        self.side.show_text(side.capitalize())
        self.edit.setAccessibleName(f"{side}, full value")
        # Line breaks in a JSON string are escaped, so all real ones come from the formatting.
        shown = "\n".join(visible(line) for line in text.split("\n"))
        if shown != self.edit.toPlainText():
            self.edit.setPlainText(shown)
        self._mark = mark
        self._paint_mark()

    def marked(self) -> str:
        """Return the marked part."""
        return self.edit.toPlainText()[self._mark]

    def _paint_mark(self) -> None:
        if self._mark.start == self._mark.stop:
            self.edit.setExtraSelections([])
            return
        selection = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.edit.document())
        before, within = (_units(self.edit.toPlainText()[part]) for part in (slice(0, self._mark.start), self._mark))
        cursor.setPosition(before)
        cursor.setPosition(before + within, QTextCursor.MoveMode.KeepAnchor)
        look = QTextCharFormat()
        look.setBackground(QColor(current_tokens().difference))
        look.setForeground(QColor(current_tokens().text))
        selection.cursor, selection.format = cursor, look
        self.edit.setExtraSelections([selection])
        self._scroll_to(before)

    def _scroll_to(self, position: int) -> None:
        cursor = QTextCursor(self.edit.document())
        cursor.setPosition(position)
        self.edit.setTextCursor(cursor)
        self.edit.ensureCursorVisible()

    def _set_least_height(self) -> None:
        self.edit.setMinimumHeight(2 * self.edit.fontMetrics().height() + 4 * GRID)

    def refresh(self) -> None:
        set_font(self.edit, mono_font)
        self._set_least_height()
        set_font(self.side, small_font)
        self._paint_mark()


def _units(text: str) -> int:
    """Return the length in UTF-16 units, as Qt counts."""
    return len(text) + sum(character > "\uffff" for character in text)


class CheckDetail(QWidget):
    """One check in full.

    Signals: ``take_requested``: use the image's value in the probe; ``copy_requested``: copy the check.
    """

    take_requested = Signal()
    copy_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._check: Check | None = None
        self._is_low = False
        self._title = ElidedLabel(strong_font, "text", self)
        self._note = WrappedText(small_font, "text_muted", self)
        self.values = (_Value(self), _Value(self))
        self.take_button = QPushButton("Use the image's value", self)
        self.take_button.clicked.connect(self.take_requested)
        self.copy_button = QPushButton("Copy", self)
        self.copy_button.setAccessibleName("Copy this check")
        self.copy_button.clicked.connect(self.copy_requested)
        head = QHBoxLayout()
        head.setSpacing(2 * GRID)
        head.addWidget(self._title, 1)
        head.addWidget(self.take_button)
        head.addWidget(self.copy_button)
        self._sides = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._sides.setSpacing(2 * GRID)
        for value in self.values:
            self._sides.addWidget(value, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 3 * GRID)
        layout.setSpacing(GRID)
        layout.addLayout(head)
        layout.addWidget(self._note)
        layout.addLayout(self._sides, 1)
        layout.addStretch(0)  # fills the space if there are no values
        self.setMinimumHeight(self.least_height())
        self.setAccessibleName("Both values in full")

    @property
    def check(self) -> Check | None:
        """The check that is shown; None: none."""
        return self._check

    @property
    def title(self) -> str:
        """The title, which is the compared field."""
        return self._title.whole()

    def show_check(self, check: Check | None, whose: str, *, can_take: bool) -> None:
        """Show a check. ``whose``: the candidate or source in words; may be empty."""
        self.take_button.setVisible(can_take)
        self.copy_button.setVisible(check is not None)
        if check is None:
            self._check = None
            self._title.show_text("No check selected")
            self._note.show_text("Select a check to see both of its values in full.")
            self._show_parts()
            return
        title = f"{one_line(check.name)}: {outcome_in_words(check)}" + (f" · {whose}" if whose else "")
        self._title.show_text(title)
        doubt = doubt_in_words(check.doubts)
        note = f"{check.note[:1].upper()}{check.note[1:]}. {doubt}" if check.note and doubt else check.note or doubt
        self._note.show_text(one_line(note))
        if self._check is not None and (self._check is check or self._check == check):
            self._show_parts()
            return
        self._check = check
        sides, pair = sides_of(check), full_pair(check)
        for value, side, text, mark in zip(self.values, sides, pair, marks(check, *pair), strict=True):
            value.show_value(side, text, mark)
        self._show_parts()

    def _show_parts(self) -> None:
        """Show the values if there are any, and enough space."""
        for value in self.values:
            value.setVisible(self._check is not None and not self._is_low and bool(value.edit.toPlainText()))
        self._note.setVisible(not self._is_low and bool(self._note.text()))

    def least_height(self) -> int:
        """Return the height of the title, which is always shown."""
        return self.take_button.sizeHint().height() + 5 * GRID

    def usual_height(self) -> int:
        """Return the height with two lines for each value and with a note, even if they are missing."""
        line = self.fontMetrics().height()
        value = self.values[0].edit.minimumHeight() + line + GRID
        is_side_by_side = self.width() >= _MIN_WIDTH_SIDE_BY_SIDE
        return self.take_button.sizeHint().height() + line + (value if is_side_by_side else 2 * value) + 7 * GRID

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = event.size().width() >= _MIN_WIDTH_SIDE_BY_SIDE
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if self._sides.direction() is not direction:
            self._sides.setDirection(direction)
        low = event.size().height() < self.usual_height() - 2 * self.fontMetrics().height()
        if low != self._is_low:
            self._is_low = low
            self._show_parts()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            set_font(self._title, strong_font)
            set_font(self._note, small_font)
            self.setMinimumHeight(self.least_height())
            for value in self.values:
                value.refresh()
