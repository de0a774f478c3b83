"""The environment variables of a step by name, without rereading all of them at each step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cacheview.dockerfile.args import BuildArgs
from cacheview.model.effort import paced

__all__ = ["Environment", "Variables"]


class Environment(Mapping[str, str]):
    """The variables of an ``Env``. If a name has several entries, its value is in the last; ``ENV`` replaces the first.

    It follows the steps of a stage: `update` processes only the variables that a step adds.

    Attributes:
        entries: the ``Env``.
    """

    def __init__(self, entries: tuple[str, ...] = ()) -> None:
        self.entries = entries
        self._current = list(entries)  # the same, but mutable
        self._first: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._index(0)

    def _index(self, start: int) -> None:
        for place in paced(range(start, len(self.entries))):
            name = self.entries[place].partition("=")[0]
            self._first.setdefault(name, place)
            self._last[name] = place

    def __getitem__(self, name: str) -> str:
        return self.entries[self._last[name]].partition("=")[2]

    def __contains__(self, name: object) -> bool:
        return name in self._last

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    def of(self, entries: tuple[str, ...]) -> Environment:
        """Switch to another ``Env``, which is read only if it is not the same object, and return this environment."""
        if entries is not self.entries:
            self.entries = entries
            self._current = list(entries)
            self._first.clear()
            self._last.clear()
            self._index(0)
        return self

    def update(self, pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
        """Apply an ``ENV`` with these names and values, and return the new ``Env``.

        moby: ``dispatchEnv`` of ``builder/dockerfile/dispatchers.go``.
        """
        entries = self._current
        indexed = len(entries)
        for name, value in paced(pairs):
            text = f"{name}={value}"
            place = self._first.get(name)
            if place is None:
                entries.append(text)
                own = text.partition("=")[0]
                self._first.setdefault(own, len(entries) - 1)
            else:
                entries[place] = text
        self.entries = tuple(entries)
        self._index(indexed)
        return self.entries


class Variables(Mapping[str, str]):
    """The variables that a word can refer to: the environment, and the build arguments that it does not hide."""

    def __init__(self, args: BuildArgs, environment: Environment) -> None:
        self._args = args
        self._environment = environment

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """Return the value of a variable, or the default."""
        result = self._environment.get(name)
        if result is None:
            result = self._args.value(name)
        return default if result is None else result

    def __iter__(self) -> Iterator[str]:
        yield from self._environment
        yield from self._args.visible(self._environment)

    def __len__(self) -> int:
        return len(self._environment) + len(self._args.visible(self._environment))
