"""One comparison of a builder's platform with an image's."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

__all__ = ["PlatformCheck", "PlatformStep"]


class PlatformCheck(StrEnum):
    """What is compared; the value is how a person calls it."""

    RECORDED = "platform recorded"
    MAJOR = "os.version, major"
    MINOR = "os.version, minor"
    OS = "os"
    ARCHITECTURE = "architecture and variant"
    OS_VERSION = "os.version"
    OS_FEATURES = "os.features"


class PlatformStep(NamedTuple):
    """A comparison, in the order that the daemon makes them; it stops at the first that fails.

    Attributes:
        builder, image: the two values as compared, so in canonical form where that is what counts.
        note: what happened to a value before, or why a comparison passes that looks as if it should not; else empty.
    """

    check: PlatformCheck
    builder: str
    image: str
    passed: bool
    note: str = ""
