"""Build arguments: the values of ``ARG`` and ``--build-arg`` that a step can use."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace

__all__ = ["PREDEFINED_ARGS", "BuildArgs"]

PREDEFINED_ARGS = frozenset(
    name
    for stem in ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")
    for name in (stem, stem.upper())
)
"""Arguments that are visible without an ``ARG``. They leave no trace in a step unless an ``ARG`` declares them."""


@dataclass(frozen=True, slots=True)
class BuildArgs:
    """The build arguments in force at a step. The rules are those of moby's ``builder/dockerfile/buildargs.go``.

    Attributes:
        declared: arguments that ``ARG`` declares after the last ``FROM``, each with its default; None if it has none.
        from_options: the values that ``--build-arg`` sets.
        predefined: the names that are visible without an ``ARG``.
        before_from: arguments that ``ARG`` declares before the first ``FROM``, used if ``declared`` has no default.
    """

    declared: Mapping[str, str | None] = field(default_factory=dict)
    from_options: Mapping[str, str] = field(default_factory=dict)
    before_from: Mapping[str, str | None] = field(default_factory=dict)
    predefined: frozenset[str] = PREDEFINED_ARGS

    def declare(self, defaults: Mapping[str, str | None]) -> BuildArgs:
        """Return the arguments after an ``ARG`` with these names and defaults; None means no default."""
        return replace(self, declared={**self.declared, **defaults})

    def value(self, name: str) -> str | None:
        """Return the value of an argument; None if it has none or is not visible."""
        if name not in self.declared and name not in self.predefined:
            return None
        default = self.declared.get(name)
        return self.from_options.get(name, self.before_from.get(name) if default is None else default)

    def visible(self, env_names: Container[str]) -> dict[str, str]:
        """Return the visible values by name. An environment variable hides the argument of the same name."""
        values = {}
        for name in {**self.declared, **dict.fromkeys(self.predefined)}:
            value = self.value(name)
            if value is not None and name not in env_names:
                values[name] = value
        return values

    def run_prefix(self, env_names: Container[str]) -> tuple[str, ...]:
        """Return the words before the command of a ``RUN``: ``|2 A=1 B=2``, with names sorted.

        There are none if no argument is visible. Predefined arguments are left out unless an ``ARG`` declares them.
        """
        visible = self.visible(env_names)
        if not visible:
            return ()
        shown = sorted(
            f"{name}={value}" for name, value in visible.items() if name in self.declared or name not in self.predefined
        )
        return (f"|{len(shown)}", *shown)
