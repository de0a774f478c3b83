"""Opening an archive of 10,000 images, compared with reading it with the standard library and validating its JSON.

pytest tests/benchmarks/bench_open_archive.py -s

The baseline is the least that a program must do to know what the archive contains: it reads every member with
`tarfile`, and validates every document into the model that opening creates from it, without further processing. Opening
also checks headers and digests, counts its own resources, connects manifests, configs and names, and shares what images
have in common, which keeps 100,000 images within three times the bytes of their configs. It may take `LIMIT` times as
long.

For comparison, the ratios to parsing documents that are already in memory, into models and into dictionaries, are
printed too: they show the cost of reading and connecting. No part of opening stands out: a third is parsing, a sixth is
sharing, and a fifth is the archive's headers, offsets and bytes.
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
    """Return the processor time in seconds, with the garbage collector as in `open_store` for both sides."""
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
        """Read and validate all documents. They are in the order of their models; the last has no model."""
        models = []
        with tarfile.open(archive.path) as tar:
            for member, (validate, _) in zip(tar, validators, strict=False):
                file = tar.extractfile(member)
                assert file is not None
                models.append(validate(file.read()))
        return models

    def prepared() -> OpenedLocation:
        """Open the archive as the window does."""
        opened = open_store(archive.path)
        prepare(opened.cases[0].store)
        return opened

    def parsed_alone() -> list[Any]:
        return [validate(content) for validate, content in validators]

    def parsed_untyped() -> list[Any]:
        return [pydantic_core.from_json(content) for _, content in archive.documents]

    # Alternately, so that other work on the machine slows all of them down; the fastest round of each counts.
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
