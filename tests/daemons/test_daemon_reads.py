"""cacheview only reads from a running engine, and keeps what it has read when the engine ends."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from daemon_builds import Builder
from daemon_proxy import Proxy
from daemon_shop import FILES, Build
from daemon_start import EngineDaemon
from daemon_stores import store_at

from cacheview.engine.candidate import container_config_of
from cacheview.model import DataError
from cacheview.stores.open import open_store

_OF_ONE_IMAGE = re.compile(r"GET (/v[0-9.]+)?/images/[^/ ]+/(json|history)")


def snapshot(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return all files and folders below a folder, with the values that change when they are written."""
    found = {}
    for place, _, files in os.walk(folder):
        for path in (Path(place), *(Path(place, name) for name in files)):
            state = path.lstat()
            found[str(path.relative_to(folder))] = (state.st_ino, state.st_mtime_ns, state.st_size)
    return found


@pytest.mark.parametrize("here", [True, False], ids=["of this machine", "of another"])
def test_an_engine_receives_only_read_requests(
    here: bool, engine: EngineDaemon, shop: list[Build], short_folder: Path
) -> None:
    before = snapshot(engine.data_root / "image")
    assert any("/imagedb/content/sha256/" in name for name in before)
    with Proxy(engine.socket, short_folder / "proxy.sock" if here else None) as proxy:
        store = store_at(f"engine:{proxy.url}")
    assert {step.image for build in shop for step in build.steps if step.image} <= store.by_id.keys()
    assert [request for request in proxy.requests if not request.startswith(("GET ", "HEAD /_ping "))] == []
    assert len(proxy.requests) > (2 if here else len(store.images))
    assert snapshot(engine.data_root / "image") == before


def test_a_data_root_is_only_read(engine: EngineDaemon, shop: list[Build]) -> None:
    before = snapshot(engine.data_root)
    store = store_at(f"data-root:{engine.data_root}")
    assert len(store.images) > 25
    assert snapshot(engine.data_root) == before


def test_an_engine_that_ends_while_it_is_read(engine: EngineDaemon, shop: list[Build]) -> None:
    whole = store_at(f"engine:{engine.url}")
    requests = 0

    def end_in_the_middle(request: str) -> None:
        nonlocal requests
        requests += bool(_OF_ONE_IMAGE.match(request))
        if requests == 20:
            proxy.cut()

    with Proxy(engine.socket, before=end_in_the_middle) as proxy:
        opened = open_store(f"engine:{proxy.url}")
    assert requests >= 20
    assert opened.problems
    reported = "\n".join(map(str, opened.problems))
    (case,) = opened.cases
    read = [image for image in case.store.images if image.doubt("container_config") is None]
    assert 0 < len(read) < len(whole.images)
    for image in read:
        expected = whole.by_id[image.id]
        assert (image.parent, image.names, image.created) == (expected.parent, expected.names, expected.created)
        assert container_config_of(image) == container_config_of(expected)
    for image in whole.images:  # the others are reported as problems
        assert image.id in case.store.by_id or image.id in reported
        assert image.id in reported or case.store.by_id[image.id].doubts or image in read


def test_an_engine_that_ends_at_once(engine: EngineDaemon) -> None:
    with Proxy(engine.socket, before=lambda _: proxy.cut()) as proxy:
        location = f"engine:{proxy.url}"
        with pytest.raises(DataError) as refused:
            open_store(location)
    assert proxy.url.removeprefix("tcp://") in str(refused.value)


def test_an_image_removed_before_it_is_inspected_is_reported(
    engine: EngineDaemon, builder: Builder, shop: list[Build]
) -> None:
    steps = builder.build("shop/going:1", "FROM scratch\nENV GOING=1\nENV GONE=1\n", FILES)
    going = {step.image for step in steps if step.image}
    removed: list[str] = []

    def remove(request: str) -> None:
        if not removed and _OF_ONE_IMAGE.match(request):
            removed.append(builder.client.remove_image("shop/going:1"))

    with Proxy(engine.socket, before=remove) as proxy:
        opened = open_store(f"engine:{proxy.url}")
    assert removed
    (case,) = opened.cases
    after = store_at(f"engine:{engine.url}")
    assert going.isdisjoint(after.by_id)
    assert {image.id for image in case.store.images} - going == set(after.by_id)
    reported = "\n".join((*map(str, opened.problems), *case.store.notes))
    for image_id in going:
        here = case.store.by_id.get(image_id)
        assert image_id[7:19] in reported or (here is not None and here.doubts)
