"""What follows an answer: the smallest edit and the hazards, at once where that is quick, else in another thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from cacheview.model.effort import Effort, LimitError
from cacheview.ui.loading import Loader

if TYPE_CHECKING:
    from cacheview.engine import FurtherFindings

__all__ = ["FurtherSearch", "find_soon"]

_SMALL: Final = 1_000
"""Images of a store in which anything is found in a moment."""
_MANY: Final = 20_000
"""Images of a store among which it is mostly not found so soon that it is worth a try in the turn of an edit."""
_AT_ONCE: Final = 0.004
"""Seconds of work in the turn of an edit."""


class FurtherSearch(QObject):
    """Looks for what follows the newest answer. A look for an older one is stopped, and what it finds is dropped.

    Signals:
        ended(): a look in another thread is over.
    """

    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader = Loader(self)
        self._loader.succeeded.connect(self.ended)
        self._loader.failed.connect(self.ended)

    def forget(self) -> None:
        """Stop a look: another answer comes."""
        self._loader.cancel()

    def look(self, further: FurtherFindings, images: int) -> None:
        """Look now, or go on in another thread. ``images``: how many the store has."""
        self._loader.cancel()
        if images <= _SMALL:
            further.find()
        elif not further.is_found and (images > _MANY or not find_soon(further)):
            self._loader.start(lambda _: further.find())


def find_soon(further: FurtherFindings) -> bool:
    """Look for it, in any thread, but not for longer than a turn may take. Returns whether it was found."""
    try:
        with Effort(_AT_ONCE).spent():
            further.find()
    except LimitError:
        return False
    return True
