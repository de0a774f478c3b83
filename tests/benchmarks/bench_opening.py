"""Opening a store of 10,000 images, compared with reading it with the standard library and validating its JSON.

pytest tests/benchmarks/bench_opening.py -s

The baseline is the least that a program must do to know what the store contains: it reads every file of a data root, or
every member of an archive with `tarfile`, and validates every document into the model that opening creates from it,
without further processing, and each by itself: the times in one document are not known from another. Opening also
checks headers, links and digests, counts its own resources, connects manifests, configs, parents and names, and shares
what images have in common, which keeps 100,000 images within three times the bytes of their configs. Including the
tables that the window looks probes up in, it may take `LIMIT` times as long.

For comparison, the ratio to a baseline that parses each time only once is printed too, and for an archive those to
parsing documents that are already in memory, into models and into dictionaries: they show the cost of reading and
connecting. No part of opening stands out: a third is parsing, a sixth is sharing, and a fifth is an archive's headers,
offsets and bytes.
"""

from __future__ import annotations

import gc
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydantic_core
from large_stores import Archive, write_data_root

from cacheview.collector import paused_collector
from cacheview.engine import prepare
from cacheview.model import ImageConfig, Timestamp
from cacheview.stores.open import open_store
from cacheview.stores.opened_location import OpenedLocation

IMAGES = 10_000
ROUNDS = 7
LIMIT = 1.5


def _seconds(work: Callable[[], object]) -> float:
    """Return the processor time in seconds, with the garbage collector as in `open_store` for both sides."""
    gc.collect()
    Timestamp.parse.cache_clear()  # as in a program that has just started
    start = time.process_time()
    with paused_collector():
        result = work()
    seconds = time.process_time() - start
    del result
    return seconds


def _fastest(*works: Callable[[], object]) -> list[float]:
    """Return the seconds of the fastest round of each.

    They take turns, so that other work on the machine slows all of them down.
    """
    rounds = [[_seconds(work) for work in works] for _ in range(ROUNDS)]
    return [min(column) for column in zip(*rounds, strict=True)]


def _prepared(location: Path | str) -> OpenedLocation:
    """Open a store as the window does."""
    opened = open_store(location)
    prepare(opened.cases[0].store)
    return opened


def _report(location: Path | str, ours: float, ready: float, simple: float, once: float) -> None:
    opened = open_store(location)
    print(f"\nopening {IMAGES:,} images ({opened.title}): {ours * 1000:.0f} ms")
    print(f"  ratio {ours / simple:.2f} to reading and parsing into the models, {simple * 1000:.0f} ms")
    print(f"  ratio {ours / once:.2f} to the same with each time parsed once, {once * 1000:.0f} ms")
    print(f"  ratio {ready / simple:.2f} with the tables that the window looks probes up in, {ready * 1000:.0f} ms")
    assert len(opened.cases[0].store.images) == IMAGES
    assert not opened.problems
    assert ready / simple <= LIMIT


def test_open_an_archive(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "images.tar", IMAGES, keep=True)
    validators = [(model.__pydantic_validator__.validate_json, content) for model, content in archive.documents]

    def read_and_parsed(forget: Callable[[], None]) -> list[Any]:
        """Read and validate all documents. They are in the order of their models; the last has no model."""
        models = []
        with tarfile.open(archive.path) as tar:
            for member, (validate, _) in zip(tar, validators, strict=False):
                file = tar.extractfile(member)
                assert file is not None
                models.append(validate(file.read()))
                forget()
        return models

    ours, ready, simple, once, models, untyped = _fastest(
        lambda: open_store(archive.path),
        lambda: _prepared(archive.path),
        lambda: read_and_parsed(Timestamp.parse.cache_clear),
        lambda: read_and_parsed(_nothing),
        lambda: [validate(content) for validate, content in validators],
        lambda: [pydantic_core.from_json(content) for _, content in archive.documents],
    )
    _report(archive.path, ours, ready, simple, once)
    print(f"  ratio {ours / models:.2f} to parsing into the models alone, {models * 1000:.0f} ms")
    print(f"  ratio {ours / untyped:.2f} to parsing into dictionaries alone, {untyped * 1000:.0f} ms")


def test_open_a_data_root(tmp_path: Path) -> None:
    write_data_root(tmp_path, IMAGES)
    driver = tmp_path / "image" / "overlay2"
    validate = ImageConfig.__pydantic_validator__.validate_json

    def read_and_parsed(forget: Callable[[], None]) -> list[Any]:
        """Read all files, and validate the configs."""
        content = []
        for path in (driver / "imagedb/content/sha256").iterdir():
            content.append(validate(path.read_bytes()))
            forget()
        metadata = [path.read_bytes() for path in (driver / "imagedb/metadata/sha256").glob("*/*")]
        sizes = [path.read_bytes() for path in (driver / "layerdb/sha256").glob("*/size")]
        names = pydantic_core.from_json((driver / "repositories.json").read_bytes())
        return [content, metadata, sizes, names]

    location = f"data-root:{tmp_path}"
    works = (
        lambda: open_store(location),
        lambda: _prepared(location),
        lambda: read_and_parsed(Timestamp.parse.cache_clear),
        lambda: read_and_parsed(_nothing),
    )
    _report(location, *_fastest(*works))


def _nothing() -> None:
    """Forget nothing."""
