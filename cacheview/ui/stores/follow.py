"""Follows an engine: a thread receives its image events, and reports them when they pause."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from cacheview.model import DataError
from cacheview.ui.loading import Background
from cacheview.ui.plain import error_words

__all__ = ["ImageEventListener", "watch"]

CALM_MS: Final = 400
"""Milliseconds without another event after which all events are reported as one, since a build causes many."""

_MAX_DELAY_MS: Final = 3000  # after which events are reported even if more follow


def watch(location: str, on_event: Callable[[], None], stopped: threading.Event) -> None:
    """Call ``on_event`` for each image event of an engine, until ``stopped``.

    Raises `DataError` when the connection is lost.
    """
    from cacheview.stores.docker_engine.events import follow
    from cacheview.stores.locations import parse_location

    follow(parse_location(location).target, on_event, stopped)


class ImageEventListener(Background):
    """Receives the image events of one engine at a time.

    Signals:
        changed(): the images may have changed; events in quick succession are reported once.
        connection_lost(str): events are no longer received, with the reason.
    """

    changed = Signal()
    connection_lost = Signal(str)
    _event = Signal(int)
    _ended = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._number = 0
        self._is_event_pending = (
            threading.Event()
        )  # an event is on its way to the UI thread, where one at a time is enough
        self._stopped = threading.Event()
        self._follows = False
        self._calm = QTimer(self, singleShot=True, interval=CALM_MS)
        self._longest = QTimer(self, singleShot=True, interval=_MAX_DELAY_MS)
        for timer in (self._calm, self._longest):
            timer.timeout.connect(self._report_change)
        self._event.connect(self._on_event)
        self._ended.connect(self._on_end)

    def start(self, location: str) -> None:
        """Follow this engine instead of the previous one."""
        self.stop()
        self._number += 1
        number, stopped = self._number, threading.Event()
        self._stopped = stopped

        def on_event() -> None:
            if not self._is_event_pending.is_set():
                self._is_event_pending.set()
                self._event.emit(number)

        def run() -> None:
            why = ""
            try:
                watch(location, on_event, stopped)
            except DataError as error:
                why = str(error)
            except Exception as fault:
                why = error_words(fault)
                raise
            finally:
                if not stopped.is_set():
                    self._ended.emit(number, why)

        self._follows = True
        self._start(run, "follow-engine")

    def stop(self) -> None:
        """Stop following."""
        self._stopped.set()
        self._follows = False
        self._calm.stop()
        self._longest.stop()

    def _on_event(self, number: int) -> None:
        self._is_event_pending.clear()
        if number == self._number and self._follows:
            self._calm.start()
            if not self._longest.isActive():
                self._longest.start()

    def _on_end(self, number: int, why: str) -> None:
        if number == self._number and self._follows:
            self.stop()
            self.connection_lost.emit(why or "the engine closed the connection")

    def _report_change(self) -> None:
        self._calm.stop()
        self._longest.stop()
        self.changed.emit()
