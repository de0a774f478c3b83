"""The simulation of a build: each step is dispatched and looked up in the cache.

Source: moby ``build`` and ``dispatchDockerfileWithCancellation`` in ``builder/dockerfile/builder.go``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cacheview.dockerfile.args import BuildArgs
from cacheview.dockerfile.document import ParsedDockerfile
from cacheview.dockerfile.expand import CONNECTION_LOST
from cacheview.dockerfile.gotext import quote
from cacheview.dockerfile.parse import Instruction
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.stages import StagePlan, read_stages
from cacheview.dockerfile.state import StageState
from cacheview.engine.cache import ImageCache
from cacheview.engine.verdict import StageKind
from cacheview.model import SCRATCH, Probe
from cacheview.replay.finished_stages import FinishedStages
from cacheview.replay.refusals import dispatch_step
from cacheview.replay.result import Replay, Step, StepStatus
from cacheview.replay.stage import StageBuild

__all__ = ["run_build"]


def run_build(build: FinishedStages, document: ParsedDockerfile) -> Replay:
    """Replay all steps. A refusal ends the build and is part of the result."""
    total = 0
    try:
        _check_options(build)
        stages = read_stages(document, build.release)
        plans = _up_to_target(build, stages.stages)
        labels = sorted(build.options.labels.items())
        total = len(stages.before_from) + sum(1 + len(plan.commands) for plan in plans) + len(labels)
        args = _args_before_from(build, stages.before_from)
        for index, plan in enumerate(plans):
            _check_name(build, plan)
            last = index == len(plans) - 1
            build.is_last = last and build.drops_last_stage
            StageBuild(build, index, plan, args, document.escape, labels if last else ()).run()
        if not plans:
            raise BuildRefusedError("there is no FROM, so there is no stage to build", message=CONNECTION_LOST)
        history = build.results[-1].history
        if build.results[-1].images == (SCRATCH,):
            message = "No image was generated. Is your Dockerfile empty?"
            raise BuildRefusedError(
                "the last stage has no steps after FROM scratch, so no image is created", message=message
            )
    except BuildRefusedError as refusal:
        return Replay(tuple(build.steps), total, None, refusal, document.warnings)
    return Replay(tuple(build.steps), total, history, None, document.warnings)


def _up_to_target(build: FinishedStages, plans: Sequence[StagePlan]) -> Sequence[StagePlan]:
    target = build.options.target
    if not target:
        return plans
    for index, plan in enumerate(plans):
        if plan.name.casefold() == target.casefold():
            return plans[: index + 1]
    message = build.release.missing_target_message.format(target, quoted=quote(target))
    raise BuildRefusedError(f"no stage is named {target[:80]!r}", message=message)


def _check_options(build: FinishedStages) -> None:
    """Check the options that the builder reads before any instruction: ``--platform`` and ``--cache-from``.

    With the containerd store of some releases, a reference that is not found is an error.
    """
    references = build.options.cache_from
    _ = build.platform
    if build.options.no_cache or not references:
        return
    verdict = ImageCache(build.store, build.rules).verdict(Probe(parent=SCRATCH, cache_from=references))
    if verdict.error and verdict.stage is StageKind.CACHE_FROM:
        raise BuildRefusedError(verdict.error, message=verdict.error)


def _check_name(build: FinishedStages, plan: StagePlan) -> None:
    if plan.name and build.stage(plan.name) is not None:
        message = f"{plan.name} stage name already used"
        raise BuildRefusedError(message, message=message, line=plan.line)


def _args_before_from(build: FinishedStages, instructions: Iterable[Instruction]) -> BuildArgs:
    build_args = {name: value for name, value in build.options.build_args.items() if value is not None}
    args = BuildArgs(from_options=build_args, predefined=build.release.predefined_args)
    nothing = StageState.begin(None, args, containerd=False)
    for instruction in instructions:
        number = len(build.steps) + 1
        build.steps.append(Step(number, instruction.original, instruction.start_line, -1, StepStatus.NO_PROBE))
        # Only build arguments are visible here: the environment is still empty.
        state = replace(nothing, config=nothing.config.model_copy(update={"Env": ()}), args=args)
        declared = dispatch_step(instruction, state, build.release).after.args.declared
        args = replace(args, declared=declared, before_from=declared)
    return replace(args, declared={})
