"""A dock of the window that shows a pane, and restores the keyboard focus when it is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from PySide6.QtCore import QObject, QPoint, QRect, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QTabBar, QWidget
from shiboken6 import isValid

from cacheview.ui.dock_host import Docked
from cacheview.ui.lazy import Lazy

if TYPE_CHECKING:
    from cacheview.ui.dock_host import DockHost

__all__ = ["DockController", "PaneDock", "is_seen"]

_Pane = TypeVar("_Pane", bound=Docked)

_INITIAL_LINES: Final = 24
"""The initial height of a dock, in lines of text, including its title bar."""
_PANES_DELAY_MS: Final = 32  # two frames, in which the dock is painted before the panes
_HEIGHT_SHARES: Final = (0.36, 0.48)
"""The minimum and maximum share of the available height, so that the panes above stay usable."""


class PaneDock(QDockWidget):
    """A dock at the bottom of the window, hidden until `show_or_hide`. Escape hides it.

    Args:
        name: the object name of the dock.
        action: the action that is checked while the dock is shown.
    """

    def __init__(self, host: DockHost, name: str, pane: Docked, action: QAction) -> None:
        super().__init__(pane.head.title, host.frame)
        self._host = host
        self._pane = pane
        self.action = action
        self._before: QWidget | None = None
        self._was_shown = False
        self.setObjectName(name)
        self.setTitleBarWidget(pane.head)
        self.setWidget(pane.widget)
        pane.close_requested.connect(self._close)
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetClosable | QDockWidget.DockWidgetFeature.DockWidgetMovable
        )
        self.setAllowedAreas(Qt.DockWidgetArea.BottomDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        host.frame.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self)
        host.settled.connect(self._attach)
        self.visibilityChanged.connect(lambda _: action.setChecked(not self.isHidden()))
        self.hide()

    def show_or_hide(self) -> None:
        """Show the dock and move the keyboard focus to it, or hide it if it is shown and no other dock covers it."""
        if not is_seen(self):
            self._attach()
            joined = self._join_others()
            center = self._host.frame.centralWidget()
            room = center.height() if center is not None else 0
            self._host.paint_panes_later(_PANES_DELAY_MS)
            self.show()
            if not self._was_shown and not joined:
                self._take_height(room)
            self._was_shown = True
            self.enter()
            self.action.setChecked(True)
        else:
            self._close()

    def show_quietly(self) -> None:
        """Show the dock without moving the keyboard focus."""
        self._attach()
        self._join_others()
        self._host.paint_panes_later(_PANES_DELAY_MS)
        self.show()
        self._was_shown = True

    def reset(self) -> None:
        """Hide the dock, and reset its place and height."""
        if not self.isHidden():
            self._close()
        self._was_shown = False
        self._host.frame.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self)
        self.hide()

    def enter(self) -> None:
        """Move the keyboard focus to the dock. If another dock covers it, bring it to the front."""
        before, page = QApplication.focusWidget(), self._host.page
        if before is not None and page is not None and page.isAncestorOf(before):
            self._before = before
        self.raise_()
        self._pane.take_focus()

    def _take_height(self, room: int) -> None:
        """Set the initial height. ``room``: the height that the panes had until now."""
        min_height, max_height = (int(share * room) for share in _HEIGHT_SHARES)
        height = min(max(_INITIAL_LINES * self.fontMetrics().height(), min_height), max_height)
        self._host.frame.resizeDocks([self], [height], Qt.Orientation.Vertical)

    def _join_others(self) -> bool:
        """Share the place of an open dock, since two side by side would be too narrow. Returns whether there is one."""
        window = self._host.frame
        area = window.dockWidgetArea(self)
        for dock in window.findChildren(QDockWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if dock is not self and not dock.isHidden() and window.dockWidgetArea(dock) is area:
                if self not in window.tabifiedDockWidgets(dock):
                    window.tabifyDockWidget(dock, self)
                    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
                        bar.setAccessibleName("Docks")
                return True
        return False

    def _attach(self) -> None:
        if self._host.session is not None:
            self._pane.attach(self._host.session)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)

    def _close(self) -> None:
        """Hide the dock, and return the keyboard focus to the widget that had it before, if that still exists.

        If the focus has moved elsewhere in the meantime, it stays there.
        """
        now, page = QApplication.focusWidget(), self._host.page
        if now is not None and page is not None and page.isAncestorOf(now):
            self._before = now
        if now is not None and self.isAncestorOf(now):
            now.clearFocus()  # otherwise Qt would focus the next field, and the trace would follow it
        if is_seen(self):
            self._host.paint_panes_later()
        self.hide()
        before = self._before
        if before is not None and isValid(before) and is_seen(before):
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._host.focus_shown()


class DockController(QObject, Generic[_Pane]):
    """A pane and its connections to the window. It is created when first needed, and its dock even later."""

    def __init__(self, host: DockHost, name: str, pane: _Pane, action: QAction) -> None:
        """See `PaneDock`."""
        super().__init__(host.frame)
        self.host = host
        self.pane: Final = pane
        self._dock = Lazy(lambda: self._make_dock(name, action))

    @property
    def dock(self) -> PaneDock:
        """The dock of the pane."""
        return self._dock()

    @property
    def has_dock(self) -> bool:
        """Whether the dock has been created."""
        return self._dock.existing is not None

    @property
    def is_open(self) -> bool:
        """Whether the dock is open, even if another one covers it."""
        return self._dock.existing is not None and not self._dock.existing.isHidden()

    def _make_dock(self, name: str, action: QAction) -> PaneDock:
        return PaneDock(self.host, name, self.pane, action)

    def show_or_hide(self) -> None:
        """Show or hide the dock."""
        self.dock.show_or_hide()

    def show_and_focus(self) -> None:
        """Show the dock and move the keyboard focus to it."""
        if self.is_open:
            self.dock.enter()
        else:
            self.dock.show_or_hide()

    def reset(self) -> None:
        """Close the dock, and reset its place."""
        if self._dock.existing is not None:
            self._dock.existing.reset()

    def reveal(self, image_id: str) -> None:
        """Select an image in the tree."""
        if self.host.workspace is not None:
            self.host.workspace.images.reveal(image_id)

    def show_copied(self, what: str) -> None:
        """Report in the status bar what was put on the clipboard."""
        self.host.status.show_text(f"Copied: {what}")

    def stop(self) -> None:
        """Stop running work, and wait for it."""
        self.pane.stop()


def is_seen(widget: QWidget) -> bool:
    """Whether a widget is on screen. Qt treats a covered dock as visible, but places it outside the window."""
    window = widget.window()
    return widget.isVisible() and window.rect().intersects(QRect(widget.mapTo(window, QPoint()), widget.size()))
