"""What the line above the panes says about the store: why it is a different one, and what changed in it. No Qt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from cacheview.ui.names import ENGINE, name_of

if TYPE_CHECKING:
    from cacheview.model import Image
    from cacheview.stores.change import StoreChange

__all__ = ["StoreNews", "change_news", "fallback_news"]

_NAMES: Final = 3


@dataclass(frozen=True)
class StoreNews:
    """A sentence, with details that may be unfolded, and buttons: labels with what they do."""

    kind: Literal["note", "problem"]
    text: str
    details: Sequence[str] = ()
    buttons: Sequence[tuple[str, Callable[[], object]]] = field(default=(), compare=False)


def fallback_news(why: str, buttons: Sequence[tuple[str, Callable[[], object]]]) -> StoreNews:
    """The demo is shown, as the engine could not be.

    Args:
        why: a sentence or more, as the engine's reader reports it.
    """
    value = why.strip().rstrip(".") + "."
    return StoreNews(
        "problem", f"This is the bundled demo: {name_of(ENGINE)} could not be opened. {value}", (), buttons
    )


def change_news(change: StoreChange, images: Callable[[str], Image | None], since: float) -> StoreNews:
    """What is new, gone and changed since a time (seconds of the epoch).

    Args:
        images: finds an image of the store as it is now.
    """
    counts = [(len(change.new), "new"), (len(change.gone), "gone"), (len(change.changed), "changed")]
    text = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    details = []
    for word, ids in (("new", change.new), ("changed", change.changed)):
        for image_id in ids:
            image = images(image_id)
            if image is not None:
                details.append(_line(word, image))
    details.extend(_line("gone", image) for image in change.gone)
    return StoreNews("note", f"{text} since {time.strftime('%H:%M', time.localtime(since))}.", details)


def _line(word: str, image: Image) -> str:
    names = ", ".join(image.names[:_NAMES]) + (", …" if len(image.names) > _NAMES else "")
    return "  ".join(filter(None, (f"{word}:", image.id, names, image.instruction)))
