"""The store that is opened if none is named: the current context's engine if it responds, otherwise the demo."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cacheview.ui.names import DEMO, ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacheview.ui.loaded import OpenedStore
    from cacheview.ui.loading import Report, Work

__all__ = ["ask_engine", "start_work"]

ENGINE_SECONDS: Final = 2.0
"""The seconds that an engine has to report its version."""

MAX_WAIT_SECONDS: Final = ENGINE_SECONDS + 1
"""The seconds after which the start continues without the engine. One of them is for importing its modules."""

_CHECK_SECONDS: Final = 0.05  # between two opportunities to cancel


def start_work(rules: str, platform: str, load_panes: Callable[[], object]) -> Work:
    """Return work for `Loader.start` that opens a store when none was named. Its result is an `OpenedStore`.

    This is the engine, or else the demo, whose ``instead_of`` is then the reason. The arguments are those of
    `opening.open_work`.
    """

    def work(report: Report) -> OpenedStore:
        from cacheview.model import DataError
        from cacheview.ui.opening import open_work

        why = _why_not(report)
        if not why:
            try:
                return _opened(open_work(ENGINE, rules, platform, load_panes)(report))
            except DataError as error:
                why = str(error)
        return replace(_opened(open_work(DEMO, rules, platform, load_panes)(report)), instead_of=why)

    return work


def ask_engine(seconds: float) -> None:
    """Connect to the current context's engine and request its version. Raises `DataError` with the reason."""
    _check_listening(seconds)
    from cacheview.stores.docker_engine import ask_version

    ask_version("", seconds)


def _check_listening(seconds: float) -> None:
    """Raise `DataError` if nothing listens on the socket. This connects without sending anything.

    It does not import the engine's modules, which would take a long time.
    """
    from cacheview.stores.docker_engine.contexts import current_endpoint
    from cacheview.stores.docker_engine.errors import connection_error
    from cacheview.stores.docker_engine.socket_check import check_listening

    endpoint = current_endpoint()
    if endpoint.socket_path is None:
        return
    try:
        check_listening(endpoint.socket_path, seconds)
    except OSError as error:
        raise connection_error(error, endpoint, seconds) from error


def _why_not(report: Report) -> str:
    """Return why the engine cannot be opened; empty if it answered in time.

    The engine is asked in a separate thread: not every part of a connection has a time limit (looking up a host has
    none), and the start must not wait for it.
    """
    from cacheview.model import DataError

    answers: list[Exception | None] = []
    asking = threading.Thread(target=lambda: answers.append(_ask()), daemon=True, name="ask-engine")
    started_at = time.monotonic()
    asking.start()
    while asking.is_alive() and time.monotonic() < started_at + MAX_WAIT_SECONDS:
        report(0, None, "Looking for Docker Engine")
        asking.join(_CHECK_SECONDS)
    if not answers:
        why = "it may be busy, or its host may be unreachable"
        return f"The engine did not respond within {ENGINE_SECONDS:.0f} seconds: {why}."
    (error,) = answers
    if error is None or isinstance(error, DataError):
        return str(error or "")
    report.fault(error)  # the demo opens anyway
    return f"{type(error).__name__}: {error}"


def _ask() -> Exception | None:
    """Return why the engine does not respond; None: it does."""
    try:
        ask_engine(ENGINE_SECONDS)
    except Exception as error:  # the waiting thread handles it
        return error
    return None


def _opened(result: object) -> OpenedStore:
    from cacheview.ui.loaded import OpenedStore

    assert isinstance(result, OpenedStore)
    return result
