"""Features that BuildKit supports and the classic builder does not, reported before the classic builder's own error."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from typing import Final

from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import RELEASES, BuilderRelease
from cacheview.dockerfile.syntax import Instruction, heredoc_names

__all__ = ["heredoc_before", "hinted", "of_heredoc_files", "of_variables"]

_BUILDKIT_ACCEPTS: Final = "BuildKit accepts this"
_AUTOMATIC_VARIABLE: Final = re.compile(
    r"\$\{?((?:BUILD|TARGET)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT)|TARGETSTAGE)(?![A-Za-z0-9_])"
)
"""The arguments that BuildKit sets for every build (``frontend/dockerfile/dockerfile2llb/platform.go``)."""


def hinted(refusal: BuildRefusedError, hint: str) -> BuildRefusedError:
    """Return a refusal that begins with a hint; if the hint is empty, the same refusal."""
    if not hint:
        return refusal
    what = f"{hint}: {refusal.what}"
    return BuildRefusedError(
        what,
        message=refusal.message,
        line=refusal.line,
        where=refusal.where,
        instruction=refusal.instruction,
        by=refusal.by,
        names_line=refusal.names_line,
    )


def of_variables(text: str, defined: Container[str]) -> str:
    """Return a hint for a line that uses arguments which only BuildKit sets; empty if it uses none.

    ``defined`` contains the names that have a value in this build.
    """
    names = [name for name in dict.fromkeys(_AUTOMATIC_VARIABLE.findall(text)) if name not in defined]
    if not names:
        return ""
    shown = " and ".join(f"${name}" for name in names)
    return f"{_BUILDKIT_ACCEPTS} because it sets {shown}, which the classic builder leaves empty"


def of_heredoc_files(instruction: Instruction) -> str:
    """Return a hint for a ``COPY`` or ``ADD`` with a file from a heredoc; empty for any other instruction."""
    if not instruction.heredocs or instruction.name not in ("ADD", "COPY"):
        return ""
    return f"{_BUILDKIT_ACCEPTS} because it can copy a heredoc as a file, which the classic builder cannot do"


def heredoc_before(instructions: Sequence[Instruction], release: BuilderRelease) -> str:
    """Return a hint for a line inside a heredoc if the release does not read heredocs; otherwise, an empty text.

    ``instructions`` are those before the line, as the release parses them.
    """
    if release.reads_heredocs:
        return ""
    newest = RELEASES[-1][1]
    for place in reversed(range(len(instructions))):
        instruction = instructions[place]
        names = [name for name, _ in heredoc_names(instruction, newest)]
        if names:
            ends = {later.line.strip() for later in instructions[place + 1 :]}
            if all(name in ends for name in names):
                return ""
            return (
                f"{_BUILDKIT_ACCEPTS}, but Docker {release.release} reads the lines of the heredoc <<{names[0][:40]}, "
                f"which begins on line {instruction.start_line}, as instructions"
            )
    return ""
