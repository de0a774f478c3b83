"""Copying rows to the clipboard."""

from __future__ import annotations

import json

from verdict_kit import cache_of, many_cache, many_probe, small, step

from cacheview.engine import Check, CheckKind, Explanation, explain
from cacheview.model import SCRATCH, Probe
from cacheview.ui.verdict.copying import explanation_as, row_as
from cacheview.ui.verdict.rows import FoldedChecks, Item


def failed(explanation: Explanation) -> list[Item]:
    stage = explanation.trace.stages[0]
    subject = stage.subjects[0]
    check = next(check for check in subject.checks if check.failed)
    return [check.children[1], check, subject, stage]


def test_a_check_as_text() -> None:
    explanation = small()
    assert row_as(failed(explanation), explanation, "text").split("\n") == [
        f"candidate 000000000001 ({explanation.trace.stages[0].images[0].id}), Local cache",
        "Env[1]: failed",
        '  probe: "MODE=prod"',
        '  image: "MODE=dev"',
    ]


def test_a_check_as_json() -> None:
    explanation = small()
    assert json.loads(row_as(failed(explanation), explanation, "JSON")) == {
        "stage": "local cache",
        "stage_outcome": "failed",
        "subject": {"role": "candidate", "image": explanation.trace.stages[0].images[0].id, "outcome": "failed"},
        "check": "Env[1]",
        "outcome": "failed",
        "probe": "MODE=prod",
        "image": "MODE=dev",
    }


def test_a_check_as_markdown() -> None:
    explanation = small()
    text = row_as(failed(explanation), explanation, "Markdown")
    assert '- **Env\\[1\\]** failed: probe `"MODE=prod"`; image `"MODE=dev"`' in text.split("\n")


def test_markdown_escapes_hostile_text() -> None:
    outcome = small().trace.stages[0].outcome
    check = Check(CheckKind.FIELD, outcome, "a`b``c", "<b>*x*</b>", "User", "_n_", path=("User",))
    text = row_as([check], small(), "Markdown")
    assert '```"a`b``c"```' in text
    assert '`"<b>*x*</b>"`' in text
    assert r"\_n\_" in text


def test_a_candidate_with_all_its_checks() -> None:
    explanation = small()
    stage = explanation.trace.stages[0]
    subject = stage.subjects[0]
    lines = row_as([subject, stage], explanation, "text").split("\n")
    assert lines[1] == f"candidate {subject.image.id}: fails at Env[1], 13 of 20 checks passed"
    names = [line.partition(":")[0] for line in lines[2:] if not line.startswith(" ")]
    assert names == [check.name for check in subject.checks]
    document = json.loads(row_as([subject, stage], explanation, "JSON"))
    assert [check["check"] for check in document["checks"]] == names


def test_a_group_and_a_stage() -> None:
    explanation = small()
    stage = explanation.trace.stages[0]
    subject = stage.subjects[0]
    group = FoldedChecks(subject.checks[0].outcome, subject.checks, range(3))
    assert row_as([group, subject, stage], explanation, "text").count(": passed") == 3
    lines = row_as([stage], explanation, "Markdown").split("\n")
    assert lines[0] == "- Local cache: no match, 2 candidates, no match"
    assert len(lines) == 3


def test_a_copied_stage_with_many_candidates_is_truncated() -> None:
    explanation = explain(many_cache(1_200), many_probe(3, "x"))
    stage = explanation.trace.stages[0]
    assert row_as([stage], explanation, "text").endswith("… and 200 more")
    document = json.loads(row_as([stage], explanation, "JSON"))
    assert (len(document["subjects"]), document["subjects_total"]) == (1_000, 1_200)


def test_the_whole_explanation() -> None:
    explanation = small()
    assert explanation_as(explanation, "text", None).startswith("MISS: ")
    assert json.loads(explanation_as(explanation, "JSON", None))["verdict"]["outcome"] == "miss"
    assert explanation_as(explanation, "Markdown", None).startswith("**MISS**")


def test_copying_no_rows_or_an_empty_stage_works() -> None:
    nothing = explain(cache_of(step(1)), Probe(parent=SCRATCH))
    stage = nothing.trace.stages[0]
    assert row_as([], nothing, "text") == ""
    assert row_as([stage], nothing, "text").startswith("Local cache: no match")
