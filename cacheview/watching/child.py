"""The process that watches builds. It reports what it learns, and ends when the other process does."""

from __future__ import annotations

import os
import signal
import threading
import time
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Final, NoReturn

from cacheview.model import DataError
from cacheview.replay.records import redacted_record, write_record
from cacheview.report.showing import shown_build
from cacheview.stores.docker_engine.contexts import find_endpoint
from cacheview.watch.build import WatchedBuild
from cacheview.watch.watcher import Watcher
from cacheview.watching.messages import Failed, RecordSaved, Refused, SaveRecord, Started, StepsSent

__all__ = ["main"]

_COLLECTION_SECONDS: Final = 0.03
"""Seconds for which news is collected, since many simultaneous builds produce a lot."""


def main(descriptor: int, target: str) -> NoReturn:
    """Watch the engine with this name until the other end of the connection is closed. Ends the process.

    Args:
        descriptor: descriptor of a socket to the process that shows the builds.
        target: the engine, as in a location after ``engine:``.
    """
    os.set_inheritable(descriptor, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from the terminal: the other process decides what to do
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    sender = _NewsSender(Connection(descriptor))
    try:
        threading.Thread(target=sender.watch, args=(target,), name="watch-start", daemon=True).start()
        sender.answer()
    finally:
        sender.close()
        os._exit(0)  # do not wait for reading threads: no one receives their results


class _NewsSender:
    """Sends news of builds as fast as the other process reads it; if there is more, only the newest of each build."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._lock = threading.Lock()
        self._is_news = threading.Event()
        self._pending: dict[int, WatchedBuild] = {}
        self._sent = StepsSent()
        self._watcher: Watcher | None = None
        self._is_closed = False

    def watch(self, target: str) -> None:
        """Start watching, and send the news forever."""
        try:
            watcher = Watcher(find_endpoint(target), self.add_build, self.fail)
        except DataError as error:
            self.send(Refused(str(error)))
            return
        except Exception as fault:  # shown with the builds
            self.fail(fault)
            return
        with self._lock:
            self._watcher = watcher
            is_closed = self._is_closed
        if is_closed:
            watcher.close()
            return
        self.send(Started(watcher.url, watcher.endpoint.host))
        while True:
            self._is_news.wait()
            time.sleep(_COLLECTION_SECONDS)
            self._is_news.clear()
            with self._lock:
                pending, self._pending = self._pending, {}
            for build in pending.values():
                try:
                    self.send(self._sent.news(shown_build(build)))
                except Exception as fault:  # the other builds are still shown
                    self.fail(fault)

    def close(self) -> None:
        """Stop watching."""
        with self._lock:
            self._is_closed = True
            watcher = self._watcher
        if watcher is not None:
            watcher.close()

    def send(self, message: object) -> None:
        """Send a message, from any thread. An error is ignored: if the other process has ended, `answer` notices."""
        with self._sending, suppress(OSError):
            self._connection.send(message)

    def add_build(self, build: WatchedBuild) -> None:
        """Receive a build, from any thread of the watcher."""
        with self._lock:
            self._pending[build.number] = build
        self._is_news.set()

    def fail(self, fault: BaseException) -> None:
        """Receive an exception, from any thread."""
        what = "".join(traceback.format_exception_only(fault)).strip()
        self.send(Failed(what, "".join(traceback.format_exception(fault))))

    def answer(self) -> None:
        """Handle requests until the other side has ended."""
        with suppress(EOFError, OSError):
            while True:
                message: Any = self._connection.recv()
                assert isinstance(message, SaveRecord)
                threading.Thread(target=self._save, args=(message,), name="watch-save", daemon=True).start()

    def _save(self, message: SaveRecord) -> None:
        assert self._watcher is not None  # otherwise no build would have been reported
        try:
            case = self._watcher.record(message.number)
            if message.env or message.labels:
                case = redacted_record(case, env=message.env, labels=message.labels)
            write_record(message.path, case)
        except DataError as error:
            self.send(RecordSaved(message.request, str(error)))
        except Exception as fault:
            self.fail(fault)
            self.send(RecordSaved(message.request, "a bug in cacheview"))
        else:
            self.send(RecordSaved(message.request))


def _end(*_: object) -> NoReturn:
    """End as if the other side had ended."""
    raise SystemExit
