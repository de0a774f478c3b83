"""Opening an archive of 10,000 images, against reading it with the standard library and parsing its JSON into models.

pytest tests/benchmarks/bench_open_archive.py -s

The baseline is what a program does at least that has to know what the archive holds: it reads every member with
`tarfile`, which is what the standard library has for that, and validates every document into the model that opening
makes of it. It keeps them as they come. Opening also checks headers and digests, counts what it may cost, connects
manifests, configs and names, and holds once what images share, which is what keeps 100,000 images in three times the
bytes of their configs. It may take `LIMIT` times as long.

Printed is the ratio to parsing documents that are in memory already, too, into the models and into dictionaries: what
reading and connecting cost, for comparison. No part of opening stands out: parsing takes a third of it, holding shared
parts once a sixth, headers, offsets and bytes of the archive a fifth.
"""

from __future__ import annotations

import gc
import tarfile
import time
from collections.abc import Callable
from typing import Any

import pydantic_core
import pytest
from large_stores import Archive
from pytest_benchmark.fixture import BenchmarkFixture

from cacheview.collector import paused_collector
from cacheview.engine import prepare
from cacheview.model import Timestamp
from cacheview.stores.open import open_store
from cacheview.stores.opened_location import OpenedLocation

IMAGES = 10_000
ROUNDS = 7
LIMIT = 1.5


def _fresh() -> None:
    gc.collect()
    Timestamp.parse.cache_clear()  # as in a program that has just started


def _seconds(work: Callable[[], object]) -> float:
    """Seconds of the processor, with what `open_store` does to the garbage collector, for both sides alike."""
    _fresh()
    start = time.process_time()
    with paused_collector():
        result = work()
    seconds = time.process_time() - start
    del result
    return seconds


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return Archive(tmp_path_factory.mktemp("bench") / "images.tar", IMAGES, keep=True)


def test_open_archive_of_10000_images(archive: Archive, benchmark: BenchmarkFixture) -> None:
    validators = [(model.__pydantic_validator__.validate_json, content) for model, content in archive.documents]

    def read_and_parsed() -> list[Any]:
        """The documents stand in the archive in the order of their models; one without a model is the last."""
        models = []
        with tarfile.open(archive.path) as tar:
            for member, (validate, _) in zip(tar, validators, strict=False):
                file = tar.extractfile(member)
                assert file is not None
                models.append(validate(file.read()))
        return models

    def prepared() -> OpenedLocation:
        """As the window opens it."""
        opened = open_store(archive.path)
        prepare(opened.cases[0].store)
        return opened

    def parsed_alone() -> list[Any]:
        return [validate(content) for validate, content in validators]

    def parsed_untyped() -> list[Any]:
        return [pydantic_core.from_json(content) for _, content in archive.documents]

    # In turns, so that what else runs on the machine slows all of them; the fastest round of each counts.
    works = (lambda: open_store(archive.path), prepared, read_and_parsed, parsed_alone, parsed_untyped)
    rounds = [[_seconds(work) for work in works] for _ in range(ROUNDS)]
    ours, ready, simple, models, untyped = (min(column) for column in zip(*rounds, strict=True))
    opened = benchmark.pedantic(open_store, args=(archive.path,), setup=_fresh, rounds=3)
    print(f"\nopening {IMAGES:,} images: {ours * 1000:.0f} ms")
    print(f"  ratio {ours / simple:.2f} to reading and parsing into the models, {simple * 1000:.0f} ms")
    print(f"  ratio {ready / simple:.2f} with the tables that the window looks probes up in, {ready * 1000:.0f} ms")
    print(f"  ratio {ours / models:.2f} to parsing into the models alone, {models * 1000:.0f} ms")
    print(f"  ratio {ours / untyped:.2f} to parsing into dictionaries alone, {untyped * 1000:.0f} ms")
    assert len(opened.cases[0].store.images) == IMAGES
    assert not opened.problems
    assert ready / simple <= LIMIT
