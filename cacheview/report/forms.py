"""Text, JSON and Markdown in which nothing acts on a terminal, and nothing means more than it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from cacheview.visible import visible, visible_json

__all__ = ["escaped", "joined", "json_text"]

_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~!&]")
"""What means something to Markdown within a line; ``&`` begins an entity."""


def joined(lines: Iterable[str]) -> str:
    """Lines of plain text as one text. Nothing in it acts on a terminal, and each line stays one."""
    return "\n".join(map(visible, lines))


def json_text(document: object) -> str:
    """JSON-like values as JSON text, in which nothing acts on a terminal either."""
    return visible_json(json.dumps(document, ensure_ascii=False, indent=2))


def escaped(text: str) -> str:
    """One line of text that Markdown shows as it is, in a cell of a table too."""
    return _MARKDOWN.sub(r"\\\g<0>", visible(text.replace("\n", " ")))
