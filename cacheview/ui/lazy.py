"""Objects that are made when they are first needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Lazy"]

_T = TypeVar("_T")


class Lazy(Generic[_T]):
    """A value that is made by the first call; `made` reports whether there is one without making it."""

    def __init__(self, make: Callable[[], _T]) -> None:
        self._make = make
        self._made: _T | None = None

    def __call__(self) -> _T:
        if self._made is None:
            self._made = self._make()
        return self._made

    @property
    def made(self) -> _T | None:
        """The value; None: nobody has asked for it so far."""
        return self._made
