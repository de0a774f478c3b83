"""An explanation as text or Markdown, for the command line, for copying, and for bug reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cacheview.cases import Daemon
from cacheview.engine import (
    ABSENT,
    HAZARD_TITLES,
    Check,
    CheckOutcome,
    DoubtCount,
    Explanation,
    Subject,
    parent_title,
    plain,
)
from cacheview.model import familiar
from cacheview.report.checks import MARKS, NOT_CERTAIN, check_line, check_lines
from cacheview.report.explanation_objects import probe_as_object
from cacheview.report.forms import escaped, joined, json_text
from cacheview.report.phrases import doubt_phrase, foremost, headline, smallest_edit_phrase
from cacheview.report.using import using_as_lines
from cacheview.wording import counted

__all__ = ["as_markdown", "as_text"]

_MAX_DOUBTS = 5
"""The maximum number of distinct doubts that are shown without ``--all``."""


def as_text(explanation: Explanation, *, everything: bool = False, using: Daemon | None = None) -> str:
    """Return the explanation as plain text: verdict, deciding check, smallest edit, hazards, daemon and trace.

    The trace lists the nearest candidates, or the first sources, with the number of checks that each passed and the
    check at which it failed. ``everything``: all of them, with every check.
    """
    return joined(_text_lines(explanation, using, everything=everything))


def _text_lines(explanation: Explanation, using: Daemon | None, *, everything: bool) -> Iterator[str]:
    yield headline(explanation)
    if explanation.reason:
        yield f"  {explanation.reason}"
    deciding = explanation.deciding
    if deciding is not None and deciding.check is not None:
        is_known = explanation.verdict.unknown is None
        yield f"  {'Deciding check' if is_known else 'Undecided check'}: {check_line(deciding.check)}"
    if hint := smallest_edit_phrase(explanation):
        yield f"  Smallest edit for a hit: {hint}"
    yield from (f"  {line}" for line in _doubt_lines(explanation.doubt_counts, everything=everything))
    for hazard in explanation.hazards:
        yield f"  Hazard ({HAZARD_TITLES[hazard.kind]}): {hazard.sentence} {hazard.advice}"
    trace = explanation.trace
    yield f"  Parent: {parent_title(trace.store, trace.probe.parent)}"
    yield from (f"  {line}" for line in using_as_lines(using))
    for stage in explanation.trace.stages:
        yield ""
        yield f"{MARKS[stage.outcome]} {stage.kind.value}: {stage.note}"
        for check in stage.checks:
            yield from check_lines(check, "  ", everything=everything)
        subjects = stage.subjects if everything else foremost(explanation, stage)
        for subject in subjects:
            yield f"  {MARKS[subject.outcome]} {_subject_line(subject)}"
            if everything:
                for check in subject.checks:
                    yield from check_lines(check, "    ", everything=True)
        left = len(stage.subjects) - len(subjects)
        if left > 0:
            yield f"  … and {left} more"


def _doubt_lines(doubted: Sequence[DoubtCount], *, everything: bool = False) -> Iterator[str]:
    limit = len(doubted) if everything else _MAX_DOUBTS
    for each in doubted[:limit]:
        yield f"Unknown: {doubt_phrase(each)}"
    if len(doubted) > limit:
        yield f"Unknown: … and {counted(len(doubted) - limit, 'more reason')}."


def _subject_line(subject: Subject) -> str:
    image = subject.image
    parts = [image.short_id, *map(familiar, image.names[:1]), image.instruction[:100]]
    text = "  ".join(part for part in parts if part)
    if subject.outcome is CheckOutcome.NOT_REACHED:
        return f"{text}: not reached"
    words = f"{text}: {subject.tally.passed} of {subject.tally.compared} checks passed"
    if subject.outcome is CheckOutcome.UNKNOWN:
        words += f", unknown: {check_line(subject.deciding)}" if subject.deciding is not None else ", unknown"
    elif subject.deciding is not None:
        words += f", fails at {check_line(subject.deciding)}"
    elif subject.doubts:
        words += NOT_CERTAIN
    return f"{words}; {subject.note}" if subject.note else words


def as_markdown(explanation: Explanation, *, using: Daemon | None = None) -> str:
    """Return the explanation as a Markdown fragment, for an issue tracker or a chat."""
    lines = [f"**{explanation.verdict.outcome.value.upper()}**: {escaped(explanation.sentence)}", ""]
    if explanation.reason:
        lines += [escaped(explanation.reason), ""]
    if hint := smallest_edit_phrase(explanation):
        lines += [f"Smallest edit for a hit: {escaped(hint)}", ""]
    lines += [f"> {escaped(line)}\n" for line in _doubt_lines(explanation.doubt_counts)]
    lines += [f"> Hazard ({HAZARD_TITLES[hazard.kind]}): {escaped(hazard.sentence)} {escaped(hazard.advice)}\n"
              for hazard in explanation.hazards]  # fmt: skip
    subject = explanation.deciding.subject if explanation.deciding is not None else None
    if subject is not None:
        lines += [f"Checks of {escaped(subject.image.title)}:", "", "| | check | probe | image |", "|---|---|---|---|"]
        lines += [
            f"| {MARKS[check.outcome]} {_outcome(check)} | {escaped(check.name)} | "
            f"{_cell(check.probe)} | {_cell(check.image)} |"
            for check in subject.checks
        ]
        lines.append("")
    trace = explanation.trace
    lines += [
        f"Rules: {trace.rules.title}. Parent: {escaped(parent_title(trace.store, trace.probe.parent))}.",
        *map(escaped, using_as_lines(using)),
        "",
        "```json",
        json_text(probe_as_object(trace.probe)).replace("```", r"``\u0060"),
        "```",
    ]
    return "\n".join(lines)


def _outcome(check: Check) -> str:
    is_uncertain = check.doubts and check.outcome is CheckOutcome.PASSED
    return check.outcome.word + (NOT_CERTAIN if is_uncertain else "")


def _cell(value: object) -> str:
    return "" if value is ABSENT else escaped(plain(value))
