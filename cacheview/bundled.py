"""Files included in the program: inside the package when it is installed, next to it in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["PAGES", "page_text", "resource"]

PAGES: Final[dict[str, str]] = {
    "command-line.md": "Command line",
    "replay.md": "Replaying a Dockerfile",
    "watch.md": "Watching builds",
    "compare.md": "Comparing two builds",
    "suites.md": "Suites",
    "rules.md": "The rules, in short",
    "rule-sets.md": "Rule sets",
    "systems.md": "Linux, macOS and Windows",
    "glossary.md": "Glossary",
    "changelog.md": "Changelog",
}
"""File names under ``resources/docs`` and their titles, in reading order."""


def resource(name: str) -> Traversable:
    """Return the bundled file or folder at a path under ``resources/``, such as ``icons/hit.svg``.

    Raises FileNotFoundError if there is none.
    """
    parts = name.split("/")
    package = Path(__file__).parent
    for root in (package / "resources", package.parent / "resources"):
        result = root.joinpath(*parts)
        if result.exists():
            return result
    # The package might not be a folder. This import takes longer than the lookup above.
    from importlib.resources import files

    inside = files("cacheview").joinpath("resources", *parts)
    if inside.is_file() or inside.is_dir():
        return inside
    raise FileNotFoundError(f"not bundled with cacheview: {name}")


def page_text(name: str) -> str:
    """Return a page as Markdown. Raises FileNotFoundError if there is no page with this file name."""
    return resource(f"docs/{name}").read_text(encoding="utf-8")
