"""What the tests of the whole window open it with; the fixture is in ``conftest.py``."""

from __future__ import annotations

from typing import Protocol

from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow

__all__ = ["LAPTOP", "OpenWindow"]

LAPTOP = (1366, 768)


class OpenWindow(Protocol):
    """Makes a window and shows it."""

    def __call__(
        self, location: str = "", *, size: tuple[int, int] | None = LAPTOP, settings: Settings | None = None
    ) -> MainWindow:
        """Show a window, and wait until its store is shown.

        Args:
            location: of the store that is opened in it; empty: none is.
            size: in logical pixels; None: the one that the settings have.
            settings: None: those of the test.
        """
