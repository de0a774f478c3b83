"""A running Docker Engine as a store, through its API. Only read: see `client.ALLOWED`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.stores.opened import Opened
    from cacheview.stores.reading import Reading

__all__ = ["ask_version", "open_engine"]


def open_engine(target: str, reading: Reading) -> Opened:
    """Read the images of an engine. ``target`` is what follows ``engine:`` in a location.

    Raises:
        DataError: there is no such engine, or it does not answer: what, where, and what to do.
        Cancelled: by the progress.
    """
    from cacheview.stores.docker_engine.opening import open_target

    return open_target(target, reading)


def ask_version(target: str, seconds: float) -> str:
    """The version of an engine, if it reports it within this many seconds. Raises `DataError` as `open_engine`."""
    from cacheview.stores.docker_engine.client import EngineClient, Timeouts
    from cacheview.stores.docker_engine.contexts import find_endpoint
    from cacheview.stores.docker_engine.engine import read_version

    with EngineClient(find_endpoint(target), Timeouts(seconds, seconds, seconds)) as client:
        return read_version(client).Version
