"""The reasons for the answers of rule sets, in a few words, for a table of many answers."""

from __future__ import annotations

from typing import Final

from cacheview.engine.check import Check
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome
from cacheview.engine.words.doubts import unknown_aspects
from cacheview.engine.words.phrases import known_as
from cacheview.model import Image

__all__ = ["OTHER_STORE", "why"]

OTHER_STORE: Final = "these caches belong to a different store"


def why(
    verdict: Verdict, stage: StageKind | None = None, check: Check | None = None, nearest: Image | None = None
) -> str:
    """Return the reason for an answer.

    Args:
        stage: the stage that decided; None: nothing was looked up.
        check: the check that decided; None: no single check did.
        nearest: the candidate or source that the check belongs to.
    """
    if verdict.unknown is not None:
        return f"not known: {unknown_aspects(verdict.unknown)}"
    match verdict.outcome:
        case VerdictOutcome.HIT:
            return _why_hit(verdict)
        case VerdictOutcome.ERROR | VerdictOutcome.PANIC:
            return verdict.error
        case VerdictOutcome.DIVERGES:
            return "the search among a source's parents never ends"
    if stage is None:
        return "nothing is looked up"
    if check is not None:
        return f"{known_as(nearest)}, {check.name}" if nearest is not None else check.note or check.name
    return "no candidates" if stage is StageKind.LOCAL else f"no match in the {stage.value}"


def _why_hit(verdict: Verdict) -> str:
    if verdict.is_new or verdict.only_source is not None:
        return "an image created from a step in the middle of a source"
    if verdict.stage is StageKind.HISTORY:
        return "the history of a source continues with this step"
    return "every compared field is equal"
