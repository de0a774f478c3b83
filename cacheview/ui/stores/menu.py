"""The entries of the Store menus for the live stores on this machine."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from cacheview.ui.actions import connect
from cacheview.ui.loading import Loader, Report
from cacheview.ui.plain import one_line
from cacheview.ui.stores import known
from cacheview.ui.stores.known import KnownStore
from cacheview.ui.tips import set_tip

__all__ = ["LiveEntries"]


class LiveEntries(QObject):
    """Fills a menu when it is about to be shown: first with the previous results, then with the current ones.

    Args:
        opened: returns the open location, and its address if it is an engine. The entry for it is checked.

    Signals: ``chosen(str)``: the location that the user chose; ``filled()``: the results are current.
    """

    chosen = Signal(str)
    filled = Signal()

    def __init__(self, opened: Callable[[], tuple[str, str]], parent: QObject) -> None:
        super().__init__(parent)
        self._opened = opened
        self._stores: tuple[KnownStore, ...] = ()
        self._places: list[tuple[QMenu, QAction, list[QAction]]] = []
        self._loader = Loader(self)
        self._loader.succeeded.connect(self._on_stores_found)
        # then there are no entries, but files can still be opened
        self._loader.failed.connect(lambda _: self.filled.emit())

    def add_menu(self, menu: QMenu, before: QAction) -> None:
        """From now on, insert entries into this menu, before an action."""
        self._places.append((menu, before, []))

    def fill(self) -> None:
        """Fill a menu that is about to be shown."""
        self._show()
        if not self._loader.is_busy:
            self._loader.start(_find_stores)

    def close(self) -> None:
        """Stop searching for stores, and wait until that has ended."""
        self._loader.close()

    def _on_stores_found(self, stores: tuple[KnownStore, ...]) -> None:
        if stores != self._stores:
            self._stores = stores
            self._show()
        self.filled.emit()

    def _show(self) -> None:
        location, address = self._opened()
        for menu, before, shown in self._places:
            for action in shown:
                menu.removeAction(action)
                action.deleteLater()
            shown.clear()
            for store in self._stores:
                action = QAction(one_line(store.label).replace("&", "&&"), menu)
                action.setCheckable(True)
                action.setChecked(store.address == address if address else store.location == location)
                set_tip(action, store.tip)
                action.setStatusTip(one_line(store.tip or store.location))
                connect(action, lambda location=store.location: self.chosen.emit(location))
                menu.insertAction(before, action)
                shown.append(action)
            if shown:
                shown.append(menu.insertSeparator(before))


def _find_stores(report: Report) -> object:
    del report
    return known.known_stores()
