"""The build section of a service as Compose reads it. The values were printed by Compose 2.26.1."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import pytest

from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import DataError
from cacheview.replay.compose.document import read_document
from cacheview.replay.compose.service import ComposeBuild, read_service, services_with_build
from cacheview.replay.compose.variables import ComposeVariables, read_environment

VALUES = {
    "1": "1",
    "1.10": "1.1",
    "1.0": "1",
    "1e3": "1000",
    "1e6": "1e+06",
    "123456789012345678901": "1.2345678901234568e+20",
    "0123": "83",
    "0o17": "15",
    "0x1F": "31",
    "0b101": "5",
    "1_000": "1000",
    "08": "8",
    "+5": "5",
    ".5": "0.5",
    "-0.00001": "-1e-05",
    "3.10.1": "3.10.1",
    "_1": "_1",
    "1:30": "1:30",
    "yes": "yes",
    "off": "off",
    "true": "true",
    "True": "true",
    '"null"': "null",
    '""': "",
    "!!str 12": "12",
    "=": "=",
    "'it''s'": "it's",
    "2024-01-02": "2024-01-02 00:00:00 +0000 UTC",
    "2024-1-2 1:2:3": "2024-01-02 01:02:03 +0000 UTC",
    "2024-01-02T03:04:05.120Z": "2024-01-02 03:04:05.12 +0000 UTC",
    "2024-13-45": "2024-13-45",
}
ENVIRONMENT_FILE = """\
# comment
A=from-env   # c
export B="x\\ny $A ${A:-q}"
C='$A literal'
D=${MISSING:-dflt}${A:+set}
E=a#b
F: yaml
G
H="quoted \\" \\$A"
I=
J=tab\tend \x20
"""
SUBSTITUTED = {
    "$A": "from-env",
    "${B}": "x\ny from-env from-env",
    "${C}": "$A literal",
    "${D}": "dflt" + "set",
    "${E}": "a#b",
    "$F": "yaml",
    "${H}": 'quoted " $A',
    "${I:-empty}": "empty",
    "${I-unset}": "",
    "$J|": "tab\tend|",
    "$$A": "$A",
    "${NOPE:-${A}-${NO:-x}}": "from-env-x",
    "${NOPE-}": "",
    "${A:+yes}${NOPE:+no}": "yes",
    "${I:+yes}${I+yes2}": "yes2",
    '{"a":"${A}"}': '{"a":"from-env"}',
    '${NOPE:-{"a":1}}x': '{"a":1}x',
    "$V": "of the process",
}


def service(folder: Path, text: str, name: str = "web", *, as_v1: bool = False, **environment: str) -> ComposeBuild:
    file = folder / "compose.yaml"
    file.write_text(text)
    return read_service(file, name, environment, as_v1=as_v1)


def with_args(args: str) -> str:
    return f"services:\n  web:\n    build:\n      context: ctx\n      args:\n{args}"


def test_scalar_values_are_parsed_like_gos_yaml(tmp_path: Path) -> None:
    args = "".join(f"        A{number}: {word}\n" for number, word in enumerate(VALUES))
    build = service(tmp_path, with_args(args))
    assert build.options.build_args == {f"A{number}": text for number, text in enumerate(VALUES.values())}


def test_compose_v1_reads_values_as_python_does(tmp_path: Path) -> None:
    args = "        A: 1.10\n        B: yes\n        C: 1:30\n        D:\n        E: 0o17\n"
    build = service(tmp_path, with_args(args), as_v1=True)
    assert build.options.build_args == {"A": "1.1", "B": "True", "C": "90", "D": "", "E": "0o17"}


@pytest.mark.parametrize(
    ("escapes", "in_v1"), [(r"\ud83d\ude00", "\U0001f600"), (r"\ud83d", None), (r"\ude00\ud83d", None)]
)
def test_lone_surrogates_are_handled_like_in_each_compose_version(
    tmp_path: Path, escapes: str, in_v1: str | None
) -> None:
    """``yaml.v3`` rejects them. With PyYAML, the daemon gets what their JSON encoding stands for."""
    text = with_args(f'        A: "{escapes}"\n')
    output = "line 6: found invalid Unicode character escape code"
    with pytest.raises(DataError, match=output):
        service(tmp_path, text)
    if in_v1 is not None:
        assert service(tmp_path, text, as_v1=True).options.build_args == {"A": in_v1}
    else:
        with pytest.raises(DataError, match=output):
            service(tmp_path, text, as_v1=True)


def test_variables_come_from_the_file_and_the_process(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(ENVIRONMENT_FILE)
    args = "".join(f"        - A{number}={json.dumps(word)[1:-1]}\n" for number, word in enumerate(SUBSTITUTED))
    args = args.replace('\\"', '"')
    build = service(tmp_path, with_args(args), V="of the process")
    assert build.options.build_args == {f"A{number}": text for number, text in enumerate(SUBSTITUTED.values())}
    assert build.notes == ()


def test_compose_v1_reads_the_env_file_like_python_dotenv(tmp_path: Path) -> None:
    lines = ("A=a # c", "B=x$A", "C=x${A}y", "D='${A}'", "F=${NOPE:-dd}", "G=${A:+q}", "I: c", "K=${HOME}", "M=a#b")
    (tmp_path / ".env").write_text("\n".join(lines) + "\nO=${A-z}\n")
    names = [*"ABCDFGIKMO"]
    args = "".join(f"        - {name}\n" for name in names)
    found = service(tmp_path, with_args(args), as_v1=True, HOME="h").options.build_args
    assert [found[name] for name in names] == ["a", "x$A", "xay", "a", "dd", "${A:+q}", "", "h", "a#b", ""]


def test_a_variable_that_is_not_set_is_empty_and_reported(tmp_path: Path) -> None:
    build = service(tmp_path, with_args("        - A=${NOPE}!\n"))
    assert build.options.build_args == {"A": "!"}
    assert [note.partition(" is not")[0] for note in build.notes] == ["the variable NOPE"]


def test_a_compose_argument_without_a_value_uses_the_environment(tmp_path: Path) -> None:
    text = with_args("        - A\n        - B\n        - C=\n")
    assert service(tmp_path, text, A="1").options.build_args == {"A": "1", "C": ""}
    assert service(tmp_path, text, as_v1=True, A="1").options.build_args == {"A": "1", "B": "", "C": ""}


@pytest.mark.parametrize(
    ("build", "context", "dockerfile"),
    [
        ("build: ctx", "ctx", "ctx/Dockerfile"),
        ("build: {context: ctx/../ctx, dockerfile: ../D}", "ctx", "ctx/../D"),
        ("build: {target: x}", ".", "./Dockerfile"),
        ("build: {context: ctx, dockerfile: /x/D}", "ctx", "/x/D"),
        ("build: {context: ctx, dockerfile_inline: FROM scratch}", "ctx", ""),
    ],
)
def test_context_and_dockerfile_paths_of_a_service_are_resolved(
    tmp_path: Path, build: str, context: str, dockerfile: str
) -> None:
    found = service(tmp_path, f"services:\n  web:\n    {build}\n")
    assert found.context == str(tmp_path / context)
    wanted = (
        dockerfile if dockerfile.startswith("/") or not dockerfile else f"{tmp_path}/{dockerfile.removeprefix('./')}"
    )
    assert found.dockerfile == wanted
    assert bool(found.notes) is ("inline" in build)


def test_a_url_stays_as_it_is(tmp_path: Path) -> None:
    assert service(tmp_path, "services: {web: {build: 'https://h/a.git#b'}}").context == "https://h/a.git#b"


def test_a_service_is_merged_over_the_one_it_extends(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "base.yaml").write_text(
        "services:\n  base:\n    platform: linux/amd64\n    build:\n      context: .\n      args: {K1: '1', K2: old}\n"
        "      cache_from: [q]\n      labels: {p: '1'}\n      target: t\n"
    )
    text = (
        "x-args: &args {K2: new, X: 1}\nservices:\n  web:\n    extends: {file: other/base.yaml, service: base}\n"
        "    build:\n      args: {<<: *args, X: 2}\n      cache_from: [r]\n      labels: ['l']\n"
    )
    found = service(tmp_path, text)
    assert found.context == str(tmp_path / "other")
    assert found.options.build_args == {"K1": "1", "K2": "new", "X": "2"}
    assert found.options.labels == {"p": "1", "l": ""}
    assert (found.options.cache_from, found.options.target) == (("q", "r"), "t")
    assert found.options.platform == "linux/amd64"


def test_the_json_output_of_compose_config_is_accepted(tmp_path: Path) -> None:
    printed = {
        "name": "x",
        "services": {
            "web": {"build": {"context": "/ctx", "dockerfile": "D", "args": {"A": "$$x", "B": None}, "pull": True}}
        },
    }
    found = service(tmp_path, json.dumps(printed, indent=2))
    assert (found.context, found.dockerfile) == ("/ctx", "/ctx/D")
    assert found.options.build_args == {"A": "$x"}
    assert found.options.pull


@pytest.mark.parametrize("word", ["yes", "'on'", "true", '"Y"'])
def test_words_for_true(tmp_path: Path, word: str) -> None:
    assert service(tmp_path, f"services: {{web: {{build: {{context: ., no_cache: {word}}}}}}}").options.no_cache


@pytest.mark.parametrize(
    "build",
    ["privileged: true", "ssh: [default]", "secrets: [s]", "additional_contexts: {a: b}", "platforms: [a/b, c/d]"],
)
def test_unsupported_build_options_get_the_message_of_compose(tmp_path: Path, build: str) -> None:
    with pytest.raises(BuildRefusedError, match="doesn't support") as refused:
        service(tmp_path, f"services: {{web: {{build: {{context: ., {build}}}}}}}")
    assert refused.value.by == "client"


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("a: [", "not a Compose file: line 1"),
        ("[]", "must be a mapping"),
        ("services: {web: {image: busybox}}", "uses the image busybox"),
        ("services: {db: {build: .}}", "no service is named web; the services are db"),
        ("services: {web: {build: 1}}", "neither a path nor a mapping"),
        ("services: {web: {extends: web}}", "extends itself"),
        ("services: {web: {build: {context: ., args: {A: [1]}}}}", "is not a string"),
        ("services: {web: {build: {context: ., args: [1]}}}", "mappings or lists"),
        ("services: {web: {build: {context: ., target: 1.0}}}", "must be a string"),
        ("services: {web: {build: {context: ., cache_from: a}}}", "must be a list"),
        ("services: {web: {build: {context: ., pull: maybe}}}", "neither true nor false"),
        ("services: {web: {build: {context: ., args: {A: '${B:?need it}'}}}}", "missing a value: need it"),
        ("services: {web: {build: {context: ., args: {A: '${1}'}}}}", "Invalid template"),
        ("services: {web: {build: {context: ., args: {A: '${'}}}}", "Invalid template"),
        ("services: {web: {build: {context: ., target: a, target: b}}}", "already defined"),
        ("services: {web: {build: {context: ., args: {A: 2024-01-02T00:00:00+02:00}}}}", "in quotes"),
        ("services: {web: {build: !reset .}}", "tag"),
        ("services: {web: {build: !!python/object/apply:os.system [id]}}", "tag"),
    ],
)
def test_invalid_or_undecidable_compose_files_are_refused(tmp_path: Path, text: str, output: str) -> None:
    with pytest.raises(DataError, match=output):
        service(tmp_path, text)


def merge_bomb() -> str:
    lines = ["a0: &a0 {k: v, l: w}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12)]
    return "\n".join([*lines, "services: {web: {build: .}}"])


def test_repeatedly_merged_yaml_mappings_are_read_in_limited_time(tmp_path: Path) -> None:
    """PyYAML before 6.0.4 merges every pair each time; the file is then rejected."""
    with suppress(DataError):
        assert service(tmp_path, merge_bomb()).context == str(tmp_path)


def alias_bomb() -> str:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join([*lines, "services: {web: {build: {context: ., cache_from: *a11}}}"])


@pytest.mark.parametrize(
    "text",
    [
        alias_bomb(),
        "services: {web: {build: &b {context: ., x: *b}}}",
        "[" * 20_000,
        "services: {web: {build: {context: ., args: {A: '" + "$A" * 100_000 + "'}}}}",
        "services: {web: {build: {context: ., target: '" + "${A:-" * 2_000 + "'}}}",
    ],
    ids=["aliased", "in itself", "deep", "long", "nested"],
)
def test_a_malicious_compose_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError):
        service(tmp_path, text, A="x" * 1000)


def test_the_number_of_values_in_a_compose_file_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cacheview.replay.compose.document._MAX_VALUES", 1_000)
    text = f"services: {{web: {{build: .}}}}\nx: [{'1,' * 900}1]"
    assert service(tmp_path, text)
    with pytest.raises(DataError, match=r"compose.yaml: line 2: the file exceeds the limit of 1,000 values"):
        service(tmp_path, text.replace("[", f"[{'1,' * 900}"))


@pytest.mark.parametrize(
    "deep",
    ["[" * 200 + "]" * 200, "".join(f"\n{' ' * depth}a:" for depth in range(1, 200)) + " b"],
    ids=["brackets", "indented"],
)
def test_the_nesting_depth_of_values_is_limited(deep: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nested more than 100 levels deep"):
        service(tmp_path, f"services: {{web: {{build: .}}}}\nx: {deep}\n")


@pytest.mark.parametrize("as_python", [False, True])
@pytest.mark.parametrize(
    ("text", "output"),
    [
        (b"a: !!int x", "line 1: 'x' does not match its tag !!int"),
        (b"a: !!int ''", "line 1: '' does not match its tag !!int"),
        (b"a: !!bool x", "line 1: 'x' does not match its tag !!bool"),
        (b"a: !!set x", "line 1: expected a mapping node, but found scalar"),
        (b"a: !!map x", "line 1: expected a mapping node, but found scalar"),
        (b"a: \xff", "is not valid YAML: byte 4 is not UTF-8"),
        (b"a: \x00", "is not valid YAML: character 4 is 0x00, which YAML does not allow"),
    ],
)
def test_yaml_errors_are_reported_in_plain_words(text: bytes, output: str, as_python: bool, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_bytes(text)
    with pytest.raises(DataError) as caught:
        read_document(tmp_path / "compose.yaml", as_python=as_python)
    assert output in caught.value.what


def test_an_invalid_timestamp_is_refused(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_bytes(b"a: !!timestamp x")
    with pytest.raises(DataError, match="'x' does not match its tag !!timestamp"):
        read_document(tmp_path / "compose.yaml")


def test_the_nesting_depth_of_values_with_variables_is_limited() -> None:
    deep: object = "x"
    for _ in range(60):
        deep = [deep]
    with pytest.raises(DataError, match="A: values are nested more than 50 levels deep"):
        ComposeVariables({}).replaced_in(deep, "A")


@pytest.mark.parametrize(
    ("value", "output"),
    [
        ("${A}" * 300_000, "A: a value with variables has more than 1,048,576 characters"),
        ("${A:-" * 60 + "}" * 60, "A: variables are nested more than 50 levels deep"),
    ],
    ids=["characters", "depth"],
)
def test_the_length_and_nesting_of_variables_in_a_value_are_limited(value: str, output: str) -> None:
    with pytest.raises(DataError, match=output):
        ComposeVariables({}).replaced_in(value, "A")


def test_the_total_length_of_values_is_limited(tmp_path: Path) -> None:
    output = "the values have more than 16,777,216 characters"
    with pytest.raises(DataError, match=output):
        ComposeVariables({"A": "x" * 1_000_000}).replaced_in(["${A}"] * 17, "args")
    (tmp_path / ".env").write_text(f"A={'x' * 1_000_000}\n" + "".join(f"B{i}=${{A}}\n" for i in range(17)))
    for as_v1 in (False, True):
        with pytest.raises(DataError, match=output):
            read_environment(tmp_path, {}, as_v1=as_v1)
    (tmp_path / ".env").write_text(f"A={'x' * 1_000_000}\nB={'${A}' * 3}\n")
    for as_v1 in (False, True):
        with pytest.raises(DataError, match="a value has more than 1,048,576 characters"):
            read_environment(tmp_path, {}, as_v1=as_v1)


def test_a_value_of_many_variables_takes_linear_time() -> None:
    assert ComposeVariables({"A": "xyz"}).replaced_in("${A}" * 100_000, "A") == "xyz" * 100_000


@pytest.mark.parametrize("begun", ["${", "${A", "${:", "${:-"])
@pytest.mark.parametrize("end", ["", ":x}", ":"])
def test_unterminated_variables_are_parsed_in_linear_time(tmp_path: Path, begun: str, end: str) -> None:
    written = begun * 200_000 + end
    (tmp_path / ".env").write_text(f"A={written}\n")
    is_one_variable = begun == "${:-" and end == ":x}"
    assert read_environment(tmp_path, {}, as_v1=True) == {"A": written[4:-1] if is_one_variable else written}


def test_services_with_a_build(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services: {a: {build: .}, b: {image: x}, c: {extends: a}}")
    assert services_with_build(file, {}) == ("a", "c")
    file.write_text("services: {b: {image: x}}")
    with pytest.raises(DataError, match="no service has a build section"):
        services_with_build(file, {})


def build_section(text: str, service: str = "web") -> str:
    return f"services:\n  {service}:\n    build: {text}\n"


def test_the_first_of_several_merged_yaml_mappings_wins(tmp_path: Path) -> None:
    text = "x-b: &b {context: first}\nx-c: &c {target: t, context: second}\n" + build_section("{<<: [*b, *c]}")
    found = service(tmp_path, text)
    assert (found.context, found.options.target) == (str(tmp_path / "first"), "t")
    text = text.replace("{<<: [*b, *c]}", "{<<: *c, context: own}")
    assert service(tmp_path, text).context == str(tmp_path / "own")
    with pytest.raises(DataError, match="the value of << is not a mapping"):
        service(tmp_path, build_section("{<<: [1]}"))


@pytest.mark.parametrize(
    ("head", "environment", "name"),
    [
        ("name: Proj-X\n", {}, "proj-x"),
        ("name: of-$V\n", {"V": "var"}, "of-var"),
        ("", {}, "2my-site"),
        ("name: other\n", {"COMPOSE_PROJECT_NAME": "of-env"}, "of-env"),
    ],
)
def test_the_name_of_the_project_is_a_variable(
    tmp_path: Path, head: str, environment: dict[str, str], name: str
) -> None:
    folder = tmp_path / "_2My.Site!"
    folder.mkdir()
    (folder / "compose.yaml").write_text(head + with_args("        A: ${COMPOSE_PROJECT_NAME}\n"))
    folder = folder.rename(tmp_path / "_2My-Site!")
    found = read_service(folder / "compose.yaml", "web", environment)
    assert found.options.build_args == {"A": name}
    assert found.notes == ()


def test_a_tilde_path_is_expanded_by_the_clients_home_variable(tmp_path: Path) -> None:
    assert service(tmp_path, build_section("~/ctx"), HOME="/home/of/client").context == "/home/of/client/ctx"


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("a: 1\n---\nb: 2\n", "several documents, which Compose merges; use the output of `docker compose config"),
        (
            build_section("{context: ctx, args: !reset {A: 1}}"),
            "!reset or !override are not supported; use the output",
        ),
        (
            build_section("{context: ctx, target: !override t}"),
            "!reset or !override are not supported; use the output",
        ),
        (build_section("{context: ctx, bogus: 1}"), "'bogus' is not a known key of a build section"),
    ],
)
def test_unsupported_compose_features_are_refused_with_a_remedy(tmp_path: Path, text: str, output: str) -> None:
    with pytest.raises(DataError) as refused:
        service(tmp_path, text)
    assert output in str(refused.value)


@pytest.mark.parametrize(
    ("text", "output"),
    [
        (
            build_section('{context: ctx, dockerfile: D, dockerfile_inline: "FROM scratch"}'),
            'service "web" declares mutualy exclusive dockerfile and dockerfile_inline: invalid compose project',
        ),
        (
            build_section("{context: ctx, platforms: [linux/amd64]}") + "    platform: linux/arm64\n",
            'service.build.platforms MUST include service.platform "linux/arm64": invalid compose project',
        ),
    ],
)
def test_an_invalid_compose_file_is_refused_with_the_message_of_compose(tmp_path: Path, text: str, output: str) -> None:
    with pytest.raises(BuildRefusedError) as refused:
        service(tmp_path, text)
    assert (refused.value.message, refused.value.by) == (output, "client")


def test_files_that_compose_would_merge_are_noted(tmp_path: Path) -> None:
    (tmp_path / "compose.override.yaml").write_text(build_section("{args: {A: over}}"))
    text = build_section("{context: ctx, x-mine: 1}")
    notes = service(tmp_path, text, COMPOSE_FILE=f"compose.yaml{os.pathsep}second.yaml").notes
    assert [note.partition(" ")[0] for note in notes] == ["compose.override.yaml", "COMPOSE_FILE"]
    assert all(note.endswith("use the output of `docker compose config --format json`") for note in notes)
