"""How keyboard focus moves: through the panes of the store, then the open docks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication, QWidget

from cacheview.ui.dock import PaneDock, is_seen
from cacheview.ui.docks import DOCKS

if TYPE_CHECKING:
    from cacheview.ui.dock_host import DockHost

__all__ = ["enter_first", "enter_next"]

_Stop = tuple[QWidget, Callable[[], object]]


def enter_next(host: DockHost, step: int) -> None:
    """Bring the keyboard to the pane or dock after (1) or before (-1) the one with it; from elsewhere to the first."""
    stops, focus = _stops(host), QApplication.focusWidget()
    now = next((i for i, (widget, _) in enumerate(stops) if focus is not None and widget.isAncestorOf(focus)), None)
    if stops:
        stops[(now + step) % len(stops) if now is not None else 0][1]()


def enter_first(host: DockHost) -> None:
    """Bring the keyboard to a dock that is open, best one that is to be seen, otherwise to the first pane."""
    docks = sorted(_docks(host), key=is_seen, reverse=True)
    stops = _stops(host)
    if docks:
        docks[0].enter()
    elif stops:
        stops[0][1]()


def _stops(host: DockHost) -> list[_Stop]:
    """What has room of its own in the window, and what brings the keyboard in; docks that stand behind others, too."""
    from cacheview.ui.workspace import first_focus

    stops: list[_Stop] = []
    if host.session is not None and host.workspace is not None:
        focus_pane = host.workspace.focus_pane
        stops = [(pane, partial(focus_pane, place)) for place, pane in enumerate(host.workspace.panes)]
    elif (page := host.page) is not None:
        stops = [(page, lambda: _focus(first_focus(page)))]
    return [*stops, *((dock, dock.enter) for dock in _docks(host))]


def _docks(host: DockHost) -> list[PaneDock]:
    """Those that are open, as the table has them: among the children of the window the one raised last is the last."""
    order = [spec.name for spec in DOCKS]
    docks = [dock for dock in host.frame.findChildren(PaneDock) if not dock.isHidden()]
    return sorted(docks, key=lambda dock: order.index(dock.objectName()))


def _focus(widget: QWidget | None) -> None:
    if widget is not None:
        widget.setFocus()
