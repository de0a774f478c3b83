"""Checks each instruction separately before the first step: its flags, and the number and form of its arguments.

The rules are those of BuildKit's ``frontend/dockerfile/instructions/parse.go``, in the same order: the daemon reports
the first of two mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cacheview.dockerfile.flags import Flags, parse_flags
from cacheview.dockerfile.gotext import GO_SPACE, lower, quote, upper
from cacheview.dockerfile.health import check_healthcheck
from cacheview.dockerfile.mounts import check_devices, check_mounts
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.dockerfile.suggest import suggestion
from cacheview.dockerfile.syntax import INSTRUCTIONS, Instruction, heredoc_name

__all__ = ["check", "stage_name"]

_STAGE_NAME: Final = re.compile(r"[a-z][a-z0-9\-_.]*")
_NO_DESTINATION: Final = "Destination could not be determined"
_EXAMPLES: Final = {
    "ARG": "NAME=value",
    "ENV": "NAME=value",
    "EXPOSE": "80",
    "HEALTHCHECK": "CMD /check",
    "LABEL": "name=value",
    "ONBUILD": "RUN make",
    "SHELL": '["/bin/bash", "-c"]',
    "VOLUME": "/data",
}
_NETWORKS: Final = ("default", "none", "host")
_SECURITY: Final = ("insecure", "sandbox")


def check(instruction: Instruction, release: BuilderRelease) -> None:
    """Check an instruction like ``instructions.ParseInstruction``.

    Raises:
        BuildRefusedError: the builder refuses it; ``message`` does not contain the location.
    """
    checks = _CHECKS.get(instruction.name)
    if checks is None:
        raise _unknown(instruction, release)
    checks(_CheckedInstruction(instruction, release))


def _unknown(instruction: Instruction, release: BuilderRelease) -> BuildRefusedError:
    word = instruction.word
    shown = upper(lower(word)) if release.capitalizes_instructions else word
    near = suggestion(word, INSTRUCTIONS, any_case=True)
    what = f"{word[:40]!r} is not an instruction{near}"
    return BuildRefusedError(what, message=f"unknown instruction: {shown}{near if release.suggests_similar else ''}")


@dataclass(frozen=True, slots=True)
class _CheckedInstruction:
    instruction: Instruction
    release: BuilderRelease

    @property
    def name(self) -> str:
        return self.instruction.name

    @property
    def args(self) -> tuple[str, ...]:
        return self.instruction.args

    def flags(self) -> Flags:
        return parse_flags(self.name, self.instruction.flags, self.release)

    def one_argument(self) -> None:
        if len(self.args) != 1:
            raise BuildRefusedError(
                "exactly one argument is required, but none was given",
                message=f"{self.name} requires exactly one argument",
            )

    def an_argument(self) -> None:
        if not self.args:
            what = f"at least one argument is required, for example {self.name} {_EXAMPLES[self.name]}"
            raise BuildRefusedError(what, message=f"{self.name} requires at least one argument")


def _just_flags(case: _CheckedInstruction) -> None:
    case.flags()


def _one(case: _CheckedInstruction) -> None:
    case.one_argument()
    case.flags()


def _some(case: _CheckedInstruction) -> None:
    case.an_argument()
    case.flags()


def _only_one(case: _CheckedInstruction) -> None:
    case.one_argument()  # its flags are never checked


def _pairs(case: _CheckedInstruction) -> None:
    case.flags()
    case.an_argument()
    if not all(case.args[::2]):
        raise _blank(case)


def _blank(case: _CheckedInstruction) -> BuildRefusedError:
    return BuildRefusedError("a name is empty; use name=value", message=f"{case.name} names can not be blank")


def _arg(case: _CheckedInstruction) -> None:
    case.an_argument()  # its flags are never checked
    if any(word.startswith("=") for word in case.args):
        raise _blank(case)


def _files(case: _CheckedInstruction) -> None:
    if len(case.args) < 2:
        stop = "." if case.release.ends_destination_with_stop else ""
        message = f"{case.name} requires at least two arguments, but only one was provided. {_NO_DESTINATION}{stop}"
        raise BuildRefusedError(
            f"a source and a destination are required, for example {case.name} file /dst", message=message
        )
    case.flags()
    if heredoc_name(case.args[-1], case.release):
        message = f"{case.name} cannot accept a heredoc as a destination"
        raise BuildRefusedError("the destination cannot be a heredoc", message=message)


def _from(case: _CheckedInstruction) -> None:
    stage_name(case.args)
    case.flags()


def stage_name(args: tuple[str, ...]) -> str:
    """Return the name that the arguments of a ``FROM`` give its stage; empty if none.

    Raises:
        BuildRefusedError: it is not a name, or there are too many or too few arguments.
    """
    if len(args) == 3 and lower(args[1]) == "as":
        name = lower(args[2])
        if _STAGE_NAME.fullmatch(name) is None:
            raise BuildRefusedError(
                f"{args[2][:40]!r} is not a valid stage name; use a letter followed by letters, digits, -, _ or .",
                message=f"invalid name for build stage: {quote(args[2])}, name can't start with a number "
                "or contain symbols",
            )
        return name
    if len(args) != 1:
        raise BuildRefusedError(
            "use FROM IMAGE or FROM IMAGE AS NAME", message="FROM requires either one or three arguments"
        )
    return ""


def _onbuild(case: _CheckedInstruction) -> None:
    case.an_argument()
    case.flags()
    inner = upper(case.args[0].strip(GO_SPACE))
    if inner == "ONBUILD":
        raise BuildRefusedError(
            "an ONBUILD trigger cannot be an ONBUILD instruction",
            message="Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed",
        )
    if inner in ("MAINTAINER", "FROM"):
        raise BuildRefusedError(f"{inner} cannot be a trigger", message=f"{inner} isn't allowed as an ONBUILD trigger")


def _run(case: _CheckedInstruction) -> None:
    flags = case.flags()
    # In the order in which Go compiles the builder's files.
    check_devices(flags.repeated.get("device", ()))
    check_mounts(flags.repeated.get("mount", ()), case.release)
    network = flags.values.get("network", "default")
    if network not in _NETWORKS:
        raise BuildRefusedError(
            f"{network[:40]!r} is not a network mode", message=f"invalid network mode {quote(network)}"
        )
    security = flags.values.get("security", "sandbox")
    if security not in _SECURITY:
        raise BuildRefusedError(
            f"{security[:40]!r} is not a security mode", message=f"security {quote(security)} is not valid"
        )


def _volume(case: _CheckedInstruction) -> None:
    case.an_argument()
    case.flags()
    if not all(arg.strip(GO_SPACE) for arg in case.args):
        raise BuildRefusedError(
            "a volume path is empty; give every volume a path", message="VOLUME specified can not be an empty string"
        )


def _shell(case: _CheckedInstruction) -> None:
    case.flags()
    case.an_argument()
    if not case.instruction.is_json:
        raise BuildRefusedError(
            'only the JSON form is accepted, for example SHELL ["/bin/bash", "-c"]',
            message="SHELL requires the arguments to be in JSON form",
        )


def _healthcheck(case: _CheckedInstruction) -> None:
    case.an_argument()
    kind, *command = case.args
    kind = upper(kind)
    if kind == "NONE":  # its flags are never checked
        if command:
            raise BuildRefusedError("NONE does not accept arguments", message="HEALTHCHECK NONE takes no arguments")
        return
    flags = case.flags().values
    if kind != "CMD":
        what = f"{kind[:40]!r} is neither CMD nor NONE; use HEALTHCHECK CMD {kind[:40].lower()}…"
        raise BuildRefusedError(what, message=f"Unknown type {quote(kind)} in HEALTHCHECK (try CMD)")
    if not command:
        raise BuildRefusedError("there is no command after CMD", message="Missing command after HEALTHCHECK CMD")
    check_healthcheck(flags, case.release)


_CHECKS: Final[Mapping[str, Callable[[_CheckedInstruction], None]]] = {
    "ADD": _files,
    "ARG": _arg,
    "CMD": _just_flags,
    "COPY": _files,
    "ENTRYPOINT": _just_flags,
    "ENV": _pairs,
    "EXPOSE": _some,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _pairs,
    "MAINTAINER": _one,
    "ONBUILD": _onbuild,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": _only_one,
    "USER": _one,
    "VOLUME": _volume,
    "WORKDIR": _one,
}
