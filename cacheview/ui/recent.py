"""The menu of what was opened and replayed last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacheview.ui.actions import connect
from cacheview.ui.plain import one_line

if TYPE_CHECKING:
    from cacheview.ui.settings import Settings
    from cacheview.ui.window import MainWindow

__all__ = ["fill_recent"]


def fill_recent(window: MainWindow, settings: Settings) -> None:
    """Fill the menu of a window anew."""
    menu = window.commands.recent_menu
    menu.clear()
    for location in settings.recent:
        action = menu.addAction(one_line(location).replace("&", "&&"))
        connect(action, lambda location=location: window.open(location))
    if settings.builds:
        from cacheview.ui.replay.replays import add_recent

        add_recent(menu, settings, lambda build: window.replays.open_build(build))
    if menu.isEmpty():
        menu.addAction("Nothing was opened yet").setEnabled(False)
    else:
        menu.addSeparator()
        connect(menu.addAction("&Clear this list"), settings.clear_recent)
