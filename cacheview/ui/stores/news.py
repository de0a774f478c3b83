"""The news about the store in the line above the panes: why it is not the requested one, or its changes. No Qt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from cacheview.ui.names import ENGINE, name_of

if TYPE_CHECKING:
    from cacheview.model import Image
    from cacheview.stores.change import StoreChanges

__all__ = ["StoreNews", "change_news", "fallback_news"]

_MAX_NAMES: Final = 3


@dataclass(frozen=True)
class StoreNews:
    """A sentence, with details that can be unfolded, and buttons: labels with their actions."""

    kind: Literal["note", "problem"]
    text: str
    details: Sequence[str] = ()
    buttons: Sequence[tuple[str, Callable[[], object]]] = field(default=(), compare=False)


def fallback_news(why: str, buttons: Sequence[tuple[str, Callable[[], object]]]) -> StoreNews:
    """Return the news that the demo is shown because the engine could not be opened.

    Args:
        why: the reason in sentences, from the engine's reader.
    """
    value = why.strip().rstrip(".") + "."
    return StoreNews(
        "problem", f"Showing the bundled demo, because {name_of(ENGINE)} could not be opened. {value}", (), buttons
    )


def change_news(change: StoreChanges, images: Callable[[str], Image | None], since: float) -> StoreNews:
    """Return the new, removed and changed images since a time (in seconds since the epoch).

    Args:
        images: returns an image of the current store by id.
    """
    counts = [(len(change.new), "new"), (len(change.removed), "removed"), (len(change.changed), "changed")]
    text = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    details = []
    for word, ids in (("new", change.new), ("changed", change.changed)):
        for image_id in ids:
            image = images(image_id)
            if image is not None:
                details.append(_line(word, image))
    details.extend(_line("removed", image) for image in change.removed)
    return StoreNews("note", f"{text} since {time.strftime('%H:%M', time.localtime(since))}.", details)


def _line(word: str, image: Image) -> str:
    names = ", ".join(image.names[:_MAX_NAMES]) + (", …" if len(image.names) > _MAX_NAMES else "")
    return "  ".join(filter(None, (f"{word}:", image.id, names, image.instruction)))
