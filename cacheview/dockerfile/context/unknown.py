"""What a context alone does not show."""

from __future__ import annotations

from cacheview.model import DataError

__all__ = ["UnknownError"]


class UnknownError(DataError):
    """What the builder would sum cannot be known without building. Nothing is wrong with the step.

    Attributes:
        reason: why not, in words for people.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
