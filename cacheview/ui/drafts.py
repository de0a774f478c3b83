"""Probes that a person edited, kept while others are shown and between sessions. No Qt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from cacheview.cases import platform_of_probe
from cacheview.model import Probe
from cacheview.model.base import Model
from cacheview.stores.secrets import pieces

if TYPE_CHECKING:
    from cacheview.model import ImageStore
    from cacheview.ui.settings import Settings

__all__ = ["ProbeDraft", "drafts_of", "is_of_an_image", "keep_drafts", "kept_drafts"]

_MOST: Final = 20
_LONGEST: Final = 100_000  # characters of what is kept of one


class ProbeDraft(Model):
    """An edited probe.

    Attributes:
        location: of the store that it was edited in.
        case, number: which probe of that it was, from 0.
        probe: as it was edited.
    """

    location: str
    case: int
    number: int
    probe: Probe


def kept_drafts(settings: Settings) -> list[ProbeDraft]:
    """Those of earlier starts; what cannot be read is left out."""
    drafts = []
    for text in settings.drafts:
        try:
            drafts.append(ProbeDraft.model_validate_json(text))
        except ValueError:  # edited by hand, or by another version
            continue
    return drafts


def keep_drafts(settings: Settings, drafts: Sequence[ProbeDraft], secrets: Iterable[str] = ()) -> None:
    """Keep drafts for the next start, the first ones where they are many.

    Args:
        secrets: values of build arguments: a probe that has one in it, or a piece of one, is not written anywhere.
    """
    texts = (draft.model_dump_json(exclude_defaults=True) for draft in drafts)
    results = {piece for value in secrets for piece in pieces(value)}
    hidden = [json.dumps(piece, ensure_ascii=False)[1:-1] for piece in results]
    settings.drafts = [text for text in texts if len(text) <= _LONGEST and not any(value in text for value in hidden)][
        :_MOST
    ]


def is_of_an_image(probe: Probe, store: ImageStore) -> bool:
    """Whether a probe is what made an image of the store: it can be had again, and nobody typed anything of it."""
    if probe.cache_from or probe.platform not in (None, platform_of_probe(store, probe.parent)):
        return False
    return any(
        probe.config in (image.container_config, image.config.container_config)
        for image in store.children.get(probe.parent, ())
    )


def drafts_of(location: str, edited: Mapping[tuple[int, int], Probe]) -> Iterator[ProbeDraft]:
    """What was edited at one location, by place."""
    for (case, number), probe in edited.items():
        yield ProbeDraft(location=location, case=case, number=number, probe=probe)
