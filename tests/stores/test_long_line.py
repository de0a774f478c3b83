"""A line read element by element gives the same result as when read at once, whatever it contains."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from store_builder import config

from cacheview.model import DataError, SuiteCase, decode
from cacheview.model.recorded_store import RecordedStore, is_replay_line
from cacheview.replay.file import ReplayCase
from cacheview.stores.budget import Budget, LimitError, Resource
from cacheview.stores.limits import Limits
from cacheview.stores.long_line import read_long_line, streamed_fields

LINE: dict[str, Any] = {
    "rules": "containerd-71ebfc7",
    "name": 'brackets ]}{[ "quoted" \\ and é 🐳',
    "images": [{"id": f"sha256:{number:064x}", "names": ["app:1"], "config": config(number)} for number in range(4)],
    "probes": [{"config": {"Cmd": ["a", "]"]}, "expect": {"outcome": "miss"}}, {"name": "x"}],
    "layer_content": {"sha256:1": "missing"},
}
BUILD: dict[str, Any] = {
    "daemon": "d",
    "engine": "28.5.2",
    "kind": "containerd",
    "dockerfile": "FROM scratch",
    "images": LINE["images"],
    "expect": {"ok": True},
}


def read(line: bytes, piece: int, limits: Limits | None = None) -> SuiteCase | ReplayCase:
    models: tuple[type[SuiteCase | ReplayCase], ...] = (SuiteCase, ReplayCase)
    pieces = iter([line[start : start + piece] for start in range(0, len(line), piece)])
    return read_long_line(pieces, models, _model_of, Budget(limits or Limits()), "here")


def _model_of(line: bytes) -> type[SuiteCase] | type[ReplayCase]:
    return ReplayCase if is_replay_line(line) else SuiteCase


def at_once(line: bytes) -> SuiteCase | ReplayCase | None:
    """The decoded line, or None if it is rejected."""
    try:
        return decode(_model_of(line), line)
    except DataError:
        return None


def in_pieces(line: bytes, piece: int) -> SuiteCase | ReplayCase | None:
    try:
        return read(line, piece)
    except DataError:
        return None


@pytest.mark.parametrize("piece", [1, 7, 100_000])
@pytest.mark.parametrize("document", [LINE, BUILD, {"rules": ""}, {**BUILD, "images": None}])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_line_read_in_pieces_equals_one_read_at_once(
    document: dict[str, Any], piece: int, indent: int | None
) -> None:
    for ascii_only in (True, False):
        line = json.dumps(document, indent=indent, ensure_ascii=ascii_only).encode() + b"\n"
        assert read(line, piece) == at_once(line)


def test_the_lists_of_both_kinds_of_lines_are_read_by_element() -> None:
    assert set(streamed_fields(SuiteCase)) == {"images", "probes"}
    assert {"images", "members"} <= set(streamed_fields(ReplayCase))
    assert set(streamed_fields(RecordedStore)) == {"images"}


NASTY = [
    b'{"rules":"x","images":[null],"probes":[null]}',
    b'{"rules":"x","probes":[null,{}]}',
    b'{"rules":"x","Images":[],"PROBES":[{"Name":"x","unknown":[[[{}]]]}]}',
    b'{"rules":"x","probes":[{"name":"a"}],"probes":[{"name":"b"}]}',
    b'{"rules":"x","probes":[{"name":"a"}],"probes":null}',
    b'{"rules":"x","probes":null}',
    b'{"rules":"x","probes":{}}',
    b'{"rules":"x","probes":[{"name":"\\ud800 \xff"}],"name":"\xff"}',
    b'{"rules":"x","probes":[{"name":"a"},]}',
    b'{"rules":"x","probes":[{"name":"a"}',
    b'{"rules":"x","probes":[{"name":"a"}]',
    b'{"rules":"x","probes":[{"name":"a"}]}}',
    b'{"rules":"x","probes":[{"name":NaN}]}',
    b'{"rules":"x",}',
    b'{"rules":"x" "probes":[]}',
    b'{,"rules":"x"}',
    b"{}",
    b'{"rules":"x","walk":tru}',
    b'{"rules":"x\n"}',
    b'{"rules":"x","probes":[' + b"[" * 300 + b"]" * 300 + b"]}",
    b'{"rules":"x","dockerfile":1,"nested":' + b'{"a":' * 300 + b"1" + b"}" * 300 + b"}",
    b'{"rules":"x","probes":[{"name":"a"}],"Probes":[{"name":"b"}]}',
    b'{"rules":"x","Probes":[{"name":"b"}],"probes":[{"name":"a"}]}',
    b'{"engine":"e","kind":"containerd","dockerfile":"","expect":{"ok":true},"Images":[{}],"images":[]}',
]


@pytest.mark.parametrize("line", NASTY)
@pytest.mark.parametrize("piece", [1, 1000])
def test_parsing_a_line_in_pieces_gives_the_same_result(line: bytes, piece: int) -> None:
    assert in_pieces(line, piece) == at_once(line)


@given(data=st.data())
@examples(2)
def test_a_damaged_line_has_the_same_result_in_pieces_and_at_once(data: st.DataObject) -> None:
    line = bytearray(json.dumps(data.draw(st.sampled_from([LINE, BUILD]))).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(line) - 1))
        line[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"", b"]", b"[", b"}", b"{", b'"', b"\\", b",", b":", b"0", b"null", b" ", b"\xff"])
        )
    assert in_pieces(bytes(line), data.draw(st.integers(1, 400))) == at_once(bytes(line))


def test_an_error_names_the_element_and_the_place_within_it() -> None:
    images = [*LINE["images"][:2], {**LINE["images"][2], "config": {"os": 7}}]
    with pytest.raises(DataError) as caught:
        read(json.dumps({**LINE, "images": images}).encode(), 64)
    assert (caught.value.where, caught.value.path) == ("here", "images[2].config.os")
    with pytest.raises(DataError, match=r"expecting ',' at column 16"):
        read(b'{"probes": [{} {}]}', 5)
    with pytest.raises(DataError, match=r"unterminated string starting at column 2$"):
        read(b'{"probes', 5)


def test_a_long_value_is_read_and_an_endless_one_is_abandoned() -> None:
    limits = Limits(document=1500)
    assert len(json.dumps(LINE["images"])) > 1500
    assert read(json.dumps(LINE).encode(), 100, limits).images is not None
    for line in (b'{"name": "' + b"x" * 5000, b'{"probes": [[' + b"[]," * 5000, b'{"a":1,' * 1000):
        given: list[bytes] = []

        def endless(line: bytes = line, given: list[bytes] = given) -> Iterator[bytes]:
            for start in range(0, len(line), 100):
                given.append(line[start : start + 100])
                yield given[-1]
            while True:
                given.append(b"x" * 100)
                yield given[-1]

        with pytest.raises(DataError):
            read_long_line(endless(), (SuiteCase,), lambda _: SuiteCase, Budget(limits), "here")
        assert sum(map(len, given)) < 12_000  # not much more than is needed to decide


def test_the_memory_of_parsed_objects_is_counted() -> None:
    line = json.dumps(LINE).encode()
    budget = Budget(Limits())
    read_long_line(iter([line]), (SuiteCase,), lambda _: SuiteCase, budget, "here")
    needed = budget.spent(Resource.MEMORY)
    assert needed > len(line)
    with pytest.raises((LimitError, DataError), match="memory"):
        read(line, 100, Limits(memory=needed - 1))
    assert read(line, 100, Limits(memory=needed)) == at_once(line)
