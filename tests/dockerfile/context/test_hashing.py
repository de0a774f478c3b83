"""Hashing files in threads, and reading each file only once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cacheview.dockerfile.context import ContextSums, FolderContext
from cacheview.dockerfile.context.hashing import FileSumCache, Hasher
from cacheview.model import DataError


class Counting(FolderContext):
    """Records which files were read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.reads: list[str] = []

    def read(self, path: str, *, follow: bool = False) -> Iterator[bytes]:
        self.reads.append(path)
        yield from super().read(path, follow=follow)


class Stopped(Exception):  # noqa: N818
    pass


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Create enough files for several threads."""
    for number in range(40):
        (tmp_path / f"{number:02}").write_bytes(bytes([number]) * 300_000)
    return tmp_path


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.time_ns() + 10**12
    monkeypatch.setattr(time, "time_ns", lambda: later)


def text(context: FolderContext, hasher: Hasher | None = None) -> str:
    return ContextSums(context, hasher=hasher).of_sources(["."], add=False, destination="/").text


def test_threads_do_not_matter(root: Path) -> None:
    assert len({text(FolderContext(root), Hasher(threads=threads)) for threads in (1, 2, 7)}) == 1


@pytest.mark.usefixtures("settled")
def test_unchanged_files_are_not_read_again(root: Path) -> None:
    memory = FileSumCache()
    first, second = Counting(root), Counting(root)
    before = text(first, Hasher(memory=memory))
    assert len(first.reads) == 40
    memory = FileSumCache.load(memory.dump())
    assert text(second, Hasher(memory=memory)) == before
    assert second.reads == []
    (root / "07").write_bytes(b"x" * 300_000)
    os.utime(root / "08")
    (root / "09").chmod(0o600)
    third = Counting(root)
    assert text(third, Hasher(memory=memory)) != before
    assert sorted(third.reads) == ["07", "08", "09"]


def test_a_file_that_has_just_changed_is_read_again(root: Path) -> None:
    """Another change within the same clock tick would leave the same times."""
    memory = FileSumCache()
    text(FolderContext(root), Hasher(memory=memory))
    again = Counting(root)
    text(again, Hasher(memory=memory))
    assert len(again.reads) == 40


def test_report(root: Path) -> None:
    reports: list[tuple[int, int | None, str]] = []
    text(FolderContext(root), Hasher(report=lambda *report: reports.append(report)))
    assert reports[0] == (0, 40 * 300_000, str(root))
    assert reports[-1] == (40 * 300_000, 40 * 300_000, str(root))
    assert [done for done, _, _ in reports] == sorted(done for done, _, _ in reports)


def test_stop(root: Path) -> None:
    def report(done: int, total: int | None, what: str) -> None:
        raise Stopped

    context = Counting(root)
    with pytest.raises(Stopped):
        text(context, Hasher(report=report))
    assert context.reads == []


def test_stop_while_threads_read(root: Path) -> None:
    calls: list[int] = []

    def report(done: int, total: int | None, what: str) -> None:
        calls.append(done)
        if len(calls) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        text(FolderContext(root), Hasher(report=report, threads=1))
    assert len(calls) == 2


@pytest.mark.parametrize("change", ["longer", "shorter", "gone", "link"])
def test_a_file_changed_while_it_is_hashed_is_an_error(root: Path, change: str) -> None:
    sums = ContextSums(FolderContext(root))
    assert "05" in sums.uploaded.tree
    place = root / "05"
    if change in ("gone", "link"):
        place.unlink()
    if change == "link":
        place.symlink_to("06")
    if change in ("longer", "shorter"):
        place.write_bytes(b"x" * (300_001 if change == "longer" else 5))
    with pytest.raises(DataError) as caught:
        sums.of_sources(["."], add=False, destination="/")
    assert caught.value.where == "05"


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"version":1,"sums":[[1,2]]}', b'{"version":1,"sums":[["a","b","c"]]}']
)
def test_an_invalid_file_checksum_cache_is_an_error(data: bytes) -> None:
    with pytest.raises(DataError, match="not a checksum record"):
        FileSumCache.load(data)


def test_a_file_checksum_cache_of_another_version_is_ignored() -> None:
    assert FileSumCache.load(b'{"version":2}').dump() == FileSumCache().dump()


@pytest.mark.usefixtures("settled")
def test_the_file_checksum_cache_is_bounded(root: Path) -> None:
    """The least recently used entries are removed first."""
    memory = FileSumCache(limit=1)
    hasher = Hasher(memory=memory)
    sums = ContextSums(FolderContext(root), hasher=hasher)
    sums.of_sources(["01", "02", "03"], add=False, destination="/")
    kept = FileSumCache.load(memory.dump(), limit=1)
    assert len(kept.dump()) < len(memory.dump()) + 1
    again = Counting(root)
    ContextSums(again, hasher=Hasher(memory=kept)).of_sources(["01", "02", "03"], add=False, destination="/")
    assert len(again.reads) == 2
