"""The images that a step does not hit only because its files differ."""

from __future__ import annotations

from collections.abc import Iterator

from cacheview.engine import Explanation
from cacheview.engine.candidate import container_config_of
from cacheview.engine.history import created_by
from cacheview.engine.writable import checksum_in, is_same_but_for_files
from cacheview.model import Image

__all__ = ["candidates_by_files", "differs_in_files"]


def differs_in_files(explanation: Explanation) -> bool:
    """Whether a probe misses, and the nearest image differs only in the checksum of the files."""
    command = created_by(explanation.trace.probe.config)
    if explanation.verdict.local is not None or not checksum_in(command):
        return False
    return next(candidates_by_files(explanation), None) is not None


def candidates_by_files(explanation: Explanation) -> Iterator[tuple[Image, str]]:
    """Yield the images that differ only in the checksum of the files, nearest first, each with its own checksum."""
    for near in explanation.nearest():
        if near.fields > 1:
            return
        checksum = _other_checksum(explanation, near.image)
        if checksum:
            yield near.image, checksum


def _other_checksum(explanation: Explanation, image: Image) -> str:
    """Return the checksum that an image was built with; empty if the image differs in anything else."""
    config = container_config_of(image)
    probe_value, image_value = (
        created_by(explanation.trace.probe.config),
        created_by(config) if config is not None else "",
    )
    return checksum_in(image_value) if is_same_but_for_files(probe_value, image_value) else ""
