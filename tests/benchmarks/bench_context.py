"""How the time for reading a context grows with its depth, its files and its ignore patterns, for every client.

``python tests/benchmarks/bench_context.py`` prints the time at three sizes, and the exponent of its growth with the
size of the input: 1 is linear. ``pytest tests/benchmarks/bench_context.py`` checks that the exponents are below 1.5.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import pytest

from cacheview.dockerfile.context import CLIENTS, ContextSums, Entry, EntryKind, MemoryContext

Make = Callable[[int], tuple[dict[str, Entry], bytes]]
_ENOUGH = 0.02  # seconds; a shorter time means nothing


def _file(path: str, size: int = 0) -> Entry:
    return Entry(path, EntryKind.FILE, 0o644, size=size)


def deep(size: int) -> tuple[dict[str, Entry], bytes]:
    """Folders nested in one another, with a file in each."""
    entries: dict[str, Entry] = {}
    path = ""
    for _ in range(size):
        path = f"{path}/d" if path else "d"
        entries[path] = Entry(path, EntryKind.DIRECTORY, 0o755)
        entries[f"{path}/f"] = _file(f"{path}/f")
    return entries, b"**/x\n!**/y\nd/d/d/z\n"


def wide(size: int) -> tuple[dict[str, Entry], bytes]:
    """Many files in one folder."""
    return {f"f{number}": _file(f"f{number}") for number in range(16 * size)}, b"*.x\n"


def patterns(size: int) -> tuple[dict[str, Entry], bytes]:
    """Many patterns, and few files."""
    lines = b"".join(b"x%d*y\n" % number for number in range(4 * size))
    return {f"f{number}": _file(f"f{number}") for number in range(200)}, lines


def stars(size: int) -> tuple[dict[str, Entry], bytes]:
    """A pattern with many stars, and a name that it almost matches."""
    name = "a" * 200
    return {f"{number}{name}": _file(f"{number}{name}") for number in range(2000)}, b"*a" * (size // 2) + b"*b\n"


def double_stars(size: int) -> tuple[dict[str, Entry], bytes]:
    """A pattern with many double stars, and a path that it almost matches."""
    path = "/".join(["a"] * 100)
    found = {f"{path}/{number}": _file(f"{path}/{number}") for number in range(2000)}
    above = path
    while above:
        found[above] = Entry(above, EntryKind.DIRECTORY, 0o755)
        above = above.rpartition("/")[0]
    return found, b"**/a/" * (size // 4) + b"b\n"


SHAPES: dict[str, Make] = {
    "depth": deep,
    "files": wide,
    "patterns": patterns,
    "stars": stars,
    "double stars": double_stars,
}
SIZES = (250, 500, 1000)


def seconds_of(make: Make, size: int, client: str) -> tuple[float, int]:
    """Return the time, and the size of what grows: the characters of the paths, or the bytes of the patterns."""
    entries, lines = make(size)
    length = sum(map(len, entries)) if make in (deep, wide) else len(lines)
    entries |= {".dockerignore": _file(".dockerignore", len(lines)), "Dockerfile": _file("Dockerfile")}
    context = MemoryContext(entries, {".dockerignore": lines})
    begun = time.perf_counter()
    ContextSums(context, client=CLIENTS[client]).of_sources(["."], add=False, destination="/")
    return time.perf_counter() - begun, length


def measured(make: Make, client: str) -> tuple[list[float], float]:
    """Return the time at each size, and the exponent."""
    found = [seconds_of(make, size, client) for size in SIZES]
    (first, small), (last, large) = found[0], found[-1]
    exponent = math.log(max(last, _ENOUGH) / max(first, _ENOUGH)) / math.log(large / small)
    return [seconds for seconds, _ in found], exponent


@pytest.mark.parametrize(
    "client", ["docker-cli", "docker-cli-20.10", "docker-py", "testcontainers-node", "docker-java"]
)
@pytest.mark.parametrize("shape", list(SHAPES))
def test_hashing_time_grows_linearly_with_context_size(shape: str, client: str) -> None:
    _, exponent = measured(SHAPES[shape], client)
    assert exponent < 1.5


if __name__ == "__main__":
    for name, make in SHAPES.items():
        for client in CLIENTS:
            times, exponent = measured(make, client)
            shown = "  ".join(f"{each:.3f} s" for each in times)
            print(f"{name:14} {client:20} {shown}  exponent {exponent:.2f}", flush=True)
