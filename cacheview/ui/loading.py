"""Long work off the UI thread, with types, progress and cancellation. Late results are dropped."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from cacheview.collector import paused_collector
from cacheview.stores.progress import Canceled
from cacheview.ui.pacing import Pacer, time_of_this_thread

__all__ = ["MAX_CLOSE_SECONDS", "Background", "Loader", "Report", "Work", "end_all"]

MAX_CLOSE_SECONDS: Final = 1.0
"""The maximum seconds that a closed window waits for its threads. The process does not wait for the others."""

_REPORT_SECONDS: Final = 1 / 30  # between two reports; more frequent ones would only queue up
_PART_SECONDS: Final = 0.25  # between two parts, each of which takes the UI thread some milliseconds
_MAX_PART_WAIT_SECONDS: Final = 0.1  # that the work waits for a part to be shown
_MAX_RUNNING: Final = 2  # pieces of work: the next one need not wait until a canceled one has noticed


class Background(QObject):
    """A base of objects with threads that end with the window: `end_all` finds these objects among its children."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: list[threading.Thread] = []

    def stop(self) -> None:
        """Tell the threads to end. Nothing is reported after that."""
        raise NotImplementedError

    def wait(self, end: float) -> None:
        """Wait for the threads until a time of `time.monotonic`. A second call does not wait for them again."""
        threads, self._threads = self._threads, []
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))

    def close(self) -> None:
        """Stop, and wait a moment for the threads to end."""
        self.stop()
        self.wait(time.monotonic() + MAX_CLOSE_SECONDS)

    def _start(self, run: Callable[[], None], name: str) -> None:
        # A daemon thread: one that hangs must not keep the program running.
        thread = threading.Thread(target=run, daemon=True, name=name)
        self._threads = [*(old for old in self._threads if old.is_alive()), thread]
        thread.start()


def end_all(window: QObject) -> None:
    """End the threads of everything in a window: first stop all of them, then wait for them together."""
    result = window.findChildren(Background)
    for background in result:
        background.stop()
    end = time.monotonic() + MAX_CLOSE_SECONDS
    for background in result:
        background.wait(end)


class Report(Protocol):
    """A function that work calls with its progress: ``done`` of ``total`` (None: not known), and a description.

    It raises an exception to stop the work.
    """

    def __call__(self, done: int, total: int | None, what: str) -> None: ...

    def part(self, make: Callable[[], object], *, last: bool = False) -> None:
        """Show an intermediate result. This may be called from any thread, and raises an exception to stop the work.

        Args:
            make: creates the part, in the calling thread. It is not called before the previous part has been shown, or
                too soon after that.
            last: whether the part must be shown; then the call returns when it has been shown.
        """

    def commit(self) -> None:
        """Begin a short section that cannot be undone. From now on, the work cannot be canceled.

        Raises an exception if the work has been canceled.
        """

    def fault(self, error: Exception) -> None:
        """Report an unexpected exception without ending the work."""


Work = Callable[[Report], object]
"""A function that runs in the other thread. It must not use widgets."""


class _Request:
    """One piece of work, which both threads use.

    Attributes:
        window_time: see `Pacer`.
    """

    def __init__(self, number: int, work: Work, window_time: Callable[[], float] | None) -> None:
        self.number = number
        self.work = work
        self.window_time = window_time
        self.part_shown = threading.Event()
        self.part_shown.set()
        self._lock = threading.Lock()
        self._is_canceled = self._is_committed = False

    @property
    def is_canceled(self) -> bool:
        return self._is_canceled

    def cancel(self) -> bool:
        """Cancel the work. Returns False if it is committed."""
        with self._lock:
            self._is_canceled = not self._is_committed
            return self._is_canceled

    def commit(self) -> bool:
        """Commit the work. Returns False if it was canceled."""
        with self._lock:
            self._is_committed = not self._is_canceled
            return self._is_committed


class _Mail(QObject):
    """Carries signals from the worker to the UI thread through a queued connection."""

    progressed = Signal(int, object, object, str)
    parted = Signal(int, object)
    ended = Signal(int, object, object)
    faulty = Signal(object)


class Loader(Background):
    """Runs one piece of work at a time. New work replaces the previous one, whose result is dropped.

    Signals, all in the UI thread:
        started()
        progressed(done, total | None, what): at most 30 a second.
        parted(part): an intermediate result, at a limited rate.
        succeeded(result): the work returned this result.
        failed(exception): the work raised this exception. Anything except a `DataError` is unexpected, and is also
            passed to ``sys.excepthook``, as in the UI thread.
        canceled(): `cancel` stopped the work.
        finished(): the work has ended; emitted after each of the three above.
    """

    started = Signal()
    progressed = Signal(object, object, str)
    parted = Signal(object)
    succeeded = Signal(object)
    failed = Signal(object)
    canceled = Signal()
    finished = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._turns = threading.Semaphore(_MAX_RUNNING)
        self._numbers = 0
        self._current: _Request | None = None
        self._window_time = time_of_this_thread()
        self._mail = _Mail(self)
        self._mail.progressed.connect(self._on_progress)
        self._mail.parted.connect(self._on_part)
        self._mail.ended.connect(self._on_end)
        self._mail.faulty.connect(_raise_in_ui_thread)

    @property
    def is_busy(self) -> bool:
        """Whether work is running."""
        return self._current is not None

    def start(self, work: Work) -> None:
        """Start work. If other work is running, it is stopped, and its result dropped."""
        if self._current is not None:
            self._current.cancel()
        self._numbers += 1
        request = self._current = _Request(self._numbers, work, self._window_time)
        mail, turns = self._mail, self._turns
        self.started.emit()
        self._start(lambda: _run(request, mail, turns), "loader")

    def cancel(self) -> None:
        """Stop running work. It counts as stopped immediately; its thread ends at its next report.

        Committed work is not stopped: it succeeds or fails in a moment.
        """
        if self._current is not None and self._current.cancel():
            self._current = None
            self.canceled.emit()
            self.finished.emit()

    def stop(self) -> None:
        """Stop running work. Nothing more is reported."""
        if self._current is not None:
            self._current.cancel()
            self._current = None

    def _on_progress(self, number: int, done: object, total: object, what: str) -> None:
        if self._current is not None and number == self._current.number:
            self.progressed.emit(done, total, what)

    def _on_part(self, number: int, part: object) -> None:
        if self._current is not None and number == self._current.number:
            request = self._current
            try:
                self.parted.emit(part)
            finally:
                # Only after the part has been painted: otherwise, the next part would be handled in the same turn.
                QTimer.singleShot(0, self, request.part_shown.set)

    def _on_end(self, number: int, result: object, error: object) -> None:
        if self._current is None or number != self._current.number:
            return  # of an older or canceled request
        self._current = None
        if error is None:
            self.succeeded.emit(result)
        else:
            self.failed.emit(error)
        self.finished.emit()
        from cacheview.model import DataError

        if isinstance(error, Exception) and not isinstance(error, DataError):
            _raise_in_ui_thread(error)


class _Report:
    """The `Report` of one piece of work. It is used in the worker's thread, and in threads that the work starts."""

    def __init__(self, request: _Request, mail: _Mail) -> None:
        self._request = request
        self._mail = mail
        self._due = 0.0
        self._part_due = 0.0
        self._parting = threading.Lock()
        self._pacer = Pacer(request.window_time)

    def begin(self) -> None:
        """Wait until the work may begin."""
        self._pacer.begin()
        self.check_canceled()

    def check_canceled(self) -> None:
        """Raise `Canceled` if the work is no longer wanted."""
        if not self._request.is_canceled:
            self._pacer.yield_to_window()
        if self._request.is_canceled:
            raise Canceled

    def commit(self) -> None:
        if not self._request.commit():
            raise Canceled

    def __call__(self, done: int, total: int | None, what: str) -> None:
        self.check_canceled()
        now = time.monotonic()
        if now >= self._due or done == total:
            self._due = now + _REPORT_SECONDS
            self._mail.progressed.emit(self._request.number, done, total, what)

    def part(self, make: Callable[[], object], *, last: bool = False) -> None:
        self.check_canceled()
        with self._parting:
            if last:
                self._wait()
            elif time.monotonic() < self._part_due or not self._request.part_shown.is_set():
                return
            result = make()
            self._request.part_shown.clear()
            self._mail.parted.emit(self._request.number, result)
            self._part_due = time.monotonic() + _PART_SECONDS
            if last:
                self._wait()
            else:
                # While the window shows the part, this thread would only slow it down.
                self._request.part_shown.wait(_MAX_PART_WAIT_SECONDS)

    def fault(self, error: Exception) -> None:
        self._mail.faulty.emit(error)

    def _wait(self) -> None:
        while not self._request.part_shown.wait(_REPORT_SECONDS):
            self.check_canceled()


def _raise_in_ui_thread(fault: Exception) -> None:
    """Report an exception as if it had been raised in the UI thread."""
    sys.excepthook(type(fault), fault, fault.__traceback__)


def _run(request: _Request, mail: _Mail, turns: threading.Semaphore) -> None:
    """Do the work, in the worker's thread. The models are imported here, since that takes as long as the first view."""
    from cacheview.model import DataError
    from cacheview.model.effort import Effort, LimitError

    result: object = None
    failed: Exception | None = None
    with turns:
        try:
            # Garbage collection in this thread would destroy widgets that are in reference cycles, which Qt forbids.
            report = _Report(request, mail)
            report.begin()
            with paused_collector(), Effort(check_canceled=report.check_canceled).spent():
                result = request.work(report)
        except Canceled:
            return
        except LimitError as error:
            failed = DataError(f"this {error}")
        except Exception as error:  # any exception is reported in the UI thread
            failed = error
    if not request.is_canceled:
        mail.ended.emit(request.number, result, failed)
