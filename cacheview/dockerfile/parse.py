"""Parses a single Dockerfile instruction."""

from __future__ import annotations

from cacheview.dockerfile.document import parse
from cacheview.dockerfile.refused import BuildRefusedError
from cacheview.dockerfile.release import NEWEST, BuilderRelease
from cacheview.dockerfile.syntax import INSTRUCTIONS, Instruction, heredoc_name
from cacheview.model import DataError

__all__ = ["INSTRUCTIONS", "Instruction", "heredoc_name", "parse_instruction"]


def parse_instruction(text: str, release: BuilderRelease = NEWEST) -> Instruction:
    """Take the one instruction of a text apart; comments before and after it are skipped.

    Raises:
        DataError: there is none, or more than one, or it is not written as Docker reads it.
    """
    try:
        document = parse(text.encode(errors="replace"), release)
    except BuildRefusedError as error:
        raise DataError(error.what, where=error.instruction) from None  # of one instruction, no line is reported
    first, *more = document.instructions
    if more:
        raise DataError(f"more than one instruction: {more[0].original[:80]!r} follows; enter one at a time")
    if first.name == "ONBUILD" and first.args[:1] == ("ONBUILD",):
        raise DataError("an ONBUILD trigger cannot be an ONBUILD instruction", where=first.name)
    return first
