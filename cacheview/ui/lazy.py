"""Objects that are created when they are first needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Lazy"]

_T = TypeVar("_T")


class Lazy(Generic[_T]):
    """A value that the first call creates. `existing` returns it without creating it."""

    def __init__(self, make: Callable[[], _T]) -> None:
        self._make = make
        self._value: _T | None = None

    def __call__(self) -> _T:
        if self._value is None:
            self._value = self._make()
        return self._value

    @property
    def existing(self) -> _T | None:
        """The value; None: it has not been created."""
        return self._value
