"""The images that a step misses because of its files alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cacheview.engine import Explanation
from cacheview.engine.candidate import container_config_of
from cacheview.model import Image

__all__ = ["candidates_by_files", "differs_in_files"]

_CHECKSUM: Final = re.compile(r"(?:file|dir|multi):[0-9a-f]{64}")


def differs_in_files(explanation: Explanation) -> bool:
    """Whether a probe misses, and the nearest image differs from it in the checksum of the files alone."""
    asked = " ".join(explanation.trace.probe.config.Cmd or ())
    if explanation.verdict.local is not None or not _CHECKSUM.search(asked):
        return False
    return next(candidates_by_files(explanation), None) is not None


def candidates_by_files(explanation: Explanation) -> Iterator[tuple[Image, str]]:
    """The images that differ in the checksum of the files alone, the nearest first, with theirs."""
    for near in explanation.nearest():
        if near.fields > 1:
            return
        checksum = _other_checksum(explanation, near.image)
        if checksum:
            yield near.image, checksum


def _other_checksum(explanation: Explanation, image: Image) -> str:
    """The checksum that an image was made with; empty where it differs from the probe in more than that."""
    config = container_config_of(image)
    ours = " ".join(explanation.trace.probe.config.Cmd or ())
    theirs = " ".join((config.Cmd if config is not None else None) or ())
    found = _CHECKSUM.search(theirs)
    if found is None or ours == theirs or _CHECKSUM.sub("", ours) != _CHECKSUM.sub("", theirs):
        return ""
    return found[0]
