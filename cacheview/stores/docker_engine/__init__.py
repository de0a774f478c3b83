"""A running Docker Engine as a store, through its API. It is only read: see `client.ALLOWED_REQUESTS`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.stores.opened_location import OpenedLocation
    from cacheview.stores.reading import Reading

__all__ = ["ask_version", "open_engine"]


def open_engine(target: str, reading: Reading) -> OpenedLocation:
    """Read the images of an engine. ``target`` is the part of a location after ``engine:``.

    Raises:
        DataError: there is no such engine, or it does not answer. The message says what, where, and what to do.
        Canceled: ``reading.progress`` canceled the work.
    """
    from cacheview.stores.docker_engine.opening import open_target

    return open_target(target, reading)


def ask_version(target: str, seconds: float) -> str:
    """Return the version of an engine.

    Raises `DataError` as `open_engine` does, or if the engine does not answer within this many seconds.
    """
    from cacheview.stores.docker_engine.client import EngineClient, Timeouts
    from cacheview.stores.docker_engine.contexts import find_endpoint
    from cacheview.stores.docker_engine.engine import read_version

    with EngineClient(find_endpoint(target), Timeouts(seconds, seconds, seconds)) as client:
        return read_version(client).Version
