"""The interface that the window has for docks, and the interface of a pane in a dock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import SignalInstance

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMainWindow, QWidget

    from cacheview.ui.actions import Actions
    from cacheview.ui.dock_head import DockHead
    from cacheview.ui.layer_access import LayerAccess
    from cacheview.ui.loading import Work
    from cacheview.ui.notice import Notice
    from cacheview.ui.opener import Opener
    from cacheview.ui.session import Session
    from cacheview.ui.status import StatusBar
    from cacheview.ui.workspace import Workspace

__all__ = ["DockHost", "Docked"]


class DockHost(Protocol):
    """The window as docks and their controllers see it.

    Attributes:
        commands: the actions of the window.
        status: the status bar.
    """

    commands: Actions
    status: StatusBar

    @property
    def layer_access(self) -> LayerAccess:
        """The access to the layers of the open store."""

    @property
    def frame(self) -> QMainWindow:
        """The parent of docks and dialogs."""

    @property
    def page(self) -> QWidget | None:
        """The central page: the panes, or the page shown while nothing is open."""

    @property
    def session(self) -> Session | None:
        """The open session; None: nothing is open."""

    @property
    def workspace(self) -> Workspace | None:
        """The panes of the open store."""

    @property
    def opener(self) -> Opener:
        """The opener of stores."""

    @property
    def notice(self) -> Notice:
        """The notice line above the panes about the open store."""

    def add_line(self) -> Notice:
        """Add a hidden notice line above the panes, for background work."""

    def paint_panes_later(self, wait: int = 0) -> None:
        """Paint the panes with a delay after their size has changed. ``wait``: in milliseconds."""

    @property
    def settled(self) -> SignalInstance:
        """The signal ``settled(bool)``: an opening has ended, with whether a store is shown."""

    def begin(self) -> None:
        """Open the store that is opened if the program is started without arguments."""

    def open(self, location: str) -> None:
        """Open a store."""

    def choose_rules(self, name: str, preparing: Work) -> None:
        """Use another rule set. ``preparing``: work whose result is a cache for it."""

    def show_build(self, title: str, dockerfile: str, context: str) -> None:
        """Show in the title and status bar which build is replayed; all empty: none."""

    def focus_shown(self) -> None:
        """Move the keyboard focus to the visible page, since the widget that had it no longer exists."""


class Docked(Protocol):
    """The interface of a dock's pane."""

    @property
    def widget(self) -> QWidget:
        """The pane itself."""

    @property
    def head(self) -> DockHead:
        """The title bar, which replaces Qt's."""

    @property
    def close_requested(self) -> SignalInstance:
        """The signal that the user wants to hide the dock."""

    def attach(self, session: Session) -> None:
        """From now on, show this session. Nothing changes if it is the same one."""

    def take_focus(self) -> None:
        """Move the keyboard focus to the pane."""

    def stop(self) -> None:
        """Stop running work, and wait for it."""
