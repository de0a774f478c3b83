"""The leading ``--name=value`` words of an instruction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cacheview.model import DataError

__all__ = ["read_flags"]

_HEALTHCHECK = ("interval", "timeout", "start-period", "start-interval", "retries")
_KNOWN: Mapping[str, tuple[str, ...]] = {
    "ADD": ("chown", "chmod", "link", "keep-git-dir", "checksum"),
    "COPY": ("chown", "chmod", "link", "from"),
    "HEALTHCHECK": _HEALTHCHECK,
    "RUN": ("mount", "network", "security"),
}
_SWITCHES = ("link", "keep-git-dir")
_BUILDKIT_ONLY: Mapping[str, tuple[str, ...]] = {
    "ADD": ("chmod",),
    "COPY": ("chmod",),
    "RUN": ("mount", "network", "security"),
}


def read_flags(name: str, words: Iterable[str]) -> dict[str, str]:
    """Values by flag for an instruction; a switch has ``true`` or ``false``.

    Raises:
        DataError: the instruction has no such flag, it came twice, its value is missing or is none, or only
            BuildKit takes it.
    """
    known = _KNOWN.get(name, ())
    flags: dict[str, str] = {}
    for word in words:
        flag, equals, value = word[2:].partition("=")
        if flag not in known:
            takes = ", ".join(f"--{each}" for each in known if each not in _BUILDKIT_ONLY.get(name, ()))
            raise DataError(f"no such flag: --{flag[:40]}; it takes {takes or 'none'}")
        if flag in _BUILDKIT_ONLY.get(name, ()):
            raise DataError(f"--{flag} needs BuildKit, and the classic builder refuses it; leave it out")
        if flag in flags:
            raise DataError(f"--{flag} is given twice; give it once")
        if flag in _SWITCHES:
            if (equals and not value) or value.lower() not in ("", "true", "false"):
                raise DataError(f"--{flag} is either true or false")
            value = value.lower() or "true"
        elif not equals:
            raise DataError(f"--{flag} has no value; write --{flag}=…")
        flags[flag] = value
    return flags
