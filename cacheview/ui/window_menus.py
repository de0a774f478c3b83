"""The menus that are filled when they open: live stores, recently opened stores, and *What if*."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cacheview.ui.actions import Actions, connect
from cacheview.ui.lazy import Lazy
from cacheview.ui.plain import one_line

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu

    from cacheview.ui.settings import Settings
    from cacheview.ui.stores.menu import LiveEntries

__all__ = ["WindowMenus"]


class WindowMenus(QObject):
    """Fills menus when they are about to be shown.

    Args:
        opened: returns the open location, and its address if it is an engine.

    Signals:
        store_chosen(str): the user chose the location of a store.
        build_chosen(Build): the user chose a Dockerfile with its options.
    """

    store_chosen = Signal(str)
    build_chosen = Signal(object)

    def __init__(
        self,
        commands: Actions,
        settings: Settings,
        opened: Callable[[], tuple[str, str]],
        fill_what_if: Callable[[QMenu], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._commands = commands
        self._settings = settings
        self._opened = opened
        self._live_entries = Lazy(self._make_live_entries)
        for menu, _ in commands.store_menus:
            menu.aboutToShow.connect(lambda: self.live_entries.fill())
        commands.recent_menu.aboutToShow.connect(self._fill_recent)
        commands.what_if_menu.aboutToShow.connect(lambda: fill_what_if(commands.what_if_menu))

    @property
    def live_entries(self) -> LiveEntries:
        """The entries of the Store menus for live stores on this machine; created on first use."""
        return self._live_entries()

    def _make_live_entries(self) -> LiveEntries:
        from cacheview.ui.stores.menu import LiveEntries

        entries = LiveEntries(self._opened, self)
        for menu, before in self._commands.store_menus:
            entries.add_menu(menu, before)
        entries.chosen.connect(self.store_chosen)
        return entries

    def _fill_recent(self) -> None:
        menu = self._commands.recent_menu
        menu.clear()
        for location in self._settings.recent:
            action = menu.addAction(one_line(location).replace("&", "&&"))
            connect(action, lambda location=location: self.store_chosen.emit(location))
        if self._settings.builds:
            from cacheview.ui.replay.dock import add_recent

            add_recent(menu, self._settings, self.build_chosen.emit)
        if menu.isEmpty():
            menu.addAction("Nothing opened yet").setEnabled(False)
        else:
            menu.addSeparator()
            connect(menu.addAction("&Clear this list"), self._settings.clear_recent)
