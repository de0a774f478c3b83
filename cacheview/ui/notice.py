"""A notice line above the panes, for problems, errors and running work. It is never a modal dialog."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cacheview.ui.icons import icon, pixmap
from cacheview.ui.plain import visible
from cacheview.ui.start_page import clear
from cacheview.ui.theme import GRID, current_tokens, set_font, small_font
from cacheview.ui.wrapped import Wrapped

__all__ = ["Kind", "Notice"]

Kind = Literal["note", "problem", "error", "busy", "mode"]

_LOOK_OF_KIND: Final = {
    "note": ("not-compared", "text_muted", "surface_raised"),
    "problem": ("hazard", "hazard", "hazard_surface"),
    "error": ("error", "error", "error_surface"),
    "busy": ("reload", "text_muted", "surface_raised"),
    "mode": ("diverges", "diverges", "diverges_surface"),
}
_MAX_LINES: Final = 2000
_MAX_VISIBLE_LINES: Final = 8


class Notice(QWidget):
    """One sentence with an icon, details that can be unfolded and copied, and buttons.

    Signals:
        closed(): the user closed the notice.
        visibility_changed(): it was shown or hidden, and the widgets around it will be laid out again.
        copied(str): what was put on the clipboard.
    """

    closed = Signal()
    visibility_changed = Signal()
    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind: Kind = "note"
        self._picture = QLabel()
        self._picture.setContentsMargins(0, GRID // 2, 0, 0)
        self._text = Wrapped()
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(40 * GRID)
        self._progress.setFixedHeight(2 * GRID - 2)
        self._fold = QPushButton("Show &details")
        self._fold.setCheckable(True)
        self._fold.toggled.connect(self._unfold)
        self._copy = QPushButton("&Copy")
        self._copy.setAccessibleName("Copy the details")
        self._copy.clicked.connect(self._copy_details)
        self._close = QToolButton()
        self._close.setAccessibleName("Close this notice")
        self._close.setToolTip("Close")
        self._close.clicked.connect(self.closed)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(2 * GRID)
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setTabChangesFocus(True)
        self._details.setAccessibleName("Details")
        line = QHBoxLayout()
        line.setSpacing(2 * GRID)
        line.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._text, 1)
        line.addWidget(self._progress)
        line.addLayout(self._buttons)
        line.addWidget(self._fold)
        line.addWidget(self._copy)
        line.addWidget(self._close)
        self._column = layout = QVBoxLayout(self)
        layout.setSpacing(GRID)
        layout.addLayout(line)
        layout.addWidget(self._details)
        self.show_text("note", "")

    @property
    def text(self) -> str:
        """The sentence."""
        return self._text.text()

    def show_text(
        self,
        kind: Kind,
        text: str,
        details: Sequence[str] = (),
        buttons: Sequence[tuple[str, Callable[[], object]]] = (),
    ) -> None:
        """Show a notice, with its details folded away. ``buttons``: labels with their actions."""
        self._kind = kind
        top = 2 * GRID if kind == "mode" else GRID  # below the menu bar
        self._column.setContentsMargins(3 * GRID, top, 2 * GRID, GRID + 1)
        self._text.setText(visible(text))
        self._text.setAccessibleName(visible(text))
        shown = list(details[:_MAX_LINES])
        if len(details) > _MAX_LINES:
            shown.append(f"… and {len(details) - _MAX_LINES} more")
        self._details.setPlainText("\n".join(visible(line) for line in shown))
        self._whole = "\n".join(details)
        lines = self._details.fontMetrics().lineSpacing() * min(_MAX_VISIBLE_LINES, max(2, len(shown)))
        self._details.setFixedHeight(lines + 6 * GRID)
        self._fold.setChecked(False)
        self._details.hide()
        self._fold.setVisible(bool(details))
        self._copy.setVisible(bool(details))
        self._progress.setVisible(kind == "busy")
        self._close.setVisible(kind not in ("busy", "mode"))
        clear(self._buttons)
        for label, do in buttons:
            button = QPushButton(label)
            button.clicked.connect(do)
            self._buttons.addWidget(button)
            button.show()
        self._update_look()
        self.update()

    def show_progress(self, done: int, total: int | None) -> None:
        """Show the progress. Without a total, the bar only moves."""
        self._progress.setRange(0, 1000 if total else 0)
        if total:
            self._progress.setValue(min(1000, done * 1000 // total))

    def _unfold(self, open_: bool) -> None:
        self._details.setVisible(open_)
        self._fold.setText("Hide &details" if open_ else "Show &details")

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(f"{self._text.text()}\n{self._whole}")
        self.copied.emit("details")

    def _update_look(self) -> None:
        name, color, _ = _LOOK_OF_KIND[self._kind]
        self._picture.setVisible(self._kind != "note")
        self._picture.setPixmap(pixmap(name, color, 16, self.devicePixelRatioF()))
        self._close.setIcon(icon("remove", "text_muted"))
        for button in self.findChildren(QPushButton):
            set_font(button, small_font)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.visibility_changed.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.visibility_changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._update_look()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        tokens = current_tokens()
        painter.fillRect(self.rect(), QColor(getattr(tokens, _LOOK_OF_KIND[self._kind][2])))
        if self._kind == "mode":  # it must stay visible
            painter.fillRect(0, 0, self.width(), GRID, QColor(tokens.diverges))
        painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(tokens.line))
