"""The ways in which Docker's releases compare platforms. Each rule set uses one of them."""

from __future__ import annotations

from cacheview.platforms.library import (
    CONTAINERD_1_6,
    CONTAINERD_1_7,
    PLATFORMS_RC_1,
    PLATFORMS_RC_2,
    PLATFORMS_RC_4,
)
from cacheview.platforms.rule import PlatformRule

__all__ = [
    "ANY_PLATFORM",
    "COMPATIBLE",
    "COMPATIBLE_FEATURES",
    "COMPATIBLE_MAJOR_MINOR",
    "COMPATIBLE_VERSION",
    "COMPATIBLE_VERSION_RC_2",
    "SAME_PLATFORM",
    "SAME_PLATFORM_1_7",
    "SAME_PLATFORM_CONTAINERD",
]

ANY_PLATFORM = PlatformRule(
    name="any",
    title="platforms are not compared",
    source="moby image/cache/cache.go up to v24.0.8, v25.0.1; daemon/containerd/cache.go up to v25.0.2",
)

SAME_PLATFORM = PlatformRule(
    name="same",
    title="the same OS, architecture and variant as the builder; OS versions are not compared",
    source="moby image/cache/cache.go at v24.0.9 (ee89a171)",
    library=CONTAINERD_1_6,
    is_strict=True,
    requires_recorded=True,
)

SAME_PLATFORM_1_7 = PlatformRule(
    name="same-1.7",
    title=SAME_PLATFORM.title,
    source="moby image/cache/cache.go at v25.0.2 (8b7632f5)",
    library=CONTAINERD_1_7,
    is_strict=True,
    requires_recorded=True,
)

SAME_PLATFORM_CONTAINERD = PlatformRule(
    name="same-containerd",
    title=f"{SAME_PLATFORM.title}; a builder without a platform matches an image without one",
    source="moby daemon/containerd/image.go, GetImage, at v25.0.5",
    library=CONTAINERD_1_7,
    is_strict=True,
)

COMPATIBLE_MAJOR_MINOR = PlatformRule(
    name="compatible-major-minor",
    title="a platform that the builder can run; for Windows, the same major and minor version",
    source="moby image/cache/compare.go at v23.0.18 (7633b0e9)",
    library=CONTAINERD_1_6,
    requires_recorded=True,
    compares_major_minor=True,
    overwrites_version=True,
)

COMPATIBLE = PlatformRule(
    name="compatible",
    title="a platform that the builder can run; OS versions are not compared",
    source="moby image/cache/compare.go at v25.0.5 and v27.5.1",
    library=CONTAINERD_1_7,
    requires_recorded=True,
    overwrites_version=True,
)

COMPATIBLE_VERSION = PlatformRule(
    name="compatible-version",
    title="a platform that the builder can run; arm64 variants are compared; for Windows, a version that the builder "
    "can run",
    source="moby image/cache/compare.go at v28.5.2",
    library=PLATFORMS_RC_1,
    requires_recorded=True,
    overwrites_version=True,
)

COMPATIBLE_VERSION_RC_2 = PlatformRule(
    name="compatible-version-rc.2",
    title=f"{COMPATIBLE_VERSION.title}, including Server 2025",
    source="moby daemon/internal/image/cache/compare.go at docker-v29.5.3",
    library=PLATFORMS_RC_2,
    requires_recorded=True,
    overwrites_version=True,
)
"""Differs from `COMPATIBLE_VERSION` only for an image whose os is written ``Windows``."""

COMPATIBLE_FEATURES = PlatformRule(
    name="compatible-features",
    title=f"{COMPATIBLE_VERSION_RC_2.title}; no os.features that the builder lacks",
    source="moby daemon/internal/image/cache/compare.go at docker-v29.7.2 (39c84949)",
    library=PLATFORMS_RC_4,
    requires_recorded=True,
    overwrites_version=True,
)
