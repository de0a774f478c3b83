"""Parses a single Dockerfile instruction."""

from __future__ import annotations

from cacheview.dockerfile.document import parse
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import NEWEST_RELEASE, BuilderRelease
from cacheview.dockerfile.syntax import INSTRUCTIONS, Instruction, heredoc_name
from cacheview.model import DataError

__all__ = ["INSTRUCTIONS", "Instruction", "heredoc_name", "parse_instruction"]


def parse_instruction(text: str, release: BuilderRelease = NEWEST_RELEASE) -> Instruction:
    """Parse a text with one instruction. Comments before and after it are skipped.

    Raises:
        DataError: there is none, or more than one, or it is not valid in Docker.
    """
    try:
        document = parse(text.encode(errors="replace"), release)
    except BuildRefusedError as error:
        raise DataError(error.what, where=error.instruction) from None  # it is the only line
    first, *more = document.instructions
    if more:
        raise DataError(f"there is more than one instruction ({more[0].original[:80]!r} follows); enter one at a time")
    if first.name == "ONBUILD" and first.args[:1] == ("ONBUILD",):
        raise DataError("an ONBUILD trigger cannot be an ONBUILD instruction", where=first.name)
    return first
