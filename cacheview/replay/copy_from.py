"""The source of ``COPY --from``, a stage of this build or an image in the store, and the checksum of its files.

Source: moby ``dispatchCopy`` and ``getImageMount`` in ``builder/dockerfile/dispatchers.go``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cacheview.dockerfile.context import SourcesSum, UnknownError
from cacheview.dockerfile.dispatch import CopySources
from cacheview.dockerfile.parse import Instruction
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import Image
from cacheview.replay.bases import MustPullError, find_image
from cacheview.replay.finished_stages import FinishedStages, StageResult
from cacheview.replay.new_images import has_unknown_layer

__all__ = ["images_of_copy", "sum_of_images"]

_STAGE_INDEX: Final = re.compile("[+-]?0*([0-9]{1,19})")
_MAX_INDEX: Final = 2**63 - 1  # the most that Go's ParseInt accepts; a longer number is a name


def sum_of_images(build: FinishedStages, copy: CopySources, images: Sequence[Image | None]) -> SourcesSum:
    """Return the checksum of the files of a ``--from``. ``images``: see `images_of_copy`.

    Raises:
        UnknownError: the content of the layers is not known, or differs between the images.
        BuildRefusedError: the builder refuses the files.
    """
    try:
        results = [build.image_files.sum(image, copy) for image in images]
    except UnknownError as error:
        raise UnknownError(f"this step copies from {copy.from_[:200]}: {error.reason}") from error
    if len({sources.text for sources in results}) > 1:
        raise UnknownError(
            f"it is unknown which of several images the stage {copy.from_[:80]} produces, and their files differ"
        )
    return results[0]


def images_of_copy(build: FinishedStages, name: str, instruction: Instruction) -> list[Image | None]:
    """Return the images that a ``--from`` may refer to, with None for scratch.

    Raises:
        UnknownError: the image is not in the store, or the stage is not known.
        BuildRefusedError: neither a stage nor an image can have this name.
    """
    stage = _stage_of(build, name, instruction)
    if stage is None:
        try:
            image = find_image(name, build.store, build.rules, build.release, build.platform, build.daemon)
        except MustPullError as pull:
            raise UnknownError(pull.reason) from None
        except BuildRefusedError as refusal:
            raise _invalid_from(name, refusal.message, instruction) from None
        build.mounted.add(image.id)
        return [image]
    if not stage.images:
        raise UnknownError(f"this step copies from the stage {name[:80]}, whose base is unknown")
    images = [build.image(image_id) for image_id in stage.images]
    if stage.is_past_miss or any(image is not None and has_unknown_layer(image) for image in images):
        raise UnknownError(f"this step copies from the stage {name[:80]}, part of which has to be built")
    if len(stage.images) == 1:
        try:
            build.mount(stage.images[0], build.platform)
        except BuildRefusedError as refusal:
            raise _invalid_from(name, refusal.message, instruction) from None
    return images


def _stage_of(build: FinishedStages, name: str, instruction: Instruction) -> StageResult | None:
    """Return the stage that a ``--from`` refers to by name or index; None: it refers to an image."""
    stage = build.stage(name)
    number = _STAGE_INDEX.fullmatch(name)
    if stage is not None or number is None or abs(int(number[1])) > _MAX_INDEX:
        return stage
    results = build.results
    index = -int(number[1]) if name.startswith("-") else int(number[1])
    if index == len(results):
        raise _invalid_from(name, "refers to current build stage", instruction)
    if not 0 <= index < len(results):
        raise _invalid_from(name, "index out of bounds", instruction)
    return results[index]


def _invalid_from(name: str, why: str, instruction: Instruction) -> BuildRefusedError:
    message = f"invalid from flag value {name}: {why}"
    return BuildRefusedError(message, message=message, line=instruction.start_line)
