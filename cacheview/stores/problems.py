"""The problems of one store, as many as a person can look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, overload

from cacheview.model import Problem

__all__ = ["MOST_PROBLEMS", "Problems"]

MOST_PROBLEMS: Final = 1000
"""So many problems of one store are listed; the others are counted."""


class Problems(Sequence[Problem]):
    """The first `MOST_PROBLEMS` of one store, and how many more there are: `more`.

    Readers collect problems in one of these, never in a list, so that a store in which everything is wrong takes no
    more memory than a good one.
    """

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        self._listed: list[Problem] = []
        self.more = 0
        self.extend(problems)

    def append(self, problem: Problem) -> None:
        """Add one, or count it."""
        if len(self._listed) < MOST_PROBLEMS:
            self._listed.append(problem)
        else:
            self.more += 1

    def extend(self, problems: Iterable[Problem]) -> None:
        """Add them, or count them; those that another has counted too."""
        for problem in problems:
            self.append(problem)
        if isinstance(problems, Problems):
            self.more += problems.more

    def stop(self, problem: Problem) -> None:
        """Add why the rest was not read, however many there are."""
        self._listed.append(problem)

    def reported(self) -> tuple[Problem, ...]:
        """All that are listed, and how many are not."""
        counted = (Problem("", f"{self.more:,} more problems are not listed"),) if self.more else ()
        return (*self._listed, *counted)

    def __len__(self) -> int:
        return len(self._listed)

    @overload
    def __getitem__(self, index: int) -> Problem: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Problem]: ...

    def __getitem__(self, index: int | slice) -> Problem | Sequence[Problem]:
        return self._listed[index]
