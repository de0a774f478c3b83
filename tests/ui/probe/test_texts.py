"""Functions without widgets: paths, searching, JSON import and export, and making text printable."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_kit import checked_by_qt
from probe_kit import BASE, STORE, WEB, WORKDIR, image
from PySide6.QtCore import Qt

from cacheview.model import (
    CONFIG_FIELDS,
    ConfigTextError,
    ContainerConfig,
    DataError,
    HealthConfig,
    ImageStore,
    config_text,
    read_config,
)
from cacheview.ui.plain import one_line, tool_tip, visible
from cacheview.ui.probe.head import parse_platform
from cacheview.ui.probe.image_search import ImageIndex, ImageListModel
from cacheview.ui.probe.marks import FieldMark, FieldPath, marks_by_field, outcome_of

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
LISTS = st.none() | st.lists(TEXT, max_size=3).map(tuple)
SETS: st.SearchStrategy[dict[str, dict[str, object]] | None] = st.none() | st.dictionaries(
    TEXT, st.just({}), max_size=3
)
CONFIGS = st.builds(
    ContainerConfig,
    User=TEXT,
    Tty=st.booleans(),
    Env=LISTS,
    Cmd=LISTS,
    ExposedPorts=SETS,
    Labels=st.none() | st.dictionaries(TEXT, TEXT, max_size=3),
    StopTimeout=st.none() | st.integers(-(1 << 63), (1 << 63) - 1),
    Healthcheck=st.none() | st.builds(HealthConfig, Test=LISTS, Interval=st.integers(0, 1 << 40)),
)


@given(CONFIGS)
def test_json_is_read_back_as_it_was(config: ContainerConfig) -> None:
    read = read_config(config_text(config))
    assert read.config == config
    assert read.path == ""


def test_json_is_in_dockers_order_without_defaults() -> None:
    config = ContainerConfig(Shell=("sh",), Env=(), User="1")
    assert list(json.loads(config_text(config))) == ["User", "Env", "Shell"]
    assert config_text(ContainerConfig()) == "{}"
    assert read_config('{"Env": null}').config.Env is None


def test_a_config_error_has_a_line_and_a_path() -> None:
    with pytest.raises(ConfigTextError) as caught:
        read_config('{\n "User": x}')
    assert (caught.value.line, caught.value.column) == (2, 10)
    with pytest.raises(ConfigTextError) as caught:
        read_config('[{"ContainerConfig": {"Cmd": ["a", 1]}}]')
    assert caught.value.path == "[0].ContainerConfig.Cmd[1]"


@given(TEXT)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = read_config(text)
    except DataError:
        return
    assert isinstance(read.config, ContainerConfig)


@given(st.sampled_from(CONFIG_FIELDS), st.none() | st.integers(0, 99) | TEXT)
def test_paths_are_read_back(field: str, key: int | str | None) -> None:
    path = FieldPath(field, "", key)
    assert FieldPath.parse(str(path)) == path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Env[1]", FieldPath("Env", "", 1)),
        ('Labels["a]\\"b"]', FieldPath("Labels", "", 'a]"b')),
        ("len(Cmd)", FieldPath("Cmd")),
        ("Healthcheck.Test[0]", FieldPath("Healthcheck", "Test", 0)),
        ("Healthcheck.Interval", FieldPath("Healthcheck", "Interval")),
    ],
)
def test_paths(text: str, path: FieldPath) -> None:
    assert FieldPath.parse(text) == path


def test_outcome_of_a_field() -> None:
    marks = marks_by_field(
        {
            "Env[0]": FieldMark("passed"),
            "Env[1]": FieldMark("failed"),
            "Cmd": FieldMark("not reached"),
            "Shell": FieldMark("not compared"),
        }
    )
    outcomes = [outcome_of(marks[name]) for name in ("Env", "Cmd", "Shell")]
    assert outcomes == ["failed", "", "not compared"]


def test_search_by_name_id_and_instruction() -> None:
    index = ImageIndex(STORE)
    assert index.search("") == [BASE, WEB, WORKDIR]
    assert index.search("WEB") == [WEB]
    assert index.search("workdir /app") == [WORKDIR]
    assert index.search(WEB.id) == [WEB]
    assert index.search("shop nothing") == []
    by_name = image(9, "library/env:1", by="RUN x")
    assert ImageIndex(ImageStore((WEB, by_name))).search("env") == [by_name, WEB], "matches in names come first"


def test_scratch_can_be_found_in_the_parent_list(qapp: object) -> None:
    model = ImageListModel(scratch=True)
    model.set_index(ImageIndex(STORE))
    assert model.search("scr") == 1
    assert model.image(0) is None
    assert model.index(0).data() == "scratch"
    assert model.search("") == 4
    assert model.index(1).data() == "shop/base:1"
    assert model.index(1).data(Qt.ItemDataRole.AccessibleTextRole).startswith("shop/base:1, LABEL one=1")


def test_a_long_list_says_how_many_more(qapp: object) -> None:
    model = ImageListModel(limit=2)
    tester = checked_by_qt(model)
    model.set_index(ImageIndex(STORE))
    assert model.search("") == 3
    assert [model.index(row).data() for row in range(3)] == [
        "shop/base:1",
        "shop/web:1.1",
        "1 more: keep typing to narrow the list",
    ]
    assert not model.flags(model.index(2)) & Qt.ItemFlag.ItemIsEnabled
    assert model.search("web") == 1
    assert model.rowCount() == 1
    assert tester.model() is model


@pytest.mark.parametrize("text", ["linux", "linux/", "/amd64", "a/b/c/d", "li nux/amd64", "linux/amd64/<b>"])
def test_an_invalid_platform_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="is not a platform"):
        parse_platform(text)


@given(st.text(max_size=30))
def test_control_characters_are_replaced_without_changing_the_length(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert not any(ord(char) < 0x20 or char in "\u202e\u200b\x7f" for char in shown)
    assert "\n" not in one_line(text)
    assert "<script" not in tool_tip(f"<script>{text}")


def test_a_key_that_is_not_a_field_is_named() -> None:
    read = read_config('{"User": "me", "Foo": 1, "Entrypiont": ["x"], "Healthcheck": {"Intervall": 1}}')
    assert read.config.User == "me"
    assert read.unknown == ("Foo", "Entrypiont", "Healthcheck.Intervall")
    assert read.remarks[0] == "'Foo' is not a config field, so it is ignored."
    assert read.remarks[1] == "'Entrypiont' is not a config field, so it is ignored. Did you mean Entrypoint?"
    many = read_config(json.dumps({f"x{number}": 1 for number in range(9)}))
    assert many.remarks[-1] == "6 more keys are not config fields."
    four = read_config(json.dumps({f"x{number}": 1 for number in range(4)}))
    assert four.remarks[-1] == "1 more key is not a config field."


def test_keys_are_read_in_any_case_as_docker_does() -> None:
    read = read_config('{"cmd": ["x"], "USER": "me", "healthcheck": {"interval": 5}}')
    assert read.config == ContainerConfig(Cmd=("x",), User="me", Healthcheck=HealthConfig(Interval=5))
    assert read.remarks == ()


def test_a_runtime_config_is_accepted_with_a_remark() -> None:
    for text in ('[{"Id": "x", "Config": {"User": "me"}}]', '{"config": {"User": "me"}, "rootfs": {}}'):
        read = read_config(text)
        assert not read.is_container
        assert "The builder instead compares the config that the image was built with" in " ".join(read.remarks)
    assert read_config('[{"ContainerConfig": {"User": "me"}, "Config": {}}]').is_container
