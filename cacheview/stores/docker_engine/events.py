"""Follows an engine's events to report when its images may have changed."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from cacheview.model import DataError
from cacheview.stores.docker_engine.client import EngineClient, Timeouts
from cacheview.stores.docker_engine.contexts import find_endpoint
from cacheview.stores.docker_engine.engine import ask_engine

__all__ = ["follow"]

_PAUSE_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)  # before each new attempt to connect


def follow(
    target: str,
    on_event: Callable[[], None],
    stopped: threading.Event,
    timeouts: Timeouts | None = None,
    pauses: tuple[float, ...] = _PAUSE_SECONDS,
) -> None:
    """Call ``on_event`` for the image events of an engine, until ``stopped`` is set. Several events may cause one call.

    After a lost connection it reconnects and calls ``on_event``, since events may have been missed. A connection that
    is soon lost counts as failed, so the pauses grow.

    Raises:
        DataError: there is no such engine, it no longer answers, or it closes each connection soon after it is opened.
    """
    endpoint = find_endpoint(target)
    has_connected, failed = False, 0
    while not stopped.is_set():
        stable_after = math.inf
        try:
            with EngineClient(endpoint, timeouts) as client:
                events = client.events(ask_engine(client).list_api, "image", stopped)
                next(events, None)  # the engine is listening
                stable_after = time.monotonic() + sum(pauses)
                if has_connected and not stopped.is_set():
                    on_event()
                has_connected = True
                for _ in events:
                    on_event()
        except DataError:
            if time.monotonic() > stable_after:
                failed = 0
            # The first connection is not retried: this engine has never answered.
            if not has_connected or failed >= len(pauses):
                raise
            stopped.wait(pauses[failed])
            failed += 1
