"""The tables of config checks: only two in all releases, except for one field."""

from __future__ import annotations

from collections.abc import Iterator

from cacheview.engine.field_comparison import (
    Equal,
    NeverTrue,
    SameElements,
    SameHealthcheck,
    SameKeys,
    SameLength,
    SameValues,
)
from cacheview.engine.ruleset import ConfigCheck

__all__ = ["ALL_FIELDS", "ALL_FIELDS_BUT_START_INTERVAL", "BEFORE_CVE_2024_24557"]


def _each(comparison: object, *fields: str) -> Iterator[ConfigCheck]:
    return (ConfigCheck(field, comparison) for field in fields)  # type: ignore[arg-type]


BEFORE_CVE_2024_24557: tuple[ConfigCheck, ...] = (
    *_each(NeverTrue(), "OpenStdin"),
    *_each(Equal(), "AttachStdout", "AttachStderr", "User", "OpenStdin", "Tty"),
    *_each(SameLength(), "Cmd", "Env", "Labels", "ExposedPorts", "Entrypoint", "Volumes"),
    *_each(SameElements(), "Cmd", "Env"),
    *_each(SameValues(), "Labels"),
    *_each(SameKeys(), "ExposedPorts"),
    *_each(SameElements(), "Entrypoint"),
    *_each(SameKeys(), "Volumes"),
)
"""The checks before the fix of CVE-2024-24557 (moby ``image/cache/compare.go`` at v24.0.8, e31e9c8b)."""


def _all_fields(*healthcheck: str) -> tuple[ConfigCheck, ...]:
    return (
        *_each(SameLength(), "Env", "Cmd", "Entrypoint", "Shell", "ExposedPorts", "Volumes", "Labels", "OnBuild"),
        *_each(SameElements(), "Env", "OnBuild", "Cmd", "Entrypoint", "Shell"),
        *_each(SameKeys(), "ExposedPorts", "Volumes"),
        *_each(SameValues(), "Labels"),
        *_each(Equal(), "AttachStdin", "AttachStdout", "AttachStderr", "NetworkDisabled", "Tty", "OpenStdin"),
        *_each(Equal(), "StdinOnce", "ArgsEscaped", "User", "WorkingDir", "StopSignal", "StopTimeout"),
        *_each(SameHealthcheck(healthcheck), "Healthcheck"),
    )


ALL_FIELDS = _all_fields("Interval", "StartInterval", "StartPeriod", "Timeout", "Retries", "Test")
"""The checks since the fix of CVE-2024-24557 (moby ``image/cache/compare.go`` at v25.0.2, ec1971a2)."""

ALL_FIELDS_BUT_START_INTERVAL = _all_fields("Interval", "StartPeriod", "Timeout", "Retries", "Test")
"""The same checks for releases whose health checks have no ``StartInterval``.

moby: v24.0.9, d438b65b; v23.0.18, 7633b0e9.
"""
