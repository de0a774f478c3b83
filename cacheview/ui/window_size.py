"""The size of the window before the user has resized it. No Qt."""

from __future__ import annotations

from typing import Final

__all__ = ["MIN_SIZE", "USUAL_SIZE", "first_size"]

MIN_SIZE: Final = (480, 320)
"""The minimum size, in Qt's pixels like all sizes here. A scaled screen has fewer of these."""

USUAL_SIZE: Final = (1320, 840)
"""The size if no screen is known, as when drawing off screen."""
_SCREEN_SHARES: Final = (0.6, 0.7)
"""The shares of a large screen that the window takes, such as an unscaled one of 3840 × 2160."""
_FRAME_SIZE: Final = (0, 36)
"""The approximate size of a window's frame, for a small screen."""


def first_size(room: tuple[int, int]) -> tuple[int, int]:
    """Return width and height for a screen with this available size.

    Qt's ``restoreGeometry`` fits a saved size to the screen.
    """
    width, height = (
        max(least, min(max(usual, int(share * whole)), whole - frame))
        for least, usual, share, frame, whole in zip(
            MIN_SIZE, USUAL_SIZE, _SCREEN_SHARES, _FRAME_SIZE, room, strict=True
        )
    )
    return width, height
