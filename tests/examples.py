"""How many random examples a property is tried on: a share of what the profile of hypothesis asks for."""

from __future__ import annotations

from hypothesis import settings

__all__ = ["examples"]


def examples(share: float) -> settings:
    """That share of the profile's examples: more than all where most say little, fewer where each writes files."""
    profile = settings()
    return settings(profile, max_examples=max(1, round(profile.max_examples * share)))
