"""The fields of the parent's container config that each instruction changes, and the instructions that are refused."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.dockerfile import MOBY_71EBFC7, BuildArgs
from cacheview.dockerfile import probe_config as config_of_any
from cacheview.dockerfile.parse import INSTRUCTIONS
from cacheview.dockerfile.release import builder_release
from cacheview.model import ContainerConfig, DataError, HealthConfig, Image, ImageConfig

probe_config = partial(config_of_any, release=MOBY_71EBFC7)

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SH = ("/bin/sh", "-c")
FILE = "file:" + "a1" * 32
DIR = "dir:" + "b2" * 32
SECOND = 1_000_000_000


def image(os: str = "linux", **config: Any) -> Image:
    config.setdefault("Env", ("PATH=/bin", "A=one", "PORTS=80 443/udp"))
    return Image(id="sha256:" + "0" * 64, config=ImageConfig(os=os, config=ContainerConfig(**config)))


def nop(text: str) -> tuple[str, ...]:
    return (*SH, "#(nop) ", text)


def joined(text: str) -> tuple[str, ...]:
    return (*SH, "#(nop) " + text)


def changed(instruction: str, parent: Image | None, **options: Any) -> dict[str, Any]:
    """Return the fields of the probe that differ from the parent's config, without ``Image``."""
    probe = probe_config(instruction, parent, **options)
    before = (parent.config.config if parent else None) or ContainerConfig()
    return {
        name: getattr(probe, name)
        for name in ContainerConfig.model_fields
        if name != "Image" and getattr(probe, name) != getattr(before, name)
    }


STEPS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # RUN
    ("RUN make  $A", {}, {"Cmd": (*SH, "make  $A")}),
    ('RUN ["make", "$A"]', {}, {"Cmd": ("make", "$A")}),
    ("RUN make", {"Entrypoint": ("/e",), "Cmd": ("x",)}, {"Cmd": (*SH, "make"), "Entrypoint": None}),
    ("RUN []", {"Entrypoint": ("/e",), "Cmd": ("x",)}, {"Cmd": ()}),
    ("RUN", {}, {"Cmd": SH}),
    ("RUN a", {"Shell": ("/bin/bash", "-ec")}, {"Cmd": ("/bin/bash", "-ec", "a")}),
    ("RUN a \\\n  && b", {}, {"Cmd": (*SH, "a   && b")}),
    ("RUN <<EOF\na\nEOF", {}, {"Cmd": (*SH, "<<EOF")}),
    ("RUN a", {"ArgsEscaped": True}, {"Cmd": (*SH, "a"), "ArgsEscaped": False}),
    # CMD and ENTRYPOINT
    ('CMD ["a", "b c"]', {}, {"Cmd": nop('CMD ["a" "b c"]')}),
    ('CMD echo "$A"', {}, {"Cmd": nop(r'CMD ["/bin/sh" "-c" "echo \"$A\""]')}),
    ("CMD []", {}, {"Cmd": nop("CMD []")}),
    ("CMD", {}, {"Cmd": nop('CMD ["/bin/sh" "-c"]')}),
    (
        'ENTRYPOINT ["/e"]',
        {"Cmd": ("x",)},
        {"Cmd": nop('ENTRYPOINT ["/e"]'), "Entrypoint": ("/e",)},
    ),
    ("ENTRYPOINT e", {}, {"Cmd": nop('ENTRYPOINT ["/bin/sh" "-c" "e"]'), "Entrypoint": (*SH, "e")}),
    ("ENTRYPOINT []", {"Entrypoint": ("/e",)}, {"Cmd": nop("ENTRYPOINT []"), "Entrypoint": None}),
    ("ENTRYPOINT", {"Entrypoint": ("/e",)}, {"Cmd": nop("ENTRYPOINT []"), "Entrypoint": None}),
    # ENV
    ("ENV A b c", {"Env": ("PATH=/b",)}, {"Cmd": nop("ENV A=b c"), "Env": ("PATH=/b", "A=b c")}),
    ('ENV A "b  c"', {"Env": ("PATH=/b",)}, {"Cmd": nop("ENV A=b  c"), "Env": ("PATH=/b", "A=b  c")}),
    (
        "ENV A=2 B=$A C=${D:-d}",
        {"Env": ("PATH=/b", "A=1", "Z=")},
        {"Cmd": nop("ENV A=2 B=1 C=d"), "Env": ("PATH=/b", "A=2", "Z=", "B=1", "C=d")},
    ),
    ("ENV A=1 A=2", {"Env": ("PATH=/b",)}, {"Cmd": nop("ENV A=1 A=2"), "Env": ("PATH=/b", "A=2")}),
    ("ENV A=", {"Env": ("A=1",)}, {"Cmd": nop("ENV A="), "Env": ("A=", PATH)}),
    # LABEL and MAINTAINER
    (
        r"""LABEL a="x \"y\"" 'b c'=d e=$A""",
        {"Labels": {"a": "0", "z": "1"}},
        {
            "Cmd": nop('LABEL a=x "y" b c=d e=one'),
            "Labels": {"a": 'x "y"', "z": "1", "b c": "d", "e": "one"},
        },
    ),
    ("LABEL a b c", {}, {"Cmd": nop("LABEL a=b c"), "Labels": {"a": "b c"}}),
    ("MAINTAINER $A <a@b>", {}, {"Cmd": nop("MAINTAINER $A <a@b>")}),
    # EXPOSE
    (
        "EXPOSE 9 80 80/tcp 80",
        {"ExposedPorts": {"1/udp": {}}},
        {
            "Cmd": nop("EXPOSE 80 80 80/tcp 9"),
            "ExposedPorts": {"1/udp": {}, "80/tcp": {}, "9/tcp": {}},
        },
    ),
    (
        "EXPOSE 80-82/UDP",
        {},
        {"Cmd": nop("EXPOSE 80-82/UDP"), "ExposedPorts": {"80/udp": {}, "81/udp": {}, "82/udp": {}}},
    ),
    ("EXPOSE $PORTS", {}, {"Cmd": nop("EXPOSE 80 443/udp"), "ExposedPorts": {"80/tcp": {}, "443/udp": {}}}),
    ("EXPOSE 127.0.0.1:8080:80", {}, {"Cmd": nop("EXPOSE 127.0.0.1:8080:80"), "ExposedPorts": {"80/tcp": {}}}),
    ("EXPOSE [::1]:1-9:80/", {}, {"Cmd": nop("EXPOSE [::1]:1-9:80/"), "ExposedPorts": {"80/tcp": {}}}),
    ("EXPOSE $UNSET", {}, {"Cmd": nop("EXPOSE "), "ExposedPorts": {}}),
    # VOLUME
    (
        'VOLUME ["/a b", " /$A "]',
        {"Volumes": {"/z": {}}},
        {"Cmd": nop("VOLUME [/a b /one]"), "Volumes": {"/z": {}, "/a b": {}, "/one": {}}},
    ),
    ("VOLUME /a /b", {}, {"Cmd": nop("VOLUME [/a /b]"), "Volumes": {"/a": {}, "/b": {}}}),
    # USER, WORKDIR, STOPSIGNAL, SHELL
    ("USER $A:x", {}, {"Cmd": nop("USER one:x"), "User": "one:x"}),
    ("WORKDIR /a/", {}, {"Cmd": joined("WORKDIR /a/"), "WorkingDir": "/a/"}),
    ("WORKDIR b/../c/", {"WorkingDir": "/a"}, {"Cmd": joined("WORKDIR /a/c"), "WorkingDir": "/a/c"}),
    ("WORKDIR b", {}, {"Cmd": joined("WORKDIR /b"), "WorkingDir": "/b"}),
    ("WORKDIR ../../b", {"WorkingDir": "/a"}, {"Cmd": joined("WORKDIR /b"), "WorkingDir": "/b"}),
    ('WORKDIR "/$A x"', {}, {"Cmd": joined("WORKDIR /one x"), "WorkingDir": "/one x"}),
    ("STOPSIGNAL sigterm", {}, {"Cmd": nop("STOPSIGNAL sigterm"), "StopSignal": "sigterm"}),
    ("STOPSIGNAL --x RTMIN+15", {}, {"Cmd": nop("STOPSIGNAL RTMIN+15"), "StopSignal": "RTMIN+15"}),
    ("STOPSIGNAL 9", {}, {"Cmd": nop("STOPSIGNAL 9"), "StopSignal": "9"}),
    (
        'SHELL ["/bin/bash", "-e c"]',
        {"Shell": ("/bin/zsh",)},
        {"Cmd": ("/bin/bash", "-e c", "#(nop) ", "SHELL [/bin/bash -e c]"), "Shell": ("/bin/bash", "-e c")},
    ),
    ("USER a", {"Shell": ("/bin/zsh", "-c")}, {"Cmd": ("/bin/zsh", "-c", "#(nop) ", "USER a"), "User": "a"}),
    ("WORKDIR /a", {"Shell": ("/z",)}, {"Cmd": ("/z", "#(nop) WORKDIR /a"), "WorkingDir": "/a"}),
    # HEALTHCHECK
    (
        "HEALTHCHECK --interval=5s cmd true",
        {},
        {
            "Cmd": nop(r"""HEALTHCHECK &{["CMD-SHELL" "true"] "5s" "0s" "0s" "0s" '\x00'}"""),
            "Healthcheck": HealthConfig(Test=("CMD-SHELL", "true"), Interval=5 * SECOND),
        },
    ),
    (
        'HEALTHCHECK --timeout=90s --start-period=1h --start-interval=20ms --retries=10 CMD ["a", "b"]',
        {},
        {
            "Cmd": nop(r"""HEALTHCHECK &{["CMD" "a" "b"] "0s" "1m30s" "1h0m0s" "20ms" '\n'}"""),
            "Healthcheck": HealthConfig(
                Test=("CMD", "a", "b"),
                Timeout=90 * SECOND,
                StartPeriod=3600 * SECOND,
                StartInterval=20_000_000,
                Retries=10,
            ),
        },
    ),
    (
        "HEALTHCHECK --retries=200 CMD a",
        {},
        {
            "Cmd": nop("""HEALTHCHECK &{["CMD-SHELL" "a"] "0s" "0s" "0s" "0s" 'È'}"""),
            "Healthcheck": HealthConfig(Test=("CMD-SHELL", "a"), Retries=200),
        },
    ),
    (
        "HEALTHCHECK --passed-over none",
        {"Healthcheck": HealthConfig(Test=("CMD", "x"), Retries=3)},
        {
            "Cmd": nop(r"""HEALTHCHECK &{["NONE"] "0s" "0s" "0s" "0s" '\x00'}"""),
            "Healthcheck": HealthConfig(Test=("NONE",)),
        },
    ),
    # ONBUILD
    (
        "onbuild  run  $A  x",
        {"OnBuild": ("USER a",)},
        {"Cmd": nop("ONBUILD run  $A  x"), "OnBuild": ("USER a", "run  $A  x")},
    ),
    (
        "ONBUILD COPY <<A /x\n1\nA\n",
        {},
        {"Cmd": nop("ONBUILD COPY <<A /x\n1\nA"), "OnBuild": ("COPY <<A /x\n1\nA",)},
    ),
    # ARG
    ("ARG V", {}, {"Cmd": nop("ARG V")}),
    ('ARG V="a $A" W= X', {}, {"Cmd": nop("ARG V=a one W= X")}),
    # COPY and ADD
    (f"COPY {FILE} in /dst", {}, {"Cmd": joined(f"COPY {FILE} in /dst ")}),
    (f"COPY {FILE} in /a b ", {}, {"Cmd": joined(f"COPY {FILE} in /a b ")}),
    (f"COPY {FILE} /$A/", {}, {"Cmd": joined(f"COPY {FILE} in /one/ ")}),
    (f'COPY ["{FILE}", "/a b"]', {}, {"Cmd": joined(f"COPY {FILE} in /a b ")}),
    (f"COPY --from=x --link {DIR} ./", {}, {"Cmd": joined(f"COPY {DIR} in ./ ")}),
    (f"ADD --chown=$A:2 {DIR} /", {}, {"Cmd": joined(f"ADD --chown=one:2 {DIR} in / ")}),
    (f"ADD {'c3' * 32} /", {}, {"Cmd": joined(f"ADD {'c3' * 32} in / ")}),
    (
        f"COPY {FILE} {DIR} /d/",
        {},
        {"Cmd": joined(f"COPY multi:{hashlib.sha256(f'{FILE},{DIR}'.encode()).hexdigest()} in /d/ ")},
    ),
]


@pytest.mark.parametrize(("instruction", "config", "expected"), STEPS, ids=[step[0][:50] for step in STEPS])
def test_what_an_instruction_changes(instruction: str, config: dict[str, Any], expected: dict[str, Any]) -> None:
    assert changed(instruction, image(**config)) == expected


def test_every_instruction_is_in_the_table_but_from() -> None:
    assert {step[0].split()[0].upper() for step in STEPS} == set(INSTRUCTIONS) - {"FROM"}


def test_scratch_has_the_default_path_and_nothing_else() -> None:
    assert probe_config("LABEL a=b", None) == ContainerConfig(Env=(PATH,), Cmd=nop("LABEL a=b"), Labels={"a": "b"})


def test_a_parent_without_a_config_is_treated_as_scratch_with_an_id() -> None:
    parent = Image(id="sha256:" + "1" * 64, config=ImageConfig())
    assert probe_config("USER a", parent) == ContainerConfig(Env=(PATH,), Cmd=nop("USER a"), User="a", Image=parent.id)


def test_fields_the_store_does_not_return_are_reset() -> None:
    parent = image(Hostname="h", Tty=True, OpenStdin=True, AttachStdout=True, StopTimeout=3, WorkingDir="/w")
    probe = probe_config("RUN a", parent)
    assert (probe.Hostname, probe.Tty, probe.OpenStdin, probe.AttachStdout, probe.StopTimeout) == (
        "",
        False,
        False,
        False,
        None,
    )
    assert probe.WorkingDir == "/w"


def test_build_arguments_are_expanded_unless_the_environment_hides_them() -> None:
    args = BuildArgs({"V": "1", "A": "hidden"})
    assert changed("LABEL v=$V a=$A", image(), args=args) == {
        "Cmd": nop("LABEL v=1 a=one"),
        "Labels": {"v": "1", "a": "one"},
    }


@pytest.mark.parametrize(
    ("args", "prefix"),
    [
        (BuildArgs({"V": "1", "B": "2"}), ("|2", "B=2", "V=1")),
        (BuildArgs({"A": "hidden"}), ()),
        (BuildArgs({}, {"https_proxy": "p"}), ("|0",)),
    ],
)
def test_run_begins_with_the_build_arguments(args: BuildArgs, prefix: tuple[str, ...]) -> None:
    assert probe_config("RUN a", image(), args=args).Cmd == (*prefix, *SH, "a")


def test_a_run_without_command_keeps_the_entrypoint_only_without_build_arguments() -> None:
    parent = image(Entrypoint=("/e",))
    assert probe_config("RUN []", parent).Entrypoint == ("/e",)
    assert probe_config("RUN []", parent, args=BuildArgs({"V": "1"})).Entrypoint is None


def test_instructions_are_written_in_the_form_of_the_release() -> None:
    older = replace(
        MOBY_71EBFC7,
        release="20.10",
        healthcheck=lambda check: f"{check.Test}",
        chown="--chown={}",
        flags={**MOBY_71EBFC7.flags, "HEALTHCHECK": ("interval", "timeout", "start-period", "retries")},
        cleans_absolute_workdir=True,
    )
    assert changed(f"COPY --chown=1 {FILE} /", image(), release=older)["Cmd"] == joined(f"COPY --chown=1{FILE} in / ")
    assert changed("WORKDIR //a/", image(), release=older)["WorkingDir"] == "/a"
    assert changed("HEALTHCHECK CMD a", image(), release=older)["Cmd"] == nop("HEALTHCHECK ('CMD-SHELL', 'a')")
    with pytest.raises(DataError, match=r"the classic builder of Docker 20\.10 does not support it"):
        probe_config("HEALTHCHECK --start-interval=1s CMD a", image(), release=older)


@pytest.mark.parametrize(
    ("instruction", "command"),
    [
        ("RUN --mount=type=cache,target=/c make", (*SH, "make")),
        (f"COPY --chmod=600 {FILE} /", joined(f"COPY {FILE} in / ")),
        (f"ADD --chmod=600 {FILE} /", joined(f"ADD {FILE} in / ")),
    ],
)
def test_flags_for_buildkit_are_ignored_until_20_10_6(instruction: str, command: tuple[str, ...]) -> None:
    assert changed(instruction, image(), release=builder_release("20.10.5"))["Cmd"] == command
    with pytest.raises(DataError, match="BuildKit accepts --"):
        probe_config(instruction, image(), release=builder_release("20.10.6"))


REFUSED = [
    ("FROM alpine", "FROM: the builder never looks up FROM in the cache; choose the image as the parent"),
    ("RUM make", "RUM: no such instruction; did you mean RUN?"),
    ("?", "no such instruction; the instructions are ADD, ARG"),
    ("", "there are no instructions"),
    ("RUN a\nRUN b", "more than one instruction"),
    ("COPY a b", "COPY: the builder looks up the files' checksum"),
    ("ADD https://example.com/a /b", "ADD: the builder looks up the files' checksum"),
    (f"COPY {'c3' * 32} /", "COPY: the builder looks up the files' checksum"),
    (f"COPY {FILE}", "COPY: a source and a destination are required"),
    ("COPY", "COPY: a source and a destination are required"),
    (f"COPY {FILE} {DIR} /d", "end it with a slash"),
    (f"COPY --chmod=1 {FILE} /d", "COPY: BuildKit accepts --chmod"),
    (f"COPY --link=x {FILE} /d", "--link must be true or false"),
    (f"COPY --chown {FILE} /d", "--chown has no value"),
    (f"COPY --chown=1 --chown=2 {FILE} /d", "--chown is given twice"),
    (f"ADD --from=x {FILE} /d", "ADD: no such flag: --from; the accepted flags are --chown, --link"),
    ("COPY <<EOF /d\na\nEOF", "not read files from a heredoc"),
    (f"COPY {FILE} <<EOF\na\nEOF", "destination cannot be a heredoc"),
    ("RUN --mount=type=cache a", "RUN: BuildKit accepts --mount"),
    ("CMD --x a", "CMD: no such flag: --x; no flags are accepted"),
    ("CMD [1]", "CMD: the JSON form accepts only strings"),
    ("ENV", "ENV: at least one argument is required, for example ENV NAME=value"),
    ("ENV A", "ENV: 'A' has no value"),
    ("ENV =a", "ENV: a name is empty"),
    ("ARG =a", "ARG: a name is empty"),
    ("LABEL a='b", "LABEL: a single quote is not closed"),
    ("LABEL a=${A%x}", "LABEL: '${A%' is not a substitution that Docker supports here"),
    ("MAINTAINER", "MAINTAINER: exactly one argument is required"),
    ("EXPOSE", "EXPOSE: at least one argument is required"),
    ("EXPOSE web", "EXPOSE: 'web': this is not a port"),
    ("EXPOSE 65536", "not a port"),
    ("EXPOSE 82-80", "ends before it begins"),
    ("EXPOSE 80/icmp", "not one of tcp, udp, sctp"),
    ("EXPOSE 1.2.3:80:80", "not an IP address"),
    ("EXPOSE 1-2:1-3", "differ in length"),
    ('VOLUME [" "]', "VOLUME: a volume path is empty"),
    ("USER", "USER: exactly one argument is required"),
    ("WORKDIR $UNSET", "WORKDIR: the path is empty"),
    ("STOPSIGNAL 0", "STOPSIGNAL: no such signal: '0'"),
    ("STOPSIGNAL SIGNOT", "no such signal: 'SIGNOT'"),
    ("SHELL /bin/bash", "SHELL: only the JSON form is accepted"),
    ("SHELL []", "SHELL: at least one argument is required"),
    ("HEALTHCHECK", "HEALTHCHECK: at least one argument is required"),
    ("HEALTHCHECK curl x", "HEALTHCHECK: 'CURL' is neither CMD nor NONE"),
    ("HEALTHCHECK CMD", "no command after CMD"),
    ("HEALTHCHECK CMD []", "no command after CMD"),
    ("HEALTHCHECK NONE x", "NONE does not accept arguments"),
    ("HEALTHCHECK --interval=5 CMD a", "HEALTHCHECK: the duration '5' has no unit"),
    ("HEALTHCHECK --interval=1us CMD a", "--interval is less than a millisecond"),
    ("HEALTHCHECK --retries=-1 CMD a", "--retries=-1 is not a whole number"),
    ("HEALTHCHECK --retries=2147483648 CMD a", "is not a whole number"),
    ("HEALTHCHECK --retries=x CMD a", "is not a whole number"),
    ("ONBUILD", "ONBUILD: at least one argument is required"),
    ("ONBUILD FROM a", "ONBUILD: FROM cannot be a trigger"),
    ("ONBUILD MAINTAINER a", "MAINTAINER cannot be a trigger"),
    ("ONBUILD --x RUN a", "no such flag"),
]


@pytest.mark.parametrize(("instruction", "reason"), REFUSED, ids=[case[0][:50] or "empty" for case in REFUSED])
def test_a_refused_instruction_is_an_error_with_the_reason(instruction: str, reason: str) -> None:
    with pytest.raises(DataError) as caught:
        probe_config(instruction, image())
    assert reason in str(caught.value)


def test_a_parent_for_windows_is_refused() -> None:
    with pytest.raises(DataError, match="an image for windows"):
        probe_config("RUN a", image(os="windows"))


@given(
    st.sampled_from(INSTRUCTIONS),
    st.text(st.sampled_from("aB1 \t\\\"'=$[],{}<-:/\n`é\u2003")),
    st.booleans(),
)
def test_any_line_gives_a_valid_config_or_a_data_error(name: str, rest: str, scratch: bool) -> None:
    try:
        probe = probe_config(f"{name} {rest}", None if scratch else image(Shell=("/s",), WorkingDir="/w"))
    except DataError:
        return
    assert ContainerConfig.model_validate(probe.model_dump()) == probe
    assert name != "FROM"
    if name != "RUN":
        assert "#(nop) " in " ".join(probe.Cmd or ())
