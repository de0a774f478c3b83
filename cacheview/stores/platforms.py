"""The choice of the manifest to show for a multi-platform image."""

from __future__ import annotations

from collections.abc import Sequence

from cacheview.model import Platform, Variant

__all__ = ["DEFAULT_PLATFORM", "shown_variant"]

DEFAULT_PLATFORM = Platform(os="linux", architecture="amd64")

# Different spellings of the same platform, as in containerd's `platforms.Normalize`.
_SAME_VARIANT = {("arm64", "v8"): "", ("arm", ""): "v7", ("amd64", "v1"): ""}


def _key(platform: Platform) -> tuple[str, str, str]:
    variant = _SAME_VARIANT.get((platform.architecture, platform.variant), platform.variant)
    return (platform.os, platform.architecture, variant)


def shown_variant(variants: Sequence[Variant], platform: Platform) -> Variant | None:
    """Return the variant for the requested platform, or else the first whose content is available; None if none is."""
    present = [variant for variant in variants if variant.config is not None]
    key = _key(platform)
    exact = next((variant for variant in present if _key(variant.platform) == key), None)
    return exact or (present[0] if present else None)
