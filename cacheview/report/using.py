"""The daemon that a report is about: its rules, its builder, and why these were chosen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cacheview.cases import Daemon

__all__ = ["using_as_lines", "using_as_object"]


def using_as_lines(using: Daemon | None) -> Iterator[str]:
    """Yield the daemon and why it was chosen, and a note if its rules are not exactly those of its release."""
    if using is not None:
        yield using.sentence
        if using.note:
            yield using.note


def using_as_object(using: Daemon | None) -> dict[str, Any]:
    """Return the key ``using`` of a JSON document; empty without a daemon."""
    if using is None:
        return {}
    return {
        "using": {
            "docker": using.version or None,
            "store": using.rules.store.value,
            "builder": using.builder.release,
            "platform": str(using.platform),
            "basis": using.basis.value,
            "reason": using.reason,
            "note": using.note or None,
        }
    }
