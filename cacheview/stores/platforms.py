"""Which manifest of a multi-platform image is shown."""

from __future__ import annotations

from collections.abc import Sequence

from cacheview.model import Platform, Variant

__all__ = ["DEFAULT_PLATFORM", "shown_variant"]

DEFAULT_PLATFORM = Platform(os="linux", architecture="amd64")

# Two spellings of one platform, as containerd's `platforms.Normalize` has them.
_SAME_VARIANT = {("arm64", "v8"): "", ("arm", ""): "v7", ("amd64", "v1"): ""}


def _key(platform: Platform) -> tuple[str, str, str]:
    variant = _SAME_VARIANT.get((platform.architecture, platform.variant), platform.variant)
    return (platform.os, platform.architecture, variant)


def shown_variant(variants: Sequence[Variant], platform: Platform) -> Variant | None:
    """The one of the wanted platform, otherwise the first whose content is there; None if none is."""
    present = [variant for variant in variants if variant.config is not None]
    wanted = _key(platform)
    exact = next((variant for variant in present if _key(variant.platform) == wanted), None)
    return exact or (present[0] if present else None)
