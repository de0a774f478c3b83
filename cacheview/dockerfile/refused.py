"""What the builder refuses, in its own words."""

from __future__ import annotations

from typing import Final, Literal

from cacheview.dockerfile.gotext import printable
from cacheview.model import DataError

__all__ = ["SPEAKERS", "UNNAMED_FOLDER", "BuildRefusedError", "Speaker"]

Speaker = Literal["daemon", "client", "nobody"]

SPEAKERS: Final[dict[Speaker, str]] = {"daemon": "the daemon", "client": "the client"}
"""Who refuses, for people. Where the daemon never answers it is nobody."""


UNNAMED_FOLDER: Final = "<the daemon's folder>"
"""What stands in the daemon's words for a folder whose name it chooses at random for every build."""


class BuildRefusedError(DataError):
    """The build would stop here.

    Attributes:
        message: the error, word for word where the source has it; `what` is for people.
        line: of the Dockerfile, counted from 1; 0 if it belongs to no line.
        instruction: the name of the instruction; empty if it is not known here.
        names_line: whether `message` says the line itself.
        by: who says so: the daemon, or the client before the daemon hears of the build; nobody where the daemon never
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
        """The same with a line, if it has none yet."""
        return BuildRefusedError(
            self.what, message=self.message, line=self.line or line, by=self.by, names_line=self.names_line
        )
