"""``os.features`` as compared from containerd/platforms v1.0.0-rc.4 on: platforms.go, platform_windows_compat.go."""

from __future__ import annotations

from cacheview.model import Platform

__all__ = ["WIN32K", "offered", "required"]

WIN32K = "win32k"


def required(image: Platform, windows: bool) -> frozenset[str]:
    """What the builder must have. One ``win32k`` of a Windows image is let off; a second one is not."""
    features = list(image.os_features or ())
    if windows and WIN32K in features:
        features.remove(WIN32K)
    return frozenset(features)


def offered(builder: Platform) -> frozenset[str]:
    """What a builder has."""
    return frozenset(builder.os_features or ())
