"""One build as sent by all clients, as text and JSON; the keys are in resources/docs/replay.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from cacheview.cases import Daemon
from cacheview.dockerfile.refusal import SPEAKERS
from cacheview.replay.client_comparison import ClientGroup, ClientRun
from cacheview.report.forms import joined, json_text
from cacheview.report.using import using_as_lines, using_as_object
from cacheview.wording import counted

__all__ = ["CLIENTS_FORMAT", "clients_as_json", "clients_as_text"]

CLIENTS_FORMAT: Final = "cacheview-clients/1"


def clients_as_text(groups: Sequence[ClientGroup], *, using: Daemon | None = None) -> str:
    """Return the groups of clients that share a cache as text, the requested client's first, with their differences."""
    return joined((*using_as_lines(using), *_lines(groups)))


def _lines(groups: Sequence[ClientGroup]) -> Iterator[str]:
    for group in groups:
        run = group.runs[0]
        yield f"{', '.join(each.client.name for each in group.runs)}: {outcome(run)}"
        yield from (f"    {line}" for line in reasons(group))


def outcome(run: ClientRun) -> str:
    """Return a short phrase about the build of a client."""
    refused = run.replay.refused
    ends = "" if refused is None else "refused" if refused.by in SPEAKERS else "never answered"
    if ends and not run.replay.steps:
        return ends
    count = len(run.steps)
    text = f"{run.cached} of {counted(count, 'step')} cached"
    text += f", {run.unknown} unknown" if run.unknown else ""
    return f"{text}, then {ends}" if ends else text


def reasons(group: ClientGroup) -> Iterator[str]:
    """Yield where and why the builds of a group diverge from those of the requested client."""
    difference = group.difference
    if difference is not None:
        if difference.number:
            yield f"the cache is not shared from step {difference.number} onward: {difference.text[:200]}"
        yield from difference.reasons
    if group.own_session_only:
        yield (
            "a label changes with each session, so the step that sets it and all later steps are not shared between "
            "sessions"
        )


def clients_as_json(groups: Sequence[ClientGroup], *, using: Daemon | None = None) -> str:
    """Return the groups as JSON text."""
    head = {"format": CLIENTS_FORMAT, **using_as_object(using)}
    return json_text({**head, "groups": [_group(group) for group in groups]})


def _group(group: ClientGroup) -> dict[str, Any]:
    run, difference = group.runs[0], group.difference
    refused = run.replay.refused
    return {
        "clients": [each.client.name for each in group.runs],
        "cached": run.cached,
        "unknown": run.unknown,
        "asked": len(run.steps),
        "all_cached": run.replay.all_cached,
        "refused": None if refused is None else {"what": refused.what, "said": refused.message, "by": refused.by},
        "differs_at": None if difference is None else difference.number,
        "reasons": [] if difference is None else list(difference.reasons),
        "own_session_only": group.own_session_only,
    }
