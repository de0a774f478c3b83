"""The problems of one store, as many as a person can look at."""

from __future__ import annotations

from typing import Final

from cacheview.model import Problem

__all__ = ["MOST_PROBLEMS", "Problems"]

MOST_PROBLEMS: Final = 1000
"""So many problems of one store are listed; the others are counted."""


class Problems(list[Problem]):
    """A list that keeps the first `MOST_PROBLEMS`, and counts the others."""

    more = 0

    def append(self, problem: Problem) -> None:
        """Add one, or count it."""
        if len(self) < MOST_PROBLEMS:
            super().append(problem)
        else:
            self.more += 1

    def stop(self, problem: Problem) -> None:
        """Add why the rest was not read, however many there are."""
        super().append(problem)

    def reported(self) -> tuple[Problem, ...]:
        """All that are kept, and how many are not."""
        counted = (Problem("", f"{self.more:,} more problems are not listed"),) if self.more else ()
        return (*self, *counted)
