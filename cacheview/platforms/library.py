"""The versions of containerd's platform matching that Docker releases are built with, as data."""

from __future__ import annotations

from dataclasses import dataclass

from cacheview.model import Platform
from cacheview.platforms.normal import ARM64_ALIASES, ARM64_ALIASES_1_0, Aliases, NormalizedPlatform, normalize
from cacheview.platforms.vector import ARM64_LEVELS, Levels
from cacheview.platforms.windows import LTSC_2022, LTSC_2025

__all__ = ["CONTAINERD_1_6", "CONTAINERD_1_7", "PLATFORMS_RC_1", "PLATFORMS_RC_2", "PLATFORMS_RC_4", "Library"]


@dataclass(frozen=True)
class Library:
    """One version of the matching, on a Linux host.

    Attributes:
        name: module and version.
        aliases: of variants of arm64.
        levels: of arm64, see `ARM64_LEVELS`; None: v8.x and v9.x have no special meaning.
        releases: the long-term Windows releases that versions are compared by; empty: Linux hosts do not compare
            versions.
        compares_features: whether ``os.features`` are compared.
    """

    name: str
    aliases: Aliases = ARM64_ALIASES
    levels: Levels | None = None
    releases: tuple[int, ...] = ()
    compares_features: bool = False

    def __hash__(self) -> int:
        return hash(self.name)

    def normalize(self, platform: Platform) -> NormalizedPlatform:
        """Return os, architecture and variant in canonical form."""
        return normalize(platform.os, platform.architecture, platform.variant, self.aliases)


CONTAINERD_1_6 = Library("containerd 1.6.22")
"""The version in Docker 23.0.10 to 24.0.9."""

CONTAINERD_1_7 = Library("containerd 1.7.12, containerd/platforms v0.2.1")
"""The version in Docker 25 to 27: like 1.6 on Linux, but on Windows hosts it compares versions."""

PLATFORMS_RC_1 = Library("containerd/platforms v1.0.0-rc.1", ARM64_ALIASES_1_0, ARM64_LEVELS, (LTSC_2022,))
"""The version in Docker 28."""

PLATFORMS_RC_2 = Library("containerd/platforms v1.0.0-rc.2", ARM64_ALIASES_1_0, ARM64_LEVELS, (LTSC_2022, LTSC_2025))
"""The version in Docker 29.0 to 29.5."""

PLATFORMS_RC_4 = Library(
    "containerd/platforms v1.0.0-rc.4", ARM64_ALIASES_1_0, ARM64_LEVELS, (LTSC_2022, LTSC_2025), compares_features=True
)
"""The version in Docker 29.6 and later."""
