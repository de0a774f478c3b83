"""The files that come with cacheview: the demo suite, icons."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

__all__ = ["resource"]


def resource(name: str) -> Traversable:
    """A bundled file or folder by its path in ``resources/``, whether installed or in a checkout.

    Nothing says that it exists: reading one that does not raises FileNotFoundError.
    """
    steps = [step for step in name.split("/") if step]
    package = files("cacheview")
    installed = package.joinpath("resources")
    if not installed.is_dir() and isinstance(package, Path):
        installed = package.parent / "resources"  # in a checkout they lie beside the package
    return installed.joinpath(*steps)
