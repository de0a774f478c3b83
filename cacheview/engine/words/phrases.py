"""Images, values and lists as people write them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from cacheview.engine.check import ABSENT, UNKNOWN
from cacheview.model import HistoryEntry, Image, ImageStore, short_id
from cacheview.wording import all_of

__all__ = ["command", "known_as", "listed", "names", "parent_title", "plain"]

_MAX_STEP_CHARACTERS = 60
"""The maximum number of characters of a step that is shown next to an id."""
_DIGEST = re.compile("([0-9a-f]{12})[0-9a-f]{52}")
"""The checksum of files in a step. Its beginning identifies it, like that of an id."""


def known_as(image: Image) -> str:
    """Return the name of an image, or its short id with the step that created it."""
    if image.names or not image.instruction:
        return image.title
    step = _DIGEST.sub(r"\1…", image.instruction)
    return f"{image.short_id} ({step if len(step) <= _MAX_STEP_CHARACTERS else step[: _MAX_STEP_CHARACTERS - 1] + '…'})"


def parent_title(store: ImageStore, parent: str) -> str:
    """Return the name of the probe's parent."""
    image = store.by_id.get(parent)
    return known_as(image) if image is not None else short_id(parent)


def plain(value: object) -> str:
    """Return a value as text for people: strings in quotes, lists and maps as JSON, missing values as a word."""
    if value is ABSENT:
        return "nothing"
    if value is UNKNOWN:
        return UNKNOWN.value
    if isinstance(value, HistoryEntry):
        return json.dumps(value.created_by, ensure_ascii=False)
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", exclude_defaults=True)
    if value is None or isinstance(value, str | bool | int | list | tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def names(images: Sequence[Image]) -> str:
    """Return the titles of the first three images, and the number of the others."""
    shown = ", ".join(image.title for image in images[:3])
    return shown if len(images) <= 3 else f"{shown} and {len(images) - 3} more"


def listed(words: Sequence[str]) -> str:
    """Return the first five words, and the number of the others."""
    return all_of([*words[:5], f"{len(words) - 5} more"] if len(words) > 5 else words)


def command(words: Sequence[str]) -> str:
    """Return a command in a form that shows where each word begins and ends."""
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"
