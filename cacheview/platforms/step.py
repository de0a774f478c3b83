"""One comparison of a builder's platform with an image's."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import NamedTuple

__all__ = ["NoteKind", "PlatformCheck", "PlatformNote", "PlatformStep"]


class PlatformCheck(StrEnum):
    """What is compared; the value is how a person calls it."""

    RECORDED = "platform recorded"
    MAJOR = "os.version, major"
    MINOR = "os.version, minor"
    OS = "os"
    ARCHITECTURE = "architecture and variant"
    OS_VERSION = "os.version"
    OS_FEATURES = "os.features"


class NoteKind(Enum):
    """Why a value is read otherwise than it is written, or why a comparison passes that looks as if it should not."""

    WRITTEN = "written"
    NOT_RECORDED = "not recorded"
    UNKNOWN_BUILDER = "unknown builder"
    IGNORED_FEATURE = "ignored feature"
    ANY_VERSION = "any version"
    NO_VERSION = "no version"
    NOT_FULL_VERSION = "not full version"
    COMPARED_AS = "compared as"
    OVERWRITTEN = "overwritten"


class PlatformNote(NamedTuple):
    """A remark on a comparison, which `engine.words.trace` puts into words.

    Attributes:
        value: as it is written, or the builder's as it is compared; empty if the kind is all there is.
        other: the image's as it is compared.
    """

    kind: NoteKind
    value: str = ""
    other: str = ""


class PlatformStep(NamedTuple):
    """A comparison, in the order that the daemon makes them; it stops at the first that fails.

    Attributes:
        builder, image: the two values as compared, so in canonical form where that is what counts.
        note: what happened to a value before, or why a comparison passes that looks as if it should not; else None.
    """

    check: PlatformCheck
    builder: str
    image: str
    passed: bool
    note: PlatformNote | None = None
