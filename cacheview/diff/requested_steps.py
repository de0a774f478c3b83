"""The requests of a build for each step, whatever the cache answers: the instruction, its arguments, and its files.

Two builds are compared by their requests. The walk visits the same steps as a replay (moby: ``builder/dockerfile``),
but needs no store, so a record without one can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from cacheview.dockerfile.args import BuildArgs
from cacheview.dockerfile.context import SourcesSum, UnknownError
from cacheview.dockerfile.dispatch import CopySources, label_option
from cacheview.dockerfile.document import read_document
from cacheview.dockerfile.expand import Lexer
from cacheview.dockerfile.parse import Instruction
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.dockerfile.stages import StagePlan, read_stages, read_trigger
from cacheview.dockerfile.state import StageState
from cacheview.model import ContainerConfig, DataError, Image
from cacheview.model.effort import go_on
from cacheview.replay.options import BuildOptions
from cacheview.replay.refusals import dispatch_step
from cacheview.replay.result import Replay, Step

__all__ = ["RequestedStep", "RequestedSteps", "requested_steps"]

_INSTRUCTIONS_WITH_PAIRS: Final = ("ENV", "LABEL")


@dataclass(frozen=True, slots=True)
class RequestedStep:
    """One step, or one trigger of a ``FROM``.

    Attributes:
        number: from 1, as the builder counts; a trigger has that of its ``FROM``.
        text: the instruction as the builder prints it.
        name: of the instruction.
        line: of the Dockerfile; 0 for a trigger, and for a label of the command line.
        stage: index of the stage; -1 before the first.
        trigger: from 1, for a trigger; otherwise 0.
        command: the command to look up in the cache, without checksum; for ``FROM``, its base with variables resolved.
        checksum: of the files of ``COPY`` and ``ADD``; empty: there are none; None: not known.
        arguments: the build arguments that the step can use, by name.
        pairs: the values that ``ENV``, ``LABEL`` and ``ARG`` set; None: an argument without a default.
        copy: the sources that it copies.
        sources: the files that it copies, with their sums; None: none, or not known.
        uses: the stages that provide its files, or the base of a ``FROM``.
        is_exact: whether ``command`` is exact, because the config of its base is known.
        heredocs: name and content of each heredoc that follows it.
        is_option: whether it is a label of the command line.
        is_base: whether it belongs to the history of the base, not to the build.
    """

    number: int
    text: str
    name: str
    line: int = 0
    stage: int = -1
    trigger: int = 0
    command: str = ""
    checksum: str | None = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    pairs: Mapping[str, str | None] = field(default_factory=dict)
    copy: CopySources | None = None
    sources: SourcesSum | None = None
    uses: tuple[int, ...] = ()
    is_exact: bool = True
    heredocs: tuple[tuple[str, str], ...] = ()
    is_option: bool = False
    is_base: bool = False

    @property
    def title(self) -> str:
        """The name of the step: ``step 3``."""
        return f"trigger {self.trigger} of step {self.number}" if self.trigger else f"step {self.number}"


@dataclass(frozen=True)
class RequestedSteps:
    """All steps of a build.

    Attributes:
        steps: in order, triggers after their ``FROM``.
        after_target: texts of the steps that ``--target`` leaves out.
        refused: why the builder stops; None: it does not.
    """

    steps: tuple[RequestedStep, ...]
    after_target: frozenset[str] = frozenset()
    refused: BuildRefusedError | None = None


def requested_steps(
    dockerfile: bytes,
    name: str,
    release: BuilderRelease,
    options: BuildOptions,
    *,
    base_of: Callable[[str], Image | None],
    sum_of: Callable[[CopySources], SourcesSum],
    replayed: Callable[[], Replay | None],
) -> RequestedSteps:
    """Walk through a Dockerfile.

    Args:
        dockerfile: its bytes.
        name: its path in the context.
        release: the builder.
        options: of the build.
        base_of: returns the image that a ``FROM`` names; None: not known.
        sum_of: computes the checksum of the files of a step. Raises `UnknownError`, `BuildRefusedError`, `DataError`.
        replayed: replays the same build, which provides the files of images and stages; None: it cannot be replayed. It
            is called only if a step copies such files.
    """
    walk = _DockerfileWalk(release, options, base_of, sum_of, replayed)
    return walk.run(dockerfile, name)


def _by_place(replayed: Replay | None) -> Mapping[tuple[int, int], Step]:
    if replayed is None:
        return {}
    steps = {(step.number, 0): step for step in replayed.steps}
    for step in replayed.steps:
        steps.update(((step.number, place), trigger) for place, trigger in enumerate(step.triggers, 1))
    return steps


@dataclass
class _DockerfileWalk:
    release: BuilderRelease
    options: BuildOptions
    base_of: Callable[[str], Image | None]
    sum_of: Callable[[CopySources], SourcesSum]
    replayed: Callable[[], Replay | None]
    steps: list[RequestedStep] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    ends: list[tuple[ContainerConfig, bool]] = field(default_factory=list)
    number: int = 0
    seen: tuple[BuildArgs, tuple[str, ...] | None, Mapping[str, str]] | None = None

    def run(self, dockerfile: bytes, name: str) -> RequestedSteps:
        after: frozenset[str] = frozenset()
        try:
            document = read_document(dockerfile, self.release, name=name)
            stages = read_stages(document, self.release)
            plans = _up_to_target(stages.stages, self.options.target)
            after = frozenset(_texts(stages.stages[len(plans) :]))
            args = self._before_from(stages.before_from)
            for index, plan in enumerate(plans):
                last = index == len(plans) - 1
                self._stage(index, plan, args, document.escape, sorted(self.options.labels.items()) if last else [])
        except BuildRefusedError as refusal:
            return RequestedSteps(tuple(self.steps), after, refusal)
        return RequestedSteps(tuple(self.steps), after)

    def _before_from(self, instructions: Iterable[Instruction]) -> BuildArgs:
        build_args = {name: value for name, value in self.options.build_args.items() if value is not None}
        args = BuildArgs(from_options=build_args, predefined=self.release.predefined_args)
        nothing = StageState.begin(None, args, containerd=False)
        for instruction in instructions:
            self.number += 1
            # Only build arguments are visible here; there is no environment so far.
            state = replace(nothing, config=nothing.config.model_copy(update={"Env": ()}), args=args)
            declared = self._step(instruction, state, -1, 0, is_exact=True).args.declared
            args = replace(args, declared=declared, before_from=declared)
        return replace(args, declared={})

    def _stage(
        self, index: int, plan: StagePlan, args: BuildArgs, escape: str, labels: Iterable[tuple[str, str]]
    ) -> None:
        self.number += 1
        seen = replace(args, declared=args.before_from)
        base = Lexer(seen.visible(()), escape, release=self.release).word(plan.base)
        stage = self.names.index(base.lower()) if base.lower() in self.names else None
        state, is_exact = self._begin(base, stage, args)
        step = RequestedStep(
            self.number,
            plan.original,
            "FROM",
            plan.line,
            index,
            command=base,
            arguments=_declared(seen, ()),
            uses=() if stage is None else (stage,),
            is_exact=is_exact,
        )
        self.steps.append(step)
        self.names.append(plan.name or f"\0{index}")
        for place, trigger in enumerate(state.config.OnBuild or (), 1):
            instruction = read_trigger(trigger, self.release, escape)
            state = self._step(instruction, state.without_triggers(), index, place, is_exact=is_exact)
        state = state.without_triggers()
        for instruction in plan.commands:
            self.number += 1
            state = self._step(instruction, state, index, 0, is_exact=is_exact)
        for label, value in labels:
            self.number += 1
            dispatched = label_option(label, value, state, self.release)
            text = f"LABEL {label}={value}"
            command = " ".join(dispatched.probe.Cmd or ())
            pairs = {label: value}
            step = RequestedStep(
                self.number, text, "LABEL", 0, index, command=command, pairs=pairs, is_exact=is_exact, is_option=True
            )
            self.steps.append(step)
            state = dispatched.after
        self.ends.append((state.config, is_exact))

    def _begin(self, base: str, stage: int | None, args: BuildArgs) -> tuple[StageState, bool]:
        initial = StageState.begin(None, args, containerd=False)
        if stage is not None:
            config, is_exact = self.ends[stage]
            return replace(initial, config=config), is_exact
        if base == "scratch":
            return initial, True
        image = self.base_of(base)
        return StageState.begin(image, args, containerd=False), image is not None

    def _step(
        self, instruction: Instruction, state: StageState, stage: int, trigger: int, *, is_exact: bool
    ) -> StageState:
        go_on()
        # Before the step: the environment is read once, and then continues with the step.
        arguments, pairs = self._arguments(state), _pairs(instruction, state, self.release)
        dispatched = dispatch_step(instruction, state, self.release)
        step = RequestedStep(
            self.number,
            instruction.original,
            instruction.name,
            0 if trigger else instruction.start_line,
            stage,
            trigger,
            " ".join(dispatched.probe.Cmd or ()),
            arguments=arguments,
            pairs=pairs,
            copy=dispatched.copy,
            is_exact=is_exact,
            heredocs=instruction.heredocs,
        )
        if dispatched.copy is not None:
            sources = self._checksums(dispatched.copy, trigger)
            checksum = sources.text if sources is not None else None
            step = replace(step, checksum=checksum, sources=sources, uses=self._stages_of(dispatched.copy.from_))
        self.steps.append(step)
        return dispatched.after

    def _arguments(self, state: StageState) -> Mapping[str, str]:
        """Return the same mapping as for the previous step if nothing has changed."""
        if self.seen is None or self.seen[0] is not state.args or self.seen[1] is not state.config.Env:
            self.seen = (state.args, state.config.Env, _declared(state.args, state.environment))
        return self.seen[2]

    def _checksums(self, copy: CopySources, trigger: int) -> SourcesSum | None:
        step = self._replayed_steps.get((self.number, trigger)) if copy.from_ else None
        if step is not None and step.sources is not None:
            return step.sources
        try:
            return self.sum_of(copy)
        except (UnknownError, BuildRefusedError, DataError):
            return None

    @cached_property
    def _replayed_steps(self) -> Mapping[tuple[int, int], Step]:
        return _by_place(self.replayed())

    def _stages_of(self, name: str) -> tuple[int, ...]:
        if not name:
            return ()
        if name.lower() in self.names:
            return (self.names.index(name.lower()),)
        return (int(name),) if name.isascii() and name.isdecimal() and int(name[:9]) < len(self.ends) else ()


def _up_to_target(stages: tuple[StagePlan, ...], target: str) -> tuple[StagePlan, ...]:
    for index, plan in enumerate(stages):
        if target and plan.name.casefold() == target.casefold():
            return stages[: index + 1]
    return stages


def _texts(plans: Iterable[StagePlan]) -> Iterator[str]:
    for plan in plans:
        yield plan.original
        yield from (instruction.original for instruction in plan.commands)


def _declared(args: BuildArgs, environment: Mapping[str, str] | tuple[()]) -> Mapping[str, str]:
    """Return the arguments in force, without those that leave no trace in a step."""
    return {
        name: value
        for name, value in args.visible(environment).items()
        if name in args.declared or name not in args.predefined
    }


def _pairs(instruction: Instruction, state: StageState, release: BuilderRelease) -> Mapping[str, str | None]:
    """Return the values that an ``ENV``, a ``LABEL`` or an ``ARG`` sets."""
    lexer = state.lexer(instruction.escape, release)
    if instruction.name in _INSTRUCTIONS_WITH_PAIRS:
        names, values = instruction.args[::2], instruction.args[1::2]
        return {lexer.word(name): lexer.word(value) for name, value in zip(names, values, strict=True)}
    if instruction.name == "ARG":
        words = (word.partition("=") for word in instruction.args)
        return {lexer.word(name): lexer.word(value) if equals else None for name, equals, value in words}
    return {}
