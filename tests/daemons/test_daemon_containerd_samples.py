"""A real containerd on the root folder of each sample has the Docker Engine's images, by socket and root folder."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from daemon_need import need, unavailable
from daemon_process import DaemonError
from daemon_start import ContainerdDaemon, start_containerd
from daemon_stores import store_at

SAMPLES = Path(__file__).parents[1] / "stores" / "containerd"
ENGINES = ("71ebfc7c63-c8d", "28.5.2-c8d", "29x-c8d")


@pytest.fixture(scope="module")
def samples() -> Iterator[Any]:
    """The helpers for tests of containerd stores."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SAMPLES))
        yield sys.modules.get("containerd_samples") or __import__("containerd_samples")


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def running(engine: str, samples: Any, daemon_folder: Path) -> Iterator[ContainerdDaemon]:
    need("containerd", "ctr", "unshare")
    folder = daemon_folder / f"containerd-{engine}"
    folder.mkdir()
    shutil.move(samples.unpack(engine, folder / "sample"), folder / "root")
    try:
        started = start_containerd(folder)
    except DaemonError as error:
        unavailable(str(error))
    with started.process:
        yield started


@pytest.mark.parametrize("kind", ["socket", "root"])
def test_a_containerd_sample_is_read_as_expected(
    kind: str, engine: str, samples: Any, running: ContainerdDaemon
) -> None:
    path = running.socket if kind == "socket" else running.root
    store = store_at(f"containerd:{path}")
    samples.assert_as_expected(store.images, engine)
    assert "namespace moby" in store.title


def test_reading_the_root_is_consistent_while_containerd_writes(
    engine: str, samples: Any, running: ContainerdDaemon
) -> None:
    """Each read sees the state after one transaction, even while others are running."""
    name = next(image["names"][0] for image in samples.truth(engine) if image["names"])
    database = running.root / samples.DATABASE
    written: list[bytes] = []
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            running.ctr("--namespace=moby", "images", "label", name, f"test.example/count={len(written)}")
            written.append(database.read_bytes())

    writer = threading.Thread(target=write)
    writer.start()
    try:
        readings = 0
        while writer.is_alive() and (readings < 10 or len(set(written)) < 3):
            samples.assert_as_expected(store_at(f"containerd:{running.root}").images, engine)
            readings += 1
    finally:
        stop.set()
        writer.join()
    assert len(set(written)) >= 3
