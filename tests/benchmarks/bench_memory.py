"""What memory 1,000, 10,000 and 100,000 images take, beside the bytes of their configs.

pytest tests/benchmarks/bench_memory.py -s

Opened and asked: on the command line and in the window, from an archive, from a data root of builds, and from one
where all images are built on one. Asked is what misses among as many candidates as there can be. Counted is what the
process has beyond what it had with a store of ten images opened and asked, as psutil reports it: modules, Qt and panes
are then there.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from large_stores import Archive, taken, write_data_root

SIZES = (1_000, 10_000, 100_000)
LIMIT = 3.0


def _stores(kind: str, images: int, folder: Path) -> tuple[str, str, int]:
    """A store of so many images, one of ten, and the bytes of the configs of the first."""
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
    result = taken(location, small, how)
    opened, explained, peak = (
        (bytes_ - result.before) / size for bytes_ in (result.opened, result.explained, result.peak)
    )
    print(
        f"\n{images:,} images of a {kind}, {size / 1e6:.0f} MB of configs, {how}:"
        f" opened {opened:.2f}, asked {explained:.2f}, at most {peak:.2f} times as much"
    )
    assert explained <= LIMIT
