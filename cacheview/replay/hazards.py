"""Changes that a hit does not detect, found from the Dockerfile and the files alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cacheview.dockerfile.syntax import Instruction
from cacheview.wording import counted, plural

__all__ = ["StepHazard", "of_hard_links", "of_heredocs"]


@dataclass(frozen=True, slots=True)
class StepHazard:
    """A hit that may be stale. ``kind``: a short phrase; ``advice``: what to do about it."""

    kind: str
    sentence: str
    advice: str


def of_heredocs(instruction: Instruction) -> Iterator[StepHazard]:
    """Yield the hazard of a ``RUN`` with heredocs.

    The classic builder skips their lines, so its step is the first line alone.
    """
    if instruction.heredocs and instruction.name == "RUN":
        names = ", ".join(f"<<{name[:40]}" for name, _ in instruction.heredocs)
        heredoc = plural(len(instruction.heredocs), "heredoc", "heredocs")
        yield StepHazard(
            "heredoc not compared",
            f"The lines of the {heredoc} ({names}) are not compared, because the classic builder leaves them out of "
            "the step. A change to these lines never causes a miss.",
            "Build with BuildKit, which runs heredocs, or write the command without a heredoc.",
        )


def of_hard_links(links: Iterable[tuple[str, str]]) -> Iterator[StepHazard]:
    """Yield the hazard of hard links whose targets are not copied. ``links``: each link with its target."""
    results = list(links)
    if results:
        path, first = results[0]
        more = f" and {counted(len(results) - 1, 'more file')}" if len(results) > 1 else ""
        yield StepHazard(
            "content not compared",
            f"The cache does not detect changes to the content of {path[:200]}{more}: {path[:200]} is a hard link to "
            f"{first[:200]}, and the client sends only the link.",
            f"Copy {first[:200]} too, or make {path[:200]} a separate file.",
        )
