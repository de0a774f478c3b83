"""Refusals of the builder, with its own messages."""

from __future__ import annotations

from typing import Final, Literal

from cacheview.dockerfile.gotext import printable
from cacheview.model import DataError

__all__ = ["SPEAKERS", "UNNAMED_FOLDER", "BuildRefusedError", "Speaker"]

Speaker = Literal["daemon", "client", "nobody"]

SPEAKERS: Final[dict[Speaker, str]] = {"daemon": "the daemon", "client": "the client"}
"""The name of the program that refuses, for display. If the daemon never answers, there is none."""


UNNAMED_FOLDER: Final = "<the daemon's folder>"
"""A placeholder in the daemon's messages for a folder whose name it chooses at random for every build."""


class BuildRefusedError(DataError):
    """The build would stop here.

    Attributes:
        message: the error, word for word if Docker's source contains it; `what` is the text for display.
        line: the line of the Dockerfile, from 1; 0 if the error does not belong to a line.
        instruction: the name of the instruction; empty if not known.
        names_line: whether `message` contains the line.
        by: who reports it: the daemon, or the client before the daemon receives the build; nobody if the daemon never
            answers.
    """

    def __init__(
        self,
        what: str,
        *,
        message: str = "",
        line: int = 0,
        where: str = "",
        instruction: str = "",
        by: Speaker = "daemon",
        names_line: bool = False,
    ) -> None:
        place = where or ": ".join(filter(None, (f"line {line}" if line else "", instruction)))
        super().__init__(printable(what), where=printable(place))
        self.message = printable(message or what)
        self.line = line
        self.instruction = instruction
        self.names_line = names_line
        self.by: Speaker = by

    def on_line(self, line: int) -> BuildRefusedError:
        """Return the same error with a line, unless it already has one."""
        return BuildRefusedError(
            self.what, message=self.message, line=self.line or line, by=self.by, names_line=self.names_line
        )
