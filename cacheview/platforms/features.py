"""``os.features`` as compared since containerd/platforms v1.0.0-rc.4: platforms.go, platform_windows_compat.go."""

from __future__ import annotations

from cacheview.model import Platform

__all__ = ["WIN32K", "offered", "required"]

WIN32K = "win32k"


def required(image: Platform, windows: bool) -> frozenset[str]:
    """Return the features that the builder must have.

    The first ``win32k`` of a Windows image is ignored; a second is not.
    """
    features = list(image.os_features or ())
    if windows and WIN32K in features:
        features.remove(WIN32K)
    return frozenset(features)


def offered(builder: Platform) -> frozenset[str]:
    """Return the features of a builder."""
    return frozenset(builder.os_features or ())
