"""Lists of things as people write them."""

from __future__ import annotations

from collections.abc import Sequence

from cacheview.model import Image

__all__ = ["command", "listed", "names"]


def names(images: Sequence[Image]) -> str:
    """The first three images by their titles, and how many more there are."""
    shown = ", ".join(image.title for image in images[:3])
    return shown if len(images) <= 3 else f"{shown} and {len(images) - 3} more"


def listed(words: Sequence[str]) -> str:
    """The first five words, and how many more there are."""
    shown = list(words[:5]) + ([f"{len(words) - 5} more"] if len(words) > 5 else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def command(words: Sequence[str]) -> str:
    """A command with the ends of its words to be seen."""
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"
