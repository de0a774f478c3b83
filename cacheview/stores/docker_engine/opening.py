"""Opens an engine: its description, its list, its images, and the store behind it if that can be read."""

from __future__ import annotations

from dataclasses import replace

from cacheview.stores.docker_engine.client import EngineClient, Timeouts
from cacheview.stores.docker_engine.combine import read_richer_store, remedy_for, store_places
from cacheview.stores.docker_engine.contexts import DEFAULT, Endpoint, find_endpoint
from cacheview.stores.docker_engine.engine import ask_engine
from cacheview.stores.docker_engine.reader import EngineReader
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation
from cacheview.stores.progress import Meter
from cacheview.stores.reading import Reading
from cacheview.stores.workers import run_cancelable

__all__ = ["open_endpoint", "open_target"]


def open_target(target: str, reading: Reading, timeouts: Timeouts | None = None) -> OpenedLocation:
    """See `stores.docker_engine.open_engine`."""
    return open_endpoint(find_endpoint(target), f"engine:{target}", reading, timeouts)


def open_endpoint(
    endpoint: Endpoint, location: str, reading: Reading, timeouts: Timeouts | None = None
) -> OpenedLocation:
    """Open an engine whose endpoint is already known. ``location``: its location for people."""
    meter = Meter(reading.progress, None, f"Connecting to the {endpoint.title}")
    client = run_cancelable(lambda: EngineClient(endpoint, timeouts), meter)
    with client:
        engine = run_cancelable(lambda: ask_engine(client), meter)
        # the variant of a multi-platform image that the engine builds on is the one to show
        if engine.platform is not None:
            reading = replace(reading, platform=engine.platform)
        reader = EngineReader(client, engine, reading, location, remedy_for(engine, store_places(engine, endpoint)))
        entries = reader.ask_list(meter)
        images = reader.images_from_list(entries, {})
        reader.report_partial(images)
        details = read_richer_store(engine, endpoint, images, reading)
        reader.notes += details.notes
        reader.problems.extend(details.problems)
        reader.layers_at = details.layers_at
        if details.images or details.remedy != reader.doubts.remedy:
            reader.set_remedy(details.remedy)
            images = reader.images_from_list(entries, details.images)
        ids = [image_id for image_id in images if image_id not in details.images]
        meter = Meter(reading.progress, len(ids), f"Reading images from {engine.title}")
        if ids:
            reader.read(images, ids, meter)
        meter.finished()
    store = reader.store(images)
    cases = (OpenedCase(store.title, store, store.rules),)
    return OpenedLocation(
        store.title,
        location,
        OpenedKind.ENGINE,
        cases,
        store.problems,
        endpoint.host,
        name=engine.name,
        context=endpoint.name if endpoint.is_context and endpoint.name != DEFAULT else "",
    )
