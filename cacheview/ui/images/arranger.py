"""Finds the rows to show, for the latest request.

In a small store they are found immediately, otherwise in another thread. The tree of another large store is shown in a
turn of its own.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from cacheview.ui.images.arrange import FilteredNodes, PreparedTree, TreeQuery, filter_nodes, prepare
from cacheview.ui.loading import Loader, Report, Work

__all__ = ["Arranger"]

_MAX_IMAGES_WITHOUT_THREAD: Final = 2_000
"""The number of images up to which rows are found in a few milliseconds."""
_NEXT_TURN_MS: Final = 1  # a later turn, after everything else that shows another store


class Arranger(QObject):
    """Finds the rows of one store at a time.

    The tree and its texts are created once and used for every filter. What is typed in the meantime is searched for
    when they are ready.

    Signals:
        arranged(PreparedTree, FilteredNodes | None): the result of the latest request.
        progressed(int): the percentage of texts that are ready.
    """

    arranged = Signal(object, object)
    progressed = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._prepared: PreparedTree | None = None
        self._whole: PreparedTree | None = None  # the tree of all images, if it was available from the start
        self._query: TreeQuery | None = None
        self._preparing: TreeQuery | None = None  # its tree or texts are being created, for later requests too
        self._later = QTimer(self, singleShot=True, interval=_NEXT_TURN_MS)
        self._later.timeout.connect(self._request_again)
        self._loader = Loader(self)
        self._loader.progressed.connect(lambda done, total, _: self.progressed.emit(100 * done // max(1, total or 1)))
        self._loader.succeeded.connect(self._on_prepared)

    @property
    def is_busy(self) -> bool:
        """Whether the requested rows are still being found."""
        return self._loader.is_busy or self.is_waiting

    @property
    def is_waiting(self) -> bool:
        """Whether the requested rows are ready, and are shown in a later turn."""
        return self._later.isActive()

    @property
    def query(self) -> TreeQuery | None:
        """The latest request; None: there is none yet."""
        return self._query

    def begin(self, whole: PreparedTree | None) -> None:
        """Drop the previous store. ``whole``: the tree of the new one with all images, if it exists."""
        self._stop()
        self._prepared = self._whole = whole
        self._query = None

    def request(self, query: TreeQuery, *, later: bool = False) -> None:
        """Find the rows for this request, and drop any earlier request.

        ``later``: in a large store, not in this turn, in which other views change too; see `finish`.
        """
        self._query = query
        self._later.stop()
        prepared = self._prepared_for(query)
        is_ready = prepared is not None and prepared.is_ready_for(query)
        is_few = len(query.store.images) <= _MAX_IMAGES_WITHOUT_THREAD
        if is_few or (is_ready and not query.is_filter and not later):
            self._stop()
            self._arrange_now(prepare(query, prepared), query)
        elif is_ready and not query.is_filter:
            self._stop()
            self._later.start()
        elif is_ready or not self._is_preparing_for(query):
            self._preparing = None if is_ready else query
            self._loader.start(_work(query, prepared))

    def finish(self) -> None:
        """Show the rows now if they are to be shown in a later turn."""
        if self.is_waiting:
            self._request_again()

    def _request_again(self) -> None:
        if self._query is not None:
            self.request(self._query)

    def _prepared_for(self, query: TreeQuery) -> PreparedTree | None:
        """Return the existing parts of the requested tree."""
        for prepared in (self._prepared, self._whole):
            if prepared is not None and prepared.store is query.store and prepared.intermediate == query.intermediate:
                return prepared
        return None

    def _is_preparing_for(self, query: TreeQuery) -> bool:
        """Whether the running work creates exactly what this request needs."""
        preparing = self._preparing
        if preparing is None or not self._loader.is_busy:
            return False
        is_tree = preparing.store is query.store and preparing.intermediate == query.intermediate
        return is_tree and bool(preparing.words) == bool(query.words)

    def _stop(self) -> None:
        self._later.stop()
        self._loader.stop()
        self._preparing = None

    def _on_prepared(self, result: tuple[PreparedTree, TreeQuery, FilteredNodes | None]) -> None:
        prepared, prepared_query, filtered = result
        self._preparing = None
        self._prepared = prepared
        if self._query is prepared_query:
            self.arranged.emit(prepared, filtered)
        elif self._query is not None:
            self.request(self._query)

    def _arrange_now(self, prepared: PreparedTree, query: TreeQuery) -> None:
        self._prepared = prepared
        self.arranged.emit(prepared, filter_nodes(prepared, query))


def _work(query: TreeQuery, prepared: PreparedTree | None) -> Work:
    def work(report: Report) -> tuple[PreparedTree, TreeQuery, FilteredNodes | None]:
        result = prepare(query, prepared, lambda done, total: report(done, total, "Searching"))
        return result, query, filter_nodes(result, query)

    return work
