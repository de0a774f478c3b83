"""How long work may go on: every long loop calls `go_on`, in whatever function it is, or runs over `paced` items.

What begins some work opens an `Effort` around it. It belongs to the thread that opened it: nothing is shared, and
without one `go_on` does nothing.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

__all__ = ["LONGEST", "Effort", "LimitError", "allow", "apart", "go_on", "paced"]

T = TypeVar("T")

LONGEST: Final = 40.0
"""Seconds of processor time that a question about a store of a usual size may take."""

_USUAL: Final = 50_000  # images: a question about so many takes some 5 seconds
_PACE: Final = 512  # items that are gone over in well under a second, whatever is done with each


class LimitError(Exception):
    """There is more of something than is read or looked at. What was found so far is valid.

    The text is what follows a subject: "has more than 5 images. The rest is not read".

    Not a `DataError`: who passes over one damaged entry and goes on shall not pass over this.
    """


class Effort:
    """Work that can be stopped, and takes only so long.

    Args:
        seconds: of processor time of this thread.
        alive: called often; it may raise anything, to stop.
        clock: of the processor time, in seconds.
    """

    def __init__(
        self,
        seconds: float = float("inf"),
        alive: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._seconds = seconds
        self._alive = alive
        self._clock = clock
        self._end = clock() + seconds
        self._apart = 0

    @staticmethod
    def about(images: int) -> Effort:
        """For one question about a store with this many images: it may take longer if there are more than usual."""
        return Effort(LONGEST * max(1.0, images / _USUAL))

    def go_on(self) -> None:
        """Raises `LimitError` if it takes too long, and what ``alive`` raises."""
        self._alive()
        if not self._apart and self._clock() > self._end:
            raise LimitError(f"takes more than {self._seconds:,.0f} seconds of CPU time. The rest is not examined")

    def allow(self, seconds: float) -> None:
        """Allow this many seconds more."""
        self._seconds += seconds
        self._end += seconds

    @contextmanager
    def spent(self) -> Iterator[None]:
        """What is done within is part of this effort, and of those around it."""
        token = _current.set((*_current.get(), self))
        try:
            yield
        finally:
            _current.reset(token)

    @contextmanager
    def _left_out(self) -> Iterator[None]:
        begun = self._clock()
        self._apart += 1
        try:
            yield
        finally:
            self._apart -= 1
            if not self._apart:
                self._end += self._clock() - begun


_current: ContextVar[tuple[Effort, ...]] = ContextVar("efforts", default=())


def go_on() -> None:
    """Called in every long loop, often: raises what ends the work. See `Effort.go_on`."""
    for effort in _current.get():
        effort.go_on()


def paced(items: Iterable[T]) -> Iterator[T]:
    """The items; between them `go_on` is called now and then."""
    rest = iter(items)
    for item in rest:
        go_on()
        yield item
        yield from itertools.islice(rest, _PACE - 1)


def allow(seconds: float) -> None:
    """The work turned out to be larger, for a good reason: allow this many seconds more."""
    for effort in _current.get():
        effort.allow(seconds)


@contextmanager
def apart() -> Iterator[None]:
    """Work within has its own limits. Its time does not count here, but it can still be stopped."""
    with ExitStack() as stack:
        for effort in _current.get():
            stack.enter_context(effort._left_out())
        yield
