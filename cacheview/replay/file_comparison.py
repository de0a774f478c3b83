"""The comparison of a step's files with those of an image: the differences, and how certain they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from cacheview.dockerfile.context.clients import Client
from cacheview.layers.changes import FileChange
from cacheview.model import Image
from cacheview.replay.causes import FileCause

__all__ = ["Contents", "FileComparison", "FileContents", "FileEvidence"]


@dataclass(frozen=True, slots=True)
class FileContents:
    """The first bytes of a file, before and now.

    Attributes:
        before, now: the bytes; None: there is no such file, or it cannot be read.
        problem: the reason that one of them cannot be read; empty: both can.
    """

    before: bytes | None
    now: bytes | None
    problem: str = ""


Contents = Callable[[FileChange, int], FileContents]
"""A function that reads a file, up to a number of bytes."""


class FileEvidence(Enum):
    """The evidence that an image was built with certain files."""

    PROVEN = "proven"
    LIKELY = "likely"
    NOT_READABLE = "not readable"


@dataclass(frozen=True)
class FileComparison:
    """The comparison of a step's files with those of the nearest image.

    Attributes:
        image: the image.
        evidence: the evidence for its files; if they are not readable, there are no `changes`.
        reason: the reason for that evidence, as a sentence without its period.
        changes: every file, including unchanged ones, by path.
        causes: causes that many files have in common, or that have a remedy.
        senders: the clients that sent the files of the image, if not the assumed one.
        client: the assumed client; None: not known.
        remedy: a sentence on how to make it more certain; may be empty.
        since: for unreadable files, sentences about changes since an earlier replay.
        contents: reads the files; None: they cannot be read.
        copied_from: for ``COPY --from``, the stage or image as in the instruction; empty: the build context.
    """

    image: Image
    evidence: FileEvidence
    reason: str
    changes: tuple[FileChange, ...] = ()
    causes: tuple[FileCause, ...] = ()
    senders: tuple[Client, ...] = ()
    client: Client | None = None
    remedy: str = ""
    since: tuple[str, ...] = ()
    contents: Contents | None = field(default=None, compare=False, repr=False)
    copied_from: str = ""

    @property
    def differing(self) -> tuple[FileChange, ...]:
        """The files that differ."""
        return tuple(change for change in self.changes if change.differs)
