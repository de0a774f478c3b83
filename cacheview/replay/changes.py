"""Which files keep a ``COPY`` or ``ADD`` from being reused, as far as earlier replays tell."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Final

from cacheview.dockerfile.context.record import Changes, Record
from cacheview.engine import Explanation
from cacheview.engine.index import container_config_of
from cacheview.model import Image
from cacheview.replay.result import Replay, Step

__all__ = ["differing_files", "remember_files"]

_CHECKSUM: Final = re.compile(r"(?:file|dir|multi):[0-9a-f]{64}")
_MOST: Final = 5
_LONGEST: Final = 200


def remember_files(record: Record, replay: Replay) -> bool:
    """Keep in a record which files went into the steps of a replay. Returns whether there is anything to save."""
    news = False
    for step in replay.asked:
        if step.sources is not None and record.latest(step.text) != step.sources.text:
            record.remember(step.sources, step=step.text)
            news = True
    return news


def differing_files(step: Step | None, explanation: Explanation | None, record: Record) -> tuple[str, ...]:
    """What can be said of the files of a missed step against those of the nearest candidate, in sentences.

    Args:
        step: the step; None: there is none.
        explanation: of its miss.
        record: of earlier replays of the same context, without this one.

    Nothing, where it is not only the files that differ.
    """
    if step is None or step.sources is None or explanation is None:
        return ()
    nearest = next(explanation.nearest(), None)
    if nearest is None:
        return ()
    theirs = _other_checksum(explanation, nearest.image)
    return tuple(_sentences(step, nearest.image, theirs, record)) if theirs else ()


def _other_checksum(explanation: Explanation, image: Image) -> str:
    """The checksum that an image was made with; empty where it differs from the probe in more than that."""
    config = container_config_of(image)
    ours = " ".join(explanation.trace.probe.config.Cmd or ())
    theirs = " ".join((config.Cmd if config is not None else None) or ())
    found = _CHECKSUM.search(theirs)
    if found is None or ours == theirs or _CHECKSUM.sub("", ours) != _CHECKSUM.sub("", theirs):
        return ""
    return found[0]


def _sentences(step: Step, image: Image, theirs: str, record: Record) -> Iterator[str]:
    assert step.sources is not None
    differ = f"Not the files that {image.title} was made with"
    known = record.differences(theirs, step.sources)
    if known:
        yield f"{differ}: {_in_words(known)}."
        return
    if known is not None:
        yield f"{differ}: they are in another order, or stand for other sources."
        return
    yield f"{differ}: the checksum alone says no more."
    before = record.latest(step.text, other_than=step.sources.text)
    since = record.differences(before, step.sources) if before is not None else None
    if before is not None and since:
        when = time.strftime("%d %b %Y %H:%M", time.localtime(record.when(before)))
        yield f"Since the replay of {when.lstrip('0')}: {_in_words(since)}."


def _in_words(changes: Changes) -> str:
    told = [
        f"{path[:_LONGEST]} {what}"
        for paths, what in (
            (changes.changed, "was changed"),
            (changes.added, "was added"),
            (changes.removed, "was removed"),
        )
        for path in paths
    ]
    more = len(told) - _MOST
    return ", ".join(told[:_MOST]) + (f" and {more:,} more" if more > 0 else "")
