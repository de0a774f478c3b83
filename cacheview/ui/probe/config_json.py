"""The container config as JSON, to view, edit and paste."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QColor, QFocusEvent, QTextCursor, QTextFormat
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from cacheview.model import ConfigTextError, ContainerConfig, config_text, read_config
from cacheview.ui.difference import differing
from cacheview.ui.plain import visible
from cacheview.ui.probe.inputs import leave_undo_key
from cacheview.ui.probe.labels import TokenLabel
from cacheview.ui.theme import GRID, current_tokens, mono_font, set_font, small_font

__all__ = ["ConfigJson"]

_HINT = "Paste a container config, an image's config, or the output of docker inspect. Omitted fields are null."


class ConfigJson(QWidget):
    """An editor of the config as JSON. If the text is invalid, an error is shown below it.

    Signals: ``edited(config, phrase, merge)``: the text is a valid config.
    """

    edited = Signal(object, str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._config = ContainerConfig()
        self._session = 0
        self._shown = False
        self.text = JsonEdit(self)
        self.message = TokenLabel(_HINT, self, "text_faint")
        self.message.setWordWrap(True)
        set_font(self.message, small_font)
        self.message.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        self._error: ConfigTextError | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.message)
        self.setFocusProxy(self.text)
        self.text.textChanged.connect(self._typed)
        self.text.left.connect(self._leave)
        self._show_problem("", None)

    @property
    def error(self) -> ConfigTextError | None:
        """The error in the text; None if it is a valid config."""
        return self._error

    def set_config(self, config: ContainerConfig) -> None:
        """Show a config. Text with the same meaning is left as typed; cursor and scroll position always stay."""
        if config == self._config and self._shown:
            return
        self._config = config
        self._replace(config_text(config))
        self._show_problem("", None)

    def _replace(self, text: str) -> None:
        """Replace the text, changing only the part that differs."""
        self._shown = True
        old = self.text.toPlainText()
        if old == text:
            return
        place, new = differing(old, text)
        cursor = QTextCursor(self.text.document())
        # Qt counts in UTF-16 units.
        cursor.setPosition(_units(old[: place.start]))
        cursor.setPosition(_units(old[: place.stop]), QTextCursor.MoveMode.KeepAnchor)
        self.text.blockSignals(True)
        cursor.insertText(text[new])
        self.text.blockSignals(False)

    def _typed(self) -> None:
        text = self.text.toPlainText()
        try:
            read = read_config(text)
        except ConfigTextError as error:
            self._show_problem(visible(str(error)), error)
            return
        self._show_problem(visible(" ".join(read.remarks)), None)
        if read.config != self._config:
            self._config = read.config
            self.edited.emit(read.config, "Edit JSON", f"json/{self._session}")
        if read.path:
            self._replace(config_text(read.config))

    def _leave(self) -> None:
        self._session += 1

    def _show_problem(self, words: str, error: ConfigTextError | None) -> None:
        self._error = error
        token = "error" if error else "text_muted" if words else "text_faint"
        self.message.set_tokens(token, "error_surface" if error else "")
        self.message.setText(f"{words}. The probe is unchanged." if error else words or _HINT)
        self.text.setAccessibleDescription(visible(words))
        self.text.mark_line(error.line if error else 0)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.text.mark_line(self._error.line if self._error else 0)


class JsonEdit(QPlainTextEdit):
    """Monospace text without its own undo, which the document provides. Tab moves to the next widget."""

    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        set_font(self, mono_font)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.setAccessibleName("Container config as JSON")

    def mark_line(self, line: int) -> None:
        """Mark a line, counted from 1; 0: none."""
        marks = []
        if line:
            mark = QTextEdit.ExtraSelection()
            mark.format.setBackground(QColor(current_tokens().error_surface))
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            mark.cursor = QTextCursor(self.document().findBlockByNumber(line - 1))
            marks.append(mark)
        self.setExtraSelections(marks)

    def event(self, event: QEvent) -> bool:
        return not leave_undo_key(event) and super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
