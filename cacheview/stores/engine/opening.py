"""Opening an engine: what it is, its list, its images, and the richer store beside it where that can be read."""

from __future__ import annotations

from cacheview.stores.engine.client import EngineClient, Timeouts
from cacheview.stores.engine.contexts import find_endpoint
from cacheview.stores.engine.engine import Engine, ask_engine
from cacheview.stores.engine.reader import EngineReader
from cacheview.stores.engine.workers import patiently
from cacheview.stores.opened import Case, Opened
from cacheview.stores.progress import Meter
from cacheview.stores.reading import Reading

__all__ = ["open_target"]


def open_target(target: str, reading: Reading, timeouts: Timeouts | None = None) -> Opened:
    """As `stores.engine.open_engine`."""
    endpoint = find_endpoint(target)
    location = f"engine:{target}"
    meter = Meter(reading.progress, None, f"Asking the {endpoint.title}")
    client = patiently(lambda: EngineClient(endpoint, timeouts), meter)
    with client:
        engine = patiently(lambda: ask_engine(client), meter)
        reader = EngineReader(client, engine, reading, location, _remedy(engine))
        images = reader.list_images(meter)
        reader.give_partial(images)
        meter = Meter(reading.progress, len(images), f"Reading images of {engine.title}")
        if images:
            reader.read(images, list(images), meter)
        meter.finished()
    store = reader.store(images)
    return Opened(store.title, location, "engine", (Case(store.title, store, store.rules),), store.problems)


def _remedy(engine: Engine) -> str:
    if engine.store == "graphdriver":
        return f"Open its data root: data-root:{engine.root}"
    return f"Open its containerd: containerd:{engine.containerd}"
