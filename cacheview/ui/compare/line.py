"""The answer of one rule set: a row of the table and its texts. No Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cacheview.engine import RuleSet, Verdict, VerdictOutcome
from cacheview.engine.matrix import MatrixRow
from cacheview.engine.words.phrases import known_as
from cacheview.ui.plain import one_line
from cacheview.wording import counted

__all__ = [
    "IN_USE_LABEL",
    "NOT_LOOKED_UP_TEXT",
    "STORE_RULES_LABEL",
    "RuleSetAnswer",
    "answer_of",
    "in_words",
    "short_name",
    "summary",
]

IN_USE_LABEL = "in use"
"""The label of the rule set that the window uses."""

STORE_RULES_LABEL = "this store's"
"""The label of the store's own rule set while another one is in use."""

PENDING_TEXT = "…"
"""The text shown until a rule set has answered."""

NOT_LOOKED_UP_TEXT = "not looked up"
"""The text shown if a rule set has not answered because the user canceled."""

_OUTCOME_NOUNS: Final = {
    VerdictOutcome.HIT: ("hit", "hits"),
    VerdictOutcome.MISS: ("miss", "misses"),
    VerdictOutcome.ERROR: ("error", "errors"),
    VerdictOutcome.DIVERGES: ("diverges", "diverge"),
    VerdictOutcome.PANIC: ("panic", "panics"),
    VerdictOutcome.UNKNOWN: ("unknown", "unknown"),
}


@dataclass(frozen=True, slots=True)
class RuleSetAnswer:
    """The answer of one rule set.

    Attributes:
        verdict: the verdict; None: not looked up yet.
        why: what decided, as a short phrase; None: not known yet.
        group: a number, which is the same for all rows with the same answer.
        missing: the text shown for an unknown verdict or reason.
    """

    rules: RuleSet
    verdict: Verdict | None = None
    why: str | None = None
    group: int = 0
    missing: str = PENDING_TEXT

    @classmethod
    def of(cls, row: MatrixRow) -> RuleSetAnswer:
        """Return the answer as shown in the table."""
        return cls(row.rules, row.verdict, one_line(row.why))

    def looks_like(self, other: RuleSetAnswer) -> bool:
        """Whether both show the same verdict, regardless of what decided."""
        return self.verdict is not None and other.verdict is not None and _shown(self) == _shown(other)


def _shown(line: RuleSetAnswer) -> object:
    verdict = line.verdict
    assert verdict is not None
    return verdict.outcome, verdict.image.id if verdict.image is not None else None, verdict.error


def short_name(rules: RuleSet) -> str:
    """Return the name of a rule set as in the tool bar: ``graphdriver 24.0.7``."""
    return rules.name.replace("-", " ", 1)


def answer_of(line: RuleSetAnswer) -> str:
    """Return the text next to the verdict: the image of a hit."""
    if line.verdict is None or line.verdict.image is None:
        return ""
    return "a new image" if line.verdict.is_new else one_line(known_as(line.verdict.image))


def in_words(line: RuleSetAnswer, *, in_use: bool, of_store: bool) -> str:
    """Return the entire row as text for a screen reader."""
    parts = [short_name(line.rules), line.rules.releases]
    parts += [IN_USE_LABEL] if in_use else []
    parts += [STORE_RULES_LABEL] if of_store else []
    if line.verdict is None:
        return ", ".join([*parts, "not checked yet"])
    parts += [line.verdict.outcome.value, answer_of(line), line.why or ""]
    return ", ".join(filter(None, parts))


def summary(lines: Sequence[RuleSetAnswer]) -> str:
    """Return a summary of complete rows: how many different answers there are, and how many of each verdict."""
    words = Counter(line.verdict.outcome for line in lines if line.verdict is not None)
    text = ", ".join(counted(count, *_OUTCOME_NOUNS[word]) for word, count in words.most_common())
    groups = len({line.group for line in lines})
    if groups == 1:
        return f"All {len(lines)} rule sets agree: {next(iter(words)).value}, for the same reason"
    if len(words) == 1:
        return f"All {len(lines)} rule sets agree: {next(iter(words)).value}, for {groups} different reasons"
    return f"{groups} different answers from {len(lines)} rule sets: {text}"
