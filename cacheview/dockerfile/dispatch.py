"""Each instruction: how it changes what the builder carries, and what it asks the cache.

Rules: moby's ``builder/dockerfile`` (dispatchers.go, internals.go, evaluator.go), read at 20.10.24, 71ebfc7, 25.0.17,
28.5.2 and 29.7.2; where they differ, `BuilderRelease` says how. Before each step the builder changes the run config as
the instruction says, puts a comment (for ``RUN`` the command) into ``Cmd`` of a copy, and asks. What is stored after a
miss can have more: the daemon fills what the step left empty from the parent image (``daemon/commit.go``), which is
why some steps never hit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cacheview.dockerfile import settings
from cacheview.dockerfile.expand import Lexer
from cacheview.dockerfile.flags import Flags, needs_buildkit, parse_flags
from cacheview.dockerfile.gotext import quote_all
from cacheview.dockerfile.mounts import check_mounts
from cacheview.dockerfile.parse import Instruction, heredoc_name
from cacheview.dockerfile.ports import exposed_ports
from cacheview.dockerfile.refused import RefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.dockerfile.state import DEFAULT_SHELL, StageState
from cacheview.model import ContainerConfig, HealthConfig
from cacheview.model.effort import go_on, paced

__all__ = ["CopySources", "Dispatched", "copied", "dispatch", "label_option"]

_NOP = "#(nop) "


@dataclass(frozen=True, slots=True)
class CopySources:
    """What a ``COPY`` or ``ADD`` takes, expanded.

    Attributes:
        name: of the instruction.
        sources: as written, in order, without heredocs.
        destination: likewise.
        from_: of ``--from``: a stage, its number, or an image; empty: the build context.
        owner: of ``--chown``.
        backslashes: see `StageState`.
    """

    name: str
    sources: tuple[str, ...]
    destination: str
    from_: str = ""
    owner: str = ""
    backslashes: bool = False


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What comes of an instruction.

    Attributes:
        after: the state that the next step finds.
        make: the container config that the cache is asked for, given the checksum of the files, where there are any.
        copy: the files whose checksum stands in it; None for all but ``COPY`` and ``ADD``.
        has_layer: what it makes has a layer of its own.
    """

    after: StageState
    make: Callable[[str], ContainerConfig]
    copy: CopySources | None = None
    has_layer: bool = False

    @property
    def probe(self) -> ContainerConfig:
        """The container config, of an instruction without files."""
        return self.make("")


def dispatch(instruction: Instruction, state: StageState, release: BuilderRelease) -> Dispatched:
    """Take one step, of an instruction that `check` has accepted.

    Raises:
        DataError: the builder refuses it here; with what to do.
    """
    return _STEPS[instruction.name](_Request(instruction, state, release))


def copied(
    instruction: Instruction, state: StageState, release: BuilderRelease, checksum: str, destination: str
) -> ContainerConfig:
    """What a ``COPY`` or ``ADD`` asks whose files are known by their checksum alone; the destination is expanded."""
    step = _Request(instruction, state, release)
    flags = _resolved_flags(step)
    needs_buildkit(instruction.name, flags)
    return _copied(step, flags, destination)(checksum)


def label_option(name: str, value: str, state: StageState, release: BuilderRelease) -> Dispatched:
    """The step that ``docker build --label`` adds at the end of the last stage; nothing in it is expanded."""
    line = Instruction("LABEL", (), (name, value), False, f"LABEL {name}={value}")
    return _labels(_Request(line, state, release), [(name, value)])


@dataclass(frozen=True, slots=True)
class _Request:
    """An instruction with all that it depends on."""

    instruction: Instruction
    state: StageState
    release: BuilderRelease

    @property
    def config(self) -> ContainerConfig:
        return self.state.config

    @property
    def lexer(self) -> Lexer:
        return self.state.lexer(self.instruction.escape, self.release)

    @property
    def flags(self) -> Flags:
        return parse_flags(self.instruction.name, self.instruction.flags, self.release)

    @property
    def args(self) -> tuple[str, ...]:
        return self.instruction.args

    @property
    def argument(self) -> str:
        """The only one."""
        (argument,) = self.args
        return argument

    def with_shell(self) -> tuple[str, ...]:
        """The command as it would run: the shell in front of a shell form."""
        args = self.instruction.args
        return args if self.instruction.is_json else (*(self.config.Shell or DEFAULT_SHELL), *args)

    def comment(self, text: str, **changes: Any) -> Dispatched:
        """Some fields of the run config changed, and the step's text in ``Cmd`` of what is asked."""
        return self.commented(text, self.state, changes)

    def commented(self, text: str, state: StageState, changes: Mapping[str, Any]) -> Dispatched:
        after = state.config.model_copy(update=changes)
        probe = {"Cmd": (*(after.Shell or DEFAULT_SHELL), _NOP, f"{self.instruction.name} {text}")}
        return Dispatched(replace(state, config=after), lambda _: after.model_copy(update=probe))

    def joined_comment(self, text: str) -> tuple[str, ...]:
        """Mark and text in one string, as ``WORKDIR``, ``COPY`` and ``ADD`` have it."""
        return (*(self.config.Shell or DEFAULT_SHELL), f"{_NOP}{self.instruction.name} {text}")


def _run(step: _Request) -> Dispatched:
    flags = step.flags
    if step.release.mounts_at_dispatch:
        check_mounts(flags.repeated.get("mount", ()), step.release, step.lexer.word)
    needs_buildkit("RUN", flags.values)
    state = step.state
    command = (*state.args.run_prefix(state.environment), *step.with_shell())
    # A command runs without the entrypoint; without a command the entrypoint stays.
    changes = {"ArgsEscaped": False, "Cmd": command, **({"Entrypoint": None} if command else {})}
    return Dispatched(state, lambda _: state.config.model_copy(update=changes), has_layer=True)


def _cmd(step: _Request) -> Dispatched:
    command = step.with_shell()
    state = replace(step.state, cmd_set=step.state.cmd_set or bool(step.instruction.args))
    return step.commented(quote_all(command), state, {"Cmd": command, "ArgsEscaped": False})


def _entrypoint(step: _Request) -> Dispatched:
    command = step.with_shell() if step.instruction.args else ()
    changes: dict[str, Any] = {"Entrypoint": command or None, "ArgsEscaped": False}
    if not step.state.cmd_set:
        changes["Cmd"] = None
    return step.comment(quote_all(command), **changes)


def _pairs(step: _Request) -> list[tuple[str, str]]:
    args, lexer = step.args, step.lexer
    return [(lexer.word(name), lexer.word(value)) for name, value in paced(zip(args[::2], args[1::2], strict=True))]


def _env(step: _Request) -> Dispatched:
    pairs = _pairs(step)
    text = " ".join(f"{name}={value}" for name, value in pairs)
    return step.comment(text, Env=step.state.environment.changed(pairs))


def _label(step: _Request) -> Dispatched:
    return _labels(step, _pairs(step))


def _labels(step: _Request, pairs: list[tuple[str, str]]) -> Dispatched:
    text = " ".join(f"{name}={value}" for name, value in pairs)
    return step.comment(text, Labels={**(step.config.Labels or {}), **dict(pairs)})


def _maintainer(step: _Request) -> Dispatched:
    return step.commented(step.argument, replace(step.state, maintainer=step.argument), {})


def _expose(step: _Request) -> Dispatched:
    lexer = step.lexer
    specs = [spec for arg in sorted(step.args) for spec in lexer.words(arg)]
    ports: dict[str, dict[str, Any]] = {}
    for spec in specs:
        go_on()  # each may be a range of all ports
        ports.update((port, {}) for port in exposed_ports(spec, step.release))
    return step.comment(" ".join(specs), ExposedPorts={**(step.config.ExposedPorts or {}), **ports})


def _volume(step: _Request) -> Dispatched:
    lexer = step.lexer
    volumes = [lexer.word(settings.trimmed(arg)) for arg in step.args]
    if not all(volumes):
        message = "VOLUME specified can not be an empty string"
        raise RefusedError("a volume path is empty; give every volume a path", message=message)
    changed = {**(step.config.Volumes or {}), **{volume: {} for volume in volumes}}
    return step.comment(f"[{' '.join(volumes)}]", Volumes=changed)


def _user(step: _Request) -> Dispatched:
    user = step.lexer.word(step.argument)
    return step.comment(user, User=user)


def _workdir(step: _Request) -> Dispatched:
    path = settings.workdir(step.config.WorkingDir, step.lexer.word(step.argument), step.release)
    after = step.config.model_copy(update={"WorkingDir": path})
    comment = {"Cmd": step.joined_comment(path)}
    return Dispatched(replace(step.state, config=after), lambda _: after.model_copy(update=comment), has_layer=True)


def _stopsignal(step: _Request) -> Dispatched:
    signal = settings.stop_signal(step.lexer.word(step.argument), step.release)
    return step.comment(signal, StopSignal=signal)


def _healthcheck(step: _Request) -> Dispatched:
    kind, *command = step.args
    if kind.upper() == "NONE":
        check = HealthConfig(Test=("NONE",))
    else:
        test = ("CMD" if step.instruction.is_json else "CMD-SHELL", *command)
        check = settings.healthcheck(test, step.flags.values)
    return step.comment(step.release.healthcheck(check), Healthcheck=check)


def _onbuild(step: _Request) -> Dispatched:
    expression = settings.trigger(step.instruction)
    return step.comment(expression, OnBuild=(*(step.config.OnBuild or ()), expression))


def _shell(step: _Request) -> Dispatched:
    return step.comment(f"[{' '.join(step.args)}]", Shell=step.args)


def _arg(step: _Request) -> Dispatched:
    lexer = step.lexer
    texts = []
    declared: dict[str, str | None] = {}
    for word in step.args:
        name, equals, value = word.partition("=")
        name, default = lexer.word(name), lexer.word(value) if equals else None
        declared[name] = default
        texts.append(name if default is None else f"{name}={default}")
    return step.commented(" ".join(texts), replace(step.state, args=step.state.args.declare(declared)), {})


def _copy(step: _Request) -> Dispatched:
    lexer, args, name = step.lexer, step.args, step.instruction.name
    flags = _resolved_flags(step)
    sources = tuple(lexer.word(arg) for arg in args[:-1] if not heredoc_name(arg, step.release))
    destination = lexer.word(args[-1])
    if step.state.backslashes:
        destination = destination.replace("/", "\\")
    needs_buildkit(name, flags)
    from_, owner = flags.get("from", ""), flags.get("chown", "")
    copy = CopySources(name, sources, destination, from_, owner, step.state.backslashes)
    return Dispatched(step.state, _copied(step, flags, destination), copy, has_layer=True)


def _resolved_flags(step: _Request) -> dict[str, str]:
    """The flags of a ``COPY`` or ``ADD``, with the variables resolved in those where the release does."""
    flags = dict(step.flags.values)
    for flag in ("chown", *(("chmod",) if step.release.expands_chmod else ()), "checksum"):
        if flag in flags:
            flags[flag] = step.lexer.word(flags[flag])
    return flags


def _copied(step: _Request, flags: Mapping[str, str], destination: str) -> Callable[[str], ContainerConfig]:
    owner = flags.get("chown", "")
    chown = step.release.chown.format(owner) if owner else ""
    config = step.config

    def make(checksum: str) -> ContainerConfig:
        return config.model_copy(update={"Cmd": step.joined_comment(f"{chown}{checksum} in {destination} ")})

    return make


_STEPS: Mapping[str, Callable[[_Request], Dispatched]] = {
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
