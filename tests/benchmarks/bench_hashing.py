"""Checksums of a context of 1 GiB, compared with ``sha256sum`` for the same files in the same run."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cacheview.dockerfile.context.folder import FolderContext
from cacheview.dockerfile.context.hashing import FileSumCache, Hasher
from cacheview.dockerfile.context.sums import ContextSums

ROUNDS = 2
MIB = 1 << 20


@pytest.fixture(scope="module")
def gigabyte(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Create 1 GiB of files as in a typical context: a few large ones, and many small ones."""
    folder = tmp_path_factory.mktemp("context")
    noise = random.Random(1).randbytes(16 * MIB)
    sizes = [256 * MIB] + [64 * MIB] * 4 + [8 * MIB] * 32 + [MIB] * 160 + [16 * 1024] * 6_000
    for number, size in enumerate(sizes):
        place = folder / f"{number % 50:02}" / f"{number}.bin"
        place.parent.mkdir(exist_ok=True)
        with place.open("wb") as file:
            for start in range(0, size, len(noise)):
                file.write(noise[: min(len(noise), size - start)])
    yield folder
    shutil.rmtree(folder)


def sha256sum(folder: Path) -> float:
    start = time.perf_counter()
    subprocess.run(
        ["sh", "-c", "find . -type f -print0 | xargs -0 sha256sum"], cwd=folder, stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - start


def sums(folder: Path, memory: FileSumCache) -> float:
    start = time.perf_counter()
    found = ContextSums(FolderContext(folder), hasher=Hasher(memory=memory)).of_sources(
        ["."], add=False, destination="/"
    )
    assert found.text.startswith("dir:")
    return time.perf_counter() - start


def test_hashing_reaches_seventy_percent_of_the_speed_of_sha256sum(gigabyte: Path) -> None:
    """If nothing has changed, it takes next to no time."""
    # Only files that have not changed recently are remembered.
    old = time.time() - 60
    for folder, _, names in os.walk(gigabyte):
        for name in names:
            os.utime(Path(folder) / name, (old, old))
    sha256sum(gigabyte)  # reads the files into memory
    sha256sum_seconds = min(sha256sum(gigabyte) for _ in range(ROUNDS))
    own_seconds = min(sums(gigabyte, FileSumCache()) for _ in range(ROUNDS))
    memory = FileSumCache()
    sums(gigabyte, memory)
    repeated_seconds = sums(gigabyte, FileSumCache.load(memory.dump()))
    speed = sha256sum_seconds / own_seconds
    print(
        f"\n1 GiB: sha256sum {sha256sum_seconds:.2f} s, checksums {own_seconds:.2f} s, speed {speed:.2f} of it; "
        f"unchanged {repeated_seconds:.2f} s"
    )
    assert speed >= 0.7
    assert repeated_seconds < own_seconds / 2
