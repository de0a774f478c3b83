"""One comparison of a builder's platform with an image's."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import NamedTuple

__all__ = ["NoteKind", "PlatformCheck", "PlatformNote", "PlatformStep"]


class PlatformCheck(StrEnum):
    """A value that is compared. The member's value is its name for users."""

    RECORDED = "platform recorded"
    MAJOR = "os.version, major"
    MINOR = "os.version, minor"
    OS = "os"
    ARCHITECTURE = "architecture and variant"
    OS_VERSION = "os.version"
    OS_FEATURES = "os.features"


class NoteKind(Enum):
    """A reason why a value is read differently from how it is written, or why a comparison unexpectedly passes."""

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
    """A remark on a comparison; `engine.words.trace` has the sentences.

    Attributes:
        value: as written, or the builder's as compared; empty if the kind says everything.
        other: the image's value as compared.
    """

    kind: NoteKind
    value: str = ""
    other: str = ""


class PlatformStep(NamedTuple):
    """One comparison. The daemon stops at the first that fails.

    Attributes:
        builder, image: the two values as compared, in canonical form if the daemon compares that.
        note: a remark on a value or on a comparison that unexpectedly passes; otherwise None.
    """

    check: PlatformCheck
    builder: str
    image: str
    passed: bool
    note: PlatformNote | None = None
