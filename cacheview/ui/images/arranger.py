"""Finds the rows to show: at once in a small store, otherwise in another thread, and only for the latest request."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Signal

from cacheview.ui.images.arrange import FilteredNodes, PreparedTree, TreeQuery, keep, prepare
from cacheview.ui.loading import Loader, Report, Work

__all__ = ["Arranger"]

_AT_ONCE: Final = 2_000
"""Images whose rows are found in some milliseconds, which nobody notices."""


class Arranger(QObject):
    """The rows of one store at a time.

    Tree and texts are made once and serve every filter: letters that are typed meanwhile are searched for when they
    are there.

    Signals:
        arranged(Prepared, FilteredNodes | None): for what is wanted last.
        progressed(int): percent of the texts.
    """

    arranged = Signal(object, object)
    progressed = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: PreparedTree | None = None
        self._whole: PreparedTree | None = None  # with all images: it was there from the start
        self._wanted: TreeQuery | None = None
        self._making: TreeQuery | None = None  # tree or texts, which serve others too
        self._loader = Loader(self)
        self._loader.progressed.connect(lambda done, total, _: self.progressed.emit(100 * done // max(1, total or 1)))
        self._loader.succeeded.connect(self._made)

    @property
    def is_busy(self) -> bool:
        """Whether the rows that are wanted are still being looked for."""
        return self._loader.is_busy

    @property
    def wanted(self) -> TreeQuery | None:
        """What is wanted last; None: nothing yet."""
        return self._wanted

    def begin(self, whole: PreparedTree | None) -> None:
        """Another store: forget the one before. ``whole``: its tree with all images, where there is one."""
        self._stop()
        self._known = self._whole = whole
        self._wanted = None

    def want(self, wanted: TreeQuery) -> None:
        """Find the rows for this, and for nothing that was wanted before."""
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
        """What there is of the tree that is wanted."""
        for known in (self._known, self._whole):
            if known is not None and known.store is wanted.store and known.intermediate == wanted.intermediate:
                return known
        return None

    def _makes_for(self, wanted: TreeQuery) -> bool:
        """Whether what is being made now is just what this needs."""
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
