"""Finds the rows to show, for the latest request.

In a small store they are found immediately, otherwise in another thread.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Signal

from cacheview.ui.images.arrange import FilteredNodes, PreparedTree, TreeQuery, keep, prepare
from cacheview.ui.loading import Loader, Report, Work

__all__ = ["Arranger"]

_AT_ONCE: Final = 2_000
"""The number of images whose rows are found in a few milliseconds."""


class Arranger(QObject):
    """Finds the rows of one store at a time.

    Tree and texts are created once and used for every filter. Letters that are typed in the meantime are searched for
    when these are ready.

    Signals:
        arranged(PreparedTree, FilteredNodes | None): the result of the latest request.
        progressed(int): the percentage of texts that are done.
    """

    arranged = Signal(object, object)
    progressed = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: PreparedTree | None = None
        self._whole: PreparedTree | None = None  # with all images, and available from the start
        self._wanted: TreeQuery | None = None
        self._making: TreeQuery | None = None  # the request whose tree or texts are being created, which others use too
        self._loader = Loader(self)
        self._loader.progressed.connect(lambda done, total, _: self.progressed.emit(100 * done // max(1, total or 1)))
        self._loader.succeeded.connect(self._made)

    @property
    def is_busy(self) -> bool:
        """Whether the requested rows are still being found."""
        return self._loader.is_busy

    @property
    def wanted(self) -> TreeQuery | None:
        """The latest request; None: there is none yet."""
        return self._wanted

    def begin(self, whole: PreparedTree | None) -> None:
        """Drop the previous store. ``whole``: the tree of the new one with all images, if it exists."""
        self._stop()
        self._known = self._whole = whole
        self._wanted = None

    def want(self, wanted: TreeQuery) -> None:
        """Find the rows for this request, and drop any earlier one."""
        self._wanted = wanted
        known = self._known_for(wanted)
        is_ready = known is not None and known.serves(wanted)
        if len(wanted.store.images) <= _AT_ONCE or (is_ready and not wanted.is_filter):
            self._stop()
            self._take(prepare(wanted, known), wanted)
        elif is_ready or not self._makes_for(wanted):
            self._making = None if is_ready else wanted
            self._loader.start(_work(wanted, known))

    def _known_for(self, wanted: TreeQuery) -> PreparedTree | None:
        """Return the existing parts of the requested tree."""
        for known in (self._known, self._whole):
            if known is not None and known.store is wanted.store and known.intermediate == wanted.intermediate:
                return known
        return None

    def _makes_for(self, wanted: TreeQuery) -> bool:
        """Whether the running work creates exactly what this request needs."""
        making = self._making
        if making is None or not self._loader.is_busy:
            return False
        is_tree = making.store is wanted.store and making.intermediate == wanted.intermediate
        return is_tree and bool(making.words) == bool(wanted.words)

    def _stop(self) -> None:
        self._loader.stop()
        self._making = None

    def _made(self, result: tuple[PreparedTree, TreeQuery, FilteredNodes | None]) -> None:
        prepared, made_for, kept = result
        self._making = None
        self._known = prepared
        if self._wanted is made_for:
            self.arranged.emit(prepared, kept)
        elif self._wanted is not None:
            self.want(self._wanted)

    def _take(self, prepared: PreparedTree, wanted: TreeQuery) -> None:
        self._known = prepared
        self.arranged.emit(prepared, keep(prepared, wanted))


def _work(wanted: TreeQuery, known: PreparedTree | None) -> Work:
    def work(report: Report) -> tuple[PreparedTree, TreeQuery, FilteredNodes | None]:
        prepared = prepare(wanted, known, lambda done, total: report(done, total, "Searching"))
        return prepared, wanted, keep(prepared, wanted)

    return work
