"""The rows of the trace, and which of them are folded."""

from __future__ import annotations

import pytest
from verdict_kit import small, vectors, with_history

from cacheview.engine import RULE_SETS, Check, CheckKind, CheckOutcome, StageKind
from cacheview.ui.plain import one_line
from cacheview.ui.verdict.rows import (
    MAX_CHECKS_IN_GROUP,
    ColumnHeads,
    FoldedChecks,
    TraceNote,
    decided_trail,
    fold,
    rows_of,
)
from cacheview.ui.verdict.words import SubjectSummary, subject_summary

PASSED, FAILED, NOT_REACHED = CheckOutcome.PASSED, CheckOutcome.FAILED, CheckOutcome.NOT_REACHED


def checks(outcomes: str) -> tuple[Check, ...]:
    """Checks with these outcomes: ``p`` passed, ``f`` failed, ``n`` not reached."""
    reported = {"p": PASSED, "f": FAILED, "n": NOT_REACHED}
    return tuple(Check(CheckKind.FIELD, reported[letter], path=(f"c{i}",)) for i, letter in enumerate(outcomes))


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ("", []),
        ("p", [0]),
        ("ppp", [range(3)]),
        ("ppfnn", [range(2), 2, range(3, 5)]),
        ("pfn", [0, 1, 2]),
        ("fpp", [0, range(1, 3)]),
        ("ppnn", [range(2), range(2, 4)]),
        ("pf", [0, 1]),
    ],
)
def test_folding(outcomes: str, expected: list[int | range]) -> None:
    assert list(fold(checks(outcomes))) == expected


def test_folding_loses_nothing_and_hides_no_failure() -> None:
    """Tested with the checks of real stores."""
    for explanation in vectors(12):
        for stage in explanation.trace.stages:
            for subject in stage.subjects[:20]:
                parts = list(fold(subject.checks))
                places = [place for part in parts for place in ([part] if isinstance(part, int) else part)]
                assert places == list(range(len(subject.checks)))
                folded = [subject.checks[place] for part in parts if isinstance(part, range) for place in part]
                assert not any(check.failed for check in folded)


def test_a_group_says_what_is_in_it() -> None:
    group = FoldedChecks(PASSED, checks("ppppp"), range(1, 5))
    assert group.title == "c1, c2, c3, … (4)"
    assert FoldedChecks(PASSED, checks("pp"), range(2)).title == "c0, c1 (2)"


def test_a_long_history_is_listed_only_in_part() -> None:
    explanation = with_history(20_000, 20_001, changed=15_000)
    stage = explanation.trace.stage(StageKind.HISTORY)
    assert stage is not None
    history = next(check for check in stage.subjects[0].checks if check.name == "history")
    assert decided_trail(history.children, FAILED) == [15_000, 3]
    for folded in (True, False):
        rows = rows_of(history, explanation, folded=folded)
        assert [type(rows.item(row)) for row in range(len(rows))] == [ColumnHeads, FoldedChecks, Check, FoldedChecks]
        before = rows_of(rows.item(1), explanation, folded=folded)
        assert len(before) == MAX_CHECKS_IN_GROUP + 1
        note = before.item(0)
        assert isinstance(note, TraceNote)
        assert note.text == "The first 5,000 of 15,000 checks with the outcome “passed”."


def test_the_trail_to_the_failed_element() -> None:
    explanation = small()
    subject = explanation.trace.stages[0].subjects[0]
    trail = decided_trail(subject.checks, FAILED)
    assert [subject.checks[trail[0]].name, subject.checks[trail[0]].children[trail[1]].name] == ["Env", "Env[1]"]
    assert decided_trail(checks("ppp"), FAILED) == []


@pytest.mark.parametrize("name", sorted(RULE_SETS))
def test_a_subject_summary_agrees_with_its_checks(name: str) -> None:
    """For every rule set, because checks before and after the config count too."""
    reported = 0
    for explanation in vectors(4, RULE_SETS[name]):
        for stage in explanation.trace.stages:
            for subject in stage.subjects:
                outcomes = [check.outcome for check in subject.checks]
                compared = len(outcomes) - outcomes.count(CheckOutcome.NOT_COMPARED)
                word = "matches" if subject.outcome is PASSED else subject.outcome.value
                if subject.deciding is not None:
                    word = subject.deciding.name
                count = f"{outcomes.count(PASSED)} of {compared} check{'' if compared == 1 else 's'} passed"
                assert subject_summary(subject) == SubjectSummary(count, one_line(word)), subject.image.id
                reported += stage.kind is StageKind.LOCAL
    assert reported > 10
