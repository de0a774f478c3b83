"""What one rule set answers: a line of the table and its words. No Qt."""

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

__all__ = ["IN_USE", "NOT_LOOKED_UP", "OF_THE_STORE", "RuleSetAnswer", "answer_of", "in_words", "short_name", "summary"]

IN_USE = "in use"
"""Said of the rule set that the window asks by."""

OF_THE_STORE = "this store's"
"""Said of the rule set that the store was made by, where another one is in use."""

NOT_YET = "…"
"""Stands where a rule set has not answered yet."""

NOT_LOOKED_UP = "not looked up"
"""Stands there where it will not answer: the person cancelled."""

_COUNTED: Final = {
    VerdictOutcome.HIT: ("hit", "hits"),
    VerdictOutcome.MISS: ("miss", "misses"),
    VerdictOutcome.ERROR: ("error", "errors"),
    VerdictOutcome.DIVERGES: ("diverges", "diverge"),
    VerdictOutcome.PANIC: ("panic", "panics"),
    VerdictOutcome.UNKNOWN: ("unknown", "unknown"),
}


@dataclass(frozen=True, slots=True)
class RuleSetAnswer:
    """What one rule set answers.

    Attributes:
        verdict: None: not asked yet.
        why: what decided, in a few words; None: not known yet.
        group: lines of the same number answer alike.
        missing: stands where verdict or reason are not known.
    """

    rules: RuleSet
    verdict: Verdict | None = None
    why: str | None = None
    group: int = 0
    missing: str = NOT_YET

    @classmethod
    def of(cls, row: MatrixRow) -> RuleSetAnswer:
        """The answer as it is shown in the table."""
        return cls(row.rules, row.verdict, one_line(row.why))

    def looks_like(self, other: RuleSetAnswer) -> bool:
        """Whether both show the same verdict, whatever decided."""
        return self.verdict is not None and other.verdict is not None and _shown(self) == _shown(other)


def _shown(line: RuleSetAnswer) -> object:
    verdict = line.verdict
    assert verdict is not None
    return verdict.outcome, verdict.image.id if verdict.image is not None else None, verdict.error


def short_name(rules: RuleSet) -> str:
    """As the tool bar says it: ``graphdriver 24.0.7``."""
    return rules.name.replace("-", " ", 1)


def answer_of(line: RuleSetAnswer) -> str:
    """What stands beside the word of the verdict: the image of a hit."""
    if line.verdict is None or line.verdict.image is None:
        return ""
    return "a new image" if line.verdict.is_new else one_line(known_as(line.verdict.image))


def in_words(line: RuleSetAnswer, *, in_use: bool, of_store: bool) -> str:
    """The whole line for a screen reader."""
    parts = [short_name(line.rules), line.rules.releases]
    parts += [IN_USE] if in_use else []
    parts += [OF_THE_STORE] if of_store else []
    if line.verdict is None:
        return ", ".join([*parts, "not checked yet"])
    parts += [line.verdict.outcome.value, answer_of(line), line.why or ""]
    return ", ".join(filter(None, parts))


def summary(lines: Sequence[RuleSetAnswer]) -> str:
    """How many answers there are and how often each word, of lines that have all been asked."""
    words = Counter(line.verdict.outcome for line in lines if line.verdict is not None)
    text = ", ".join(counted(count, *_COUNTED[word]) for word, count in words.most_common())
    groups = len({line.group for line in lines})
    if groups == 1:
        return f"All {len(lines)} rule sets answer {next(iter(words)).value}, for the same reason"
    if len(words) == 1:
        return f"All {len(lines)} rule sets answer {next(iter(words)).value}, for {groups} different reasons"
    return f"{groups} different answers from {len(lines)} rule sets: {text}"
