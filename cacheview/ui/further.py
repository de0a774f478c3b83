"""Finds the smallest edit and the hazards of an answer: immediately if that is quick, otherwise in another thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from cacheview.model.effort import Effort, LimitError
from cacheview.ui.loading import Loader

if TYPE_CHECKING:
    from cacheview.engine import FurtherFindings

__all__ = ["FurtherSearch", "find_quickly"]

_MAX_IMAGES_OF_SMALL_STORE: Final = 1_000
"""The number of images up to which any search takes only a moment."""
_MAX_IMAGES_TO_TRY: Final = 20_000
"""The number of images above which a search rarely ends within the turn of an edit, and is not tried there."""
_SECONDS_IN_EDIT: Final = 0.004
"""The seconds that a search may take within the turn of an edit."""


class FurtherSearch(QObject):
    """Searches for the latest answer. A search for an older answer is stopped, and its result dropped.

    Signals:
        ended(): a search in another thread has ended.
    """

    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader = Loader(self)
        self._loader.succeeded.connect(self.ended)
        self._loader.failed.connect(self.ended)

    def forget(self) -> None:
        """Stop the search, since another answer follows."""
        self._loader.cancel()

    def look(self, further: FurtherFindings, images: int) -> None:
        """Search now, or continue in another thread. ``images``: the number of images in the store."""
        self._loader.cancel()
        if images <= _MAX_IMAGES_OF_SMALL_STORE:
            further.find()
        elif not further.is_found and (images > _MAX_IMAGES_TO_TRY or not find_quickly(further)):
            self._loader.start(lambda _: further.find())


def find_quickly(further: FurtherFindings) -> bool:
    """Search, but no longer than a turn may take. Returns whether the search is complete. Works in any thread."""
    try:
        with Effort(_SECONDS_IN_EDIT).spent():
            further.find()
    except LimitError:
        return False
    return True
