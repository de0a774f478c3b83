"""The status bar: what is open, how much of it concerns the probe, and how long the answer took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtGui import QFontMetrics, QPalette
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from cacheview.ui.plain import one_line
from cacheview.ui.theme import GRID, small_font
from cacheview.ui.tips import set_tip

if TYPE_CHECKING:
    from cacheview.ui.session import Answer

__all__ = ["StatusBar", "plural"]

_MESSAGE = 4000  # milliseconds that a message such as "Copied" stays


class StatusBar(QStatusBar):
    """Words only: it repeats nothing by colour that a pane does not say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._labels: dict[str, QLabel] = {}
        # The bar is as high from the start as with text in it.
        self.setMinimumHeight(QFontMetrics(small_font()).height() + 3 * GRID)

    def show_store(self, title: str, location: str, images: int) -> None:
        """What is open."""
        self.clearMessage()
        self._write("store", one_line(title), location)
        self._write("images", plural(images, "image"))

    def show_answer(self, answer: Answer, candidates: int, sources: int) -> None:
        """What the last answer was about."""
        told = plural(candidates, "candidate")
        self._write("concerned", f"{told} · {plural(sources, 'source')}" if sources else told)
        expected = ""
        if answer.differences is not None:
            expected = "✗ not as the suite expects" if answer.differences else "✓ as the suite expects"
        self._write("expected", expected, "\n".join(answer.differences or ()), right=True)
        what = "How long the cache and the explanation took for the last answer"
        self._write("time", f"{answer.milliseconds:.1f} ms", what, right=True)

    def show_no_answer(self) -> None:
        """There is no probe whose answer is shown."""
        for name, right in (("concerned", False), ("expected", True), ("time", True)):
            self._write(name, "", right=right)

    def text(self, name: str) -> str:
        """What stands under a name (``store``, ``images``, ``concerned``); empty: nothing."""
        return self._labels[name].text() if name in self._labels else ""

    def say(self, text: str) -> None:
        """Tell something in passing."""
        self.showMessage(text, _MESSAGE)

    def _write(self, name: str, text: str, tip: str = "", *, right: bool = False) -> None:
        from PySide6.QtCore import Qt  # made by the import, which the first paint does not wait for

        label = self._labels.get(name)
        if label is None:
            label = self._labels[name] = QLabel()
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            label.setFont(small_font())
            label.setContentsMargins(2 * GRID, GRID // 2, GRID, GRID // 2)
            (self.addPermanentWidget if right else self.addWidget)(label)
        if label.text() != text:
            label.setText(text)
        set_tip(label, tip)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.ApplicationFontChange:
            for label in self._labels.values():
                label.setFont(small_font())


def plural(count: int, what: str) -> str:
    """``1 image``, ``12,000 images``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
