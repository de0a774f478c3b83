"""Finds the image that a ``FROM`` or ``COPY --from`` names, or determines that the builder would pull it.

Source: moby ``getImageOrStage`` in ``builder/dockerfile/dispatchers.go``, and ``GetImageAndReleasableLayer`` of both
stores.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.engine.ruleset import RuleSet
from cacheview.model import BadReferenceError, Image, ImageStore, NoSuchImageError, Platform, StoreKind
from cacheview.platforms import HOST, Library, Matcher
from cacheview.platforms.library import CONTAINERD_1_7
from cacheview.platforms.rules import SAME_PLATFORM_CONTAINERD

__all__ = ["MustPullError", "find_image", "has_platform", "is_for", "require_linux"]

_PLATFORM_LIBRARY: Library = CONTAINERD_1_7


@dataclass(frozen=True, slots=True)
class MustPullError(Exception):
    """A base image is not known, usually because the builder would pull it. ``reason`` explains this to people."""

    reason: str


def find_image(
    name: str,
    store: ImageStore,
    rules: RuleSet,
    release: BuilderRelease,
    platform: Platform | None,
    daemon: Platform = HOST,
) -> Image:
    """Return the image in the store that a reference names.

    Raises:
        MustPullError: the builder would pull the image, or might.
        BuildRefusedError: the builder stops, because the text is not a valid reference or the image is not for Linux.
    """
    try:
        image = store.resolve_for(name, rules.store)
    except NoSuchImageError:
        raise MustPullError(f"the store has no image {name[:200]!r}, so the builder has to pull it") from None
    except BadReferenceError as error:
        raise BuildRefusedError(error.what, message=_message(error, name, release)) from None
    if (doubt := image.doubt("existence")) is not None:
        raise MustPullError(f"it is unclear whether the store has the image {name[:200]!r}: {doubt.reason}")
    if platform is not None and not _accepts(platform, image, rules, release):
        shown = f"the image is for {image.config.platform}, but the build is for {platform}"
        raise MustPullError(f"{shown}, so the builder has to pull a different image")
    if image.variants and not any(
        variant.config is not None and Matcher(_PLATFORM_LIBRARY, platform or daemon).matches(variant.platform)
        for variant in image.variants
    ):
        raise MustPullError(
            f"the store has the index {name[:200]!r}, but not its image for {platform or daemon}, so the builder has "
            "to pull that image"
        )
    if not _is_linux(image):
        raise BuildRefusedError(
            f"the image {name[:200]!r} is for {image.config.os[:40]}, but the builder runs on Linux",
            message="operating system is not supported",
        )
    return image


def require_linux(store: ImageStore) -> None:
    """Raise `MustPullError` if no image in the store is for Linux, because its engine runs on another system."""
    if store.images and not any(_is_linux(image) for image in store.images):
        raise MustPullError(
            "all images in this store are for Windows, where the builder follows different rules; cacheview replays "
            "only builds for Linux"
        )


def _is_linux(image: Image) -> bool:
    return (image.config.os or "linux").lower() == "linux"


def _message(error: BadReferenceError, name: str, release: BuilderRelease) -> str:
    """Return the daemon's message about a text that is not a valid reference."""
    message = error.message
    if not error.in_capitals:
        return message
    if release.names_repository:
        first, slash, rest = name.partition("/")
        has_registry = slash and (re.search("[.:]", first) or first == "localhost" or first.lower() != first)
        repository = (rest if has_registry else name).partition(":")[0]
        if not slash:
            repository = f"library/{repository}"
        message = f"repository name ({repository}) must be lowercase"
    return f"invalid reference format: {message}"


def _accepts(platform: Platform, image: Image, rules: RuleSet, release: BuilderRelease) -> bool:
    if rules.store is StoreKind.CONTAINERD:  # regardless of the rule set: from 26.1 on, the cache compares no platform
        return has_platform(platform, image.config.platform, release)
    return release.takes_any_platform_graph_driver or is_for(platform, image.config.platform)


def has_platform(platform: Platform, image_platform: Platform, release: BuilderRelease) -> bool:
    """Whether a containerd store accepts an image's platform as the requested one.

    Source: moby ``GetImage`` in ``daemon/containerd/image.go``.
    """
    return release.takes_any_platform_containerd or SAME_PLATFORM_CONTAINERD.matches(platform, image_platform)


def is_for(platform: Platform, image_platform: Platform) -> bool:
    """Whether a graph-driver store accepts an image's platform as the requested one.

    Source: ``OnlyPlatformWithFallback`` in containerd's library.
    """
    return Matcher(_PLATFORM_LIBRARY, platform).matches(image_platform)
