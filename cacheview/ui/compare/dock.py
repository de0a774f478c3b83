"""The pane as a dock of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget
from shiboken6 import isValid

from cacheview.ui.compare.pane import TITLE, ComparePane
from cacheview.ui.theme import GRID

if TYPE_CHECKING:
    from cacheview.ui.window import MainWindow

__all__ = ["CompareDock"]

_WIDE: Final = 400 * GRID
_WIDTH: Final = 130 * GRID
_HEIGHT: Final = 68 * GRID


class CompareDock(QDockWidget):
    """At the right of a wide window, else at its bottom; hidden until `show_or_hide`. Escape hides it.

    Signal ``rules_asked``: that of the pane.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(TITLE, window)
        self._window = window
        self.setObjectName("compare")
        self.pane = ComparePane()
        self.pane.copied.connect(lambda what: window.status.say(f"Copied: {what}"))
        self.rules_asked = self.pane.rules_asked
        self._before: QWidget | None = None
        self.setTitleBarWidget(self.pane.head)
        self.pane.head.closed.connect(self._close)
        self.setWidget(self.pane)
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetClosable | QDockWidget.DockWidgetFeature.DockWidgetMovable
        )
        self.setAllowedAreas(Qt.DockWidgetArea.BottomDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        if window.width() >= _WIDE:
            window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self)
            window.resizeDocks([self], [_WIDTH], Qt.Orientation.Horizontal)
        else:
            window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self)
            window.resizeDocks([self], [_HEIGHT], Qt.Orientation.Vertical)
        window.settled.connect(self._attach)
        self.visibilityChanged.connect(lambda _: window.commands.compare.setChecked(not self.isHidden()))
        self.hide()

    def show_or_hide(self) -> None:
        """Show it and bring the keyboard in; or hide it."""
        if self.isHidden():
            self._before = QApplication.focusWidget()
            self._attach()
            self.show()
            self.pane.focus_table()
        else:
            self._close()

    def _attach(self) -> None:
        if self._window.session is not None:
            self.pane.attach(self._window.session)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)

    def _close(self) -> None:
        """Hide it, and give the keyboard back."""
        self.hide()
        if self._before is not None and isValid(self._before) and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
