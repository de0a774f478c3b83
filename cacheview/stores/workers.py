"""Threads that send requests, and a caller that waits for them and can cancel at any time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from cacheview.stores.progress import Meter

__all__ = ["WorkerPool", "run_cancelable"]

T = TypeVar("T")
R = TypeVar("R")

_CHECK_SECONDS = 0.05  # between two chances to cancel
_EXIT_SECONDS = 0.5  # for the threads to end; one that hangs in a connection ends at its deadline


def run_cancelable(work: Callable[[], R], meter: Meter) -> R:
    """Run ``work`` in a thread and return its result, so that ``meter`` may cancel the wait.

    Raises what ``work`` raises.
    """
    with WorkerPool(lambda _: work(), [None], 1) as pool:
        for _, result in pool.results(meter):
            return result
    raise RuntimeError("the work returned no result")


class WorkerPool(Generic[T, R]):
    """Runs ``work`` for each of ``items`` in several threads. Leaving the context stops them."""

    def __init__(self, work: Callable[[T], R], items: Iterable[T], threads: int) -> None:
        self._work = work
        self._items = iter(items)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._results: queue.SimpleQueue[tuple[T, R] | BaseException | None] = queue.SimpleQueue()
        # daemon threads: one that hangs must not keep the program running
        self._threads = [
            threading.Thread(target=self._run, daemon=True, name=f"engine-reader-{number}") for number in range(threads)
        ]

    def __enter__(self) -> WorkerPool[T, R]:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        end = time.monotonic() + _EXIT_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def stop(self) -> None:
        """Start no more work."""
        self._stopped.set()

    def results(self, meter: Meter) -> Iterator[tuple[T, R]]:
        """Yield items with their results as they arrive, in the caller's thread.

        Raises what ``work`` or ``meter`` raises.
        """
        running = len(self._threads)
        while running:
            try:
                result = self._results.get(timeout=_CHECK_SECONDS)
            except queue.Empty:
                meter.check_canceled()
                continue
            if result is None:
                running -= 1
            elif isinstance(result, BaseException):
                raise result
            else:
                yield result

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                with self._lock:
                    item = next(self._items, _NO_ITEM)
                if item is _NO_ITEM:
                    return
                self._results.put((item, self._work(item)))  # type: ignore[arg-type]
        except BaseException as error:
            self._results.put(error)
        finally:
            self._results.put(None)


_NO_ITEM = object()
