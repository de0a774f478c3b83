"""Large documents are validated in pieces, with the same result as when validated at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ConfigDict, Field, RootModel, ValidationError

from cacheview.model import DataError, decode
from cacheview.model import pieces as pieces_module
from cacheview.model.base import AnyModel, FailFast, Model, Value, document
from cacheview.model.pieces import in_pieces


@document
class Item(Value):
    """An element with a nested list of objects, as in containers."""

    id: str
    parts: tuple[Any, ...] | None = None


class Items(FailFast, RootModel[tuple[Item, ...]]):
    model_config = ConfigDict(frozen=True, strict=True)


@document
class Index(Value):
    """An object with a list among its keys."""

    version: int = 0
    items: tuple[Item, ...] | None = None
    note: str = ""


class Names(Model):
    """A map of maps."""

    names: dict[str, dict[str, str]] | None = Field(None, alias="Names")


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces_module, "_PIECE_BYTES", 40)


def at_once(model: Any, data: bytes) -> Any:
    try:
        return model.__pydantic_validator__.validate_json(data)
    except ValidationError:
        return None


TEXT = st.sampled_from(["", "a", '},{"id":"', "]", "}],", "\\", 'é"', "}, {", "items", 'x"},"y":{"'])
PARTS = st.none() | st.lists(st.dictionaries(TEXT, TEXT, max_size=2), max_size=3)
ITEMS = st.lists(st.fixed_dictionaries({"id": TEXT, "parts": PARTS}), max_size=12)
LAYOUT = st.sampled_from([{"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False}])


@given(ITEMS, LAYOUT)
def test_a_list_decodes_the_same_in_pieces_and_at_once(items: list[Any], layout: dict[str, Any]) -> None:
    data = json.dumps(items, **layout).encode()
    assert in_pieces(Items, data) == (at_once(Items, data) if items else None)


@given(ITEMS, LAYOUT, st.sampled_from([{}, {"note": "n"}, {"other": [{"id": "z"}] * 9}, {"Items": [{"id": "z"}]}]))
def test_an_object_read_in_pieces_equals_one_read_at_once(
    items: list[Any], layout: dict[str, Any], after: dict[str, Any]
) -> None:
    data = json.dumps({"version": 2, "items": items, **after}, **layout).encode()
    assert in_pieces(Index, data) in (None, at_once(Index, data))


@given(st.dictionaries(TEXT, st.dictionaries(TEXT, TEXT, max_size=3), max_size=12), LAYOUT)
def test_a_map_decodes_the_same_in_pieces_and_at_once(names: dict[str, dict[str, str]], layout: dict[str, Any]) -> None:
    data = json.dumps({"Names": names}, **layout).encode()
    assert in_pieces(Names, data) in (None, at_once(Names, data))


@given(ITEMS, st.integers(0, 2000), st.sampled_from(["", "]", "}", "{", ",", '"', "x", "]]", '],"items":[{']))
@example([{"id": "a" * 50, "parts": None}] * 6, 130, '],"items":[{')
def test_damage_is_never_overlooked(items: list[Any], at: int, damage: str) -> None:
    models: tuple[tuple[type[AnyModel], Any], ...] = ((Index, {"items": items}), (Items, items))
    for model, value in models:
        text = json.dumps(value)
        here = at % len(text)
        data = f"{text[:here]}{damage}{text[here + 1 :]}".encode()
        assert in_pieces(model, data) in (None, at_once(model, data))


MANY = b",".join(b'{"id":"%d"}' % number for number in range(50))


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (Items, b"[%b]" % MANY),
        (Items, b"[%b]" % b",".join([b'{"parts":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}],"id":"x"}'] * 9)),
        (Index, b'{"version":1,"items":[%b],"note":"n"}' % MANY),
        (Names, b'{"Names":{%b,"0":{"last":"x"}}}' % b",".join(b'"%d":{"a":"b"}' % number for number in range(50))),
    ],
)
def test_documents_formatted_by_docker_are_read_in_pieces(
    model: type[AnyModel], data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[None] = []
    monkeypatch.setattr(pieces_module, "go_on", lambda: steps.append(None))
    assert in_pieces(model, data) == at_once(model, data) is not None
    assert len(steps) >= 6


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (Index, b'{"items":[%b],"items":[]}' % MANY),
        (Index, b'{"items":[%b],"item\\u0073":[]}' % MANY),
        (Index, b'{"items":[],"items":[%b]}' % MANY),
        (Index, b'{"items":[%b],"other":[%b]} 1' % (MANY, MANY)),
        (Items, b"[%b,]" % MANY),
        (Items, b"[%b]\x0b" % MANY),
        (Items, b"[%b,\x0b%b]" % (MANY, MANY)),
        (Items, b'[%b,{"id":"\xff"},%b]' % (MANY, MANY)),
        (Items, b"[%b,null,%b]" % (MANY, MANY)),
        (Names, b'{"Names":{"a":{%b}}}' % b",".join(b'"%d":1' % number for number in range(50))),
    ],
)
def test_data_that_cannot_be_split_is_not_parsed_in_pieces(model: type[AnyModel], data: bytes) -> None:
    assert in_pieces(model, data) is None


@pytest.mark.parametrize("depth", range(193, 203))
def test_the_nesting_limit_is_the_same_when_parsing_in_pieces(depth: int) -> None:
    deep = b'{"id":"x","parts":[%b%b]}' % (b"[" * depth, b"]" * depth)
    cases: tuple[tuple[type[AnyModel], bytes], ...] = ((Items, b"[%b,%b,%b]"), (Index, b'{"items":[%b,%b,%b]}'))
    for model, form in cases:
        data = form % (MANY, deep, MANY)
        assert in_pieces(model, data) == at_once(model, data)


def test_an_error_has_the_position_in_the_whole_document() -> None:
    data = b"[%b]" % b",".join(b'{"id":"%01000d"}' % n if n != 590 else b'{"id":1}' for n in range(600))
    with pytest.raises(DataError) as caught:
        decode(Items, data, where="list")
    assert caught.value.path == "[590].id"
