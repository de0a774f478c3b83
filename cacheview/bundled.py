"""Files included in the program: inside the package when it is installed, next to it in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["resource"]


def resource(name: str) -> Traversable:
    """Return a bundled file or folder by its path under ``resources/``, separated by ``/`` (``icons/hit.svg``).

    Raises FileNotFoundError if there is none with that name.
    """
    parts = name.split("/")
    package = Path(__file__).parent
    for root in (package / "resources", package.parent / "resources"):
        result = root.joinpath(*parts)
        if result.exists():
            return result
    # The package may not be a folder at all. Importing this takes longer than the whole lookup.
    from importlib.resources import files

    inside = files("cacheview").joinpath("resources", *parts)
    if inside.is_file() or inside.is_dir():
        return inside
    raise FileNotFoundError(f"not bundled with cacheview: {name}")
