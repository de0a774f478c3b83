"""One Dockerfile instruction → the container config that the classic builder probes the cache with.

Rules: moby at 71ebfc7, ``builder/dockerfile`` (dispatchers.go, internals.go, evaluator.go). Before each step the
builder takes the config that the parent image was committed with, changes what the instruction says, puts a comment
(for ``RUN`` the command) into ``Cmd``, and asks. What is stored after a miss can have more: the daemon fills what the
step left empty from the parent image (``daemon/commit.go``), which is why some steps never hit.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cacheview.dockerfile import files, settings
from cacheview.dockerfile.args import BuildArgs
from cacheview.dockerfile.expand import Lexer
from cacheview.dockerfile.flags import read_flags
from cacheview.dockerfile.gotext import quote_all
from cacheview.dockerfile.parse import INSTRUCTIONS, Instruction, parse_instruction
from cacheview.dockerfile.ports import exposed_ports
from cacheview.dockerfile.release import MOBY_71EBFC7, BuilderRelease
from cacheview.model import ContainerConfig, DataError, HealthConfig, Image

__all__ = ["DEFAULT_PATH", "probe_config"]

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What ``PATH`` is in every stage whose base says nothing of it, ``FROM scratch`` among them."""

_DEFAULT_SHELL = ("/bin/sh", "-c")
_NOP = "#(nop) "
# The containerd store reads an image's config through the OCI type: these are all the fields that come out.
_KEPT_FIELDS = (
    "User",
    "ExposedPorts",
    "Env",
    "Cmd",
    "Healthcheck",
    "ArgsEscaped",
    "Volumes",
    "WorkingDir",
    "Entrypoint",
    "OnBuild",
    "Labels",
    "StopSignal",
    "Shell",
)
_NO_ARGS = BuildArgs()


def probe_config(
    instruction: str,
    parent: Image | None,
    *,
    args: BuildArgs = _NO_ARGS,
    texts: BuilderRelease = MOBY_71EBFC7,
) -> ContainerConfig:
    """The container config that the builder would send to the cache for an instruction on top of an image.

    Args:
        instruction: one Dockerfile instruction; it may run over several lines. For ``COPY`` and ``ADD`` the
            checksum of the files stands in place of the sources, as image history shows it.
        parent: the image that the step builds on; its config holds environment, shell and the rest. None: scratch.
        args: build arguments in force: they are expanded, and show in ``RUN``.
        texts: how the release writes its steps.

    Raises:
        DataError: the builder would refuse the instruction, or never asks the cache for it, or the line alone does
            not tell what it would send; with what to do.
    """
    parsed = parse_instruction(instruction)
    make = _STEPS.get(parsed.name)
    try:
        if make is None:
            raise DataError(_why_not(parsed.name))
        if parent is not None and (parent.config.os or "linux").lower() != "linux":
            raise DataError(
                f"the parent is an image for {parent.config.os[:40]}, on which Docker for Linux builds nothing; "
                "choose another parent"
            )
        return make(_Step(parsed, _stage_config(parent), args, texts))
    except DataError as error:
        raise error.at(parsed.name[:40]) from None


def _why_not(name: str) -> str:
    if name == "FROM":
        return "the builder never asks the cache for FROM; choose the image as the parent instead"
    near = difflib.get_close_matches(name, INSTRUCTIONS, n=1)
    return "no such instruction" + (f"; {near[0]} is one" if near else f"; there are {', '.join(sorted(INSTRUCTIONS))}")


def _stage_config(parent: Image | None) -> ContainerConfig:
    """What the builder goes on from after a step or a ``FROM``."""
    stored = parent.config.config if parent is not None else None
    kept: dict[str, Any] = {name: getattr(stored, name) for name in _KEPT_FIELDS} if stored else {}
    env: tuple[str, ...] = kept.get("Env") or ()
    if "PATH" not in {entry.partition("=")[0] for entry in env}:
        env += (f"PATH={DEFAULT_PATH}",)
    return ContainerConfig(**{**kept, "Env": env, "Image": parent.id if parent is not None else ""})


@dataclass(frozen=True, slots=True)
class _Step:
    """An instruction with all that it depends on."""

    instruction: Instruction
    config: ContainerConfig
    args: BuildArgs
    texts: BuilderRelease

    @property
    def env(self) -> Mapping[str, str]:
        """The variables of the parent by name; the last of a name counts."""
        pairs = (entry.partition("=") for entry in self.config.Env or ())
        return {name: value for name, _, value in pairs}

    @property
    def lexer(self) -> Lexer:
        env = self.env
        return Lexer({**self.args.visible(env), **env}, self.instruction.escape)

    @property
    def flags(self) -> dict[str, str]:
        return read_flags(self.instruction.name, self.instruction.flags)

    def check_flags(self) -> None:
        read_flags(self.instruction.name, self.instruction.flags)

    def only_argument(self) -> str:
        if len(self.instruction.args) != 1:
            raise DataError("it takes exactly one argument, and there is none")
        return self.instruction.args[0]

    def some_arguments(self, example: str) -> tuple[str, ...]:
        if not self.instruction.args:
            raise DataError(f"it takes at least one argument; write {self.instruction.name} {example}")
        return self.instruction.args

    def with_shell(self) -> tuple[str, ...]:
        """The command as it would run: the shell in front of a shell form."""
        args = self.instruction.args
        return args if self.instruction.is_json else (*(self.config.Shell or _DEFAULT_SHELL), *args)

    def comment(self, text: str, **changes: Any) -> ContainerConfig:
        """The config with some fields changed and the step's text in ``Cmd``."""
        shell = changes.get("Shell") or self.config.Shell or _DEFAULT_SHELL
        text = f"{self.instruction.name} {text}"
        return self.config.model_copy(update={**changes, "Cmd": (*shell, _NOP, text)})

    def joined_comment(self, text: str, **changes: Any) -> ContainerConfig:
        """The same with mark and text in one string, as ``WORKDIR``, ``COPY`` and ``ADD`` have it."""
        shell = self.config.Shell or _DEFAULT_SHELL
        text = f"{self.instruction.name} {text}"
        return self.config.model_copy(update={**changes, "Cmd": (*shell, _NOP + text)})


def _run(step: _Step) -> ContainerConfig:
    step.check_flags()
    command = step.with_shell()
    config = step.config.model_copy(update={"ArgsEscaped": False})
    command = (*step.args.run_prefix(step.env), *command)
    # A command runs without the entrypoint; without a command the entrypoint stays.
    return config.model_copy(update={"Cmd": command, **({"Entrypoint": None} if command else {})})


def _cmd(step: _Step) -> ContainerConfig:
    step.check_flags()
    return step.comment(quote_all(step.with_shell()), ArgsEscaped=False)


def _entrypoint(step: _Step) -> ContainerConfig:
    step.check_flags()
    command = step.with_shell() if step.instruction.args else ()
    return step.comment(quote_all(command), Entrypoint=command or None, ArgsEscaped=False)


def _pairs(step: _Step, example: str) -> list[tuple[str, str]]:
    step.check_flags()
    args, lexer = step.some_arguments(example), step.lexer
    if not all(args[::2]):
        raise DataError(f"a name is empty; write {step.instruction.name} {example}")
    return [(lexer.word(name), lexer.word(value)) for name, value in zip(args[::2], args[1::2], strict=True)]


def _env(step: _Step) -> ContainerConfig:
    env = list(step.config.Env or ())
    texts = []
    for name, value in _pairs(step, "NAME=value"):
        texts.append(text := f"{name}={value}")
        place = next((at for at, entry in enumerate(env) if entry.partition("=")[0] == name), len(env))
        env[place : place + 1] = [text]
    return step.comment(" ".join(texts), Env=tuple(env))


def _label(step: _Step) -> ContainerConfig:
    pairs = _pairs(step, "name=value")
    text = " ".join(f"{name}={value}" for name, value in pairs)
    return step.comment(text, Labels={**(step.config.Labels or {}), **dict(pairs)})


def _maintainer(step: _Step) -> ContainerConfig:
    name = step.only_argument()
    step.check_flags()
    return step.comment(name)


def _expose(step: _Step) -> ContainerConfig:
    args, lexer = step.some_arguments("80"), step.lexer
    step.check_flags()
    specs = [spec for arg in sorted(args) for spec in lexer.words(arg)]
    ports: dict[str, dict[str, Any]] = {port: {} for spec in specs for port in exposed_ports(spec)}
    return step.comment(" ".join(specs), ExposedPorts={**(step.config.ExposedPorts or {}), **ports})


def _volume(step: _Step) -> ContainerConfig:
    args, lexer = step.some_arguments("/data"), step.lexer
    step.check_flags()
    volumes = [lexer.word(settings.trimmed(arg)) for arg in args]
    if not all(volumes):
        raise DataError("a volume is empty; write the path of each")
    changed = {**(step.config.Volumes or {}), **{volume: {} for volume in volumes}}
    return step.comment(f"[{' '.join(volumes)}]", Volumes=changed)


def _user(step: _Step) -> ContainerConfig:
    argument = step.only_argument()
    step.check_flags()
    user = step.lexer.word(argument)
    return step.comment(user, User=user)


def _workdir(step: _Step) -> ContainerConfig:
    argument = step.only_argument()
    step.check_flags()
    path = settings.workdir(step.config.WorkingDir, step.lexer.word(argument), step.texts)
    return step.joined_comment(path, WorkingDir=path)


def _stopsignal(step: _Step) -> ContainerConfig:
    # The builder never looks at the flags of this one.
    signal = settings.stop_signal(step.lexer.word(step.only_argument()))
    return step.comment(signal, StopSignal=signal)


def _healthcheck(step: _Step) -> ContainerConfig:
    kind, *command = step.some_arguments("CMD /check")
    kind = kind.upper()
    if kind == "NONE":  # its flags are never looked at
        if command:
            raise DataError("NONE takes no arguments")
        check = HealthConfig(Test=("NONE",))
    elif kind == "CMD":
        if not command:
            raise DataError("there is no command after CMD")
        test = ("CMD" if step.instruction.is_json else "CMD-SHELL", *command)
        check = settings.healthcheck(test, step.flags, step.texts)
    else:
        raise DataError(f"{kind[:40]!r} is neither CMD nor NONE; write HEALTHCHECK CMD {kind[:40].lower()}…")
    return step.comment(step.texts.healthcheck(check), Healthcheck=check)


def _onbuild(step: _Step) -> ContainerConfig:
    inner = step.some_arguments("RUN make")[0]
    step.check_flags()
    if inner in ("ONBUILD", "MAINTAINER", "FROM"):
        raise DataError(f"{inner} cannot be a trigger")
    expression = settings.trigger(step.instruction)
    return step.comment(expression, OnBuild=(*(step.config.OnBuild or ()), expression))


def _shell(step: _Step) -> ContainerConfig:
    step.check_flags()
    shell = step.some_arguments('["/bin/bash", "-c"]')
    if not step.instruction.is_json:
        raise DataError('it takes the JSON form only; write SHELL ["/bin/bash", "-c"]')
    return step.comment(f"[{' '.join(shell)}]", Shell=shell)


def _arg(step: _Step) -> ContainerConfig:
    # The builder never looks at the flags of this one.
    lexer = step.lexer
    texts = []
    for word in step.some_arguments("NAME=value"):
        name, equals, value = word.partition("=")
        if equals and not name:
            raise DataError("a name is empty; write ARG NAME=value")
        texts.append(lexer.word(name) + (f"={lexer.word(value)}" if equals else ""))
    return step.comment(" ".join(texts))


def _copy(step: _Step) -> ContainerConfig:
    flags, lexer = step.flags, step.lexer
    owner = lexer.word(flags.get("chown", ""))
    checksum, destination = files.checksum_and_destination(step.instruction, lexer)
    chown = step.texts.chown.format(owner) if owner else ""
    return step.joined_comment(f"{chown}{checksum} in {destination} ")


_STEPS: Mapping[str, Callable[[_Step], ContainerConfig]] = {
    "ADD": _copy,
    "ARG": _arg,
    "CMD": _cmd,
    "COPY": _copy,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _label,
    "MAINTAINER": _maintainer,
    "ONBUILD": _onbuild,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": _stopsignal,
    "USER": _user,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}
