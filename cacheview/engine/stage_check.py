"""What is known about a comparison: that it passes, that it fails, or neither."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Protocol

from cacheview.model import Doubt

__all__ = ["Certainty", "StageCheck", "all_pass", "conjunction", "joined"]


class Certainty(Enum):
    """What is known of an outcome."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"


class StageCheck(Protocol):
    """One comparison of a stage, as every stage lists them in the daemon's order."""

    @property
    def passes(self) -> bool:
        """Whether it passes with the values as the store reports them."""

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """What it rests on that is not known exactly; empty: the outcome is certain."""


def all_pass(comparisons: Iterable[StageCheck]) -> bool:
    """Whether the daemon comes through all of them, with the values as the store reports them."""
    return all(each.passes for each in comparisons)


def conjunction(comparisons: Iterable[StageCheck]) -> tuple[Certainty, tuple[Doubt, ...]]:
    """Whether all pass, and what that rests on where it is not known: one that certainly fails settles it."""
    met: dict[Doubt, None] = {}
    for each in comparisons:
        if not each.passes and not each.doubts:
            return Certainty.NO, ()
        met.update(dict.fromkeys(each.doubts))
    return (Certainty.MAYBE if met else Certainty.YES), tuple(met)


def joined(*doubts: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """All of these, each once."""
    return tuple(dict.fromkeys(doubt for some in doubts for doubt in some))
