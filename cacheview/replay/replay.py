"""A Dockerfile with its context, played through the cache of a store."""

from __future__ import annotations

from datetime import UTC, datetime

from cacheview.dockerfile.context import CLIENT_28, Client, Context, ContextSums, SourcesSum
from cacheview.dockerfile.dispatch import CopySources
from cacheview.dockerfile.document import read_document
from cacheview.dockerfile.refused import RefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.engine.ruleset import RuleSet
from cacheview.model import ImageStore, Timestamp
from cacheview.replay.build import run_build
from cacheview.replay.options import BuildOptions
from cacheview.replay.result import Replay
from cacheview.replay.stage import BuildSoFar, Summer

__all__ = ["context_summer", "replay"]


def replay(
    dockerfile: bytes,
    summer: Summer,
    store: ImageStore,
    rules: RuleSet,
    release: BuilderRelease,
    options: BuildOptions,
    *,
    name: str = "Dockerfile",
) -> Replay:
    """What the classic builder would ask the cache, and what it would be answered, step by step.

    Args:
        dockerfile: its bytes.
        summer: what sums the files of ``COPY`` and ``ADD``, see `context_summer`.
        store, rules: the cache.
        release: the builder.
        options: of the build.
        name: path of the Dockerfile in the context.

    A build that is refused is told up to there, with the daemon's words.
    """
    try:
        document = read_document(dockerfile, release, name=name)
    except RefusedError as refusal:
        return Replay((), 0, None, refusal)
    now = Timestamp.parse(datetime.now(UTC).isoformat())
    return run_build(BuildSoFar(store, rules, release, options, summer, now), document)


def context_summer(
    context: Context, dockerfile_name: str, release: BuilderRelease, client: Client = CLIENT_28
) -> Summer:
    """Sums files of a build context as the builder of a release does, sent by a client."""
    sums = ContextSums(context, dockerfile_name, client=client, release=release)

    def summed(copy: CopySources) -> SourcesSum:
        return sums.of_sources(copy.sources, add=copy.name == "ADD", destination=copy.destination)

    return summed
