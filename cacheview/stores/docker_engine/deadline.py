"""The time limit of one answer, enforced where its bytes are received: head, chunks and body alike."""

from __future__ import annotations

import http.client
import io
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["Deadline", "HeadTooLargeError", "LateError", "StoppedError", "timed"]

MAX_HEAD: Final = 256 * 1024  # bytes before the body, including every 100 Continue; an engine sends a few hundred
_STEP: Final = 0.1  # seconds between two checks whether the answer is still wanted


class LateError(TimeoutError):
    """An answer did not arrive in time. ``began``: part of it did."""

    def __init__(self, seconds: float, *, began: bool) -> None:
        super().__init__(f"not within {seconds:g} seconds")
        self.seconds = seconds
        self.began = began


class StoppedError(ConnectionAbortedError):
    """The caller no longer waits for the answer."""


class HeadTooLargeError(ConnectionAbortedError):
    """The part of an answer before the body is larger than `MAX_HEAD`."""


class Deadline:
    """The time by which one answer has to be complete.

    A socket's own timeout applies to each piece, and a piece may be one byte.

    Args:
        each: seconds to wait for each piece; None: no limit.
        whole: seconds for the whole answer.
        stopped: returns whether the caller no longer waits; called ten times a second.
        clock: returns the time in seconds.
    """

    def __init__(
        self,
        each: float | None,
        whole: float,
        stopped: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.each = each
        self.whole = whole
        self._stopped = stopped
        self._clock = clock
        self._end: float | None = clock() + whole
        self._in_head = True
        self._received = 0

    def restart(self, whole: float | None = None) -> None:
        """Restart the whole deadline, with ``whole`` seconds from now; None: as many as before."""
        self.whole = self.whole if whole is None else whole
        self._end = self._clock() + self.whole

    def suspend(self) -> None:
        """Let the answer take any time, until `restart`."""
        self._end = self.each = None

    def head_is_read(self) -> None:
        """Note that the head has been read, and that the body follows."""
        self._in_head = False

    def receive(self, sock: Any, buffer: WriteableBuffer) -> int:
        """Receive bytes from a socket and return how many; 0 if it has ended.

        Raises:
            LateError: the time is up.
            StoppedError: the caller no longer waits.
            HeadTooLargeError: the head exceeds `MAX_HEAD`.
            OSError: the connection broke.
        """
        since = self._clock()
        while True:
            sock.settimeout(self._patience(since))
            try:
                count = int(sock.recv_into(buffer))
            except TimeoutError:
                continue
            self._received += count
            if self._in_head and self._received > MAX_HEAD:
                raise HeadTooLargeError(f"more than {MAX_HEAD:,} bytes of headers")
            return count

    def _patience(self, since: float) -> float:
        """Return the seconds to wait until the next check."""
        if self._stopped():
            raise StoppedError("the request is no longer needed")
        now, patience = self._clock(), _STEP
        if self._end is not None:
            if now >= self._end:
                raise LateError(self.whole, began=self._received > 0)
            patience = min(patience, self._end - now)
        if self.each is not None:
            if now >= since + self.each:
                raise LateError(self.each, began=False)
            patience = min(patience, since + self.each - now)
        return max(patience, 0.001)


def timed(kind: type[Any], deadline: Callable[[], Deadline]) -> type[Any]:
    """Return a subclass of an `http.client` connection whose answers obey the deadline in force when they begin."""

    class TimedResponse(http.client.HTTPResponse):
        def __init__(self, sock: Any, *arguments: Any, **options: Any) -> None:
            super().__init__(sock, *arguments, **options)
            self._deadline = deadline()
            self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock, self._deadline))

        def begin(self) -> None:
            super().begin()
            self._deadline.head_is_read()

    return type(f"Timed{kind.__name__}", (kind,), {"response_class": TimedResponse})


class _TimedReader(io.RawIOBase):
    """The bytes of a socket until the deadline.

    ``raw`` is the file that `http.client` would read; a reference to it keeps the socket open.
    """

    def __init__(self, raw: Any, sock: Any, deadline: Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        return self._deadline.receive(self._sock, buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
