"""Files that come with the program: in the package when it is installed, beside it in a checkout."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

__all__ = ["resource"]


def resource(name: str) -> Traversable:
    """A bundled file or folder by its path under ``resources/``, parts joined by ``/`` (``icons/hit.svg``).

    Raises FileNotFoundError when there is none of that name.
    """
    parts = name.split("/")
    checkout = Path(__file__).parent.parent / "resources"
    for root in (resources.files("cacheview") / "resources", checkout):
        found = root.joinpath(*parts)
        if found.is_file() or found.is_dir():
            return found
    raise FileNotFoundError(f"not bundled with cacheview: {name}")
