"""Keeps which files went into the steps of a replay, so that a later one can name those that differ."""

from __future__ import annotations

from cacheview.dockerfile.context.record import Record
from cacheview.replay.result import Replay
from cacheview.replay.summer import ContextSummer

__all__ = ["remember_files"]


def remember_files(record: Record, replay: Replay, summer: ContextSummer | None = None) -> bool:
    """Keep in a record which files went into the steps of a replay. Returns whether there is anything to save.

    ``summer``: what summed them; without it neither their headers are kept nor the client.
    """
    news = False
    for step in replay.asked:
        if step.sources is not None and record.latest(step.text) != step.sources.text:
            is_of_context = step.copy is None or not step.copy.from_
            sent = summer if is_of_context else None
            headers = sent.headers(path for path, _ in step.sources.files) if sent is not None else None
            client = sent.client.name if sent is not None else ""
            record.remember(step.sources, step=step.text, headers=headers, client=client)
            news = True
    return news
