"""Limits how long work may take: every long loop, in any function, calls `go_on` or iterates with `paced`.

The function that starts the work opens an `Effort` around it. The effort belongs to that thread: nothing is shared
between threads, and without an `Effort`, `go_on` does nothing.
"""

from __future__ import annotations

import gc
import heapq
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar

__all__ = [
    "QUESTION_SECONDS",
    "Effort",
    "LimitError",
    "allow",
    "free_in_steps",
    "go_on",
    "paced",
    "separate_limits",
    "sorted_in_steps",
]

T = TypeVar("T")

QUESTION_SECONDS: Final = 40.0
"""Seconds of processor time that a question about a store of usual size may take."""

_USUAL_IMAGES: Final = 50_000  # a question about this many takes about 5 seconds
_ITEMS_PER_SORT: Final = 4096  # sorting this many takes a few milliseconds
_ITEMS_PER_CHECK: Final = 512  # processing this many takes well under a second, whatever the processing


class LimitError(Exception):
    """A limit was reached, and the rest was not read or examined. What was found before is valid.

    The text follows a subject: "has more than 5 images. The rest was not read".

    It is not a `DataError`, so code that skips damaged entries does not skip it.
    """


class Effort:
    """Work that can be stopped, with a limited processor time.

    Args:
        seconds: of processor time of this thread.
        check_canceled: called often; raises any exception to stop the work.
        clock: returns the processor time in seconds.
    """

    def __init__(
        self,
        seconds: float = float("inf"),
        check_canceled: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._seconds = seconds
        self._check_canceled = check_canceled
        self._clock = clock
        self._end = clock() + seconds
        self._apart = 0

    @staticmethod
    def about(images: int) -> Effort:
        """Return an effort for one question about a store with this many images.

        More images than usual may take longer.
        """
        return Effort(QUESTION_SECONDS * max(1.0, images / _USUAL_IMAGES))

    def go_on(self) -> None:
        """Raise `LimitError` if the work takes too long. Exceptions from ``check_canceled`` pass through."""
        self._check_canceled()
        if not self._apart and self._clock() > self._end:
            raise LimitError(f"took more than {self._seconds:,.0f} seconds of CPU time. The rest was not examined")

    def allow(self, seconds: float) -> None:
        """Allow this many more seconds."""
        self._seconds += seconds
        self._end += seconds

    @contextmanager
    def spent(self) -> Iterator[None]:
        """Count the work in this block towards this effort and the efforts around it."""
        token = _current.set((*_current.get(), self))
        try:
            yield
        finally:
            _current.reset(token)

    @contextmanager
    def _excluded(self) -> Iterator[None]:
        started = self._clock()
        self._apart += 1
        try:
            yield
        finally:
            self._apart -= 1
            if not self._apart:
                self._end += self._clock() - started


_current: ContextVar[tuple[Effort, ...]] = ContextVar("efforts", default=())


def go_on() -> None:
    """Raise an exception if the work must end; call it often in every long loop. See `Effort.go_on`."""
    for effort in _current.get():
        effort.go_on()


def paced(items: Iterable[T]) -> Iterator[T]:
    """Yield the items, and call `go_on` now and then."""
    rest = iter(items)
    for item in rest:
        go_on()
        yield item
        yield from itertools.islice(rest, _ITEMS_PER_CHECK - 1)


def sorted_in_steps(items: Sequence[T], key: Callable[[T], Any]) -> list[T]:
    """Return the same as `sorted`, which would keep all other threads waiting until everything is sorted."""
    starts = range(0, len(items), _ITEMS_PER_SORT)
    runs = [sorted(items[at : at + _ITEMS_PER_SORT], key=key) for at in paced(starts)]
    return list(paced(heapq.merge(*runs, key=key))) if len(runs) > 1 else [item for run in runs for item in run]


def free_in_steps(containers: list[Any]) -> None:
    """Free large containers to which only this list refers, element by element. The list is empty afterward.

    Freeing a container in one step would keep all other threads waiting until all of its elements are freed.
    """
    while containers:
        elements = gc.get_referents(containers.pop())
        for _ in paced(range(len(elements))):
            elements.pop()


def allow(seconds: float) -> None:
    """Allow this many more seconds, for work that is larger than expected for a good reason."""
    for effort in _current.get():
        effort.allow(seconds)


@contextmanager
def separate_limits() -> Iterator[None]:
    """Run the work in this block with its own limits. Its time does not count here, but it can still be stopped."""
    with ExitStack() as stack:
        for effort in _current.get():
            stack.enter_context(effort._excluded())
        yield
