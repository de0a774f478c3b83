"""The differences of an answer from the expectation of a suite."""

from __future__ import annotations

from typing import Final

__all__ = ["NO_EXPECTATION", "NO_NEW_IMAGE", "differs"]

NO_EXPECTATION: Final = "the probe has no expected answer"
NO_NEW_IMAGE: Final = "created: expected a new image, got none"


def differs(name: str, expected: object, actual: object) -> str:
    """Describe one value that is not as expected. ``name`` is its name in the suite."""
    return f"{name}: expected {expected}, got {actual}"
