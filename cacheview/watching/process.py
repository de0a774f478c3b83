"""The watching process, as seen by the process that shows the builds."""

from __future__ import annotations

import itertools
import json
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Final

from cacheview.model import DataError
from cacheview.report.shown_build import ShownBuild
from cacheview.watch.listener import check_sockets
from cacheview.watching.messages import Failed, News, RecordSaved, Refused, SaveRecord, Started, StepsReceived

__all__ = ["WatchFaultError", "WatchProcess"]

_POLL_SECONDS: Final = 0.05  # between two chances to stop waiting
_END_SECONDS: Final = 5.0  # after which a closed process is killed
_PROCESS_ENDED: Final = "the process that watches builds has ended, and the clients have lost their connections"
_PROGRAM: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from cacheview.watching.child import main; main(int(sys.argv[1]), sys.argv[3])"
)
"""The child's program. It uses the same modules as this process, and none from its current folder."""


class WatchFaultError(RuntimeError):
    """An unexpected exception of cacheview in the watching process. Its notes contain the traceback."""


class WatchProcess:
    """Watches one engine in a separate process, from `start` until `close` or until this process ends.

    Args:
        changed: called with a build whenever more is known about it, in a thread of this object.
        failed: called with an unexpected exception in that process, or a `DataError` when it has ended by itself.
    """

    def __init__(self, changed: Callable[[ShownBuild], None], failed: Callable[[Exception], None]) -> None:
        self.url = ""
        """The value for ``DOCKER_HOST`` of clients whose builds are watched; empty: not yet known."""
        self.host = ""
        """The engine."""
        self._changed = changed
        self._failed = failed
        self._lock = threading.Lock()
        self._is_closed = False
        self._connection: Connection | None = None
        self._requests = itertools.count(1)
        self._answers: dict[int, queue.SimpleQueue[str]] = {}

    def start(self, target: str, check_canceled: Callable[[], None]) -> None:
        """Start watching an engine, given as in a location after ``engine:``. May be called once.

        Args:
            check_canceled: called repeatedly until the engine has answered; an exception that it raises ends the wait.

        Raises:
            DataError: the engine does not respond or cannot be watched, or nothing can listen.
        """
        check_sockets()
        with self._lock:
            if self._is_closed:
                raise DataError(_PROCESS_ENDED, where="watch")
            connection, process = _started_process(target)
            self._connection = connection
        try:
            first = _first_message(connection, check_canceled)
        except BaseException:
            self.close()
            self._end(connection, process)
            raise
        self.url, self.host = first.url, first.host
        listener = threading.Thread(target=self._listen, args=(connection, process), name="watch-news", daemon=True)
        listener.start()

    def save(self, number: int, path: str, check_canceled: Callable[[], None], *, env: bool, labels: bool) -> None:
        """Write the record of a build. ``env``, ``labels``: whether to redact these.

        Raises:
            DataError: the record cannot be written, or a part that it needs is missing.
        """
        request = next(self._requests)
        answer = self._answers[request] = queue.SimpleQueue()
        try:
            with self._lock:
                if self._connection is None:
                    raise DataError(_PROCESS_ENDED, where="record")
                self._connection.send(SaveRecord(request, number, path, env, labels))
            while True:
                check_canceled()
                with suppress(queue.Empty):
                    why = answer.get(timeout=_POLL_SECONDS)
                    break
        except OSError:
            raise DataError(_PROCESS_ENDED, where="record") from None
        finally:
            del self._answers[request]
        if why:
            raise DataError(why)

    def close(self) -> None:
        """Stop watching without waiting: the process and all connections end. A second call is harmless."""
        with self._lock:
            self._is_closed = True
            if self._connection is not None:
                # From now on, neither side can read anything, whatever it is doing.
                with suppress(OSError), socket.socket(fileno=os.dup(self._connection.fileno())) as end:
                    end.shutdown(socket.SHUT_RDWR)

    def _end(self, connection: Connection, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._connection = None
            connection.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _listen(self, connection: Connection, process: subprocess.Popen[bytes]) -> None:
        received = StepsReceived()
        with suppress(EOFError, OSError):
            while True:
                match connection.recv():
                    case News() as news:
                        self._changed(received.build(news))
                    case RecordSaved() as saved:
                        self._answer(saved)
                    case Failed() as failed:
                        self._failed(_fault(failed))
        self._end(connection, process)
        for request in list(self._answers):
            self._answer(RecordSaved(request, _PROCESS_ENDED))
        if not self._is_closed:
            self._failed(DataError(_PROCESS_ENDED, where="watch"))

    def _answer(self, saved: RecordSaved) -> None:
        answer = self._answers.get(saved.request)
        if answer is not None:  # the caller may have stopped waiting
            answer.put(saved.why)


def _started_process(target: str) -> tuple[Connection, subprocess.Popen[bytes]]:
    own_end, child_end = socket.socketpair()
    with child_end:
        connection = Connection(own_end.detach())
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-c", _PROGRAM, str(child_end.fileno()), json.dumps(sys.path), target],
                pass_fds=[child_end.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        except OSError as error:
            connection.close()
            raise DataError(f"the process cannot be started: {error.strerror}", where="watch") from None
    return connection, process


def _first_message(connection: Connection, check_canceled: Callable[[], None]) -> Started:
    """Return the first message. Raises `DataError` if nothing can be watched."""
    while not _has_something(connection):
        check_canceled()
    try:
        message = connection.recv()
    except (EOFError, OSError):
        message = Refused(_PROCESS_ENDED)
    if isinstance(message, Refused):
        raise DataError(message.why)
    if isinstance(message, Failed):
        raise _fault(message)
    assert isinstance(message, Started)
    return message


def _has_something(connection: Connection) -> bool:
    """Whether a message, or the end of the connection, arrives within a moment."""
    try:
        return connection.poll(_POLL_SECONDS)
    except OSError:
        return True


def _fault(message: Failed) -> WatchFaultError:
    fault = WatchFaultError(message.what)
    fault.add_note(message.trace)
    return fault
