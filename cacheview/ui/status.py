"""The status bar: what is open, how much of it concerns the probe, and how long the answer took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from cacheview.ui.plain import one_line, tool_tip
from cacheview.ui.theme import GRID, small_font

if TYPE_CHECKING:
    from cacheview.ui.session import Answer

__all__ = ["StatusBar", "plural"]

_MESSAGE = 4000  # milliseconds that a message such as "Copied" stays


class StatusBar(QStatusBar):
    """Words only: it repeats nothing by colour that a pane does not say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._store, self._images, self._concerned = QLabel(), QLabel(), QLabel()
        self._expected, self._time = QLabel(), QLabel()
        for label in (self._store, self._images, self._concerned):
            self.addWidget(label)
        for label in (self._expected, self._time):
            self.addPermanentWidget(label)
        self._time.setToolTip("How long the cache and the explanation took for the last answer")
        self._dress()

    def show_store(self, title: str, location: str, images: int) -> None:
        """What is open."""
        self._store.setText(one_line(title))
        self._store.setToolTip(tool_tip(location))
        self._images.setText(plural(images, "image"))
        self._dress()

    def show_answer(self, answer: Answer, candidates: int, sources: int) -> None:
        """What the last answer was about."""
        told = plural(candidates, "candidate")
        self._concerned.setText(f"{told} · {plural(sources, 'source')}" if sources else told)
        self._time.setText(f"{answer.milliseconds:.1f} ms")
        if answer.differences is None:
            self._expected.setText("")
        elif answer.differences:
            self._expected.setText("✗ not as the suite expects")
        else:
            self._expected.setText("✓ as the suite expects")
        self._expected.setToolTip(tool_tip("\n".join(answer.differences or ())))
        self._dress()

    def say(self, text: str) -> None:
        """Tell something in passing."""
        self.showMessage(text, _MESSAGE)

    def _dress(self) -> None:
        for label in (self._store, self._images, self._concerned, self._expected, self._time):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            label.setFont(small_font())
            label.setContentsMargins(2 * GRID, GRID // 2, GRID, GRID // 2)
            label.setVisible(bool(label.text()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.ApplicationFontChange:
            self._dress()


def plural(count: int, what: str) -> str:
    """``1 image``, ``12,000 images``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
