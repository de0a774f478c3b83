"""The words of the trace: what stages, subjects and outcomes are called. No Qt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cacheview.engine import (
    Check,
    CheckOutcome,
    Explanation,
    Stage,
    StageKind,
    Subject,
    VerdictOutcome,
    doubt_sentences,
)
from cacheview.engine.explain import DIFFERS, DIFFERS_AS_KNOWN
from cacheview.model import SCRATCH, Doubt
from cacheview.ui.plain import one_line
from cacheview.ui.verdict.values import row_pair

__all__ = [
    "FORMATS",
    "NOT_CERTAIN",
    "OUTCOME_ICONS",
    "STAGE_TITLES",
    "VERDICT_ICONS",
    "check_in_words",
    "doubt_in_words",
    "empty_stage",
    "outcome_in_words",
    "row_name",
    "sides_of",
    "stage_in_words",
    "stage_word",
    "subject_count",
    "subject_in_words",
    "subject_name",
    "subject_word",
    "values_in_banner",
]

OUTCOME_ICONS: Final = {
    CheckOutcome.PASSED: "passed",
    CheckOutcome.FAILED: "failed",
    CheckOutcome.NOT_REACHED: "not-reached",
    CheckOutcome.NOT_COMPARED: "not-compared",
}
"""The drawing of an outcome. Its word is the outcome's value, its colour the token of the same name."""

VERDICT_ICONS: Final = {
    VerdictOutcome.HIT: "hit",
    VerdictOutcome.MISS: "miss",
    VerdictOutcome.ERROR: "error",
    VerdictOutcome.DIVERGES: "diverges",
    VerdictOutcome.PANIC: "error",
}
"""The drawing of a verdict, its colour, and with ``_surface`` the ground under it."""

NOT_CERTAIN: Final = "not certain"
"""Said of an outcome that rests on something not known exactly; its drawing is ``not-certain``."""

STAGE_TITLES: Final = {
    StageKind.CACHE_FROM: "Cache from",
    StageKind.LOCAL: "Local cache",
    StageKind.DESCENT: "Source check",
    StageKind.HISTORY: "History cache",
}

_STAGE_WORDS: Final = {
    (StageKind.CACHE_FROM, CheckOutcome.PASSED): "found",
    (StageKind.CACHE_FROM, CheckOutcome.FAILED): "no source",
    (StageKind.LOCAL, CheckOutcome.PASSED): "match",
    (StageKind.LOCAL, CheckOutcome.FAILED): "no match",
    (StageKind.DESCENT, CheckOutcome.PASSED): "counts",
    (StageKind.DESCENT, CheckOutcome.FAILED): "does not count",
    (StageKind.HISTORY, CheckOutcome.PASSED): "match",
    (StageKind.HISTORY, CheckOutcome.FAILED): "no match",
}

_MOST_DOUBTS: Final = 5

_ENTRY: Final = re.compile(r"(?:history|diff_ids)\[(\d+)\](?:\.(\w+))?")

FORMATS: Final = ("text", "JSON", "Markdown")
"""What can be copied as."""


def sides_of(check: Check) -> tuple[str, str]:
    """Whose the two values of a check are."""
    name = check.name
    if name.startswith(("history", "diff_ids", "len(history)", "len(diff_ids)")):
        return "parent", "source"
    if name.startswith("parent") and not check.field:
        return "answer", "source"
    return ("probe", "source") if name == "created_by" else ("probe", "image")


def outcome_in_words(check: Check) -> str:
    """``failed``, or ``failed, not certain``."""
    return f"{check.outcome.value}, {NOT_CERTAIN}" if check.doubts else check.outcome.value


def doubt_in_words(doubts: Sequence[Doubt]) -> str:
    """Why something is not certain, and what would make it so; empty: it is certain."""
    shown = " ".join(sentence for doubt in doubts[:_MOST_DOUBTS] for sentence in doubt_sentences(doubt))
    return f"Not certain: {shown}" if shown else ""


def stage_word(explanation: Explanation, stage: Stage) -> str:
    """What came of a stage, in a word or two."""
    outcome = explanation.verdict.outcome
    if outcome is VerdictOutcome.DIVERGES and stage.kind is StageKind.DESCENT:
        return "never ends"
    if outcome in (VerdictOutcome.ERROR, VerdictOutcome.PANIC) and stage.kind is explanation.verdict.stage:
        return "error" if outcome is VerdictOutcome.ERROR else "panic"
    if stage.unsure and stage.outcome is CheckOutcome.FAILED:
        return "none known"
    return _STAGE_WORDS.get((stage.kind, stage.outcome), stage.outcome.value)


def subject_name(subject: Subject) -> str:
    """What stands beside the short id: the name, else the step that made it."""
    image = subject.image
    return one_line(image.title if image.names else image.instruction)


def subject_word(subject: Subject) -> str:
    """What came of a candidate or source: the check it failed at, or what it is."""
    if subject.deciding is not None:
        return one_line(subject.deciding.name)
    return "matches" if subject.outcome is CheckOutcome.PASSED else subject.outcome.value


def subject_count(subject: Subject) -> str:
    """``8 of 14 checks passed``."""
    total = subject.compared_count
    return f"{subject.passed_count} of {total} check{'' if total == 1 else 's'} passed"


def row_name(check: Check) -> str:
    """The name of a check below the one that it belongs to: of a history entry its number, of its fields their own."""
    entry = _ENTRY.fullmatch(check.name)
    return (entry[2] or entry[1]) if entry is not None else check.name


def stage_in_words(explanation: Explanation, stage: Stage) -> str:
    return f"{STAGE_TITLES[stage.kind]}: {stage_word(explanation, stage)}, {stage.note}"


def subject_in_words(subject: Subject) -> str:
    """A candidate or source for a screen reader."""
    failed = f"failed at {subject_word(subject)}" if subject.deciding is not None else subject_word(subject)
    parts = [f"{subject.role} {subject.image.short_id}", subject_name(subject), failed, subject_count(subject)]
    if subject.doubts:
        parts.insert(3, NOT_CERTAIN)
    return ", ".join(part for part in (*parts, subject.note) if part)


def check_in_words(check: Check, *, decided: bool) -> str:
    """A check for a screen reader: name, outcome, both values, note."""
    ours, theirs = row_pair(check)
    outcome = outcome_in_words(check) + (", this decided" if decided else "")
    parts = [f"{check.name}: {outcome}", ours and f"probe {ours}", theirs and f"image {theirs}", check.note]
    parts.append(doubt_in_words(check.doubts))
    return "; ".join(part for part in parts if part)


def empty_stage(explanation: Explanation, stage: Stage) -> tuple[str, str]:
    """What a stage without subjects says, and what to do."""
    if stage.kind is not StageKind.LOCAL:
        return "The references bring in no source.", "Name an image that the store has as cache-from, or none."
    if explanation.trace.probe.parent == SCRATCH:
        return "The store has no image without a parent.", "Choose a parent that was built on."
    return (
        f"{explanation.sentence[:1].upper()}{explanation.sentence[1:]}."
        if not explanation.trace.probe.cache_from
        else "The store has no image with this parent.",
        "Choose a parent that was built on, or build the step once.",
    )


def values_in_banner(explanation: Explanation) -> tuple[str, Check | None]:
    """The reason, and the check whose two values stand below it: then the reason ends before it tells them itself."""
    check = explanation.deciding.check if explanation.deciding is not None else None
    if check is not None and check.failed:
        for differs in (DIFFERS, DIFFERS_AS_KNOWN):
            lead, told, _ = explanation.reason.partition(f"{check.name} {differs}")
            if told:
                return lead + told, check
    return explanation.reason, None
