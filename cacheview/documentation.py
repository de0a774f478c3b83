"""The pages of the documentation that are included in the program."""

from __future__ import annotations

from typing import Final

from cacheview.bundled import resource

__all__ = ["PAGES", "page_text"]

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


def page_text(name: str) -> str:
    """Return a page as Markdown. Raises FileNotFoundError if there is no page with this file name."""
    return resource(f"docs/{name}").read_text(encoding="utf-8")
