"""The memory for 1,000, 10,000 and 100,000 images, compared with the size of their configs in bytes.

pytest tests/benchmarks/bench_memory.py -s

Stores are opened and a probe is answered, on the command line and in the window: an archive, a data root with builds,
and a data root in which all images are built on one. The probe misses among as many candidates as possible. Counted is
the memory that psutil reports for the process beyond what it took with a store of ten images, opened and answered: by
then, modules, Qt and panes are loaded.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from large_stores import Archive, memory_use, write_data_root

SIZES = (1_000, 10_000, 100_000)
LIMIT = 3.0


def _stores(kind: str, images: int, folder: Path) -> tuple[str, str, int]:
    """Return a store with this many images, a store with ten, and the bytes of the configs in the first."""
    if kind == "archive":
        large, small = (Archive(folder / f"{count}.tar", count) for count in (images, 10))
        return str(large.path), str(small.path), large.configs
    size = write_data_root(folder / "large", images, on_one=kind == "data root of children")
    write_data_root(folder / "small", 10)
    return f"data-root:{folder / 'large'}", f"data-root:{folder / 'small'}", size


@pytest.mark.parametrize("how", ["command", "window"])
@pytest.mark.parametrize("kind", ["archive", "data root", "data root of children"])
@pytest.mark.parametrize("images", SIZES)
def test_memory_of_a_store(images: int, kind: str, how: str, tmp_path: Path) -> None:
    location, small, size = _stores(kind, images, tmp_path)
    result = memory_use(location, small, how)
    opened, explained, peak = (
        (bytes_ - result.before) / size for bytes_ in (result.opened, result.explained, result.peak)
    )
    print(
        f"\n{images:,} images of a {kind}, {size / 1e6:.0f} MB of configs, {how}:"
        f" opened {opened:.2f}, after an answer {explained:.2f}, at most {peak:.2f} times as much"
    )
    assert explained <= LIMIT
