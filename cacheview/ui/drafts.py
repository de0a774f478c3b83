"""Edited probes, which are kept while others are shown and between sessions. No Qt."""

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

_MAX_DRAFTS: Final = 20
_MAX_DRAFT_CHARACTERS: Final = 100_000  # longer drafts are not kept


class ProbeDraft(Model):
    """An edited probe.

    Attributes:
        location: location of the store that it was edited in.
        case, number: the number of its case, and the number of the probe in the case, both from 0.
        probe: the edited probe.
    """

    location: str
    case: int
    number: int
    probe: Probe


def kept_drafts(settings: Settings) -> list[ProbeDraft]:
    """Return the drafts of earlier sessions, without those that cannot be read."""
    drafts = []
    for text in settings.drafts:
        try:
            drafts.append(ProbeDraft.model_validate_json(text))
        except ValueError:  # edited by hand, or saved by another version
            continue
    return drafts


def keep_drafts(settings: Settings, drafts: Sequence[ProbeDraft], secrets: Iterable[str] = ()) -> None:
    """Save drafts for the next session, but only the first ones if there are many.

    Args:
        secrets: values of build arguments. A probe that contains one, or a piece of one, is not saved.
    """
    texts = (draft.model_dump_json(exclude_defaults=True) for draft in drafts)
    results = {piece for value in secrets for piece in pieces(value)}
    hidden = [json.dumps(piece, ensure_ascii=False)[1:-1] for piece in results]
    settings.drafts = [
        text for text in texts if len(text) <= _MAX_DRAFT_CHARACTERS and not any(value in text for value in hidden)
    ][:_MAX_DRAFTS]


def is_of_an_image(probe: Probe, store: ImageStore) -> bool:
    """Whether a probe equals that of an image in the store, so that no edit would be lost."""
    if probe.cache_from or probe.platform not in (None, platform_of_probe(store, probe.parent)):
        return False
    return any(
        probe.config in (image.container_config, image.config.container_config)
        for image in store.children.get(probe.parent, ())
    )


def drafts_of(location: str, edited: Mapping[tuple[int, int], Probe]) -> Iterator[ProbeDraft]:
    """Yield the edited probes of one location as drafts, by place."""
    for (case, number), probe in edited.items():
        yield ProbeDraft(location=location, case=case, number=number, probe=probe)
