"""A build context that reports its progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from cacheview.dockerfile.context import Entry, FolderContext

__all__ = ["ReportingContext"]

_OFTEN: Final = 500  # entries between two reports


class ReportingContext(FolderContext):
    """A folder that reports how many entries it has seen while it is being listed. `report` may raise, to stop it."""

    def __init__(self, path: str, report: Callable[[int], None]) -> None:
        super().__init__(path)
        self._report = report

    def walk(self, enter: Callable[[Entry], bool]) -> Iterator[Entry]:
        for count, entry in enumerate(super().walk(enter)):
            if count % _OFTEN == 0:
                self._report(count)
            yield entry
