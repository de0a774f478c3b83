"""The status bar: the open store, the number of affected images, and the time of the answer."""

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

_LEFT_LABELS: Final = ("store", "images", "concerned", "context")
_RIGHT_LABELS: Final = ("expected", "time")
_MIN_WIDTHS: Final = {"store": 64 * GRID, "context": 16 * GRID}
"""The texts that are shortened if necessary, with their minimum widths, since names may have any length."""
_MESSAGE_MS = 4000  # that a message such as "Copied" is shown
_LONG_TIME: Final = "000.0 ms"


class StatusBar(QStatusBar):
    """The status bar. It consists of text only, and never relies on color."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        # All texts are created before any message: Qt would show later ones below the message, or never.
        self._labels = {name: _Words(_MIN_WIDTHS.get(name)) for name in (*_LEFT_LABELS, *_RIGHT_LABELS)}
        for name, label in self._labels.items():
            (self.addWidget if name in _LEFT_LABELS else self.addPermanentWidget)(label)
        self._is_look_set = False
        # The bar has its full height even without text.
        self.setMinimumHeight(QFontMetrics(small_font()).height() + 3 * GRID)

    def show_store(self, title: str, location: str, images: int) -> None:
        """Show the open store."""
        self.clearMessage()
        self._write("store", one_line(title), f"{title}\n{location}")
        self._write("images", counted(images, "image"))

    def show_context(self, text: str, tip: str) -> None:
        """Show the build context that is replayed; empty: none."""
        self._write("context", one_line(text), tip)

    def show_answer(self, answer: ProbeAnswer, candidates: int, sources: int) -> None:
        """Show the numbers about the last answer."""
        text = counted(candidates, "candidate")
        self._write("concerned", f"{text} · {counted(sources, 'source')}" if sources else text)
        expected = ""
        if answer.differences is not None:
            expected = "✗ not as the suite expects" if answer.differences else "✓ as the suite expects"
        self._write("expected", expected, "\n".join(answer.differences or ()))
        what = "Time taken for the last answer and its explanation"
        self._write("time", f"{answer.milliseconds:.1f} ms", what)

    def show_delayed(self) -> None:
        """Show that the answer is taking long."""
        self.show_no_answer()
        self._write(
            "time",
            "Looking up…",
            "You can keep using the window. If you edit the probe, a new lookup replaces this one",
        )

    def show_no_answer(self) -> None:
        """Show that no answer is displayed."""
        for name in ("concerned", "expected", "time"):
            self._write(name, "")

    def text(self, name: str) -> str:
        """Return the text with a name (``store``, ``images``, ``concerned``); empty: none."""
        return self._labels[name].whole

    def show_text(self, text: str) -> None:
        """Show a message briefly."""
        self.showMessage(text, _MESSAGE_MS)

    def _write(self, name: str, text: str, tip: str = "") -> None:
        self._update_look()
        self._labels[name].show_text(text)
        set_tip(self._labels[name], tip)

    def _update_look(self) -> None:
        if self._is_look_set:
            return
        from PySide6.QtCore import Qt  # created by the import, which the first paint does not wait for

        self._is_look_set = True
        for label in self._labels.values():
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            set_font(label, small_font)
            label.setContentsMargins(2 * GRID, GRID // 2, GRID, GRID // 2)
        self._keep_room()
        look_changed().connect(self._keep_room)

    def _keep_room(self) -> None:
        """Reserve enough width for the time, which changes with every edit, so that its neighbors do not move."""
        time = self._labels["time"]
        margins = time.contentsMargins()
        time.setMinimumWidth(time.fontMetrics().horizontalAdvance(_LONG_TIME) + margins.left() + margins.right() + 1)


class _Words(QLabel):
    """One of the texts. If there is too little space, it is shortened; its tool tip is complete.

    Args:
        min_width: the minimum width; None: it is never shortened.
    """

    def __init__(self, min_width: int | None) -> None:
        super().__init__()
        self._min_width = min_width
        self.whole = ""

    def show_text(self, text: str) -> None:
        if text != self.whole:
            self.whole = text
            self.setAccessibleName(text)
            self.setText(text)
            self._cut()

    def sizeHint(self) -> QSize:
        margins = self.contentsMargins()
        wide = self.fontMetrics().horizontalAdvance(self.whole) + margins.left() + margins.right() + 1
        return QSize(wide if self._min_width is not None else super().sizeHint().width(), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(min(self._min_width, hint.width()), hint.height()) if self._min_width is not None else hint

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        if self._min_width is None or not (self.whole or self.text()):
            return
        from PySide6.QtCore import Qt  # created by the import, which the first paint does not wait for

        cut = self.fontMetrics().elidedText(self.whole, Qt.TextElideMode.ElideMiddle, self.contentsRect().width())
        if cut != self.text():
            self.setText(cut)
