"""The output for watched builds: each line is printed once, even if builds run at the same time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from cacheview.report.showing import shown_build
from cacheview.report.watched import LiveLines
from cacheview.watch.build import WatchedBuild
from cacheview.watch.outcome import BuildOutcome, ReportedStep
from cacheview.watch.request import BuildRequest

STEPS = (ReportedStep(1, "FROM base", False, "1" * 12, (True, False)), ReportedStep(2, "CMD x", True, "2" * 12))


def build(number: int = 1) -> WatchedBuild:
    request = BuildRequest(client="agent/1", tags=("app:1",))
    return WatchedBuild(number, datetime(2026, 1, 1, tzinfo=UTC), request, unpredicted="not replayed here")


def test_each_live_line_is_printed_once_with_its_build_number() -> None:
    lines, one, other = LiveLines(), build(1), build(2)
    assert [line.partition(" ")[0] for line in lines.news(shown_build(one), is_final=False)] == ["[1]", "[1]"]
    assert len(list(lines.news(shown_build(other), is_final=False))) == 2
    one = replace(one, outcome=BuildOutcome(STEPS[:1], 2))
    assert list(lines.news(shown_build(one), is_final=False)) == []
    one = replace(one, outcome=BuildOutcome(STEPS, 2))
    assert list(lines.news(shown_build(one), is_final=False)) == [
        "[1] Step 1/2 : FROM base  ---> 1 of 2 triggers cached 111111111111"
    ]
    one = replace(one, outcome=BuildOutcome(STEPS, 2, is_over=True))
    assert list(lines.news(shown_build(one), is_final=True)) == [
        "[1] Step 2/2 : CMD x  ---> Using cache 222222222222",
        "[1] built: 1 of 2 steps cached",
        "[1] not predicted: not replayed here",
    ]
    assert lines.has_ended(one.number)
    assert not lines.has_ended(other.number)


def test_a_failure_says_its_first_line() -> None:
    one = replace(build(), outcome=BuildOutcome(STEPS[:1], 2, error="first\nsecond", is_over=True))
    assert "[1] failed: first" in list(LiveLines().news(shown_build(one), is_final=True))
