"""Sets the number of random examples for a property as a multiple of the hypothesis profile's number."""

from __future__ import annotations

from hypothesis import settings

__all__ = ["examples"]


def examples(share: float) -> settings:
    """Use this share of the profile's examples: above 1 if most of them test little, below if they write files."""
    profile = settings()
    return settings(profile, max_examples=max(1, round(profile.max_examples * share)))
