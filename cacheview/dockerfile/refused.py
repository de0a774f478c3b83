"""What the builder refuses, in its own words."""

from __future__ import annotations

from cacheview.dockerfile.gotext import printable
from cacheview.model import DataError

__all__ = ["RefusedError"]


class RefusedError(DataError):
    """The builder would stop here.

    Attributes:
        said: what the daemon says, word for word where the source tells it; `what` says it for people.
        line: of the Dockerfile, counted from 1; 0 where it is of no line.
    """

    def __init__(self, what: str, *, said: str = "", line: int = 0, where: str = "") -> None:
        super().__init__(printable(what), where=printable(where or (f"line {line}" if line else "")))
        self.said = printable(said or what)
        self.line = line
