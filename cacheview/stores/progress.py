"""The progress of reading a store, and the way to cancel it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final, Protocol, TypeVar

__all__ = ["Canceled", "Meter", "Progress", "metered", "steps"]

T = TypeVar("T")

_UNITS_PER_STEP: Final = 1_000
_REPORT_SECONDS = 0.05  # between two reports: more than 20 a second would not be noticed


class Canceled(BaseException):
    """Raised by a progress callback: the work stops and nothing is kept.

    It is not an Exception, so no reader catches it.
    """


class Progress(Protocol):
    """A function called with the bytes read, the total (None: not known) and a description. May raise `Canceled`."""

    def __call__(self, done: int, total: int | None, what: str) -> None: ...


class Meter:
    """Passes at most 20 reports a second to a `Progress`, so that readers may report as often as they like."""

    def __init__(
        self,
        progress: Progress | None,
        total: int | None,
        what: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._progress = progress
        self._total = total
        self._what = what
        self._clock = clock
        self._done = 0
        self._due = float("-inf")

    @property
    def total(self) -> int | None:
        """The number of bytes to read, if known."""
        return self._total

    def reached(self, done: int) -> None:
        """Report that ``done`` bytes have been read."""
        self._done = done
        self.check_canceled()

    def check_canceled(self) -> None:
        """Report that work continues without reading, which gives a chance to cancel."""
        if self._progress is None:
            return
        now = self._clock()
        if now >= self._due:
            self._due = now + _REPORT_SECONDS
            self._progress(self._done, self._total, self._what)

    def finished(self) -> None:
        """Report that everything needed has been read: the last report, which is never held back."""
        if self._progress is not None:
            done = self._done if self._total is None else self._total
            self._progress(done, self._total, self._what)


def metered(items: Collection[T], progress: Progress | None, what: str) -> Iterator[T]:
    """Yield the items, and report how many have been used."""
    meter = Meter(progress, len(items), what)
    for number, item in enumerate(items):
        meter.reached(number)
        yield item
    meter.finished()


def steps(progress: Progress | None, count: int) -> Sequence[Progress | None]:
    """Return a progress callback for each of ``count`` steps, which are equal parts of the whole."""
    return [_step(progress, number, count) if progress is not None else None for number in range(count)]


def _step(progress: Progress, number: int, count: int) -> Progress:
    def report(done: int, total: int | None, what: str) -> None:
        progress(
            number * _UNITS_PER_STEP + (_UNITS_PER_STEP * min(done, total) // total if total else 0),
            count * _UNITS_PER_STEP,
            what,
        )

    return report
