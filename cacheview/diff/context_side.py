"""A build context, replayed in a store, as one side of a comparison."""

from __future__ import annotations

from datetime import datetime

from cacheview.cases import Daemon
from cacheview.diff.answers import replayed
from cacheview.diff.finding import all_files, base_finder
from cacheview.diff.requested_steps import requested_steps
from cacheview.diff.side import BuildSide, Circumstances, SideKind
from cacheview.replay.dockerfiles import DEFAULT_NAME
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay
from cacheview.replay.sent_build import ReplayTarget, SentBuild

__all__ = ["side_of_context"]


def side_of_context(
    build: SentBuild,
    cache: ReplayTarget,
    daemon: Daemon,
    title: str,
    *,
    at: datetime | None = None,
) -> BuildSide:
    """Return the side for a build that a client sends.

    Args:
        build: the build.
        cache: the cache in which its steps are looked up.
        daemon: the daemon with these rules.
        title: its name for users.
        at: the time of the replay.

    Raises:
        DataError: the context cannot be read.
    """
    value = build.replay(cache)
    name = build.build_input.name or DEFAULT_NAME

    def replay_under(circumstances: Circumstances) -> Replay:
        return replay(
            build.build_input.dockerfile,
            build.checksums,
            circumstances.store,
            circumstances.rules,
            circumstances.release,
            circumstances.options,
            name=name,
            image_files=cache.image_files,
        )

    requested = requested_steps(
        build.build_input.dockerfile,
        name,
        cache.release,
        build.options,
        base_of=base_finder(cache.store, cache.rules, cache.release, build.options),
        sum_of=build.checksums.sum,
        replayed=lambda: value,
    )
    refused = build.build_input.refused or value.refused or requested.refused
    engine = cache.store.release
    return BuildSide(
        SideKind.CONTEXT,
        title,
        tuple(replayed(requested.steps, value, cache.store)),
        build.options,
        build.client.name,
        daemon.title,
        daemon.version or (engine.version if engine is not None else ""),
        cache.rules,
        cache.release,
        cache.rules.store,
        cache.store,
        cache.store.location,
        at,
        build.checksums,
        has_content=True,
        all_sums=all_files(build.checksums),
        after_target=requested.after_target,
        dockerfile=build.build_input.dockerfile,
        error=str(refused) if refused is not None else "",
        cut=str(requested.refused) if requested.refused is not None else "",
        replay=replay_under,
    )
