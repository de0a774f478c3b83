"""Looks up the steps of a Dockerfile with its context in the cache of a store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from cacheview.dockerfile.document import read_document
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.engine.ruleset import RuleSet
from cacheview.model import ImageStore, Timestamp
from cacheview.replay.build import run_build
from cacheview.replay.checksums import StepChecksums
from cacheview.replay.finished_stages import FinishedStages
from cacheview.replay.image_files import NO_IMAGE_FILES, ImageFiles
from cacheview.replay.options import BuildOptions
from cacheview.replay.result import Replay

__all__ = ["replay"]


def replay(
    dockerfile: bytes,
    checksums: StepChecksums,
    store: ImageStore,
    rules: RuleSet,
    release: BuilderRelease,
    options: BuildOptions,
    *,
    name: str = "Dockerfile",
    image_files: ImageFiles = NO_IMAGE_FILES,
    assumed: Mapping[int, str] | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Replay:
    """Return the classic builder's lookups in the cache and the answers, step by step.

    Args:
        dockerfile: the bytes of the Dockerfile.
        checksums: the checksums of the files of ``COPY`` and ``ADD``, see `ContextChecksums`.
        store, rules: the cache.
        release: the builder's release.
        options: options of the build.
        name: path of the Dockerfile in the context.
        image_files: the checksums of the files of ``COPY --from``.
        assumed: see `replay_past_misses`.
        progress: called with the number of each step before it is replayed. It may raise anything to stop.

    A build that is refused is replayed up to that point, with the message of the refusal.

    Raises:
        DataError: the context cannot be read.
    """
    try:
        checksums.prepare()
    except BuildRefusedError as refusal:
        return Replay((), 0, None, refusal)
    try:
        document = read_document(dockerfile, release, name=name)
    except BuildRefusedError as refusal:
        return Replay((), 0, None, refusal)
    # With Z, as the daemon writes it: Go distinguishes it from +00:00 when comparing histories.
    now = Timestamp.parse(datetime.now(UTC).replace(tzinfo=None).isoformat() + "Z")
    build = FinishedStages(store, rules, release, options, checksums, image_files, now, progress, assumed or {})
    return run_build(build, document)
