"""Decoding JSON as Go does: what it accepts and what it rejects."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.model import (
    CONFIG_FIELDS,
    ContainerConfig,
    DataError,
    FieldKind,
    Image,
    ImageConfig,
    SuiteCase,
    decode,
    field_kind,
    footprint,
    is_too_deep,
    read_config,
)


def test_all_fields_of_docker_are_there() -> None:
    assert len(CONFIG_FIELDS) == 25
    assert (CONFIG_FIELDS[0], CONFIG_FIELDS[-1]) == ("Hostname", "Shell")
    assert {field_kind(name) for name in CONFIG_FIELDS} == set(FieldKind)


@pytest.mark.parametrize(
    ("text", "config"),
    [
        ("{}", {}),
        ("null", None),
        ('{"User":null,"Tty":null,"Labels":null,"StopTimeout":null}', {}),
        ('{"cmd":["a"],"USER":"x"}', {"Cmd": ("a",), "User": "x"}),
        ('{"Cmd":"echo hi","Entrypoint":"/app","Shell":"/bin/sh"}',
         {"Cmd": ("echo hi",), "Entrypoint": ("/app",), "Shell": ("/bin/sh",)}),
        ('{"Env":["A=1",null]}', {"Env": ("A=1", "")}),
        ('{"Labels":{"a":null},"ExposedPorts":{"80/tcp":null}}', {"Labels": {"a": ""}, "ExposedPorts": {"80/tcp": {}}}),
        ('{"Unknown":{"deep":[1]},"User":"x"}', {"User": "x"}),
        ('{"User":"a","User":"b"}', {"User": "b"}),
        ('{"User":"\\ud800x"}', {"User": "�x"}),
        ('{"Healthcheck":{"interval":5,"Nope":1}}', {"Healthcheck": {"Interval": 5}}),
        ('{"StopTimeout":0,"Env":[]}', {"StopTimeout": 0, "Env": ()}),
    ],
)  # fmt: skip
def test_configs_are_decoded_like_go_does(text: str, config: dict[str, object] | None) -> None:
    if config is None:
        with pytest.raises(DataError):
            decode(ContainerConfig, text)
        return
    assert decode(ContainerConfig, text) == ContainerConfig.model_validate(config)


def test_bytes_that_are_not_utf8() -> None:
    assert decode(ContainerConfig, b'{"User":"\xff"}').User == "�"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"User":1}', "User"),
        ('{"Tty":"true"}', "Tty"),
        ('{"Env":{"A":"1"}}', "Env"),
        ('{"Env":["a",1]}', "Env[1]"),
        ('{"Labels":{"a b":1}}', 'Labels["a b"]'),
        ('{"StopTimeout":1.5}', "StopTimeout"),
        ('{"Healthcheck":{"Interval":"5s"}}', "Healthcheck.Interval"),
        ('{"User":', ""),
        ('{"User":NaN}', "User"),
        ("[" * 100_000, ""),
        ("", ""),
    ],
)
def test_what_go_refuses_is_reported_with_its_path(text: str, path: str) -> None:
    with pytest.raises(DataError) as caught:
        decode(ContainerConfig, text, where="image app:1")
    assert caught.value.path == path
    assert caught.value.where == "image app:1"
    assert str(caught.value).startswith("image app:1: " + (f"{path}: " if path else ""))


def test_a_decode_error_has_the_path_of_the_value() -> None:
    with pytest.raises(DataError) as caught:
        decode(ImageConfig, '{"history":[{},{"created":"yesterday"}]}')
    assert caught.value.path == "history[1].created"


def test_an_empty_parent_is_none() -> None:
    assert decode(Image, '{"id":"sha256:1","parent":"","config":{}}').parent is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*CONFIG_FIELDS, "cmd", "x"]), inner),
    max_leaves=12,
)


@given(json_values)
def test_any_json_value_is_decoded_or_a_data_error(value: object) -> None:
    try:
        config = decode(ContainerConfig, json.dumps(value))
    except DataError:
        return
    assert decode(ContainerConfig, config.model_dump_json()) == config


@given(st.binary())
def test_any_bytes_are_decoded_or_a_data_error(data: bytes) -> None:
    try:
        decode(ImageConfig, data)
    except DataError:
        return


@pytest.mark.parametrize(
    ("text", "deep"),
    [
        ("[" * 200 + "]" * 200, False),
        ("[" * 201 + "]" * 201, True),
        ('{"a":' * 201, True),
        ("[]" * 1000, False),
        (json.dumps(["[" * 1000, "{" * 1000, '\\"[[' * 1000]), False),
        ('["' + "\\\\" * 5000 + '", ' + "[" * 300, True),
        ('"' + "[" * 300, False),
        ("]" * 300 + "[" * 200, False),
        ("[" * 100 + '"\\"' + "[" * 300, False),
    ],
)
def test_nesting_depth_ignores_brackets_in_strings(text: str, deep: bool) -> None:
    assert is_too_deep(text) == is_too_deep(text.encode()) == deep


@pytest.mark.parametrize("depth", [201, 500, 990, 5000, 100_000])
@pytest.mark.parametrize("around", ['{"Cmd":["x"],"Zzz":%s}', '{"Labels":{"a":%s}}', "%s"])
def test_deeply_nested_json_is_refused_in_one_line(around: str, depth: int) -> None:
    text = around % ("[" * depth + "]" * depth)
    with pytest.raises(DataError, match=r"^test: is nested more than 200 levels deep$"):
        decode(ContainerConfig, text, where="test")
    with pytest.raises(DataError, match="nested too deeply to be a config"):
        read_config(text)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{"User": oops}', "not valid JSON: expecting value at column 10"),
        ('{"User": oops}\n', "not valid JSON: expecting value at column 10"),  # as in a file with one document per line
        ('{\n"User": oops}', "not valid JSON: expecting value at line 2, column 9"),
    ],
)
def test_invalid_json_is_reported_with_its_position(text: str, where: str) -> None:
    with pytest.raises(DataError) as caught:
        decode(ContainerConfig, text)
    assert caught.value.what == where


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"config":{"Labels":{"a":1,"b":2,"c":3}}}', "config.Labels.a"),
        ('{"config":{"Env":[1,2,3]}}', "config.Env[0]"),
        ('{"history":[{"created_by":1},{"created_by":2}]}', "history[0].created_by"),
    ],
)
def test_decoding_a_list_or_map_stops_at_the_first_wrong_value(text: str, path: str) -> None:
    """Otherwise, reporting all errors would take more memory than the document."""
    with pytest.raises(DataError) as caught:
        decode(ImageConfig, text)
    assert caught.value.path == path
    assert "more" not in caught.value.what


@pytest.mark.parametrize(
    ("model", "before", "item", "after"),
    [
        (ImageConfig, '{"history": [', "null", "]}"),
        (ImageConfig, '{"history": [', "{}", "]}"),
        (ImageConfig, '{"history": [', '{"created_by":"#"}', "]}"),
        (ImageConfig, '{"config": {"Env": [', '"#"', "]}}"),
        (ImageConfig, '{"config": {"Labels": {', '"#":"-#"', "}}}"),
        (ImageConfig, '{"config": {"Volumes": {', '"#":{}', "}}}"),
        (SuiteCase, '{"rules": "", "probes": [', "{}", "]}"),
        (SuiteCase, '{"rules": "", "images": [', '{"id":"","config":{"container_config":{}}}', "]}"),
    ],
)
def test_a_document_takes_no_more_memory_than_is_estimated(
    model: type[ImageConfig | SuiteCase], before: str, item: str, after: str
) -> None:
    text = before + ",".join(item.replace("#", str(number)) for number in range(5000)) + after
    decode(model, text)  # create everything that is created only once
    tracemalloc.start()
    decoded = decode(model, text)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert decoded is not None
    assert taken <= footprint(text, model).memory
