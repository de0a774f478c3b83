"""Parts of an explanation as phrases, and the choice of candidates that a report lists."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from cacheview.engine import DoubtCount, Explanation, ProbeEdit, Stage, Subject, doubt_sentences, plain_change

__all__ = ["MAX_NEAREST", "doubt_phrase", "edit_phrase", "foremost", "headline", "smallest_edit_phrase"]

MAX_NEAREST = 10
"""The maximum number of candidates or sources that are listed without ``--all``."""


def headline(explanation: Explanation) -> str:
    """Return the verdict as one line: ``MISS: no child of app:1 has this config``."""
    return f"{explanation.verdict.outcome.value.upper()}: {explanation.sentence}"


def edit_phrase(edit: ProbeEdit, explanation: Explanation) -> str:
    """Return the changes of an edit as one phrase."""
    store = explanation.trace.store
    return "; ".join(plain_change(change.path, change.old, change.new, store) for change in edit.changes)


def smallest_edit_phrase(explanation: Explanation) -> str:
    """Return the smallest edit as a phrase; for a step, what to change in the build. Empty if there is none."""
    return explanation.remedy or (edit_phrase(explanation.edit, explanation) if explanation.edit is not None else "")


def doubt_phrase(doubted: DoubtCount) -> str:
    """Return a doubt that a verdict depends on: the reason, the number of images, and what would make it certain."""
    reason, remedy = doubt_sentences(doubted.doubt)
    count = f" {doubted.images:,} images are affected." if doubted.images > 1 else ""
    return f"{reason}{count} {remedy}"


def foremost(explanation: Explanation, stage: Stage) -> Sequence[Subject]:
    """Return the subjects to list without ``--all``: the nearest candidates, or the first sources."""
    if len(stage.subjects) <= MAX_NEAREST or stage.subjects[0].role == "source":
        return stage.subjects[:MAX_NEAREST]
    positions = [stage.position(near.image.id) for near in itertools.islice(explanation.nearest(), MAX_NEAREST)]
    return [stage.subjects[position] for position in positions if position is not None]
