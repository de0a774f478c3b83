"""One build as one client sends it, ready to be replayed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cacheview.dockerfile.context import Client
from cacheview.dockerfile.context.hashing import Hasher
from cacheview.dockerfile.release import BuilderRelease
from cacheview.engine.ruleset import RuleSet
from cacheview.model import ImageStore
from cacheview.replay.build_input import BuildInput
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.client_comparison import ClientRun
from cacheview.replay.client_hazards import client_hazards
from cacheview.replay.client_options import as_sent
from cacheview.replay.docker_cli import AddedOptions, added_by
from cacheview.replay.dockerfiles import DEFAULT_NAME
from cacheview.replay.image_files import ImageFiles
from cacheview.replay.options import BuildOptions
from cacheview.replay.past_misses import replay_past_misses
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay

__all__ = ["ReplayTarget", "SentBuild", "sent_by"]


@dataclass(frozen=True)
class ReplayTarget:
    """The cache and the builder of a build.

    Attributes:
        store, rules: the cache.
        release: the builder's release.
        image_files: the checksums of the files of ``COPY --from``.
        progress: called with the number of each step before it is replayed. It may raise anything to stop.
    """

    store: ImageStore
    rules: RuleSet
    release: BuilderRelease
    image_files: ImageFiles
    progress: Callable[[int], object] = lambda _: None


@dataclass(frozen=True)
class SentBuild:
    """A build as a client sends it.

    Attributes:
        build_input: its context and Dockerfile.
        client: the client that sends it.
        added: the settings that the client adds.
        requested: the options including those settings.
        options: the options that reach the daemon.
        checksums: the checksums of its files.
    """

    build_input: BuildInput
    client: Client
    added: AddedOptions
    requested: BuildOptions
    options: BuildOptions
    checksums: ContextChecksums

    def replay(self, target: ReplayTarget, *, past_misses: bool = False) -> Replay:
        """Replay the build, with the hazards of its client.

        Args:
            past_misses: whether to continue after a miss, see `replay_past_misses`.

        Raises:
            DataError: the context cannot be read.
        """

        def play(assumed: Mapping[int, str]) -> Replay:
            if self.build_input.refused is not None:
                return Replay((), 0, None, self.build_input.refused)
            return replay(
                self.build_input.dockerfile,
                self.checksums,
                target.store,
                target.rules,
                target.release,
                self.options,
                name=self.build_input.name or DEFAULT_NAME,
                image_files=target.image_files,
                assumed=assumed,
                progress=target.progress,
            )

        value = replay_past_misses(play, target.store, target.rules) if past_misses else play({})
        return replace(value, hazards=client_hazards(self.client, self.requested, value, self.checksums))

    def run(self, target: ReplayTarget) -> ClientRun:
        """Replay the build to compare it with the builds of other clients. Raises what `replay` raises."""
        return ClientRun(self.client, self.replay(target), self.checksums, self.options.random_labels)


def sent_by(
    client: Client,
    build_input: BuildInput,
    options: BuildOptions,
    release: BuilderRelease,
    *,
    location: str,
    environment: Mapping[str, str],
    platform_is_given: bool = False,
    hasher: Hasher | None = None,
) -> SentBuild:
    """Return the build that a client sends.

    Args:
        client: the client that sends it.
        build_input: its context and Dockerfile.
        options: the given options.
        release: the builder's release.
        location: location of the store, see `added_by`.
        environment: environment of the client.
        platform_is_given: whether a platform is given, even as an empty text.
        hasher: reads the files.
    """
    added = added_by(client, location, environment)
    options = added.to(options, platform_is_given=platform_is_given)
    return SentBuild(
        build_input, client, added, options, as_sent(client, options), build_input.checksums(release, client, hasher)
    )
