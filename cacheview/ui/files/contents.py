"""The two contents of one file side by side."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QTextCursor, QTextFormat
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from cacheview.ui.files.side_by_side import SideBySide
from cacheview.ui.plain import one_line
from cacheview.ui.theme import GRID, current_tokens, mono_font, set_font, small_font, strong_font
from cacheview.ui.verdict.labels import ElidedLabel, WrappedText

__all__ = ["ContentsView"]

_MIN_WIDTH: Final = 48 * GRID


class _ContentSide(QWidget):
    """The title and lines of one version of a file, which can be selected and copied."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = ElidedLabel(small_font, "text_muted", self)
        self.edit = QPlainTextEdit(self)
        self.edit.setReadOnly(True)
        self.edit.setTabChangesFocus(True)
        self.edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.edit.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByKeyboard | Qt.TextInteractionFlag.TextSelectableByMouse
        )
        set_font(self.edit, mono_font)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self.title)
        layout.addWidget(self.edit, 1)
        self._marked: frozenset[int] = frozenset()

    def show_lines(self, title: str, lines: tuple[str, ...], marked: frozenset[int]) -> None:
        self.title.show_text(title)
        self.edit.setAccessibleName(title)
        self.edit.setPlainText("\n".join(lines))
        self._marked = marked
        self.mark()

    def mark(self) -> None:
        """Paint the background of the lines that differ."""
        results = []
        for number in sorted(self._marked):
            selection = QTextEdit.ExtraSelection()
            selection.cursor = QTextCursor(self.edit.document().findBlockByNumber(number))
            selection.format.setBackground(QColor(current_tokens().difference))
            selection.format.setForeground(QColor(current_tokens().text))
            selection.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            results.append(selection)
        self.edit.setExtraSelections(results)

    def go_to_first_mark(self) -> None:
        cursor = QTextCursor(self.edit.document().findBlockByNumber(min(self._marked, default=0)))
        self.edit.setTextCursor(cursor)
        self.edit.ensureCursorVisible()


class ContentsView(QWidget):
    """Both versions, which scroll together. Signals: ``closed()``: Escape was pressed."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ElidedLabel(strong_font, "text", self)
        self._note = WrappedText(small_font, "text_muted", self)
        self._sides = (_ContentSide(self), _ContentSide(self))
        self._row = QWidget(self)
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID)
        for side in self._sides:
            row.addWidget(side, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self._name)
        layout.addWidget(self._note)
        layout.addWidget(self._row, 1)
        layout.addStretch(0)
        self.setMinimumWidth(_MIN_WIDTH)
        self.setAccessibleName("Contents side by side")
        before, now = (side.edit for side in self._sides)
        for one, other in ((before, now), (now, before)):
            one.verticalScrollBar().valueChanged.connect(other.verticalScrollBar().setValue)
            one.horizontalScrollBar().valueChanged.connect(other.horizontalScrollBar().setValue)

    @property
    def texts(self) -> tuple[str, str]:
        """The texts on both sides; empty if a message is shown instead."""
        if self._row.isHidden():
            return "", ""
        before, now = (side.edit.toPlainText() for side in self._sides)
        return before, now

    @property
    def note(self) -> str:
        """The message about the contents."""
        return self._note.text()

    def show_text(self, path: str, note: str) -> None:
        """Show a message instead of the contents."""
        self._name.show_text(one_line(path))
        self._note.show_text(note)
        self._row.hide()

    def show_contents(self, result: SideBySide, titles: tuple[str, str]) -> None:
        """Show the contents. ``titles``: the titles of the two sides."""
        if result.problem:
            self.show_text(result.path, result.problem)
            return
        self._name.show_text(one_line(result.path))
        self._note.show_text(result.note or ("" if result.marked else "The contents are identical."))
        for side, title, lines in zip(self._sides, titles, (result.before, result.now), strict=True):
            side.show_lines(title, lines, result.marked)
        self._row.show()
        for side in self._sides:
            side.go_to_first_mark()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            set_font(self._name, strong_font)
            set_font(self._note, small_font)
            for side in self._sides:
                set_font(side.edit, mono_font)
                set_font(side.title, small_font)
                side.mark()
