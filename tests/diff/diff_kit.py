"""Creates records of builds by a simulated daemon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from build_kit import Daemon, image_of

from cacheview.cases import Daemon as Whose
from cacheview.cases import DaemonBasis
from cacheview.diff.compare import BuildDiff, compare_builds
from cacheview.diff.record_side import side_of_record
from cacheview.diff.side import BuildSide
from cacheview.dockerfile.context import client_named
from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.gopath import parents
from cacheview.dockerfile.context.memory import MemoryContext
from cacheview.model import HistoryEntry, StoreKind
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.file import ReplayCase
from cacheview.replay.options import BuildOptions
from cacheview.replay.records import expected_of, record_of, sent_context
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay, StepStatus

__all__ = ["Build", "base", "compared", "diff_of", "recorded"]

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Build:
    """Everything that a build depends on except the store."""

    dockerfile: str = "FROM base\nRUN one\n"
    files: Mapping[str, bytes] = field(default_factory=dict)
    modes: Mapping[str, int] = field(default_factory=dict)
    options: BuildOptions = field(default_factory=BuildOptions)
    client: str = "docker-cli"

    def with_options(self, **changes: Any) -> Build:
        return replace(self, options=replace(self.options, **changes))

    @property
    def context(self) -> MemoryContext:
        entries = {
            path: Entry(path, EntryKind.FILE, self.modes.get(path, 0o644), size=len(data), uid=1000, gid=1000)
            for path, data in self.files.items()
        }
        folders = {folder for path in self.files for folder in parents(path)}
        entries.update({folder: Entry(folder, EntryKind.DIRECTORY, 0o755) for folder in folders})
        return MemoryContext(entries, dict(self.files))


def base(daemon: Daemon, name: str = "base:latest", digit: str = "a", created_by: str = "import") -> None:
    """Add a pulled image to the daemon; its name is removed from other images."""
    image = image_of(name, digit=digit, Env=("PATH=/bin",))
    history = (HistoryEntry(created_by=created_by),)
    daemon.images = [
        each.model_copy(update={"names": tuple(set(each.names) - set(image.names))}) for each in daemon.images
    ]
    daemon.add(image.model_copy(update={"config": image.config.model_copy(update={"history": history})}))


def recorded(daemon: Daemon, build: Build, minutes: int = 0, *, with_store: bool = True) -> ReplayCase:
    """Build in the daemon's store, which then contains the new images, and return the record of the build."""
    client = client_named(build.client)
    store, rules, release = daemon.store, daemon.rules, daemon.release
    context = build.context
    checksums = ContextChecksums(context, "", release, client)
    value = replay(build.dockerfile.encode(), checksums, store, rules, release, build.options)
    expect = expected_of(value)
    made = _built(daemon, build, checksums) if value.refused is None else []
    steps = list(expect.steps or ())
    missed = [
        (place, each is step)
        for place, step in enumerate(value.steps)
        for each in (*step.triggers, step)
        if each.made_by and not each.cached and each.status is not StepStatus.NO_PROBE
    ]
    assert len(missed) == len(made), (missed, made)
    for (place, is_step), image_id in zip(missed, made, strict=True):
        if is_step:  # a record has no images for triggers
            steps[place] = steps[place].model_copy(update={"image": image_id})
    at = NOON + timedelta(minutes=minutes)
    timed = tuple(step.model_copy(update={"at": at.isoformat().replace("+00:00", "Z")}) for step in steps)
    return record_of(
        sent_context(context, client, "Dockerfile", build.dockerfile.encode()),
        store,
        Whose(rules, release, DaemonBasis.CASE, daemon.version),
        build.options,
        expect.model_copy(update={"steps": timed}),
        client=client.title,
        started=at,
        tags=["app"],
        with_store=with_store,
    )


def _built(daemon: Daemon, build: Build, checksums: ContextChecksums) -> list[str]:
    def replayed(dockerfile: str, _files: object = None, _options: object = None) -> Replay:
        return replay(dockerfile.encode(), checksums, daemon.store, daemon.rules, daemon.release, build.options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(daemon, "replay", replayed)
        return daemon.build(build.dockerfile, options=build.options)


def side(case: ReplayCase, title: str = "record") -> BuildSide:
    return side_of_record(case, title)


def compared(a: ReplayCase, b: ReplayCase) -> BuildDiff:
    return compare_builds(side(a, "a.jsonl"), side(b, "b.jsonl"))


def diff_of(one: Build, other: Build, daemon: Daemon | None = None, *, kind: StoreKind | None = None) -> BuildDiff:
    """Compare two builds in the same store. The first one is built twice, so that it is cached."""
    daemon = daemon or Daemon(kind=kind or StoreKind.GRAPH_DRIVER)
    if not daemon.images:
        base(daemon)
    recorded(daemon, one)
    a = recorded(daemon, one, 1)
    return compared(a, recorded(daemon, other, 2))
