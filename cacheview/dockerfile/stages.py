"""The stages of a Dockerfile, with the builder's checks of each instruction before the first step.

The rules are those of ``instructions.Parse`` (BuildKit's ``frontend/dockerfile/instructions/parse.go``): all stages are
checked, including those after the target.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cacheview.dockerfile.buildkit import heredoc_before, hinted
from cacheview.dockerfile.document import ParsedDockerfile, parse
from cacheview.dockerfile.flags import parse_flags
from cacheview.dockerfile.gotext import printable
from cacheview.dockerfile.instruction_checks import check, stage_name
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.dockerfile.syntax import Instruction

__all__ = ["StagePlan", "Stages", "read_stages", "read_trigger"]


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage.

    Attributes:
        name: in lowercase; empty if it has none.
        base: the text after ``FROM``, not resolved.
        platform_flag: the value of ``--platform``, not resolved; empty if there is none.
        commands: its instructions, without ``FROM``.
        line: the line of its ``FROM``.
        original: its ``FROM`` as the builder prints it.
    """

    name: str
    base: str
    platform_flag: str
    commands: tuple[Instruction, ...]
    line: int
    original: str


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages that a Dockerfile builds.

    Attributes:
        before_from: each ``ARG`` before the first ``FROM``.
        stages: in order. There may be none: the daemon then crashes after the last ``ARG``, and closes the connection
            without a message (see `CONNECTION_LOST`).
    """

    before_from: tuple[Instruction, ...]
    stages: tuple[StagePlan, ...]


@dataclass(slots=True)
class _OpenStage:
    """A stage that is being read."""

    plan: StagePlan
    commands: list[Instruction] = field(default_factory=list)

    def done(self) -> StagePlan:
        return replace(self.plan, commands=tuple(self.commands))


def read_stages(document: ParsedDockerfile, release: BuilderRelease) -> Stages:
    """Return the stages of a document.

    Raises:
        BuildRefusedError: the builder refuses it before the first step; ``message`` is the daemon's message.
    """
    before_from: list[Instruction] = []
    stages: list[_OpenStage] = []
    for number, instruction in enumerate(document.instructions):
        try:
            _check(instruction, release)
        except BuildRefusedError as refusal:
            raise hinted(refusal, heredoc_before(document.instructions[:number], release)) from None
        if instruction.name == "FROM":
            stages.append(_OpenStage(_plan(instruction, release)))
        elif stages:
            stages[-1].commands.append(instruction)
        elif instruction.name == "ARG":
            before_from.append(instruction)
        else:
            raise BuildRefusedError(
                f"{instruction.name} comes before the first FROM; only ARG is allowed there",
                message="no build stage in current context",
                line=instruction.start_line,
            )
    return Stages(tuple(before_from), tuple(stage.done() for stage in stages))


def _check(instruction: Instruction, release: BuilderRelease) -> None:
    line, name = instruction.start_line, instruction.name[:40]
    try:
        check(instruction, release)
    except BuildRefusedError as error:
        on = "on line" if release.names_line_with_on else "line"
        message = printable(f"dockerfile parse error {on} {line}: {error.message}")
        raise BuildRefusedError(error.what, message=message, line=line, instruction=name, names_line=True) from None


def _plan(instruction: Instruction, release: BuilderRelease) -> StagePlan:
    platform = parse_flags("FROM", instruction.flags, release).values.get("platform", "")
    name = stage_name(instruction.args)
    return StagePlan(name, instruction.args[0], platform, (), instruction.start_line, instruction.original)


def read_trigger(text: str, release: BuilderRelease, escape: str = "\\") -> Instruction:
    """Return the instruction of an ``ONBUILD`` trigger in a base image, checked as it is when ``FROM`` runs it.

    Args:
        text: as in the image's config.
        release: the builder.
        escape: the escape character of the Dockerfile, used to resolve words of the trigger, not to parse it.

    Raises:
        BuildRefusedError: the builder refuses it.
    """
    document = parse(text.encode(errors="surrogateescape"), release)
    if len(document.instructions) != 1:
        raise BuildRefusedError(
            "an ONBUILD trigger must be a single instruction",
            message="onbuild trigger should be a single expression",
        )
    instruction = document.instructions[0]
    check(instruction, release)
    if instruction.name == "FROM":
        raise BuildRefusedError("FROM cannot be a trigger", message="*instructions.Stage is not a command type")
    return replace(instruction, escape=escape, start_line=0, end_line=0)
