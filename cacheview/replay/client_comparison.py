"""Compares a build as sent by every client: which clients share a cache, and why the others do not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cacheview.dockerfile.context import CLIENTS, Client, SourcesSum
from cacheview.layers.changes import Aspect, FileState, aspects_of
from cacheview.layers.header_states import read_header
from cacheview.model import DataError
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.result import Replay, Step, StepStatus

__all__ = ["ClientDifference", "ClientGroup", "ClientRun", "compare_clients"]

_MODE_IN_HEADER: Final = re.compile(rb"mode(\d+)uid")
_MAX_REASONS: Final = 4


@dataclass(frozen=True)
class ClientRun:
    """The build of one client.

    Attributes:
        client: the client that sends the build.
        replay: the replay of its build.
        checksums: the checksums of its files.
        random_labels: names of the labels whose value it generates.
    """

    client: Client
    replay: Replay
    checksums: ContextChecksums
    random_labels: frozenset[str] = frozenset()

    @property
    def cached(self) -> int:
        """The number of steps that are hits."""
        return sum(step.status is StepStatus.HIT for step in self.replay.looked_up)

    @property
    def unknown(self) -> int:
        """The number of steps that may be hits."""
        return sum(step.status is StepStatus.UNKNOWN for step in self.replay.looked_up)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that are looked up in the cache, including triggers."""
        return tuple(self.replay.looked_up)

    def key(self, step: Step) -> tuple[str, str | None]:
        """Return the key that is equal for two clients that share a step."""
        if step.added_label in self.random_labels:
            return f"LABEL {step.added_label}", None
        return step.text, step.sources.text if step.sources is not None else step.created_by

    @property
    def keys(self) -> tuple[tuple[str, str | None], ...]:
        """The keys of all steps, and the reason if the build is refused."""
        refused = self.replay.refused
        end = () if refused is None else ((refused.by, refused.message),)
        return (*map(self.key, self.steps), *end)


@dataclass(frozen=True)
class ClientDifference:
    """The point at which the builds of two clients diverge.

    Attributes:
        number: number of the first step that they do not share; 0: the client refuses the build.
        text: text of that step.
        reasons: the reasons, as phrases.
    """

    number: int
    text: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class ClientGroup:
    """Clients whose builds hit one another's images.

    Attributes:
        runs: their builds, at least one.
        difference: the difference from the requested client's group; None: it is that group.
    """

    runs: tuple[ClientRun, ...]
    difference: ClientDifference | None = None

    @property
    def own_session_only(self) -> bool:
        """Whether their last steps are shared only within a session, because the client generates a label."""
        return any(run.random_labels for run in self.runs)


def compare_clients(run: Callable[[Client], ClientRun], requested: Client) -> tuple[ClientGroup, ...]:
    """Return the builds of every client, grouped by shared cache, with the group of ``requested`` first.

    ``run`` replays the build of a client; what it raises propagates.
    """
    clients = {requested.name: requested, **{client.name: client for client in CLIENTS.values()}}
    by_keys: dict[object, list[ClientRun]] = {}
    for client in clients.values():
        client_run = run(client)
        # The client generates a name for every build, so not even its own builds share steps.
        alone = client.name if client_run.replay.refused is None and client_run.checksums.has_random_ignore_file else ""
        by_keys.setdefault((client_run.keys, alone), []).append(client_run)
    groups = [tuple(runs) for runs in by_keys.values()]
    first = groups[0][0]
    return tuple(
        ClientGroup(runs, _difference(first, runs[0]) if number else None) for number, runs in enumerate(groups)
    )


def _difference(default_run: ClientRun, other_run: ClientRun) -> ClientDifference:
    default_steps, other_steps = default_run.steps, other_run.steps
    for step, now in zip(default_steps, other_steps, strict=False):
        if default_run.key(step) != other_run.key(now):
            return ClientDifference(now.number, now.text, tuple(_reasons(default_run, step, other_run, now)))
    refused = other_run.replay.refused
    if refused is not None and default_run.replay.refused != refused:
        return ClientDifference(refused.line and len(other_steps), "", (f"the build is refused: {refused.message}",))
    if len(other_steps) > len(default_steps):
        now = other_steps[len(default_steps)]
        return ClientDifference(now.number, now.text, ("the client adds this step",))
    if len(default_steps) > len(other_steps):
        return ClientDifference(
            default_steps[len(other_steps)].number,
            default_steps[len(other_steps)].text,
            ("the client does not add this step",),
        )
    return ClientDifference(0, "", ("the client gives the Dockerfile a new random name for each build",))


def _reasons(default_run: ClientRun, step: Step, other_run: ClientRun, now: Step) -> Iterator[str]:
    if step.text != now.text:
        yield "the client adds this step" if now.added_label else "the step is different"
    elif step.sources is not None and now.sources is not None:
        reasons = list(_of_files(default_run, step.sources, other_run, now.sources))
        yield from reasons[:_MAX_REASONS] or ["the files are sent in a different order"]
    else:
        yield "the build arguments differ"


def _of_files(
    default_run: ClientRun, default_sum: SourcesSum, other_run: ClientRun, other_sum: SourcesSum
) -> Iterator[str]:
    before, now = dict(default_sum.files), dict(other_sum.files)
    yield from _named("not sent", [path for path in before if path not in now])
    yield from _named("also sent", [path for path in now if path not in before])
    changed = [path for path in before if path in now and before[path] != now[path]]
    try:
        old, new = default_run.checksums.headers(changed), other_run.checksums.headers(changed)
    except DataError:
        return
    by_phrase: dict[str, list[str]] = {}
    for path in changed:
        for phrase in _of_headers(path, old.get(path, b""), new.get(path, b"")):
            by_phrase.setdefault(phrase, []).append(path)
    for phrase, paths in by_phrase.items():
        yield from _named(phrase, paths)


def _named(phrase: str, paths: Sequence[str]) -> Iterator[str]:
    if paths:
        more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
        yield f"{phrase}: {paths[0][:200]}{more}"


def _of_headers(path: str, old: bytes, new: bytes) -> Iterator[str]:
    before, now = read_header(path, old), read_header(path, new)
    if before is None or now is None:
        yield "sent without a separate tar entry" if not new else "sent with a separate tar entry"
        return
    aspects = aspects_of(before, now, has_same_content=True)
    for aspect in aspects:
        yield _aspect(aspect, before, now)
    if aspects:
        return
    modes = [result[1] for result in map(_MODE_IN_HEADER.search, (old, new)) if result is not None]
    if len(set(modes)) > 1:
        yield "mode with file type bits" if int(modes[1]) > int(modes[0]) else "mode without file type bits"
    elif old != new:
        yield "different name in the tar file"
    else:
        yield "content"


def _aspect(aspect: Aspect, before: FileState, now: FileState) -> str:
    match aspect:
        case Aspect.MODE:
            return f"mode {now.mode:03o} instead of {before.mode:03o}"
        case Aspect.OWNER:
            return f"owner {now.owner} instead of {before.owner}"
        case Aspect.TYPE:
            return "sent as a different type of entry"
        case Aspect.LINK:
            return "different link target"
        case Aspect.ATTRIBUTES:
            return (
                "extended attributes not sent"
                if len(now.attributes) < len(before.attributes)
                else "extended attributes"
            )
    return str(aspect.value)
