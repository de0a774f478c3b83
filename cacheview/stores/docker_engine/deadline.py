"""The time limit of one answer, enforced where its bytes are received: head, chunks and body alike."""

from __future__ import annotations

import http.client
import io
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["Deadline", "DeadlineExceededError", "HeadTooLargeError", "StoppedError", "timed"]

MAX_HEAD_BYTES: Final = 256 * 1024  # before the body, including every 100 Continue; an engine sends a few hundred
_CHECK_SECONDS: Final = 0.1  # between two checks of whether the answer is still needed


class DeadlineExceededError(TimeoutError):
    """An answer did not arrive in time. ``has_begun``: whether part of it did."""

    def __init__(self, seconds: float, *, has_begun: bool) -> None:
        super().__init__(f"no complete response within {seconds:g} seconds")
        self.seconds = seconds
        self.has_begun = has_begun


class StoppedError(ConnectionAbortedError):
    """The caller is no longer waiting for the answer."""


class HeadTooLargeError(ConnectionAbortedError):
    """The part of an answer before the body is larger than `MAX_HEAD_BYTES`."""


class Deadline:
    """The time by which one answer has to be complete.

    A socket's own timeout applies to each piece, and a piece may be one byte.

    Args:
        piece: seconds to wait for each piece; None: no limit.
        total: seconds for the complete answer.
        stopped: returns whether the caller is no longer waiting; called ten times a second.
        clock: returns the time in seconds.
    """

    def __init__(
        self,
        piece: float | None,
        total: float,
        stopped: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.piece = piece
        self.total = total
        self._stopped = stopped
        self._clock = clock
        self._end: float | None = clock() + total
        self._in_head = True
        self._received = 0

    def restart(self, total: float | None = None) -> None:
        """Restart the deadline with ``total`` seconds from now; None: as many as before."""
        self.total = self.total if total is None else total
        self._end = self._clock() + self.total

    def suspend(self) -> None:
        """Let the answer take any amount of time, until `restart`."""
        self._end = self.piece = None

    def head_is_read(self) -> None:
        """Note that the head has been read, and that the body follows."""
        self._in_head = False

    def receive(self, sock: Any, buffer: WriteableBuffer) -> int:
        """Receive bytes from a socket and return how many; 0 if it has ended.

        Raises:
            DeadlineExceededError: the time is up.
            StoppedError: the caller is no longer waiting.
            HeadTooLargeError: the head exceeds `MAX_HEAD_BYTES`.
            OSError: the connection broke.
        """
        since = self._clock()
        while True:
            sock.settimeout(self._remaining(since))
            try:
                count = int(sock.recv_into(buffer))
            except TimeoutError:
                continue
            self._received += count
            if self._in_head and self._received > MAX_HEAD_BYTES:
                raise HeadTooLargeError(f"more than {MAX_HEAD_BYTES:,} bytes of headers")
            return count

    def _remaining(self, since: float) -> float:
        """Return the seconds to wait until the next check."""
        if self._stopped():
            raise StoppedError("the request is no longer needed")
        now, remaining = self._clock(), _CHECK_SECONDS
        if self._end is not None:
            if now >= self._end:
                raise DeadlineExceededError(self.total, has_begun=self._received > 0)
            remaining = min(remaining, self._end - now)
        if self.piece is not None:
            if now >= since + self.piece:
                raise DeadlineExceededError(self.piece, has_begun=False)
            remaining = min(remaining, since + self.piece - now)
        return max(remaining, 0.001)


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
