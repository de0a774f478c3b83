"""Windows versions as compared on every host: platform_windows_compat.go of containerd/platforms, since v1.0.0-rc.1."""

from __future__ import annotations

from typing import NamedTuple

from cacheview.platforms.gotext import unsigned

__all__ = ["LTSC_2022", "LTSC_2025", "NO_VERSION", "WindowsVersion", "overwritten", "runs_on"]

LTSC_2022 = 20348
LTSC_2025 = 26100
_COMPARED_PARTS = 3


class WindowsVersion(NamedTuple):
    """The three parts of an ``os.version`` that are compared. The fourth, the revision, never is."""

    major: int = 0
    minor: int = 0
    build: int = 0

    @classmethod
    def parse(cls, text: str) -> WindowsVersion:
        """``getWindowsOSVersion``: `NO_VERSION` for fewer than three parts, or a part that is not a (small) number."""
        parts = text.split(".")
        if len(parts) < _COMPARED_PARTS:
            return NO_VERSION
        major, minor, build = unsigned(parts[0], 8), unsigned(parts[1], 8), unsigned(parts[2], 16)
        if major is None or minor is None or build is None:
            return NO_VERSION
        return cls(major, minor, build)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.build}"


NO_VERSION = WindowsVersion()
"""A version that cannot be read. A builder that has it accepts every image; an image that has it counts as 0.0.0."""


def runs_on(host: WindowsVersion, image: WindowsVersion, releases: tuple[int, ...]) -> bool:
    """``checkWindowsHostAndContainerCompat``, with the long-term releases that it knows, oldest first.

    Before Server 2022 the builds must be equal; since then, an image may be as old as the last long-term release before
    the host's.
    """
    if (host.major, host.minor) != (image.major, image.minor):
        return False
    if host.build < LTSC_2022:
        return host.build == image.build
    oldest = next((release for release in reversed(releases) if host.build > release), LTSC_2022)
    return oldest <= image.build <= host.build


def overwritten(builder: str, image: str) -> str:
    """The image's ``os.version`` in moby's comparePlatform.

    It keeps its own major and minor parts, and takes all further parts from the builder, but only if both versions
    have at least three parts.
    """
    builder_parts, image_parts = builder.split("."), image.split(".")
    if len(builder_parts) < _COMPARED_PARTS or len(image_parts) < _COMPARED_PARTS:
        return image
    return ".".join((*image_parts[:2], *builder_parts[2:]))
