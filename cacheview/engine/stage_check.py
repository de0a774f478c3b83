"""The certainty of comparisons: known to pass, known to fail, or neither."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Protocol

from cacheview.model import Doubt

__all__ = ["Certainty", "StageCheck", "all_pass", "conjunction", "joined"]


class Certainty(Enum):
    """The certainty of an outcome."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"


class StageCheck(Protocol):
    """One comparison of a stage. Every stage lists its comparisons in the daemon's order."""

    @property
    def passes(self) -> bool:
        """Whether it passes with the values as the store reports them."""

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Unknown facts that it depends on; empty: the outcome is certain."""


def all_pass(comparisons: Iterable[StageCheck]) -> bool:
    """Return whether all comparisons pass with the values as the store reports them."""
    return all(each.passes for each in comparisons)


def conjunction(comparisons: Iterable[StageCheck]) -> tuple[Certainty, tuple[Doubt, ...]]:
    """Return whether all pass, and if this is not known, the doubts it depends on. One certain failure is enough."""
    doubts: dict[Doubt, None] = {}
    for each in comparisons:
        if not each.passes and not each.doubts:
            return Certainty.NO, ()
        doubts.update(dict.fromkeys(each.doubts))
    return (Certainty.MAYBE if doubts else Certainty.YES), tuple(doubts)


def joined(*doubts: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """Return all these doubts, each once."""
    if not any(doubts):  # the usual case
        return ()
    return tuple(dict.fromkeys(doubt for group in doubts for doubt in group))
