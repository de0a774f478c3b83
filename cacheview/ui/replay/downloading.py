"""Which image of an engine would have to be downloaded for a step to be known. No Qt."""

from __future__ import annotations

from cacheview.model import DataError, Image, ImageStore
from cacheview.replay.result import Replay, Step, StepStatus
from cacheview.ui.replay.asking import Replayed

__all__ = ["downloadable_image"]


def downloadable_image(step: Step | None, replayed: Replayed) -> Image | None:
    """The image that an unknown ``COPY --from`` takes files of, in a running engine; None if there is none."""
    from cacheview.layers.nowhere import is_downloadable

    store = replayed.question.store
    if step is None or step.status is not StepStatus.UNKNOWN or step.copy is None or step.sources is not None:
        return None
    if not step.copy.from_ or not is_downloadable(store):
        return None
    image = _source(step.copy.from_, replayed.replay, store)
    return image if image is not None and image.diff_ids else None


def _source(name: str, replay: Replay, store: ImageStore) -> Image | None:
    """The image of a stage, by its name or number, or of a reference."""
    stage = _stage(name, replay)
    if stage is not None:
        last = [each.image for each in replay.steps if each.stage == stage][-1]
        return store.by_id.get(last)
    try:
        return store.resolve(name)
    except DataError:
        return None


def _stage(name: str, replay: Replay) -> int | None:
    for step in replay.steps:
        words = step.text.split()
        is_from = step.status is StepStatus.NO_PROBE and step.stage >= 0 and words[:1] and words[0].upper() == "FROM"
        if is_from and (name == str(step.stage) or (words[-1].lower() == name.lower() and len(words) > 3)):
            return step.stage
    return None
