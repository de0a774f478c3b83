"""How large the window is before a person has given it a size. No Qt."""

from __future__ import annotations

from typing import Final

__all__ = ["LEAST", "USUAL", "first_size"]

LEAST: Final = (480, 320)
"""Pixels, as all here: those of Qt, of which a screen that is scaled has fewer."""

USUAL: Final = (1320, 840)
"""Where no screen is known, as off screen."""
_SHARES: Final = (0.6, 0.7)
"""Of a large screen, such as one of 3840 × 2160 that is not scaled."""
_FRAME: Final = (0, 36)
"""What the frame around a window takes of a small screen, about."""


def first_size(room: tuple[int, int]) -> tuple[int, int]:
    """Width and height, for a screen with this much room for windows.

    A size that was kept is fitted to the screen by Qt's ``restoreGeometry``.
    """
    width, height = (
        max(least, min(max(usual, int(share * whole)), whole - frame))
        for least, usual, share, frame, whole in zip(LEAST, USUAL, _SHARES, _FRAME, room, strict=True)
    )
    return width, height
