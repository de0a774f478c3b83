"""One stage of a build: its base, its steps, and its state after each.

Source: moby ``dispatchTriggeredOnBuild`` and ``performCopy`` in ``builder/dockerfile``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from cacheview.dockerfile.args import BuildArgs
from cacheview.dockerfile.buildkit import hinted, of_heredoc_files, of_variables
from cacheview.dockerfile.context import SourcesSum, UnknownError
from cacheview.dockerfile.dispatch import DispatchResult, dispatch, label_option
from cacheview.dockerfile.parse import Instruction
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.dockerfile.stages import StagePlan, read_trigger
from cacheview.dockerfile.state import StageState, stage_config
from cacheview.model import CONFIG_FIELDS, ContainerConfig, DataError, Doubt, Image
from cacheview.model.effort import go_on
from cacheview.replay.bases import MustPullError
from cacheview.replay.copy_from import images_of_copy, sum_of_images
from cacheview.replay.finished_stages import FinishedStages, StageResult
from cacheview.replay.hazards import StepHazard, of_hard_links, of_heredocs
from cacheview.replay.image_creation import check_creation
from cacheview.replay.new_images import creating_step, is_new_id
from cacheview.replay.prober import CHECKSUM_PLACEHOLDER, StageProber, StepAnswer, key_without_checksum
from cacheview.replay.refusals import cache_refusal, dispatch_step
from cacheview.replay.result import Step, StepStatus
from cacheview.replay.stage_base import base_of_stage

__all__ = ["StageBuild"]

_MAX_BASES: Final = 64
"""The most images that a step may be built on. Beyond that, they are no longer followed."""
_STORED_AS_LOOKED_UP: Final = frozenset(("ADD", "COPY", "RUN"))
"""The instructions whose container config is stored as looked up. Other steps store the config of a container."""


class StageBuild:
    """The build of one stage: `run` replays all its steps."""

    def __init__(
        self,
        build: FinishedStages,
        index: int,
        plan: StagePlan,
        args: BuildArgs,
        escape: str,
        labels: Iterable[tuple[str, str]],
    ) -> None:
        self.build = build
        self.index = index
        self.plan = plan
        self.args = args
        self.escape = escape
        self.labels = labels
        self.history: list[str | None] = []
        self.history_is_known = True
        self.state: StageState | None = None
        self.prober: StageProber | None = None
        self.missed: tuple[str, ...] = ()
        self.is_past_miss = False
        self.why_unknown = ""
        self.why_busted = ""

    def run(self) -> None:
        """Replay all its steps. Raises `BuildRefusedError` if the builder stops."""
        self._from()
        for instruction in self.plan.commands:
            self.build.progress(self._number)
            self.build.steps.append(_timed(partial(self._step, self._number, instruction)))
        for name, value in self.labels:
            self.build.progress(self._number)
            self.build.steps.append(_timed(partial(self._label, self._number, name, value)))
        images = self._last_images
        if self.prober is not None:
            self.build.possible_effects = self.prober.possible_effects
        history = tuple(self.history) if self.history_is_known else None
        self.build.end_stage(StageResult(self.plan.name, images, history, self.is_past_miss))

    @property
    def _number(self) -> int:
        return len(self.build.steps) + 1

    @property
    def _last_images(self) -> tuple[str, ...]:
        """The images that the stage may have reached."""
        if self.prober is None:
            return ()
        if self.prober.has_too_many_states:
            return ()
        live = () if self.prober.is_busted else self.prober.parents
        return tuple(dict.fromkeys((*live, *self.missed)))

    # FROM

    def _from(self) -> None:
        build, plan = self.build, self.plan
        number = self._number
        step = Step(number, plan.original, plan.line, self.index, StepStatus.NO_PROBE)
        try:
            base = base_of_stage(build, plan, self.args, self.escape)
        except MustPullError as pull:
            hint = self._hint()
            self.why_unknown = f"{pull.reason}. {hint}" if hint else pull.reason
            self.history_is_known = False
            build.steps.append(replace(step, status=StepStatus.NO_PROBE, created_by=None, reason=self.why_unknown))
            return
        except BuildRefusedError as refusal:
            build.steps.append(step)
            raise hinted(refusal.on_line(plan.line), self._hint()) from None
        self.is_past_miss = base.is_past_miss
        self._begin(base.images, base.history)
        build.steps.append(step)
        place = len(build.steps) - 1
        for trigger in self._triggers(number):
            step = replace(step, triggers=(*step.triggers, trigger))
            build.steps[place] = step
        build.steps[place] = replace(step, **self._image_fields())

    def _hint(self) -> str:
        """Return a sentence about variables in the ``FROM`` that only BuildKit sets."""
        visible = replace(self.args, declared=self.args.before_from).visible(())
        return of_variables(f"{self.plan.platform_flag} {self.plan.base}", visible)

    def _image_fields(self) -> dict[str, Any]:
        ends = self._last_images
        if len(ends) != 1:
            return {"image": "", "possible": _stored(ends)}
        return {"image": "" if is_new_id(ends[0]) else ends[0], "made_by": creating_step(ends[0])}

    def _begin(self, bases: tuple[str, ...], history: tuple[str | None, ...]) -> None:
        build = self.build
        images = [build.image(base) for base in bases]
        self.history = list(history)
        states = [StageState.begin(image, self.args, containerd=build.is_containerd) for image in images]
        if any(not _are_equivalent(state.config, states[0].config) for state in states):
            self.why_unknown = (
                "the stage is based on another stage, and it is unknown which of several images that stage produces"
            )
            return
        is_windows = build.platform is not None and build.platform.os == "windows"
        self.state = replace(states[-1], uses_backslashes=is_windows and build.release.copies_by_platform)
        platform = None
        if build.release.sends_platform:
            platform = (build.platform or build.daemon).model_copy(
                update={"os": (images[0].config.os if images[0] else "") or "linux"}
            )
        self.prober = StageProber(
            build.store,
            build.build_caches(),
            bases,
            build.new_images,
            build.without_checksum,
            platform,
            build.restored_id,
        )
        if build.options.no_cache:
            self.prober.bust_cache()
            self.missed = bases
            self.why_busted = "--no-cache: the cache is not used"

    def _triggers(self, number: int) -> Iterator[Step]:
        if self.state is None:
            return
        triggers = self.state.config.OnBuild or ()
        self.state = self.state.without_triggers()
        for index, trigger in enumerate(triggers, 1):
            instruction = read_trigger(trigger, self.build.release, self.escape)
            yield self._step(number, instruction, trigger=index)

    # Steps

    def _step(self, number: int, instruction: Instruction, *, trigger: int = 0) -> Step:
        go_on()
        line = 0 if trigger else instruction.start_line
        step = Step(number, instruction.original, line, self.index, StepStatus.UNKNOWN)
        if self.state is None:
            return self._unknown_step(step)
        before = self.state
        try:
            dispatched = dispatch_step(instruction, self.state, self.build.release)
            self.build.carry(before, dispatched.after, instruction.name)
            if dispatched.copy is not None:
                result = self._copy(step, dispatched, instruction, trigger)
            else:
                result = self._ask(step, dispatched, instruction.name, trigger)
            if line and result.probe is not None:  # a step that was not looked up need not keep what came before it
                result = replace(result, probe_of_line=partial(_probe_of_line, before, self.build.release, self.escape))
            return replace(result, hazards=self._hazards(result, instruction))
        except BuildRefusedError as refusal:
            self._refused(step, trigger)
            hint = of_heredoc_files(instruction) or of_variables(instruction.line, self.state.variables)
            raise hinted(refusal.on_line(line), hint) from None
        except DataError as error:
            raise error.at(f"line {line}" if line else "a trigger from the base image") from None

    def _hazards(self, step: Step, instruction: Instruction) -> tuple[StepHazard, ...]:
        """Return the changes that a hit does not detect."""
        if step.status is not StepStatus.HIT:
            return ()
        is_sent = step.sources is not None and step.copy is not None and not step.copy.from_
        links = self.build.checksums.lone_hard_links(step.sources) if is_sent and step.sources is not None else ()
        return (*of_heredocs(instruction), *of_hard_links(links))

    def _label(self, number: int, name: str, value: str) -> Step:
        step = Step(number, f"LABEL {name}={value}", 0, self.index, StepStatus.UNKNOWN, added_label=name)
        if self.state is None:
            return self._unknown_step(step)
        try:
            dispatched = label_option(name, value, self.state, self.build.release)
            self.build.carry(self.state, dispatched.after, "LABEL")
            added = self._ask(step, dispatched, "LABEL", 0)
        except BuildRefusedError:
            self._refused(step, 0)
            raise
        if name in self.build.options.random_labels and added.status is StepStatus.MISS:
            return replace(
                added, reason="the client chooses a new random value for each session, so the step never hits"
            )
        return added

    def _unknown_step(self, step: Step) -> Step:
        self.history.append(None)
        status = StepStatus.NOT_CHECKED if self.build.options.no_cache else StepStatus.UNKNOWN
        return replace(step, status=status, created_by=None, reason=self.why_unknown)

    def _ask(
        self, step: Step, dispatched: DispatchResult, name: str, trigger: int, sources: SourcesSum | None = None
    ) -> Step:
        assert self.prober is not None
        self.build.current_step = (step.number, trigger)
        answer = self.prober.ask(dispatched.make, sources.text if sources is not None else "")
        return self._settled(step, dispatched, answer, name, trigger, sources)

    def _copy(self, step: Step, dispatched: DispatchResult, instruction: Instruction, trigger: int) -> Step:
        assert dispatched.copy is not None
        assert self.prober is not None
        self.build.current_step = (step.number, trigger)
        try:
            if dispatched.copy.from_:
                images = images_of_copy(self.build, dispatched.copy.from_, instruction)
                step = replace(step, from_image=images[0] if len(images) == 1 else None)
                sources = sum_of_images(self.build, dispatched.copy, images)
                step = replace(step, from_image=images[0])
            else:
                sources = self.build.checksums.sum(dispatched.copy)
        except UnknownError as error:
            answer = self.prober.ask_any(dispatched.make)
            settled = self._settled(step, dispatched, answer, instruction.name, trigger, None, has_checksum=False)
            return replace(settled, reason=str(error)) if answer.status is StepStatus.UNKNOWN else settled
        return self._ask(step, dispatched, instruction.name, trigger, sources)

    def _settled(
        self,
        step: Step,
        dispatched: DispatchResult,
        answer: StepAnswer,
        name: str,
        trigger: int,
        sources: SourcesSum | None,
        *,
        has_checksum: bool = True,
    ) -> Step:
        build = self.build
        if answer.fatal is not None:
            raise cache_refusal(answer.fatal, step.line)
        config = dispatched.make(sources.text if sources is not None else "" if has_checksum else CHECKSUM_PLACEHOLDER)
        text = " ".join(config.Cmd or ()) if has_checksum else None
        build.count(text or "")
        if answer.cache is not None:
            build.keep(answer.cache.store)
        step = replace(step, status=answer.status, created_by=text, probe=answer.probe, cache=answer.cache)
        step = replace(step, sources=sources, copy=dispatched.copy)
        if answer.status is StepStatus.HIT:
            image = answer.images[0]
            self.history = [entry.created_by for entry in image.history]
            self.state = dispatched.after.on(image.id)
            return replace(
                step,
                created_by=self.history[-1] if self.history else text,
                image="" if is_new_id(image.id) else image.id,
                made_by=creating_step(image.id),
                possible=_stored(answer.perhaps),
            )
        bases = tuple(dict.fromkeys((*answer.misses_on, *self.missed)))
        if answer.status is not StepStatus.UNKNOWN and len(bases) == 1:
            check_creation(build, step, dispatched, config, bases[0])
        before, self.missed = self.missed, self._create_images(step, dispatched, config, bases, answer, name, trigger)
        if build.is_last:
            build.new_images.forget(before)
        if not has_checksum:
            made_on = {
                key_without_checksum(base, config): image_id for base, image_id in zip(bases, self.missed, strict=False)
            }
            build.without_checksum.update(made_on)
        if dispatched.copy is not None and answer.status is not StepStatus.UNKNOWN:
            build.mounted.update(self.missed)
        self.history.append(text)
        self.history_is_known &= all(_continues(image, self.history) for image in answer.images)
        self.state = dispatched.after.on(self.missed[0] if self.missed else "")
        if answer.status is StepStatus.UNKNOWN:
            possible = _stored(image.id for image in answer.images)
            return replace(step, possible=possible, reason=answer.reason, remedies=answer.remedies)
        if answer.status is StepStatus.MISS:
            assumed = build.store.by_id.get(build.assumed.get(step.number, "")) if not trigger else None
            if assumed is not None:
                return self._go_on(replace(step, made_by=step.number, assumed=assumed.id), assumed)
            self.why_busted = (
                f"after the miss at step {step.number}, the builder stops checking the cache in this stage"
            )
            return replace(step, made_by=step.number, reason=answer.reason)
        return replace(step, made_by=step.number, reason=self.why_busted)

    def _create_images(
        self,
        step: Step,
        dispatched: DispatchResult,
        config: ContainerConfig,
        bases: Sequence[str],
        answer: StepAnswer,
        name: str,
        trigger: int,
    ) -> tuple[str, ...]:
        """Add the images that a step creates if it is not a hit: one on each image that it may miss on."""
        build = self.build
        assert self.prober is not None
        if len(bases) > _MAX_BASES:
            self.prober.stop_following()
        if self.prober.has_too_many_states:
            return ()
        doubt = None
        if answer.status is StepStatus.UNKNOWN or len(bases) > 1:
            doubt = Doubt(
                aspect="existence",
                reason=f"step {step.number} of this build may be a hit, or its image may have a different parent",
                remedy=" ".join(answer.remedies) or f"Determine the result of each step up to step {step.number}",
            )
        return tuple(
            build.create_image(step.number, trigger, dispatched, config, base, name not in _STORED_AS_LOOKED_UP, doubt)
            for base in bases
        )

    def _go_on(self, step: Step, assumed: Image) -> Step:
        """Continue as if the step had created an image, with the config stored in that image."""
        assert self.prober is not None
        assert self.state is not None
        self.prober.resume(assumed.id)
        self.missed = ()
        self.is_past_miss = True
        config = stage_config(assumed.config.config, assumed.id, containerd=self.build.is_containerd)
        self.state = replace(self.state, config=config)
        return step

    def _refused(self, step: Step, trigger: int) -> None:
        """Add a refused step, since the builder prints a step before refusing it. A trigger is not printed."""
        if not trigger:
            self.build.steps.append(replace(step, status=StepStatus.NO_PROBE))


def _probe_of_line(state: StageState, release: BuilderRelease, escape: str, line: str) -> ContainerConfig:
    """Return the probe of another instruction, without files. Raises `DataError` if the builder would refuse it."""
    return dispatch(read_trigger(line, release, escape), state.with_own_environment(), release).probe


def _stored(ids: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of images in the store: images of this build have no ids yet."""
    return tuple(image_id for image_id in ids if not is_new_id(image_id))


def _are_equivalent(one: ContainerConfig, other: ContainerConfig) -> bool:
    """Whether a stage continues in the same way from two run configs: the builder treats null and empty the same."""
    return all(
        (getattr(one, name) or None) == (getattr(other, name) or None) for name in CONFIG_FIELDS if name != "Image"
    )


def _continues(image: Image, history: Sequence[str | None]) -> bool:
    """Whether an image that may have been hit has the history that the step's own image would have."""
    written = [entry.created_by for entry in image.history]
    return len(written) == len(history) and all(
        expected is None or expected == text for expected, text in zip(history, written, strict=True)
    )


def _timed(get_step: Callable[[], Step]) -> Step:
    start = time.perf_counter()
    step = get_step()
    return replace(step, seconds=time.perf_counter() - start)
