"""The effect of each instruction on the builder's state, and its lookup in the cache.

The rules are those of moby's ``builder/dockerfile`` (dispatchers.go, internals.go, evaluator.go), read at 20.10.24,
71ebfc7, 25.0.17, 28.5.2 and 29.7.2; if they differ, `BuilderRelease` has a field. Before each step the builder changes
the run config as the instruction requires, puts a comment (for ``RUN``, the command) into ``Cmd`` of a copy, and looks
up the copy. After a miss, the stored config can contain more: the daemon fills in what the step left empty from the
parent image (``daemon/commit.go``), which is why some steps never hit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cacheview.dockerfile.expand import Lexer
from cacheview.dockerfile.flags import Flags, parse_flags, refuse_buildkit_flags
from cacheview.dockerfile.gotext import quote_all
from cacheview.dockerfile.mounts import check_mounts
from cacheview.dockerfile.parse import Instruction, heredoc_name
from cacheview.dockerfile.ports import exposed_ports
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.dockerfile.settings import healthcheck, stop_signal, trigger, trimmed, workdir
from cacheview.dockerfile.state import DEFAULT_SHELL, StageState
from cacheview.model import ContainerConfig, HealthConfig
from cacheview.model.effort import go_on, paced

__all__ = ["CopySources", "DispatchResult", "copy_config", "dispatch", "label_option"]

_NOP = "#(nop) "


@dataclass(frozen=True, slots=True)
class CopySources:
    """The sources and options of a ``COPY`` or ``ADD``, expanded.

    Attributes:
        name: the name of the instruction.
        sources: in order, without heredocs.
        destination: the last argument.
        from_: the value of ``--from``: a stage, its number, or an image; empty for the build context.
        owner: the value of ``--chown``.
        uses_backslashes: see `StageState`.
    """

    name: str
    sources: tuple[str, ...]
    destination: str
    from_: str = ""
    owner: str = ""
    uses_backslashes: bool = False


@dataclass(frozen=True, slots=True)
class DispatchResult:
    """The result of an instruction.

    Attributes:
        after: the state for the next step.
        make: returns the container config to look up in the cache, given the checksum of the files, if there are any.
        copy: the files whose checksum it contains; None for all instructions except ``COPY`` and ``ADD``.
        has_layer: whether the step creates a layer.
    """

    after: StageState
    make: Callable[[str], ContainerConfig]
    copy: CopySources | None = None
    has_layer: bool = False

    @property
    def probe(self) -> ContainerConfig:
        """The container config for an instruction without files."""
        return self.make("")


def dispatch(instruction: Instruction, state: StageState, release: BuilderRelease) -> DispatchResult:
    """Process one step, whose instruction `check` has accepted.

    Raises:
        DataError: the builder refuses it here; the message says what to do.
    """
    return _DISPATCHERS[instruction.name](_DispatchRequest(instruction, state, release))


def copy_config(
    instruction: Instruction, state: StageState, release: BuilderRelease, checksum: str, destination: str
) -> ContainerConfig:
    """Return the container config of a ``COPY`` or ``ADD`` whose files are known only by their checksum.

    ``destination`` is already expanded.
    """
    request = _DispatchRequest(instruction, state, release)
    flags = _resolved_flags(request)
    refuse_buildkit_flags(instruction.name, flags, release)
    return _copy_config(request, flags, destination)(checksum)


def label_option(name: str, value: str, state: StageState, release: BuilderRelease) -> DispatchResult:
    """Return the step that ``docker build --label`` adds to the end of the last stage; nothing in it is expanded."""
    line = Instruction("LABEL", (), (name, value), False, f"LABEL {name}={value}")
    return _labels(_DispatchRequest(line, state, release), [(name, value)])


@dataclass(frozen=True, slots=True)
class _DispatchRequest:
    """An instruction with everything that it depends on: ``dispatchRequest`` of evaluator.go."""

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
        """The only argument."""
        (argument,) = self.args
        return argument

    def with_shell(self) -> tuple[str, ...]:
        """Return the command as it would run: in the shell form, the shell precedes it."""
        args = self.instruction.args
        return args if self.instruction.is_json else (*(self.config.Shell or DEFAULT_SHELL), *args)

    def comment(self, text: str, **changes: Any) -> DispatchResult:
        """Return a step that changes some fields of the run config and is looked up with its text in ``Cmd``."""
        return self.commented(text, self.state, changes)

    def commented(self, text: str, state: StageState, changes: Mapping[str, Any]) -> DispatchResult:
        after = state.config.model_copy(update=changes)
        probe = {"Cmd": (*(after.Shell or DEFAULT_SHELL), _NOP, f"{self.instruction.name} {text}")}
        return DispatchResult(replace(state, config=after), lambda _: after.model_copy(update=probe))

    def joined_comment(self, text: str) -> tuple[str, ...]:
        """Return the mark and the text in one string, as for ``WORKDIR``, ``COPY`` and ``ADD``."""
        return (*(self.config.Shell or DEFAULT_SHELL), f"{_NOP}{self.instruction.name} {text}")


def _run(request: _DispatchRequest) -> DispatchResult:
    flags = request.flags
    if request.release.checks_mounts_at_dispatch:
        check_mounts(flags.repeated.get("mount", ()), request.release, request.lexer.word)
    refuse_buildkit_flags("RUN", flags.values, request.release)
    state = request.state
    command = (*state.args.run_prefix(state.environment), *request.with_shell())
    # A command runs without the entrypoint; without a command, the entrypoint stays.
    changes = {"ArgsEscaped": False, "Cmd": command, **({"Entrypoint": None} if command else {})}
    return DispatchResult(state, lambda _: state.config.model_copy(update=changes), has_layer=True)


def _cmd(request: _DispatchRequest) -> DispatchResult:
    command = request.with_shell()
    state = replace(request.state, is_cmd_set=request.state.is_cmd_set or bool(request.instruction.args))
    return request.commented(quote_all(command), state, {"Cmd": command, "ArgsEscaped": False})


def _entrypoint(request: _DispatchRequest) -> DispatchResult:
    command = request.with_shell() if request.instruction.args else ()
    changes: dict[str, Any] = {"Entrypoint": command or None, "ArgsEscaped": False}
    if not request.state.is_cmd_set:
        changes["Cmd"] = None
    return request.comment(quote_all(command), **changes)


def _pairs(request: _DispatchRequest) -> list[tuple[str, str]]:
    args, lexer = request.args, request.lexer
    return [(lexer.word(name), lexer.word(value)) for name, value in paced(zip(args[::2], args[1::2], strict=True))]


def _env(request: _DispatchRequest) -> DispatchResult:
    pairs = _pairs(request)
    text = " ".join(f"{name}={value}" for name, value in pairs)
    return request.comment(text, Env=request.state.environment.update(pairs))


def _label(request: _DispatchRequest) -> DispatchResult:
    return _labels(request, _pairs(request))


def _labels(request: _DispatchRequest, pairs: list[tuple[str, str]]) -> DispatchResult:
    text = " ".join(f"{name}={value}" for name, value in pairs)
    return request.comment(text, Labels={**(request.config.Labels or {}), **dict(pairs)})


def _maintainer(request: _DispatchRequest) -> DispatchResult:
    return request.commented(request.argument, replace(request.state, maintainer=request.argument), {})


def _expose(request: _DispatchRequest) -> DispatchResult:
    lexer = request.lexer
    specs = [spec for arg in sorted(request.args) for spec in lexer.words(arg)]
    ports: dict[str, dict[str, Any]] = {}
    for spec in specs:
        go_on()  # each may be a range of all ports
        ports.update((port, {}) for port in exposed_ports(spec, request.release))
    return request.comment(" ".join(specs), ExposedPorts={**(request.config.ExposedPorts or {}), **ports})


def _volume(request: _DispatchRequest) -> DispatchResult:
    lexer = request.lexer
    volumes = [lexer.word(trimmed(arg)) for arg in request.args]
    if not all(volumes):
        message = "VOLUME specified can not be an empty string"
        raise BuildRefusedError("a volume path is empty; give every volume a path", message=message)
    changed = {**(request.config.Volumes or {}), **{volume: {} for volume in volumes}}
    return request.comment(f"[{' '.join(volumes)}]", Volumes=changed)


def _user(request: _DispatchRequest) -> DispatchResult:
    user = request.lexer.word(request.argument)
    return request.comment(user, User=user)


def _workdir(request: _DispatchRequest) -> DispatchResult:
    path = workdir(request.config.WorkingDir, request.lexer.word(request.argument), request.release)
    after = request.config.model_copy(update={"WorkingDir": path})
    comment = {"Cmd": request.joined_comment(path)}
    return DispatchResult(
        replace(request.state, config=after), lambda _: after.model_copy(update=comment), has_layer=True
    )


def _stopsignal(request: _DispatchRequest) -> DispatchResult:
    signal = stop_signal(request.lexer.word(request.argument), request.release)
    return request.comment(signal, StopSignal=signal)


def _healthcheck(request: _DispatchRequest) -> DispatchResult:
    kind, *command = request.args
    if kind.upper() == "NONE":
        check = HealthConfig(Test=("NONE",))
    else:
        test = ("CMD" if request.instruction.is_json else "CMD-SHELL", *command)
        check = healthcheck(test, request.flags.values)
    return request.comment(request.release.healthcheck(check), Healthcheck=check)


def _onbuild(request: _DispatchRequest) -> DispatchResult:
    expression = trigger(request.instruction)
    triggers = (request.config.OnBuild or ()) + (expression,)
    return request.comment(expression, OnBuild=triggers)


def _shell(request: _DispatchRequest) -> DispatchResult:
    return request.comment(f"[{' '.join(request.args)}]", Shell=request.args)


def _arg(request: _DispatchRequest) -> DispatchResult:
    lexer = request.lexer
    texts = []
    declared: dict[str, str | None] = {}
    for word in request.args:
        name, equals, value = word.partition("=")
        name, default = lexer.word(name), lexer.word(value) if equals else None
        declared[name] = default
        texts.append(name if default is None else f"{name}={default}")
    return request.commented(" ".join(texts), replace(request.state, args=request.state.args.declare(declared)), {})


def _copy(request: _DispatchRequest) -> DispatchResult:
    lexer, args, name = request.lexer, request.args, request.instruction.name
    flags = _resolved_flags(request)
    sources = tuple(lexer.word(arg) for arg in args[:-1] if not heredoc_name(arg, request.release))
    destination = lexer.word(args[-1])
    if request.state.uses_backslashes:
        destination = destination.replace("/", "\\")
    refuse_buildkit_flags(name, flags, request.release)
    from_, owner = flags.get("from", ""), flags.get("chown", "")
    copy = CopySources(name, sources, destination, from_, owner, request.state.uses_backslashes)
    return DispatchResult(request.state, _copy_config(request, flags, destination), copy, has_layer=True)


def _resolved_flags(request: _DispatchRequest) -> dict[str, str]:
    """Return the flags of a ``COPY`` or ``ADD``, with variables resolved in those where the release does so."""
    flags = dict(request.flags.values)
    for flag in ("chown", *(("chmod",) if request.release.expands_chmod else ()), "checksum"):
        if flag in flags:
            flags[flag] = request.lexer.word(flags[flag])
    return flags


def _copy_config(
    request: _DispatchRequest, flags: Mapping[str, str], destination: str
) -> Callable[[str], ContainerConfig]:
    owner = flags.get("chown", "")
    chown = request.release.chown.format(owner) if owner else ""
    config = request.config

    def make(checksum: str) -> ContainerConfig:
        return config.model_copy(update={"Cmd": request.joined_comment(f"{chown}{checksum} in {destination} ")})

    return make


_DISPATCHERS: Mapping[str, Callable[[_DispatchRequest], DispatchResult]] = {
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
