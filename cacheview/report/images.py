"""An image as text, JSON or Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cacheview.engine import doubt_sentences
from cacheview.model import Image
from cacheview.report.forms import escaped, joined
from cacheview.visible import visible_json
from cacheview.wording import counted

__all__ = ["image_as_json", "image_as_markdown", "image_as_object", "image_as_text", "image_or_null"]


def image_as_text(image: Image) -> str:
    """Return an image as text, one fact per line."""
    return joined(f"{name}: {value}" for name, value in _image_facts(image))


def image_as_markdown(image: Image) -> str:
    """Return an image as a Markdown table."""
    rows = [f"| {name} | {escaped(value)} |" for name, value in _image_facts(image)]
    return "\n".join(["| | |", "|---|---|", *rows])


def image_as_json(image: Image) -> str:
    """Return an image as JSON, as in the store, without unknown fields."""
    return visible_json(image.model_dump_json(indent=2, exclude_defaults=True))


def _image_facts(image: Image) -> Iterator[tuple[str, str]]:
    yield "id", image.id
    yield from (("name", name) for name in image.names)
    yield "parent", image.parent or "none recorded"
    if image.instruction:
        yield "instruction", image.instruction
    yield "created", str(image.created) if image.created is not None else "not recorded"
    yield "platform", str(image.config.platform)
    entries = counted(len(image.history), "entry", "entries")
    yield "history", f"{entries}, {counted(len(image.diff_ids), 'layer')}"
    for doubt in image.doubts:
        reason, remedy = doubt_sentences(doubt)
        yield "not known exactly", f"{doubt.aspect.replace('_', ' ')}. {reason} {remedy}"


def image_or_null(image: Image | None) -> dict[str, Any] | None:
    """Return `image_as_object`, or None if there is no image."""
    return None if image is None else image_as_object(image)


def image_as_object(image: Image) -> dict[str, Any]:
    """Return the identity of an image: id, names, and the instruction that created it."""
    return {"id": image.id, "names": list(image.names), "instruction": image.instruction}
