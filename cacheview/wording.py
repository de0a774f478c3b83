"""Counts in sentences."""

from __future__ import annotations

__all__ = ["counted"]


def counted(count: int, one: str, many: str = "") -> str:
    """So many of them: ``1 source``, ``12,000 sources``. ``many``: of a plural with more than an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
