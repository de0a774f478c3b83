"""Moves the keyboard focus through the panes of the store, then through the open docks."""

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
    """Move the focus to the next (1) or previous (-1) pane or dock; from anywhere else, to the first."""
    stops, focus = _stops(host), QApplication.focusWidget()
    now = next((i for i, (widget, _) in enumerate(stops) if focus is not None and widget.isAncestorOf(focus)), None)
    if stops:
        stops[(now + step) % len(stops) if now is not None else 0][1]()


def enter_first(host: DockHost) -> None:
    """Move the focus to an open dock, preferably a visible one, otherwise to the first pane."""
    docks = sorted(_docks(host), key=is_seen, reverse=True)
    stops = _stops(host)
    if docks:
        docks[0].enter()
    elif stops:
        stops[0][1]()


def _stops(host: DockHost) -> list[_Stop]:
    """Return the places that the focus moves to, with a function for each, including docks that others cover."""
    from cacheview.ui.pane_row import first_focus

    stops: list[_Stop] = []
    if host.session is not None and host.workspace is not None:
        focus_pane = host.workspace.focus_pane
        stops = [(pane, partial(focus_pane, place)) for place, pane in enumerate(host.workspace.panes)]
    elif (page := host.page) is not None:
        stops = [(page, lambda: _focus(first_focus(page)))]
    return [*stops, *((dock, dock.enter) for dock in _docks(host))]


def _docks(host: DockHost) -> list[PaneDock]:
    """Return the open docks in the order of the table, not of the window's children, where the last raised is last."""
    order = [spec.name for spec in DOCKS]
    docks = [dock for dock in host.frame.findChildren(PaneDock) if not dock.isHidden()]
    return sorted(docks, key=lambda dock: order.index(dock.objectName()))


def _focus(widget: QWidget | None) -> None:
    if widget is not None:
        widget.setFocus()
