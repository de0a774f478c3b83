from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from store_builder import config

from cacheview.model import DataError, SuiteCase
from cacheview.stores.limits import Limits
from cacheview.stores.open import open_store
from cacheview.stores.progress import Canceled
from cacheview.stores.suite import read_suite


def case(number: int, **more: Any) -> dict[str, Any]:
    image = {"id": f"sha256:{number:064x}", "names": ["docker.io/library/web:1"], "config": config(number)}
    probe = {"parent": "", "config": {"Cmd": ["x"]}, "expect": {"outcome": "miss"}}
    return {"rules": "containerd-71ebfc7", "images": [image], "probes": [probe], **more}


def write(path: Path, *lines: dict[str, Any] | str) -> Path:
    target = path / "suite.jsonl"
    target.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return target


def test_cases_of_a_suite(tmp_path: Path) -> None:
    path = write(tmp_path, case(1, name="first"), "", case(2, rules="other", walk=True))
    result = open_store(path)
    assert (result.kind, result.location, result.problems) == ("suite", str(path), ())
    first, second = result.cases
    assert (first.name, first.rules, first.walk) == ("first", "containerd-71ebfc7", False)
    assert (second.name, second.rules, second.walk) == ("line 3", "other", True)
    assert second.store.rules == "other"
    assert [image.id for image in first.store.images] == [f"sha256:{1:064x}"]
    assert first.probes[0].config.Cmd == ("x",)
    assert first.probes[0].expect is not None


@pytest.mark.parametrize("compressed", [False, True])
def test_line_by_line(compressed: bool, tmp_path: Path) -> None:
    path = write(tmp_path, case(1), "no json", case(3, images=[{"id": 7}]), case(4))
    if compressed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    lines = list(read_suite(path))
    assert [isinstance(line, SuiteCase) for line in lines] == [True, False, False, True]
    bad = lines[2]
    assert isinstance(bad, DataError)
    assert bad.where == f"{path}, line 3"
    assert bad.path.startswith("images[0]")


def test_bad_lines_are_problems(tmp_path: Path) -> None:
    result = open_store(write(tmp_path, case(1), "no json", case(3)))
    assert len(result.cases) == 2
    assert [problem.where for problem in result.problems] == ["line 2"]


def test_repeated_ids_are_problems(tmp_path: Path) -> None:
    (image,) = case(1)["images"]
    result = open_store(write(tmp_path, case(1, images=[image, image])))
    assert len(result.cases[0].store.images) == 1
    assert result.cases[0].store.problems[0].where == image["id"]
    assert result.problems[0].where == f"line 1: {image['id']}"


def test_a_truncated_suite_gives_the_cases_before_the_cut(tmp_path: Path) -> None:
    path = write(tmp_path, *map(case, range(200)))
    path.write_bytes(gzip.compress(path.read_bytes())[:-1000])
    *cases, last = read_suite(path)
    assert cases
    assert all(isinstance(line, SuiteCase) for line in cases)
    assert isinstance(last, DataError)
    assert "cannot be read to the end" in last.what
    result = open_store(path)
    assert len(result.cases) == len(cases)
    assert "cannot be read to the end" in result.problems[-1].what


def test_an_overlong_line_is_skipped_and_the_next_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, case(1), '{"' + "x" * 5000)
    path.write_bytes(path.read_bytes() + path.read_bytes())
    first, bad, third, _ = read_suite(path, limits=Limits(document=2000, line=500))
    assert isinstance(first, SuiteCase)
    assert isinstance(bad, DataError)
    assert "longer than 2,000 bytes" in bad.what
    assert third == first  # the next line was read


def test_the_number_of_cases_is_limited(tmp_path: Path) -> None:
    result = open_store(write(tmp_path, *map(case, range(5))), limits=Limits(images=3))
    assert len(result.cases) == 3
    assert "more than 3 images" in result.problems[0].what


def test_a_suite_whose_first_case_exceeds_a_limit_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        open_store(write(tmp_path, case(1)), limits=Limits(layers=0, images=0))
    assert "line 1: the file has more than 0 images. The rest was not read" in str(caught.value)


def test_a_json_file_that_is_not_a_suite_is_refused_at_line_1(tmp_path: Path) -> None:
    path = write(tmp_path, *['{"log": "line"}'] * 10_000)
    with pytest.raises(DataError, match="`rules`, `images` and `probes`") as caught:
        open_store(path)
    assert "line 1" in caught.value.where


def test_reading_can_stop_early(tmp_path: Path) -> None:
    suite = read_suite(write(tmp_path, case(1), case(2)))
    assert isinstance(next(suite), SuiteCase)
    suite.close()  # type: ignore[attr-defined]  # also closes the file; leaving it open would cause a warning


def test_progress_and_cancel(tmp_path: Path) -> None:
    path = write(tmp_path, case(1))
    reports: list[tuple[int, int | None]] = []

    def report(done: int, total: int | None, what: str) -> None:
        reports.append((done, total))

    list(read_suite(path, report))
    assert reports[-1] == (path.stat().st_size, path.stat().st_size)

    def stop(done: int, total: int | None, what: str) -> None:
        raise Canceled

    with pytest.raises(Canceled):
        list(read_suite(path, stop))


def test_a_missing_suite_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        next(read_suite(tmp_path / "nothing"))
