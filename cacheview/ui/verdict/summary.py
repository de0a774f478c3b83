"""The short summary of a candidate or source in its row. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from cacheview.engine import CheckOutcome, Subject
from cacheview.ui.verdict.words import subject_count, subject_word

__all__ = ["SubjectSummary", "summary"]


@dataclass(frozen=True, slots=True)
class SubjectSummary:
    """``count``: how many checks passed, in words. ``word``: the check that it failed at, or what it is.

    ``unsure``: that it passed rests on something not known exactly.
    """

    count: str
    word: str
    unsure: bool = False


def summary(subject: Subject) -> SubjectSummary:
    """The counts are the trace's own: a rule set has no second way to count its checks."""
    unsure = subject.outcome is CheckOutcome.PASSED and bool(subject.doubts)
    return SubjectSummary(subject_count(subject), subject_word(subject), unsure)
