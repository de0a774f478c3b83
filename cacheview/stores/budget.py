"""The budget for opening one location. Costs are charged while data is decoded, before models are created."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from enum import Enum
from typing import Final, TypeVar

from cacheview.model import DataError, decode, footprint
from cacheview.model.base import AnyModel
from cacheview.model.effort import QUESTION_SECONDS, Effort, LimitError, go_on
from cacheview.model.shared import Shared
from cacheview.stores.limits import DEFAULT_LIMITS, Limits
from cacheview.stores.progress import Meter

__all__ = ["Budget", "LimitError", "Resource", "effort_for"]

M = TypeVar("M", bound=AnyModel)

_SMALL_FILE_BYTES: Final = 20 * 1024 * 1024  # that a file may have without being allowed more than `Limits`
_NEGLIGIBLE_BYTES: Final = 16 * 1024  # of a document whose memory is negligible if it is not kept
_BYTES_PER_SECOND: Final = 256 * 1024  # bytes beyond `_SMALL_FILE_BYTES` that add one second
# bytes read before the limits grow again, so that many small files do not each update them
_BYTES_PER_UPDATE: Final = 64 * 1024
_CALLS_PER_CHECK: Final = 16  # calls of `Budget.check_canceled` for each check of the clock


_LONG_DOCUMENT_BYTES: Final = 64 * 1024
"""The size in bytes at which counting a document's values takes noticeable time.

The clock is read only for these documents: reading a thread's clock takes too long to be done for each one.
"""

_SHARE_OF_FREE_MEMORY: Final = 0.8
"""The share of free memory that may be used. Estimates are high, so this much is never quite reached."""


def _free_memory() -> int:
    import psutil  # imported only for large files

    return psutil.virtual_memory().available


def effort_for(packed: int) -> Effort:
    """Return the time allowed for all work on a file of this size in bytes, including reading it."""
    return Effort(QUESTION_SECONDS + max(0, packed - _SMALL_FILE_BYTES) / _BYTES_PER_SECOND)


class Resource(Enum):
    """A resource that is counted. The value is its name in a sentence."""

    UNPACKED = "bytes when decompressed"
    DOCUMENTS = "bytes of JSON"
    MEMBERS = "members"
    NAMES = "characters in names"
    LINES = "lines"
    IMAGES = "images"
    PROBES = "probes"
    HISTORY = "history entries"
    LAYERS = "layers"
    VARIANTS = "manifests in indexes"
    MEMORY = "bytes of memory"

    __hash__ = object.__hash__  # Called for every document, and `Enum.__hash__` is written in Python.


# How much each limit grows for each byte of a file beyond `_SMALL_FILE_BYTES`.
_GROWTH_PER_BYTE: Final = {
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
    """Counts the cost of opening one location, for several threads at once.

    Attributes:
        shared: values that the models of one location share.

    Args:
        limits: the limits of each resource, for a file of up to 20 MB.
        meter: called during the work, so that it can be canceled; None: no one is waiting.
        packed: size in bytes of the file that is opened. Beyond 20 MB, limits grow with the size.
        clock: returns the processor time of this thread, in seconds.
        free_memory: returns how many bytes of memory are free. A large file may use most of this memory, but no more.
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
        self._calls = 0
        self._lock = threading.Lock()
        self._packed = self._read = 0
        self.grow(packed)

    def spend(self, what: Resource, count: int = 1) -> None:
        """Charge a cost before reading or creating data. Raises `LimitError` if it exceeds what is left."""
        with self._lock:
            left = self._left[what] = self._left[what] - count
        if left < 0:
            verb = "needs" if what is Resource.MEMORY else "has"
            raise LimitError(
                f"{verb} more than {self._amounts[what]:,} {what.value}. The rest was not read{self._remedy(what)}"
            )

    def grow(self, packed: int) -> None:
        """Increase the limits for a file of at least ``packed`` bytes."""
        if packed <= self._packed:
            return
        added = max(0, packed - _SMALL_FILE_BYTES) - max(0, self._packed - _SMALL_FILE_BYTES)
        self._packed = packed
        for what, growth in _GROWTH_PER_BYTE.items():
            self._amounts[what] += int(added * growth)
            self._left[what] += int(added * growth)
        if added:
            self._bound_memory()
        self._seconds += added / _BYTES_PER_SECOND
        self._end += added / _BYTES_PER_SECOND

    def _bound_memory(self) -> None:
        """Limit the memory to what this machine has free, whatever the size of the file."""
        if self._most_memory is None:
            self._most_memory = max(self.limits.memory, int(self._free_memory() * _SHARE_OF_FREE_MEMORY))
        excess = max(0, self._amounts[Resource.MEMORY] - self._most_memory)
        self._amounts[Resource.MEMORY] -= excess
        self._left[Resource.MEMORY] -= excess

    def _remedy(self, what: Resource) -> str:
        """Return what to do if this machine has run out of a resource."""
        if what is not Resource.MEMORY or self._amounts[what] != self._most_memory:
            return ""
        return ", because this machine ran out of memory. Close other programs, or use a machine with more memory"

    @property
    def packed(self) -> int:
        """The size in bytes of the file that the limits are for."""
        return self._packed

    def read(self, count: int) -> None:
        """Count bytes read from a file of unknown size."""
        with self._lock:
            self._read += count
            if self._read - self._packed >= _BYTES_PER_UPDATE:
                self.grow(self._read)

    def left(self, what: Resource) -> int:
        """Return how much of a resource is left."""
        return max(0, self._left[what])

    def spent(self, what: Resource) -> int:
        """Return how much of a resource has been spent."""
        with self._lock:
            return self._amounts[what] - self._left[what]

    def check_canceled(self) -> None:
        """Give the caller a chance to cancel.

        Raises what the meter raises, and `LimitError` if the work has taken too long.
        """
        self.meter.check_canceled()
        self._calls += 1
        if self._calls % _CALLS_PER_CHECK:
            return
        go_on()
        if threading.get_ident() == self._thread and self._clock() > self._end:
            raise LimitError(f"takes more than {self._seconds:,.0f} seconds of CPU time to read. The rest was not read")

    def unpacked(self, count: int) -> None:
        """Count bytes that were decompressed or skipped. Raises what `spend` and `check_canceled` raise."""
        self.check_canceled()
        self.spend(Resource.UNPACKED, count)

    def decode(self, model: type[M], data: bytes, *, where: str = "", kept: bool = True) -> M:
        """Decode a JSON document as a model, after charging for its estimated size in memory.

        ``kept``: the model is kept. Otherwise the document only has to fit for now, and the caller charges for any part
        that it keeps.

        Raises:
            LimitError: the document needs more than is left.
            DataError: as in `cacheview.model.decode`, or the document alone exceeds the limit for all documents.
        """
        self.check_canceled()
        if not kept and len(data) <= _NEGLIGIBLE_BYTES:
            return decode(model, data, where=where)
        needed = footprint(data, model).memory
        if needed > self._amounts[Resource.MEMORY]:
            most = f"{self._amounts[Resource.MEMORY]:,}"
            remedy = self._remedy(Resource.MEMORY)
            raise DataError(f"needs more than {most} bytes of memory and was not read{remedy}", where=where)
        self.spend(Resource.MEMORY, needed)
        if len(data) > _LONG_DOCUMENT_BYTES:
            self.check_canceled()
        decoded = None
        try:
            decoded = decode(model, data, where=where)
            return decoded
        finally:
            if not kept or decoded is None:
                self.release(Resource.MEMORY, needed)

    def release(self, what: Resource, count: int) -> None:
        """Release an amount of a resource that is no longer used."""
        with self._lock:
            self._left[what] += count
