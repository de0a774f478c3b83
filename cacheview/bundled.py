"""Files that come with the program: in the package when it is installed, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["resource"]


def resource(name: str) -> Traversable:
    """A bundled file or folder by its path under ``resources/``, parts joined by ``/`` (``icons/hit.svg``).

    Raises FileNotFoundError when there is none of that name.
    """
    parts = name.split("/")
    package = Path(__file__).parent
    for root in (package / "resources", package.parent / "resources"):
        result = root.joinpath(*parts)
        if result.exists():
            return result
    # Neither: the package may be no folder at all. Loading this takes longer than the whole look-up.
    from importlib.resources import files

    inside = files("cacheview").joinpath("resources", *parts)
    if inside.is_file() or inside.is_dir():
        return inside
    raise FileNotFoundError(f"not bundled with cacheview: {name}")
