"""What a row says of a candidate without making all of its checks: 10,000 of them are scrolled through. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from cacheview.engine import CheckOutcome, Explanation, Subject
from cacheview.engine.index import container_config_of
from cacheview.ui.plain import one_line
from cacheview.ui.verdict.words import subject_count, subject_word

__all__ = ["Summary", "summary"]

_TIME_CHECKS = 2  # that there is a time, and that it is the newest


@dataclass(frozen=True, slots=True)
class Summary:
    """``count``: how many checks passed, in words. ``word``: the check that it failed at, or what it is.

    ``unsure``: that rests on something not known exactly.
    """

    count: str
    word: str
    unsure: bool = False


def summary(subject: Subject, explanation: Explanation) -> Summary:
    """What `subject_count` and `subject_word` say, made with the rule set's own comparisons up to the first failure."""
    is_candidate = subject.role == "candidate"
    # A candidate that does not match fails for certain, but for what is not known of itself.
    if (subject.outcome is CheckOutcome.PASSED or subject.image.doubts or not is_candidate) and subject.doubts:
        return Summary(subject_count(subject), subject_word(subject), unsure=True)
    if is_candidate:
        rules, probe = explanation.trace.rules, explanation.trace.probe.config
        stored = container_config_of(subject.image)
        for passed, row in enumerate(rules.config_checks):
            ours, theirs = getattr(probe, row.field), rules.read_image(stored, row.field)
            if not row.comparison.matches(ours, theirs):
                parts = row.comparison.parts(row.field, ours, theirs)
                failed = next((part.name for part in parts if part.matches is False), row.name)
                return Summary(f"{passed} of {len(rules.config_checks) + _TIME_CHECKS} checks passed", one_line(failed))
    return Summary(subject_count(subject), subject_word(subject))
