"""The status bar: what is open, how many images concern the probe, and how long the answer took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontMetrics, QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from cacheview.ui.plain import one_line
from cacheview.ui.theme import GRID, look_changed, set_font, small_font
from cacheview.ui.tips import set_tip
from cacheview.wording import counted

if TYPE_CHECKING:
    from cacheview.ui.shown_store import ProbeAnswer

__all__ = ["StatusBar"]

_LEFT: Final = ("store", "images", "concerned", "context")
_RIGHT: Final = ("expected", "time")
_LEAST: Final = {"store": 64 * GRID, "context": 16 * GRID}
"""Those that give way, and the width that they keep: how long their names are nobody knows."""
_MESSAGE = 4000  # milliseconds that a message such as "Copied" stays
_LONG_TIME: Final = "000.0 ms"


class StatusBar(QStatusBar):
    """Words only: it repeats nothing by colour that a pane does not say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        # All are there before any message: Qt shows what is added later under a message, or never.
        self._labels = {name: _Words(_LEAST.get(name)) for name in (*_LEFT, *_RIGHT)}
        for name, label in self._labels.items():
            (self.addWidget if name in _LEFT else self.addPermanentWidget)(label)
        self._is_dressed = False
        # The bar is as high from the start as with text in it.
        self.setMinimumHeight(QFontMetrics(small_font()).height() + 3 * GRID)

    def show_store(self, title: str, location: str, images: int) -> None:
        """What is open."""
        self.clearMessage()
        self._write("store", one_line(title), f"{title}\n{location}")
        self._write("images", counted(images, "image"))

    def show_context(self, text: str, tip: str) -> None:
        """Which build context is replayed; empty: none."""
        self._write("context", one_line(text), tip)

    def show_answer(self, answer: ProbeAnswer, candidates: int, sources: int) -> None:
        """What the last answer was about."""
        text = counted(candidates, "candidate")
        self._write("concerned", f"{text} · {counted(sources, 'source')}" if sources else text)
        expected = ""
        if answer.differences is not None:
            expected = "✗ not as the suite expects" if answer.differences else "✓ as the suite expects"
        self._write("expected", expected, "\n".join(answer.differences or ()))
        what = "Time taken for the last answer and its explanation"
        self._write("time", f"{answer.milliseconds:.1f} ms", what)

    def show_delayed(self) -> None:
        """The answer takes long."""
        self.show_no_answer()
        self._write("time", "Looking up…", "You can keep using the window; a new edit replaces this lookup")

    def show_no_answer(self) -> None:
        """There is no probe whose answer is shown."""
        for name in ("concerned", "expected", "time"):
            self._write(name, "")

    def text(self, name: str) -> str:
        """What stands under a name (``store``, ``images``, ``concerned``); empty: nothing."""
        return self._labels[name].whole

    def say(self, text: str) -> None:
        """Tell something in passing."""
        self.showMessage(text, _MESSAGE)

    def _write(self, name: str, text: str, tip: str = "") -> None:
        self._dress()
        self._labels[name].say(text)
        set_tip(self._labels[name], tip)

    def _dress(self) -> None:
        if self._is_dressed:
            return
        from PySide6.QtCore import Qt  # made by the import, which the first paint does not wait for

        self._is_dressed = True
        for label in self._labels.values():
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            set_font(label, small_font)
            label.setContentsMargins(2 * GRID, GRID // 2, GRID, GRID // 2)
        self._keep_room()
        look_changed().connect(self._keep_room)

    def _keep_room(self) -> None:
        """The time is another one after every edit: what stands beside it stays where it is."""
        time = self._labels["time"]
        margins = time.contentsMargins()
        time.setMinimumWidth(time.fontMetrics().horizontalAdvance(_LONG_TIME) + margins.left() + margins.right() + 1)


class _Words(QLabel):
    """One of the texts. If there is no room for all, those that give way are cut; their tool tips are complete."""

    def __init__(self, least: int | None) -> None:
        """``least``: the width that it keeps, however little room there is; None: it does not give way."""
        super().__init__()
        self._least = least
        self.whole = ""

    def say(self, text: str) -> None:
        if text != self.whole:
            self.whole = text
            self.setAccessibleName(text)
            self.setText(text)
            self._cut()

    def sizeHint(self) -> QSize:
        margins = self.contentsMargins()
        wide = self.fontMetrics().horizontalAdvance(self.whole) + margins.left() + margins.right() + 1
        return QSize(wide if self._least is not None else super().sizeHint().width(), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(min(self._least, hint.width()), hint.height()) if self._least is not None else hint

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        if self._least is None or not (self.whole or self.text()):
            return
        from PySide6.QtCore import Qt  # made by the import, which the first paint does not wait for

        cut = self.fontMetrics().elidedText(self.whole, Qt.TextElideMode.ElideMiddle, self.contentsRect().width())
        if cut != self.text():
            self.setText(cut)
