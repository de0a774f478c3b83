"""The files of a step beside those that an image was built with: what differs, and how certain that is."""

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
        before, now: None: it is not there, is not a file, or cannot be read.
        problem: why one of them cannot be read; empty: both could.
    """

    before: bytes | None
    now: bytes | None
    problem: str = ""


Contents = Callable[[FileChange, int], FileContents]
"""Reads a file; the number is that of the bytes at most."""


class FileEvidence(Enum):
    """How certain it is that the files are those that the image was built with."""

    PROVEN = "proven"
    LIKELY = "likely"
    NOT_READABLE = "not readable"


@dataclass(frozen=True)
class FileComparison:
    """The files of a step against those of the nearest image.

    Attributes:
        image: the image.
        evidence: how certain it is; without any there are no `changes`.
        reason: why it is so certain, in a sentence without its dot.
        changes: every file, the same ones among them, by path.
        causes: what many files have in common, or what has a remedy.
        senders: the clients that sent the files of the image, where it was not the one that is assumed now.
        client: the one that is assumed now; None: not known.
        remedy: what would make it more certain, in a sentence; may be empty.
        since: of files that are not readable, what has changed since an earlier replay, in sentences.
        contents: reads the files; None: they cannot be read.
        copied_from: of ``COPY --from``, the stage or image as the instruction names it; empty: the build context.
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
        """The files that are not the same."""
        return tuple(change for change in self.changes if change.differs)
