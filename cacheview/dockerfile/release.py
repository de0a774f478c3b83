"""Everything in which the classic builders of Docker's releases differ: one table, one row a release.

Where a rule of this package depends on the release, it reads a field here; nothing else compares versions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cacheview.dockerfile.gotext import format_go_duration, quote, quote_all, quote_rune
from cacheview.model import HealthConfig

__all__ = ["MOBY_71EBFC7", "BuilderRelease"]


def _healthcheck_five_fields(check: HealthConfig) -> str:
    """Go's ``%q`` of a pointer to the struct: durations as text, and retries, an integer, as a character."""
    durations = (check.Interval, check.Timeout, check.StartPeriod, check.StartInterval)
    texts = " ".join(quote(format_go_duration(duration)) for duration in durations)
    return f"&{{{quote_all(check.Test or ())} {texts} {quote_rune(check.Retries)}}}"


@dataclass(frozen=True, slots=True)
class BuilderRelease:
    """How the classic builder of a release reads, sums and writes where releases differ.

    Attributes:
        release: for people.
        healthcheck: what follows ``HEALTHCHECK``.
        chown: what an owner adds in front of the checksum, with ``{}`` for the owner.
        start_interval: ``HEALTHCHECK --start-interval`` is known.
        cleans_absolute_workdir: ``WORKDIR /a/`` is written without the last slash.
    """

    release: str
    healthcheck: Callable[[HealthConfig], str]
    chown: str
    start_interval: bool
    cleans_absolute_workdir: bool


MOBY_71EBFC7 = BuilderRelease(
    release="25.0 development (71ebfc7)",
    healthcheck=_healthcheck_five_fields,
    chown="--chown={} ",
    start_interval=True,
    cleans_absolute_workdir=False,
)
