"""The words of the trace for stages, subjects and outcomes. No Qt.

The sentences of the verdict are in `cacheview.engine.words.verdict`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cacheview.engine import (
    Check,
    CheckKind,
    CheckOutcome,
    Explanation,
    Stage,
    StageKind,
    Subject,
    VerdictOutcome,
    doubt_sentences,
    parent_title,
)
from cacheview.engine.words.verdict import no_candidates
from cacheview.model import SCRATCH, Doubt
from cacheview.ui.plain import one_line
from cacheview.ui.verdict.values import row_pair
from cacheview.wording import counted

__all__ = [
    "FORMATS",
    "NOT_CERTAIN",
    "OUTCOME_ICONS",
    "STAGE_TITLES",
    "VERDICT_COLORS",
    "VERDICT_ICONS",
    "SubjectSummary",
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
    "subject_summary",
    "subject_word",
    "values_in_banner",
]

OUTCOME_ICONS: Final = {
    CheckOutcome.PASSED: "passed",
    CheckOutcome.FAILED: "failed",
    CheckOutcome.UNKNOWN: "not-certain",
    CheckOutcome.NOT_REACHED: "not-reached",
    CheckOutcome.NOT_COMPARED: "not-compared",
}
"""The drawing of each outcome."""

VERDICT_ICONS: Final = {
    VerdictOutcome.HIT: "hit",
    VerdictOutcome.MISS: "miss",
    VerdictOutcome.ERROR: "error",
    VerdictOutcome.DIVERGES: "diverges",
    VerdictOutcome.PANIC: "error",
    VerdictOutcome.UNKNOWN: "not-certain",
}
"""The drawing of each verdict."""

VERDICT_COLORS: Final = {**VERDICT_ICONS, VerdictOutcome.UNKNOWN: "hazard"}
"""The color token of each verdict. With ``_surface`` appended, it names the color of the background."""

NOT_CERTAIN: Final = "not certain"
"""The text for an outcome that depends on an uncertain fact. Its drawing is ``not-certain``."""

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
    (StageKind.LOCAL, CheckOutcome.UNKNOWN): "may match",
    (StageKind.DESCENT, CheckOutcome.UNKNOWN): "may be accepted",
    (StageKind.HISTORY, CheckOutcome.UNKNOWN): "may match",
    (StageKind.DESCENT, CheckOutcome.PASSED): "accepted",
    (StageKind.DESCENT, CheckOutcome.FAILED): "not accepted",
    (StageKind.HISTORY, CheckOutcome.PASSED): "match",
    (StageKind.HISTORY, CheckOutcome.FAILED): "no match",
}

_MAX_DOUBTS: Final = 5

_KINDS_OF_ENTRIES: Final = frozenset({CheckKind.ENTRY, CheckKind.ENTRY_FIELD, CheckKind.LAYER})

FORMATS: Final = ("text", "JSON", "Markdown")
"""The formats for copying."""


_KINDS_OF_DESCENT: Final = frozenset(
    {CheckKind.PARENT, CheckKind.PARENT_OF_ANSWER, CheckKind.ANCESTOR, CheckKind.PARENT_OF, CheckKind.PARENT_IN_STORE}
)


def sides_of(check: Check) -> tuple[str, str]:
    """Return the names of the two sides of a check."""
    if check.kind.is_of_history:
        return "parent", "source"
    if check.kind in _KINDS_OF_DESCENT and not check.field:
        return "answer", "source"
    return ("probe", "source") if check.kind is CheckKind.COMMAND else ("probe", "image")


def outcome_in_words(check: Check) -> str:
    """Return ``failed``, ``unknown``, or ``passed, not certain``."""
    doubtful = check.doubts and check.outcome is not CheckOutcome.UNKNOWN
    return f"{check.outcome.word}, {NOT_CERTAIN}" if doubtful else check.outcome.word


def doubt_in_words(doubts: Sequence[Doubt]) -> str:
    """Return why an outcome is not certain, and what would make it certain; empty: it is certain."""
    shown = " ".join(sentence for doubt in doubts[:_MAX_DOUBTS] for sentence in doubt_sentences(doubt))
    return f"Uncertain: {shown}" if shown else ""


def fatal_outcome(explanation: Explanation, stage: Stage) -> VerdictOutcome | None:
    """Return the error, panic or endless loop that ends the lookup at a stage; None: there is none."""
    outcome = explanation.verdict.outcome
    if outcome is VerdictOutcome.DIVERGES:
        return outcome if stage.kind is StageKind.DESCENT else None
    if outcome in (VerdictOutcome.ERROR, VerdictOutcome.PANIC) and stage.kind is explanation.verdict.stage:
        return outcome
    return None


def stage_word(explanation: Explanation, stage: Stage) -> str:
    """Return the result of a stage in a word or two."""
    fatal = fatal_outcome(explanation, stage)
    if fatal is not None:
        return "never ends" if fatal is VerdictOutcome.DIVERGES else fatal.value
    return _STAGE_WORDS.get((stage.kind, stage.outcome), stage.outcome.word)


def subject_name(subject: Subject) -> str:
    """Return the text beside the short id: the name, or else the instruction that created the image."""
    image = subject.image
    return one_line(image.title if image.names else image.instruction)


def subject_word(subject: Subject) -> str:
    """Return the result of a candidate or source: the check that it failed at, or the word for its outcome."""
    if subject.outcome is CheckOutcome.UNKNOWN:
        return CheckOutcome.UNKNOWN.word
    if subject.tally.failed_at:
        return one_line(subject.tally.failed_at)
    return "matches" if subject.outcome is CheckOutcome.PASSED else subject.outcome.word


def subject_count(subject: Subject) -> str:
    """Return ``8 of 14 checks passed``."""
    passed, total = subject.tally.passed, subject.tally.compared
    return f"{passed} of {counted(total, 'check')} passed"


@dataclass(frozen=True, slots=True)
class SubjectSummary:
    """The texts in the row of a candidate or source.

    Attributes:
        count: the number of passed checks, in words.
        word: the check that it failed at, or the word for its outcome.
        is_uncertain: whether it passed, but only if an uncertain fact is as reported.
    """

    count: str
    word: str
    is_uncertain: bool = False


def subject_summary(subject: Subject) -> SubjectSummary:
    """Return the texts. The counts are those of the trace, since only the trace counts the checks of a rule set."""
    unsure = subject.outcome is CheckOutcome.PASSED and bool(subject.doubts)
    return SubjectSummary(subject_count(subject), subject_word(subject), unsure)


def row_name(check: Check) -> str:
    """Return the name of a check below its parent: a history entry's number, or the name of an entry's field."""
    if check.kind in _KINDS_OF_ENTRIES:
        return str(check.path[-1])
    return check.name


def stage_in_words(explanation: Explanation, stage: Stage) -> str:
    """Return a stage as text for a screen reader."""
    return f"{STAGE_TITLES[stage.kind]}: {stage_word(explanation, stage)}, {stage.note}"


def subject_in_words(subject: Subject) -> str:
    """Return a candidate or source as text for a screen reader."""
    has_failed = subject.outcome is CheckOutcome.FAILED
    failed = f"failed at {subject_word(subject)}" if has_failed else subject_word(subject)
    parts = [f"{subject.role} {subject.image.short_id}", subject_name(subject), failed, subject_count(subject)]
    if subject.doubts and subject.outcome is CheckOutcome.PASSED:
        parts.insert(3, NOT_CERTAIN)
    return ", ".join(part for part in (*parts, subject.note) if part)


def check_in_words(check: Check, *, decided: bool) -> str:
    """Return a check as text for a screen reader: name, outcome, both values, note."""
    probe_value, image_value = row_pair(check)
    outcome = outcome_in_words(check) + (
        (", would be the deciding check" if check.outcome is CheckOutcome.UNKNOWN else ", the deciding check")
        if decided
        else ""
    )
    parts = [
        f"{check.name}: {outcome}",
        probe_value and f"probe {probe_value}",
        image_value and f"image {image_value}",
        check.note,
    ]
    parts.append(doubt_in_words(check.doubts))
    return "; ".join(part for part in parts if part)


def empty_stage(explanation: Explanation, stage: Stage) -> tuple[str, str]:
    """Return the text for a stage without subjects, and what to do."""
    if stage.kind is not StageKind.LOCAL:
        return (
            "The references in “Cache from” provide no sources.",
            "In “Cache from”, enter an image from the store, or leave the field empty.",
        )
    trace = explanation.trace
    title = parent_title(trace.store, trace.probe.parent)
    nothing = no_candidates(trace, title)
    if not trace.store.images:
        return f"{nothing[:1].upper()}{nothing[1:]}.", "Open a store that has images."
    if all(parent == SCRATCH for parent in trace.store.children):
        return (
            f"{nothing[:1].upper()}{nothing[1:]}.",
            "No image here has a parent. Enter images in “Cache from” instead.",
        )
    hint = "Choose a parent that has children"
    return f"{nothing[:1].upper()}{nothing[1:]}.", hint + (
        "." if trace.probe.parent == SCRATCH else ", or build the step once."
    )


def values_in_banner(explanation: Explanation) -> tuple[str, Check | None]:
    """Return the reason, and the check whose values are shown below it and so left out of it; None: no check."""
    check = explanation.deciding.check if explanation.deciding is not None else None
    if explanation.words.values and check is not None:
        return explanation.words.reason, check
    return explanation.reason, None
