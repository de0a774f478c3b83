"""Services that extend others, in files that include others. The values were printed by Compose 2.26.1."""

from __future__ import annotations

from pathlib import Path

import pytest

from cacheview.model import DataError
from cacheview.replay.compose.service import ComposeBuild, read_service, services_with_build

A = "services:\n  a:\n    build: "
Z = "services: {z: {image: x}}\n"
ENVIRONMENT = {"FROMENV": "env value", "EMPTY": "", "A": "1"}


def read(folder: Path, files: dict[str, str], name: str = "a", *, as_v1: bool = False) -> ComposeBuild:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return read_service(folder / "compose.yaml", name, ENVIRONMENT, as_v1=as_v1)


def refused(folder: Path, files: dict[str, str]) -> str:
    with pytest.raises(DataError) as error:
        read(folder, files)
    return str(error.value)


def test_an_included_service_uses_the_paths_and_variables_of_its_file(tmp_path: Path) -> None:
    files = {
        "compose.yaml": f"include: [sub/inc.yaml]\n{Z}",
        "sub/inc.yaml": A + "{context: ctx, args: {X: $E, Y: $FROMENV, E: , FROMENV: }}\n",
        "sub/.env": "E=of sub\nFROMENV=x\n",
    }
    build = read(tmp_path, files)
    assert build.context == str(tmp_path / "sub" / "ctx")
    assert build.options.build_args == {"X": "of sub", "Y": "env value", "FROMENV": "env value"}
    assert build.notes == ()
    assert services_with_build(tmp_path / "compose.yaml", {}) == ("a",)


def test_an_include_can_have_env_files_and_several_paths(tmp_path: Path) -> None:
    files = {
        "compose.yaml": f"include: [{{path: [sub/i.yaml, o.yaml], env_file: [one.env, two.env]}}]\n{Z}",
        "sub/i.yaml": A + "{context: ctx$M, args: {A: 1}, cache_from: [x]}\n",
        "o.yaml": A + "{target: t, args: [B=$N], cache_from: [y]}\n",
        "one.env": "M=1\nN=1\n",
        "two.env": "N=2\n",
        "sub/.env": "M=not read\n",
    }
    build = read(tmp_path, files)
    assert (build.context, build.options.target) == (str(tmp_path / "sub" / "ctx1"), "t")
    assert build.options.build_args == {"A": "1", "B": "2"}
    assert build.options.cache_from == ("x", "y")
    del files["one.env"]
    (tmp_path / "one.env").unlink()
    assert "one.env" in refused(tmp_path, files)


def test_included_files_can_include_files_without_cycles(tmp_path: Path) -> None:
    files = {
        "compose.yaml": f"include: [i.yaml]\n{Z}",
        "i.yaml": "include: [d/j.yaml]\n",
        "d/j.yaml": A + "x\n",
    }
    assert read(tmp_path, files).context == str(tmp_path / "d" / "x")
    assert "include cycle detected" in refused(tmp_path, {**files, "d/j.yaml": "include: [../compose.yaml]\n"})


@pytest.mark.parametrize(
    ("files", "clashes"),
    [
        ({"compose.yaml": f"include: [i.yaml]\n{A}.\n", "i.yaml": "services: {a: {image: x}}\n"}, True),
        ({"compose.yaml": f"include: [i.yaml]\n{A}.\n", "i.yaml": f"{A}.\n"}, True),  # only one path is absolute
        ({"compose.yaml": f"include: [i.yaml, j.yaml]\n{Z}", "i.yaml": f"{A}.\n", "j.yaml": f"{A}sub\n"}, True),
        ({"compose.yaml": f"include: [i.yaml, j.yaml]\n{Z}", "i.yaml": f"{A}.\n", "j.yaml": f"{A}.\n"}, False),
        (
            {
                "compose.yaml": f"include: [i.yaml, j.yaml]\n{Z}",
                "i.yaml": A + "{context: ., args: [X=1]}\n",
                "j.yaml": A + "{context: ./, dockerfile: Dockerfile, args: {X: '1'}}\n",
            },
            False,
        ),
        (
            {
                "compose.yaml": "include: [i.yaml]\nservices: {a: {build: .}, z: {image: x}}\n",
                "i.yaml": "services: {z: {image: x}}\n",
            },
            False,
        ),
        (
            {
                "compose.yaml": "include: [i.yaml]\nservices: {a: {build: .}, z: {image: x}}\n",
                "i.yaml": "services: {z: {image: y}}\n",
            },
            True,
        ),
    ],
)
def test_a_conflicting_service_definition_is_refused(tmp_path: Path, files: dict[str, str], *, clashes: bool) -> None:
    if clashes:
        assert "conflicts with imported resource" in refused(tmp_path, files)
    else:
        assert read(tmp_path, files).context == str(tmp_path)


@pytest.mark.parametrize(
    ("head", "printed"),
    [
        ("include: [nope.yaml]\n", "nope.yaml"),
        ("include: i.yaml\n", "include must be a list"),
        ("include: [{project_directory: p, path: i.yaml}]\n", "use the output of `docker compose config"),
        ("include: ['oci://x/y']\n", "use the output of `docker compose config"),
        ("include: [{}]\n", "does not specify a file"),
    ],
)
def test_an_invalid_include_is_refused_with_the_reason(tmp_path: Path, head: str, printed: str) -> None:
    assert printed in refused(tmp_path, {"compose.yaml": f"{head}{A}.\n", "i.yaml": Z})


def test_compose_v1_includes_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not support include"):
        read(tmp_path, {"compose.yaml": f"include: [i.yaml]\n{A}.\n"}, as_v1=True)


def test_extended_files_are_read_with_the_variables_of_the_project(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  a:\n    extends: {file: sub/o.yaml, service: b}\n    build: {target: x}\n",
        "sub/o.yaml": "services:\n  b:\n    extends: {file: ../t.yaml, service: c}\n    build: {args: {B: '1'}}\n",
        "t.yaml": "services:\n  c:\n    build: {context: '${Q:-cc}', args: [A, B=0]}\n",
        "sub/.env": "Q=not read\n",
    }
    build = read(tmp_path, files)
    assert (build.context, build.options.target) == (str(tmp_path / "cc"), "x")
    assert build.options.build_args == {"A": "1", "B": "1"}


@pytest.mark.parametrize(
    "text",
    [
        f"{A}.\n  b:\n    image: ${{V:?no value}}\n",
        f"{A}.\nvolumes:\n  v:\n    name: ${{V:?no value}}\n",
        f"x-y: ${{V:?no value}}\n{A}.\n",
    ],
)
def test_invalid_variables_anywhere_in_a_compose_file_are_refused(tmp_path: Path, text: str) -> None:
    assert "required variable V is missing a value: no value" in refused(tmp_path, {"compose.yaml": text})


def test_a_dollar_sign_not_followed_by_a_name_is_literal(tmp_path: Path) -> None:
    files = {"compose.yaml": A + "{context: ., args: {X: '$', Y: '$1.50', Z: '$$A $-', W: '${V:-}|'}}\n"}
    assert read(tmp_path, files).options.build_args == {"X": "$", "Y": "$1.50", "Z": "$A $-", "W": "|"}
    for as_v1, text in ((True, "$1"), (False, "${A"), (False, "${A B}"), (False, "${}")):
        with pytest.raises(DataError, match="Invalid template"):
            read(tmp_path, {"compose.yaml": A + f"{{context: ., args: {{X: '{text}'}}}}\n"}, as_v1=as_v1)


@pytest.mark.parametrize(
    ("written", "must"),
    [
        *((f"{key}: null", "a mapping or a list") for key in ("args", "labels", "additional_contexts", "ssh")),
        *((f"{key}: null", "a list") for key in ("cache_from", "tags", "platforms", "secrets")),
        *((f"{key}: null", "a string") for key in ("context", "dockerfile", "dockerfile_inline", "target")),
        ("no_cache: 1", "a boolean or string"),
        ("pull: null", "a boolean or string"),
        ("network: 5", "a string"),
        ("tags: a", "a list"),
        ("shm_size: true", "an integer or string"),
        ("ulimits: 5", "a mapping"),
    ],
)
def test_a_build_key_with_a_value_of_the_wrong_type_is_refused(tmp_path: Path, written: str, must: str) -> None:
    printed = refused(tmp_path, {"compose.yaml": f"{A}\n      {written}\n"})
    assert printed.endswith(f"build.{written.partition(':')[0]}: must be {must}")


def test_keys_irrelevant_to_the_classic_builder_change_nothing(tmp_path: Path) -> None:
    keys = (
        "network: host, shm_size: 2gb, tags: [a, b], isolation: hyperv, extra_hosts: {h: 1.2.3.4}, cache_to: [x], "
        "ulimits: {nofile: 10}, secrets: [], ssh: [], additional_contexts: {}, privileged: false, x-mine: 1, "
        "platforms: [linux/arm64]"
    )
    plain = read(tmp_path, {"compose.yaml": A + "{context: .}\n    profiles: [p]\n    env_file: nope.env\n"})
    assert read(tmp_path, {"compose.yaml": A + f"{{context: ., {keys}}}\n"}) == plain
