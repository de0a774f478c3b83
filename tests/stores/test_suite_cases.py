"""Suites of any size can be opened: cases that are not kept in memory are read again, unchanged."""

from __future__ import annotations

import gzip
import json
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from store_builder import config

from cacheview.model import DataError
from cacheview.stores import budget
from cacheview.stores.budget import Resource
from cacheview.stores.limits import Limits
from cacheview.stores.open import open_store
from cacheview.stores.opened_location import OpenedLocation
from cacheview.stores.suite_cases import SuiteCases, case_name

SMALL = Limits(held=3000, line=400)


def case(number: int, count: int = 1, **more: Any) -> bytes:
    stored = [{"id": f"sha256:{number * 100 + i:064x}", "config": config(number)} for i in range(count)]
    probe = {"config": {"Cmd": ["x"]}, "expect": {"outcome": "miss"}}
    return json.dumps({"rules": "containerd-71ebfc7", "images": stored, "probes": [probe], **more}).encode() + b"\n"


LINES = [
    case(0, name="first"),
    b"\n",
    b"no json\n",
    case(1, 12),
    *(case(number, name=f"é {number}") for number in range(2, 40)),
    case(40, images=[{"id": "sha256:1", "config": config(1)}] * 2),
    case(41).rstrip(),
]


def write(folder: Path, *, compressed: bool) -> Path:
    path = folder / ("suite.jsonl.gz" if compressed else "suite.jsonl")
    content = b"".join(LINES)
    path.write_bytes(gzip.compress(content) if compressed else content)
    return path


def lazy(opened: OpenedLocation) -> SuiteCases:
    assert isinstance(opened.cases, SuiteCases)
    return opened.cases


@pytest.mark.parametrize("compressed", [False, True])
def test_a_lazily_read_suite_equals_one_held_in_memory(compressed: bool, tmp_path: Path) -> None:
    path = write(tmp_path, compressed=compressed)
    whole, opened = open_store(path), open_store(path, limits=SMALL)
    assert isinstance(whole.cases, tuple)
    cases = lazy(opened)
    assert opened.problems == whole.problems
    assert len(cases) == len(whole.cases) == 42
    backwards = [cases[place] for place in reversed(range(len(cases)))]
    assert tuple(reversed(backwards)) == whole.cases
    assert tuple(cases) == whole.cases
    assert cases[-1] == whole.cases[-1]
    assert tuple(cases[1:4]) == whole.cases[1:4]
    assert [case_name(cases, place) for place in range(42)] == [case_name(whole.cases, place) for place in range(42)]
    assert case_name(cases, 1) == ("line 4", False)
    with pytest.raises(IndexError):
        cases[42]


def test_only_the_last_used_cases_are_held(tmp_path: Path) -> None:
    cases = lazy(open_store(write(tmp_path, compressed=False), limits=SMALL))
    assert [place for place in range(42) if cases.is_held(place)] == [0]
    first = cases[0]
    assert cases[0] is first
    for place in (5, 6, 7, 8, 9, 10, 11):
        assert cases[place] is cases[place]
    held = [place for place in range(42) if cases.is_held(place)]
    assert held[-1] == 11
    assert 2 <= len(held) < 8
    _ = cases[1], cases[0]
    assert cases.is_held(1)  # as large as the limit, but one of the last two used


def test_a_suite_of_one_case_is_held_regardless_of_its_size(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_bytes(case(1, 50))
    (only,) = open_store(path, limits=SMALL).cases
    assert len(only.store.images) == 50


@pytest.mark.parametrize("limit", [{"images": 20}, {"probes": 20}, {"documents": 20_000}, {"layers": 20}])
def test_cases_not_held_in_memory_do_not_count_against_limits(limit: dict[str, int], tmp_path: Path) -> None:
    path = write(tmp_path, compressed=False)
    stopped = open_store(path, limits=Limits(**limit))
    assert len(stopped.cases) < 42
    assert "The rest was not read" in stopped.problems[-1].what
    assert len(open_store(path, limits=Limits(held=3000, **limit)).cases) == 42


def test_a_case_changed_on_disk_is_reported_instead_of_shown(tmp_path: Path) -> None:
    path = write(tmp_path, compressed=False)
    cases = lazy(open_store(path, limits=SMALL))
    content = bytearray(path.read_bytes())
    where = content.index(b"%064x" % 2000)
    content[where : where + 64] = b"%064x" % 1
    with path.open("r+b") as file:  # in place, like some editors
        file.write(content)
    changed = next(place for place in range(42) if not cases[place].store.images)
    lost = cases[changed]
    assert "was changed after the suite was opened" in lost.store.problems[0].what
    assert (lost.name, lost.probes) == (case_name(cases, changed)[0], ())
    assert sum(not each.store.images for each in cases) == 1


@pytest.mark.parametrize("edit", ["truncated", "blank", "split"])
def test_a_truncated_or_overwritten_line_is_reported_instead_of_shown(edit: str, tmp_path: Path) -> None:
    path = write(tmp_path, compressed=False)
    cases = lazy(open_store(path, limits=SMALL))
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    start = len(b"".join(lines[:20]))
    with path.open("r+b") as file:
        if edit == "truncated":
            file.truncate(start)
        else:
            file.seek(start)
            file.write(b"\n" * (len(lines[20]) if edit == "blank" else 1))
    lost = next(case for case in cases if case.store.problems)
    assert "was changed after the suite was opened" in lost.store.problems[0].what
    assert lost.probes == ()


def test_a_suite_stays_readable_after_its_file_was_replaced(tmp_path: Path) -> None:
    path = write(tmp_path, compressed=False)
    whole, cases = open_store(path).cases, lazy(open_store(path, limits=SMALL))
    other = tmp_path / "other"
    other.write_bytes(b"{}\n")
    other.replace(path)
    assert tuple(cases) == whole


def test_a_full_disk_while_decompressing_a_suite_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(tempfile.SpooledTemporaryFile[bytes]):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", Full)
    with pytest.raises(DataError, match=r"No space left on device.*TMPDIR"):
        open_store(write(tmp_path, compressed=True), limits=SMALL)


def test_a_case_is_read_again_with_the_limits_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits grow with the file. A single line may need more than the limits for a file of its size."""
    monkeypatch.setattr(budget, "_SMALL_FILE_BYTES", 0)
    monkeypatch.setattr(budget, "_GROWTH_PER_BYTE", {Resource.MEMORY: 3})
    whole = open_store(write(tmp_path, compressed=False))
    cases = lazy(open_store(tmp_path / "suite.jsonl", limits=Limits(held=3000, memory=1000)))
    assert tuple(cases) == whole.cases


def test_a_case_that_no_longer_fits_into_memory_has_the_reason(tmp_path: Path) -> None:
    limits = Limits(held=3000, line=400)
    cases = lazy(open_store(write(tmp_path, compressed=False), limits=limits))
    object.__setattr__(limits, "memory", 1000)  # other programs may use the memory by now
    (problem,) = cases[20].store.problems
    assert problem.where == "line 23"
    assert "needs more than 1,000 bytes of memory" in problem.what


def test_threads_can_read_cases_concurrently(tmp_path: Path) -> None:
    path = write(tmp_path, compressed=True)
    whole, cases = open_store(path).cases, lazy(open_store(path, limits=SMALL))
    read: list[bool] = []

    def all_of(places: range) -> Callable[[], None]:
        return lambda: read.append(all(cases[place] == whole[place] for place in places))

    threads = [threading.Thread(target=all_of(places)) for places in (range(42), range(41, -1, -1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == [True, True]
