"""The leading ``--name=value`` words of an instruction.

The rules are those of BuildKit's ``frontend/dockerfile/instructions/bflag.go``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cacheview.dockerfile.gotext import lower
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import RELEASES, BuilderRelease
from cacheview.dockerfile.suggest import suggestion

__all__ = ["Flags", "parse_flags", "refuse_buildkit_flags"]

_SWITCHES: Final = ("keep-git-dir", "link", "parents", "unpack")
_REPEATABLE: Final = ("device", "exclude", "mount")
_BUILDKIT_ONLY: Final = {
    "ADD": ("chmod",),
    "COPY": ("chmod",),
    "RUN": ("mount", "network", "security", "device"),
}


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags of an instruction.

    Attributes:
        values: by name, in the order written; ``true`` or ``false`` for a switch, the last value for a repeated flag.
        repeated: all values of flags that may be repeated.
    """

    values: dict[str, str] = field(default_factory=dict)
    repeated: dict[str, list[str]] = field(default_factory=dict)


def parse_flags(name: str, words: Iterable[str], release: BuilderRelease) -> Flags:
    """Return the flags of an instruction, as they are parsed before the first step.

    Raises:
        BuildRefusedError: the instruction has no such flag, it is repeated, or its value is missing or invalid.
    """
    accepted = release.flags.get(name, ())
    flags = Flags()
    for word in words:
        flag, equals, value = word[2:].partition("=")
        shown = f"--{flag}" if release.names_flags_with_dashes else flag
        if flag not in accepted:
            listed = ", ".join(f"--{each}" for each in accepted if each not in _BUILDKIT_ONLY.get(name, ()))
            near = suggestion(flag, accepted) if release.suggests_similar else ""
            rest = f"the accepted flags are {listed}" if listed else "no flags are accepted"
            what = f"no such flag: --{flag[:40]}; {rest}"
            if flag in RELEASES[-1][1].flags.get(name, ()):
                what = f"BuildKit accepts --{flag}; the classic builder of Docker {release.release} does not support it"
            raise BuildRefusedError(what, message=_quoted(f"unknown flag: {shown}", release) + near)
        if flag in flags.values and flag not in _REPEATABLE:
            what = f"--{flag} is given twice; specify it only once"
            raise BuildRefusedError(what, message=_quoted(f"duplicate flag specified: {shown}", release))
        if flag in _SWITCHES:
            value = _switch(flag, equals, value, shown, release)
        elif not equals:
            raise BuildRefusedError(f"--{flag} has no value; use --{flag}=…", message=_no_value(shown, release))
        flags.values[flag] = value
        if flag in _REPEATABLE:
            flags.repeated.setdefault(flag, []).append(value)
    return flags


def refuse_buildkit_flags(name: str, values: Mapping[str, str], release: BuilderRelease) -> None:
    """Refuse flags that only BuildKit supports, like the classic builder at the step.

    An empty ``--chmod`` of ``COPY`` or ``ADD`` does not count. If a ``RUN`` has several, Docker names any of
    them; here, it is the first one.

    Args:
        name: the name of the instruction.
        values: by flag; the value of ``--chmod`` is as the release resolves it.
        release: the builder; some releases ignore these flags.

    Raises:
        BuildRefusedError: there is such a flag.
    """
    for flag, value in values.items() if release.refuses_buildkit_flags else ():
        if flag in _BUILDKIT_ONLY.get(name, ()) and (value or name == "RUN"):
            raise BuildRefusedError(
                f"BuildKit accepts --{flag}; the classic builder refuses it",
                message=f"the --{flag} option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ "
                "to learn how to build images with BuildKit enabled",
            )


def _switch(flag: str, equals: str, value: str, shown: str, release: BuilderRelease) -> str:
    if equals and not value:
        raise BuildRefusedError(f"--{flag} must be true or false", message=_no_value(shown, release))
    if lower(value) not in ("", "true", "false"):
        message = _quoted(f"expecting boolean value for flag {shown}, not: {value}", release)
        raise BuildRefusedError(f"--{flag} must be true or false", message=message)
    return lower(value) or "true"


def _no_value(shown: str, release: BuilderRelease) -> str:
    return _quoted(f"missing a value on flag: {shown}", release)


def _quoted(text: str, release: BuilderRelease) -> str:
    return text[0].upper() + text[1:] if release.capitalizes_flags else text
