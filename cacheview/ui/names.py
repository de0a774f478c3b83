"""What a person calls a location."""

from __future__ import annotations

import os
from typing import Final

__all__ = ["DEMO", "name_of"]

DEMO: Final = "demo:"
"""The location of the bundled demo. (The stores know it too; importing them takes longer than the first paint.)"""


def name_of(location: str) -> str:
    """The last part of a path; ``demo`` for the bundled demo."""
    if location == DEMO:
        return "demo"
    return os.path.basename(location.rstrip("/\\")) or location
