"""The problems of one store, as many as a person can read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, overload

from cacheview.model import Problem
from cacheview.wording import counted

__all__ = ["MAX_PROBLEMS", "Problems"]

MAX_PROBLEMS: Final = 1000
"""The number of problems of one store that are listed. Others are only counted."""


class Problems(Sequence[Problem]):
    """The first `MAX_PROBLEMS` problems of one store, and the number of others as `more`.

    Readers collect problems in one of these, never in a list, so that a store with nothing but problems takes no more
    memory than a good one.
    """

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        self._listed: list[Problem] = []
        self.more = 0
        self.extend(problems)

    def append(self, problem: Problem) -> None:
        """Add a problem, or only count it."""
        if len(self._listed) < MAX_PROBLEMS:
            self._listed.append(problem)
        else:
            self.more += 1

    def extend(self, problems: Iterable[Problem]) -> None:
        """Add problems, or only count them, including those that another `Problems` has only counted."""
        for problem in problems:
            self.append(problem)
        if isinstance(problems, Problems):
            self.more += problems.more

    def stop(self, problem: Problem) -> None:
        """Add the reason that the rest was not read, even if the list is full."""
        self._listed.append(problem)

    def reported(self) -> tuple[Problem, ...]:
        """Return the listed problems, and one for the number of the others."""
        what = counted(self.more, "more problem is not listed", "more problems are not listed")
        return (*self._listed, Problem("", what)) if self.more else tuple(self._listed)

    def __len__(self) -> int:
        return len(self._listed)

    @overload
    def __getitem__(self, index: int) -> Problem: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Problem]: ...

    def __getitem__(self, index: int | slice) -> Problem | Sequence[Problem]:
        return self._listed[index]
