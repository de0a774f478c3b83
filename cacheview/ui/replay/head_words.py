"""The text in the title bar of the replay. No Qt."""

from __future__ import annotations

from collections.abc import Sequence

from cacheview.engine.builders import uses_buildkit
from cacheview.replay.result import StepStatus
from cacheview.ui.plain import one_line
from cacheview.ui.replay.build import options_in_words
from cacheview.ui.replay.replayer import ReplayResult
from cacheview.ui.replay.rows import ReplayRow, flat

__all__ = ["head_words"]


def head_words(result: ReplayResult, rows: Sequence[ReplayRow]) -> str:
    """Return one line about the Dockerfile, the number of cached steps, the options, and the time it took."""
    replay, build = result.replay, result.request.build
    steps = sum(1 for _ in replay.looked_up)
    hits = [row for row in flat(rows) if row.status is StepStatus.HIT]
    cached = sum(not row.is_supposed for row in hits)
    counts = f"{cached} of {steps} steps cached" if steps or replay.refused is None else "no steps"
    if uses_buildkit(result.request.store):
        counts += " by the classic builder"
    if len(hits) > cached:
        counts += f", {len(hits) - cached} more would be cached"
    parts = (one_line(build.title), counts, one_line(" ".join(options_in_words(build))))
    return "  ·  ".join(filter(None, (*parts, f"{result.seconds * 1000:,.0f} ms")))
