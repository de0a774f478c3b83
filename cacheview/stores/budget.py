"""The budget of one opening. It is charged while data is decoded, before models are created."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from enum import Enum
from typing import Final, TypeVar

from cacheview.model import DataError, decode, footprint
from cacheview.model.base import AnyModel
from cacheview.model.effort import LONGEST, Effort, LimitError, go_on
from cacheview.model.shared import Shared
from cacheview.stores.limits import DEFAULT_LIMITS, Limits
from cacheview.stores.progress import Meter

__all__ = ["Budget", "LimitError", "Resource", "effort_for"]

M = TypeVar("M", bound=AnyModel)

_SMALL: Final = 20 * 1024 * 1024  # bytes of a file that may cost no more than `Limits`
_NOTHING: Final = 16 * 1024  # bytes of a document that takes no memory to speak of, where it is not kept
_PER_SECOND: Final = 256 * 1024  # bytes beyond that for which there is a second more
_STEP: Final = 64 * 1024  # bytes that were read for which there may be more: of many small files, not of each
_TURNS: Final = 16  # calls of `Budget.alive` of which one looks at the clock


_LONG: Final = 64 * 1024
"""Bytes of a document of which counting alone takes a moment. The clock of a thread is too slow to ask for each."""

_SHARE: Final = 0.8
"""Of the memory that is free. What it takes is estimated from above, so this much is never quite used."""


def _free_memory() -> int:
    import psutil  # only large files ask

    return psutil.virtual_memory().available


def effort_for(packed: int) -> Effort:
    """For all work on a file of that size, including reading it."""
    return Effort(LONGEST + max(0, packed - _SMALL) / _PER_SECOND)


class Resource(Enum):
    """What is counted. The value names it in a sentence."""

    UNPACKED = "bytes when decompressed"
    DOCUMENTS = "bytes of JSON documents"
    MEMBERS = "members"
    NAMES = "characters of names"
    LINES = "lines"
    IMAGES = "images"
    PROBES = "probes"
    HISTORY = "history entries"
    LAYERS = "layers"
    VARIANTS = "manifests in indexes"
    MEMORY = "bytes of memory"

    __hash__ = object.__hash__  # called for every document, and that of `Enum` is written in Python


# How much more there may be for each byte that a file has beyond `_SMALL`.
_GROWTH: Final = {
    Resource.UNPACKED: 100,
    Resource.DOCUMENTS: 8,
    Resource.MEMBERS: 1 / 512,
    Resource.NAMES: 1 / 8,
    Resource.LINES: 1 / 2,
    Resource.IMAGES: 1 / 512,
    Resource.PROBES: 1 / 128,
    Resource.HISTORY: 1 / 64,
    Resource.LAYERS: 1 / 64,
    Resource.MEMORY: 32,
}


class Budget:
    """Counts what one opening costs, for several threads at once.

    Attributes:
        shared: what the models of it have in common.

    Args:
        limits: how much there may be.
        meter: called while work goes on, so that it can be cancelled; None: nobody waits.
        packed: how large the file is that is opened: one of more than 20 MB may hold more.
        clock: of the processor time of this thread, in seconds.
        free_memory: bytes that this machine has free: a large file may need most of it, and no more.
    """

    def __init__(
        self,
        limits: Limits = DEFAULT_LIMITS,
        meter: Meter | None = None,
        packed: int = 0,
        clock: Callable[[], float] = time.thread_time,
        free_memory: Callable[[], int] = _free_memory,
    ) -> None:
        self.limits = limits
        self._free_memory = free_memory
        self._most_memory: int | None = None
        self.meter = meter or Meter(None, None, "")
        self.shared = Shared()
        amounts = {
            Resource.UNPACKED: limits.unpacked,
            Resource.DOCUMENTS: limits.documents,
            Resource.MEMBERS: limits.members,
            Resource.NAMES: limits.names,
            Resource.LINES: limits.lines,
            Resource.IMAGES: limits.images,
            Resource.PROBES: limits.probes,
            Resource.HISTORY: limits.histories,
            Resource.LAYERS: limits.layers,
            Resource.VARIANTS: limits.variants,
            Resource.MEMORY: limits.memory,
        }
        self._amounts = amounts
        self._left = dict(self._amounts)
        self._seconds = limits.seconds
        self._clock = clock
        self._end = clock() + self._seconds
        self._thread = threading.get_ident()
        self._turn = 0
        self._lock = threading.Lock()
        self._packed = self._read = 0
        self.grow(packed)

    def spend(self, what: Resource, count: int = 1) -> None:
        """Count what is about to be read or created. Raises `LimitError` if that is too much."""
        with self._lock:
            left = self._left[what] = self._left[what] - count
        if left < 0:
            verb = "needs" if what is Resource.MEMORY else "has"
            raise LimitError(
                f"{verb} more than {self._amounts[what]:,} {what.value}. The rest is not read{self._remedy(what)}"
            )

    def grow(self, packed: int) -> None:
        """The file has at least this size: a larger file may contain more."""
        if packed <= self._packed:
            return
        more = max(0, packed - _SMALL) - max(0, self._packed - _SMALL)
        self._packed = packed
        for what, growth in _GROWTH.items():
            self._amounts[what] += int(more * growth)
            self._left[what] += int(more * growth)
        if more:
            self._bound_memory()
        self._seconds += more / _PER_SECOND
        self._end += more / _PER_SECOND

    def _bound_memory(self) -> None:
        """A file may be as large as it likes; what is made of it has to fit into this machine."""
        if self._most_memory is None:
            self._most_memory = max(self.limits.memory, int(self._free_memory() * _SHARE))
        excess = max(0, self._amounts[Resource.MEMORY] - self._most_memory)
        self._amounts[Resource.MEMORY] -= excess
        self._left[Resource.MEMORY] -= excess

    def _remedy(self, what: Resource) -> str:
        """What to do where it is this machine that has no more."""
        if what is not Resource.MEMORY or self._amounts[what] != self._most_memory:
            return ""
        return ", because this machine has no more free memory. Close other programs, or use a machine with more memory"

    def read(self, count: int) -> None:
        """Count bytes that were read from a file of unknown size."""
        with self._lock:
            self._read += count
            if self._read - self._packed >= _STEP:
                self.grow(self._read)

    def left(self, what: Resource) -> int:
        """How many more there may be."""
        return max(0, self._left[what])

    def spent(self, what: Resource) -> int:
        """How many there are."""
        with self._lock:
            return self._amounts[what] - self._left[what]

    def alive(self) -> None:
        """Work goes on. Raises what the meter raises to cancel it, and `LimitError` where it took too long."""
        self.meter.alive()
        self._turn += 1
        if self._turn % _TURNS:
            return
        go_on()
        if threading.get_ident() == self._thread and self._clock() > self._end:
            raise LimitError(f"takes more than {self._seconds:,.0f} seconds of CPU time. The rest is not read")

    def unpacked(self, count: int) -> None:
        """Count bytes that were decompressed, or skipped. Raises as `spend` and `alive`."""
        self.alive()
        self.spend(Resource.UNPACKED, count)

    def decode(self, model: type[M], data: bytes, *, where: str = "", kept: bool = True) -> M:
        """A JSON document as a model, its size in memory counted before it is made.

        ``kept``: the model is; otherwise it only has to fit for now, and who keeps some of it counts that.

        Raises:
            LimitError: there is not enough left for it.
            DataError: as `cacheview.model.decode`, or it alone is larger than all may be.
        """
        self.alive()
        if not kept and len(data) <= _NOTHING:
            return decode(model, data, where=where)
        needed = footprint(data, model).memory
        if needed > self._amounts[Resource.MEMORY]:
            what = f"needs more than {self._amounts[Resource.MEMORY]:,} bytes of memory{self._remedy(Resource.MEMORY)}"
            raise DataError(what, where=where)
        self.spend(Resource.MEMORY, needed)
        if len(data) > _LONG:
            self.alive()
        decoded = None
        try:
            decoded = decode(model, data, where=where)
            return decoded
        finally:
            if not kept or decoded is None:
                self.give_back(Resource.MEMORY, needed)

    def give_back(self, what: Resource, count: int) -> None:
        """Return what is no longer used."""
        with self._lock:
            self._left[what] += count
