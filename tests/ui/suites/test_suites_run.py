"""Suites run in the background: each probe becomes a row, and so does everything that cannot be run."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from suites_kit import GOOD, HAZARDS, WRONG, case, probe, suite

from cacheview import cli
from cacheview.engine import case_results
from cacheview.model.suite import SuiteCase
from cacheview.ui.suites.rows import ChecksRow, Outcome
from cacheview.ui.suites.run import run_work


class Collected:
    """Accepts every part immediately, as an idle window does."""

    def __init__(self) -> None:
        self.rows: list[ChecksRow] = []
        self.reported: list[tuple[int, int | None, str]] = []
        self.faults: list[Exception] = []

    def __call__(self, done: int, total: int | None, what: str) -> None:
        self.reported.append((done, total, what))

    def commit(self) -> None: ...

    def fault(self, error: Exception) -> None:
        self.faults.append(error)

    def part(self, make: Callable[[], object], *, last: bool = False) -> None:
        self.rows += cast("tuple[ChecksRow, ...]", make())


def run(*locations: Path | str, limit: int = 1000) -> list[ChecksRow]:
    report = Collected()
    rest = cast("tuple[ChecksRow, ...]", run_work([str(location) for location in locations], limit)(report))
    return [*report.rows, *rest]


def test_each_probe_is_a_row(tmp_path: Path) -> None:
    file = suite(tmp_path / "s.jsonl", GOOD, WRONG)
    first, second, third = run(file)
    assert (first.case_title, first.probe_title) == ("1 good", "1 the step")
    assert (first.expected, first.actual, first.outcome) == ("hit bbbbbbbbbbbb", "hit bbbbbbbbbbbb", Outcome.PASSED)
    assert (second.probe, second.expected, second.outcome) == (1, "miss", Outcome.PASSED)
    assert (third.case_title, third.expected, third.actual) == ("2 wrong", "miss", "hit bbbbbbbbbbbb")
    assert third.outcome is Outcome.FAILED
    assert third.differences == ("outcome: expected miss, got hit",)


def test_a_damaged_line_is_a_row_and_the_rest_runs(tmp_path: Path) -> None:
    file = suite(tmp_path / "s.jsonl", GOOD, '{"rules": "x", "images": 3', "", WRONG)
    found = run(file)
    assert [row.number for row in found] == [1, 1, 2, 3]
    damaged, after = found[2:]
    assert damaged.outcome is Outcome.UNUSABLE
    assert "JSON" in damaged.reason
    assert damaged.case is None
    # The window has no case for a damaged line.
    assert after.case == 1


def test_rules_that_are_not_known_cannot_be_run(tmp_path: Path) -> None:
    (row,) = run(suite(tmp_path / "s.jsonl", case("new", probe("x", "hit", "b"), rules="containerd-99")))
    assert row.outcome is Outcome.UNUSABLE
    assert "no rule set 'containerd-99'" in row.reason


def test_a_missing_suite_file_is_shown_as_a_row(tmp_path: Path) -> None:
    missing, good = tmp_path / "none.jsonl", suite(tmp_path / "s.jsonl", GOOD)
    found = run(missing, good)
    assert found[0].outcome is Outcome.UNUSABLE
    assert found[0].number == 0
    assert "no such file" in found[0].reason
    assert [row.outcome for row in found[1:]] == [Outcome.PASSED, Outcome.PASSED]


def test_a_truncated_suite_file_is_reported_after_its_cases(tmp_path: Path) -> None:
    whole = gzip.compress(HAZARDS.read_bytes())
    file = tmp_path / "cut.jsonl.gz"
    file.write_bytes(whole[: len(whole) * 2 // 3])
    found = run(file)
    assert [row.outcome for row in found[:5]] == [Outcome.PASSED] * 5
    assert found[-1].outcome is Outcome.UNUSABLE
    assert "cannot be read to the end" in found[-1].reason


def test_a_fault_in_one_case_does_not_end_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = case_results.probe_results

    def faulty(case: SuiteCase) -> object:
        if case.name == "wrong":
            raise RecursionError("too deep")
        return whole(case)

    monkeypatch.setattr(case_results, "probe_results", faulty)
    report = Collected()
    rest = run_work([str(suite(tmp_path / "s.jsonl", WRONG, GOOD))], 1000)(report)
    assert [str(fault) for fault in report.faults] == ["too deep"]  # it is also reported
    found = [*report.rows, *cast("tuple[ChecksRow, ...]", rest)]
    assert [row.outcome for row in found] == [Outcome.UNUSABLE, Outcome.PASSED, Outcome.PASSED]
    assert "RecursionError: too deep" in found[0].reason
    assert found[1].case == 1


def test_no_more_rows_than_a_list_holds(tmp_path: Path) -> None:
    file = suite(tmp_path / "s.jsonl", GOOD, GOOD)
    found = run(file, limit=3)
    assert [row.outcome for row in found] == [Outcome.PASSED] * 3 + [Outcome.UNUSABLE]
    assert "only the first 3 probes were run" in found[-1].reason
    assert len(run(file, limit=4)) == 4


def test_the_check_command_counts_the_same_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = suite(tmp_path / "s.jsonl", GOOD, "[", WRONG, *HAZARDS.read_text().splitlines())
    cli.main(["check", str(file), str(tmp_path / "none")])
    reported = capsys.readouterr().out.splitlines()[-1]
    found = run(file, tmp_path / "none")
    passed = sum(row.outcome is Outcome.PASSED for row in found)
    assert reported == f"{passed} passed, {len(found) - passed} failed"
    assert passed > 20
    assert len(found) - passed == 3


def test_progress_covers_all_files(tmp_path: Path) -> None:
    files = [suite(tmp_path / f"{name}.jsonl", GOOD) for name in "ab"]
    report = Collected()
    run_work([str(file) for file in files])(report)
    total = sum(file.stat().st_size for file in files)
    assert report.reported[-1] == (total, total, "b.jsonl")
    assert {what for _, _, what in report.reported} == {"a.jsonl", "b.jsonl"}
    assert [done for done, _, _ in report.reported] == sorted(done for done, _, _ in report.reported)
