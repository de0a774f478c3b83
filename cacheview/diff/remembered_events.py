"""The events of an engine in a comparison: when an image was removed, and when a base was pulled again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from cacheview.diff.causes import Cause, CauseKind
from cacheview.diff.compare import BuildDiff, StepPair
from cacheview.model.image import familiar
from cacheview.stores.docker_engine.client import Timeouts
from cacheview.stores.docker_engine.past_events import ImageEvent, past_events

__all__ = ["may_explain", "with_events", "with_events_of"]

_BRINGING_ACTIONS: Final = ("pull", "tag", "load", "import")


def may_explain(diff: BuildDiff) -> bool:
    """Return whether events since A may explain a difference: an image is missing, or a base is different."""
    if diff.a.started is None:
        return False
    return bool(diff.missing_images) or any(cause.kind is CauseKind.BASE for row in diff.rows for cause in row.causes)


def with_events_of(
    target: str, diff: BuildDiff, timeouts: Timeouts | None = None, stopped: Callable[[], bool] = lambda: False
) -> BuildDiff:
    """Return the comparison with the events that explain it, if there may be any.

    Args:
        target: the engine that has the store of B, without the prefix ``engine:``.
        stopped: see `past_events`.

    Raises:
        DataError: there is no such engine, or it does not answer.
    """
    since = diff.a.started
    if since is None or not may_explain(diff):
        return diff
    return with_events(diff, past_events(target, since, diff.b.started or datetime.now(UTC), timeouts, stopped))


def with_events(diff: BuildDiff, events: Sequence[ImageEvent]) -> BuildDiff:
    """Return the comparison with the events that explain it.

    Args:
        events: since A, of the engine that has the store of B, oldest first.
    """
    return replace(diff, rows=tuple(_row(row, events) for row in diff.rows))


def _row(row: StepPair, events: Sequence[ImageEvent]) -> StepPair:
    if row.missing_image is not None:
        image = row.missing_image.image.removeprefix("sha256:")
        removed = _last(event for event in events if event.action == "delete" and _is(event, image))
        if removed is not None:
            return replace(row, missing_image=replace(row.missing_image, removed_at=removed.at))
    if row.causes and row.causes[0].kind is CauseKind.BASE and row.causes[0].name and row.b is not None:
        event = _last(_of_base(row.causes[0], row.b.image, events))
        if event is not None:
            first = replace(row.causes[0], event=event.action, event_at=event.at)
            return replace(row, causes=(first, *row.causes[1:]))
    return row


def _of_base(cause: Cause, image: str, events: Sequence[ImageEvent]) -> list[ImageEvent]:
    names = {cause.name, f"{cause.name}:latest"}
    digits = image.removeprefix("sha256:")
    return [
        event
        for event in events
        if event.action in _BRINGING_ACTIONS
        and ({familiar(event.subject), familiar(event.name)} & names or _is(event, digits))
    ]


def _is(event: ImageEvent, digits: str) -> bool:
    return bool(digits) and event.subject.removeprefix("sha256:").startswith(digits)


def _last(events: Iterable[ImageEvent]) -> ImageEvent | None:
    return next(iter(reversed(list(events))), None)
