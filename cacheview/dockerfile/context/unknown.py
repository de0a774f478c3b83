"""The error for facts that a context does not show."""

from __future__ import annotations

from cacheview.model import DataError

__all__ = ["UnknownError"]


class UnknownError(DataError):
    """A checksum cannot be known without building. There is nothing wrong with the step.

    Attributes:
        reason: the reason, for display.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
