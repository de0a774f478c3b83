"""Text, JSON and Markdown that are shown literally: no terminal or renderer interprets any part of a value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from cacheview.visible import visible, visible_json

__all__ = ["escaped", "joined", "json_text"]

_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~!&]")
"""The characters that Markdown interprets within a line. ``&`` begins an entity."""


def joined(lines: Iterable[str]) -> str:
    """Join lines of plain text. Control characters are made visible, so each line stays one line."""
    return "\n".join(map(visible, lines))


def json_text(document: object) -> str:
    """Return JSON-like values as JSON text, with control characters escaped."""
    return visible_json(json.dumps(document, ensure_ascii=False, indent=2))


def escaped(text: str) -> str:
    """Return text as one line that Markdown shows literally, also in a table cell."""
    return _MARKDOWN.sub(r"\\\g<0>", visible(text.replace("\n", " ")))
