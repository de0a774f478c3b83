"""Instructions whose argument has a fixed form: its check, and how the builder normalizes it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from cacheview.dockerfile.gotext import GO_SPACE
from cacheview.dockerfile.health import go_duration
from cacheview.dockerfile.parse import Instruction
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.model import HealthConfig

__all__ = ["healthcheck", "stop_signal", "trigger", "trimmed", "workdir"]

_ONBUILD = re.compile(r"[\t\n\f\r ]*ONBUILD[\t\n\f\r ]*", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_SIGNALS = re.compile(
    "ABRT|ALRM|BUS|CHLD|CLD|CONT|FPE|HUP|ILL|INT|IO|IOT|KILL|PIPE|POLL|PROF|PWR|QUIT|SEGV|STKFLT|STOP|SYS|TERM|TRAP"
    "|TSTP|TTIN|TTOU|URG|USR1|USR2|VTALRM|WINCH|XCPU|XFSZ"
    r"|RTMIN(\+([1-9]|1[0-5]))?|RTMAX(-([1-9]|1[0-4]))?"
)


def trimmed(text: str) -> str:
    """Return a text without white space (as Go defines it) at either end."""
    return text.strip(GO_SPACE)


def workdir(current: str, requested: str, release: BuilderRelease) -> str:
    """Return the working directory after ``WORKDIR``. A relative one is appended to the current one and cleaned."""
    if not requested:
        raise BuildRefusedError(
            "the path is empty; check that all variables are set", message="cannot normalize nothing"
        )
    if requested.startswith("/") and not release.cleans_absolute_workdir:
        return requested
    path = requested if requested.startswith("/") else f"/{current}/{requested}"
    return posixpath.normpath(re.sub("/+", "/", path))


def stop_signal(text: str, release: BuilderRelease) -> str:
    """Return the signal as written. Raises `BuildRefusedError` if Linux has no such signal."""
    number = int(text) if _NUMBER.fullmatch(text) else 0
    if not number and not _SIGNALS.fullmatch(text.upper().removeprefix("SIG")):
        message = f"{'I' if release.capitalizes_signals else 'i'}nvalid signal: {text}"
        raise BuildRefusedError(
            f"no such signal: {text[:40]!r}; use a name such as SIGTERM, or a number such as 15", message=message
        )
    return text


def trigger(instruction: Instruction) -> str:
    """Return the text that ``ONBUILD`` stores: the rest of the line as written, with its heredocs."""
    heredocs = "".join(f"\n{content}{name}" for name, content in instruction.heredocs)
    return _ONBUILD.sub("", instruction.line, count=1) + heredocs


def healthcheck(test: tuple[str, ...], flags: Mapping[str, str]) -> HealthConfig:
    """Return the check that ``HEALTHCHECK CMD`` sets. The flags must be valid; a missing one is zero."""
    return HealthConfig(
        Test=test,
        Interval=_interval(flags, "interval"),
        Timeout=_interval(flags, "timeout"),
        StartPeriod=_interval(flags, "start-period"),
        StartInterval=_interval(flags, "start-interval"),
        Retries=int(flags.get("retries") or "0"),
    )


def _interval(flags: Mapping[str, str], flag: str) -> int:
    text = flags.get(flag, "")
    return go_duration(text) if text else 0
