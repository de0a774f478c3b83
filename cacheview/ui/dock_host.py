"""What a dock can ask of the window, and what a pane must have to stand in a dock."""

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
    """The window, as docks and what stands around them know it.

    Attributes:
        commands: the actions of the window.
        status: the status bar.
    """

    commands: Actions
    status: StatusBar

    @property
    def layer_access(self) -> LayerAccess:
        """Opens the layers of what is open."""

    @property
    def frame(self) -> QMainWindow:
        """The parent of docks and dialogs."""

    @property
    def page(self) -> QWidget | None:
        """What fills the middle of the window: the panes, or what is shown while nothing is open."""

    @property
    def session(self) -> Session | None:
        """What is open; None: nothing."""

    @property
    def workspace(self) -> Workspace | None:
        """The panes of what is open."""

    @property
    def opener(self) -> Opener:
        """What opens stores."""

    @property
    def notice(self) -> Notice:
        """The line above the panes about what is open."""

    def add_line(self) -> Notice:
        """A new line above the panes, hidden: for work that goes on beside them."""

    @property
    def settled(self) -> SignalInstance:
        """``settled(bool)`` after each opening: whether a store is shown for it."""

    def begin(self) -> None:
        """Open what a start without a store opens."""

    def open(self, location: str) -> None:
        """Open a store."""

    def choose_rules(self, name: str, preparing: Work) -> None:
        """Use another rule set. ``preparing``: makes a cache that answers by it."""

    def show_build(self, title: str, dockerfile: str, context: str) -> None:
        """Say in title and status bar which build is replayed; all empty: none is."""

    def focus_shown(self) -> None:
        """Bring the keyboard to what is to be seen: where it was before is gone."""


class Docked(Protocol):
    """What a pane must have for a dock."""

    @property
    def widget(self) -> QWidget:
        """The pane itself."""

    @property
    def head(self) -> DockHead:
        """Stands over the pane, instead of Qt's title."""

    @property
    def close_requested(self) -> SignalInstance:
        """The person wants the dock hidden."""

    def attach(self, session: Session) -> None:
        """Show this session from now on; nothing changes if it is the same."""

    def take_focus(self) -> None:
        """The keyboard comes in."""

    def stop(self) -> None:
        """End what is under way, and wait for it."""
