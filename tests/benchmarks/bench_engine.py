"""A replayed engine with 10,000 images: when the first and the last image is shown, compared with the SDK alone.

pytest tests/benchmarks/bench_engine.py -s

The engine is a separate process. The baseline sends the same requests, one after the other, with `docker.APIClient`,
which parses each response.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "stores" / "docker_engine"))

from engine_replay import Replay, load, serving

from cacheview.model import ImageStore
from cacheview.stores.open import open_store
from cacheview.stores.progress import Canceled

IMAGES = 10_000
FIRST_LIMIT = 0.5  # seconds
RATIO_LIMIT = 1.5


def many(engine: str, api: str, count: int) -> dict[str, Any]:
    """Return an engine's dump, with its images repeated under other IDs and names."""
    dump = load(engine)[api]
    images: list[dict[str, Any]] = []
    inspect: dict[str, Any] = {}
    history: dict[str, Any] = {}
    for number in range(-(-count // len(dump["images"]))):
        ids = {entry["Id"]: f"sha256:{number:08x}{entry['Id'][15:]}" for entry in dump["images"]}

        def renamed(document: Any, ids: dict[str, str] = ids, number: int = number) -> Any:
            text = json.dumps(document)
            for old in {part for part in ids if part in text}:
                text = text.replace(old, ids[old])
            return json.loads(text.replace("shop/", f"shop-{number}/"))

        images += renamed(dump["images"])
        inspect |= renamed(dump["inspect"])
        history |= renamed(dump["history"])
    images = images[:count]
    dump["version"] |= {"ApiVersion": api, "MinAPIVersion": api}
    return {api: {**dump, "images": images, "inspect": inspect, "history": history}}


def _serve(dumps: dict[str, Any], socket: str, ready: Any, stop: Any) -> None:
    for dump in dumps.values():
        dump["images"] = json.dumps(dump["images"]).encode()
        for kind in ("inspect", "history"):
            dump[kind] = {key: json.dumps(value).encode() for key, value in dump[kind].items()}
    with serving(Replay(dumps), Path(socket)):
        ready.set()
        stop.wait()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    socket = tmp_path_factory.mktemp("engine") / "docker.sock"
    context = multiprocessing.get_context("spawn")
    ready, stop = context.Event(), context.Event()
    process = context.Process(target=_serve, args=(many("28.5.2-gd", "1.44", IMAGES), str(socket), ready, stop))
    process.start()
    assert ready.wait(60)
    yield f"unix://{socket}"
    stop.set()
    process.join(10)


def _sdk_seconds(url: str) -> float:
    """Return the seconds that the SDK takes for the same requests."""
    started_at = time.perf_counter()
    with docker.APIClient(base_url=url, version="1.44") as client:
        client.version()
        client.info()
        for image in client.images(all=True):
            client.inspect_image(image["Id"])
            client.history(image["Id"])
    return time.perf_counter() - started_at


def _cacheview_seconds(url: str) -> tuple[float, float]:
    """Return the seconds until the first images are reported, and until all images are read."""
    partials: list[float] = []

    def partial(store: ImageStore) -> None:
        assert len(store.images) == IMAGES
        partials.append(time.perf_counter() - started_at)

    started_at = time.perf_counter()
    result = open_store(f"engine:{url}", partial=partial)
    whole = time.perf_counter() - started_at
    assert len(result.cases[0].store.images) == IMAGES
    assert result.problems == ()
    return partials[0], whole


def _first_image_seconds(url: str) -> float:
    """Return the seconds until the first images are reported; the rest is not read."""

    def partial(store: ImageStore) -> None:
        assert len(store.images) == IMAGES
        raise Canceled

    started_at = time.perf_counter()
    with pytest.raises(Canceled):
        open_store(f"engine:{url}", partial=partial)
    return time.perf_counter() - started_at


def test_ten_thousand_images(engine: str) -> None:
    # the fastest counts, so that other work on the machine does not
    first = min(_first_image_seconds(engine) for _ in range(5))
    _, whole = _cacheview_seconds(engine)
    sdk = _sdk_seconds(engine)
    print(f"\nfirst images {first:.2f} s, all {whole:.1f} s; the SDK alone {sdk:.1f} s; ratio {whole / sdk:.2f}")
    assert first < FIRST_LIMIT
    assert whole < RATIO_LIMIT * sdk
