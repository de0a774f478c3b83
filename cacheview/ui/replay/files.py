"""Which files keep a ``COPY`` or ``ADD`` from being reused, as far as that is known. No Qt."""

from __future__ import annotations

import re
from typing import Final

from cacheview.engine import Explanation
from cacheview.engine.explain import known_as
from cacheview.engine.index import container_config_of
from cacheview.replay.result import Step

__all__ = ["differing_files"]

_CHECKSUM: Final = re.compile(r"(?:file|dir|multi):[0-9a-f]{64}")


def differing_files(step: Step | None, explanation: Explanation | None) -> tuple[str, ...]:
    """What can be said of the files of a missed step against those of the nearest candidate, in sentences."""
    if step is None or explanation is None or step.sources is None:
        return ()
    nearest = next(explanation.nearest(), None)
    config = container_config_of(nearest.image) if nearest is not None else None
    if nearest is None or config is None:
        return ()
    ours, theirs = (" ".join(cmd or ()) for cmd in (explanation.trace.probe.config.Cmd, config.Cmd))
    if ours == theirs or _CHECKSUM.sub("", ours) != _CHECKSUM.sub("", theirs):
        return ()  # it is not, or not only, the files that differ
    known = known_as(nearest.image)
    return (f"The files are not those that {known} was made with. The checksum alone says only that they differ.",)
