"""The base of a stage: an image in the store, an earlier stage, or scratch.

Source: moby ``initializeStage`` in ``builder/dockerfile``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cacheview.dockerfile.args import BuildArgs
from cacheview.dockerfile.expand import Lexer
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.dockerfile.stages import StagePlan
from cacheview.model import SCRATCH
from cacheview.replay.bases import MustPullError, find_image, require_linux
from cacheview.replay.finished_stages import FinishedStages
from cacheview.replay.refusals import parsed_platform, refusing

__all__ = ["StageBase", "base_of_stage"]


@dataclass(frozen=True, slots=True)
class StageBase:
    """The base of a stage.

    Attributes:
        images: the ids of the images that it may be, several if an earlier stage may have ended with several.
        history: the command of each entry, None for one that is not known.
        is_past_miss: whether it is a stage that had a miss, so that it would be built.
    """

    images: tuple[str, ...]
    history: tuple[str | None, ...]
    is_past_miss: bool = False


def base_of_stage(build: FinishedStages, plan: StagePlan, args: BuildArgs, escape: str) -> StageBase:
    """Return the base that the ``FROM`` of a stage names.

    Raises:
        MustPullError: the builder would pull it, or it is a stage whose result is unknown.
        BuildRefusedError: the builder refuses it.
    """
    require_linux(build.store)
    lexer = _meta_lexer(args, escape, build.release)
    platform = build.platform
    if plan.platform_flag:
        text = refusing(lambda: lexer.word(plan.platform_flag), "failed to process arguments for platform {}")
        platform = parsed_platform(text, build.daemon, build.release, "failed to parse platform {}: ")
    name = refusing(lambda: lexer.word(plan.base))
    if not name:
        message = f"base name ({plan.base}) should not be blank"
        raise BuildRefusedError(message, message=message)
    stage = build.stage(name)
    if stage is not None:
        if not stage.images:
            raise MustPullError(f"the base is the stage {stage.name}, whose result is unknown")
        if len(stage.images) == 1:
            build.mount(stage.images[0], platform)
        return StageBase(stage.images, stage.history or (), stage.is_past_miss)
    if name == "scratch":
        os = (platform or build.daemon).os
        if os.lower() != "linux":
            raise BuildRefusedError(
                f"Docker on Linux does not build for {os[:40]}", message="operating system is not supported"
            )
        return StageBase((SCRATCH,), ())
    if build.options.is_trusted:
        raise MustPullError(
            "if DOCKER_CONTENT_TRUST is set, Docker CLI releases before 29 resolve every base image to its signed "
            "digest, which only the registry's Notary server can provide"
        )
    if build.options.pull:
        raise MustPullError("--pull fetches every base image from the registry, so the result is unknown")
    image = find_image(name, build.store, build.rules, build.release, platform, build.daemon)
    build.mounted.add(image.id)
    return StageBase((image.id,), tuple(entry.created_by for entry in image.history))


def _meta_lexer(args: BuildArgs, escape: str, release: BuilderRelease) -> Lexer:
    """Return the lexer for a word of ``FROM``, which sees only the arguments before the first ``FROM``."""
    return Lexer(replace(args, declared=args.before_from).visible(()), escape, release=release)
