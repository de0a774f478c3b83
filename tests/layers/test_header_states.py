"""File states from headers, and from the bytes that are hashed of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cacheview.dockerfile.context.tarsum import Header
from cacheview.layers.header_states import read_header, state_of

_NAMES = st.text(st.sampled_from("ab.é\udcff"), min_size=1, max_size=4)
_OWNERS = st.sampled_from(["", "root", "a/b", "uname"])
_NUMBERS = st.integers(0, 1 << 33)
_HEADERS = st.builds(
    Header,
    st.builds(lambda *parts: "".join(parts), st.sampled_from(["", "./"]), _NAMES, st.sampled_from(["", "/"])),
    _NUMBERS,
    _NUMBERS,
    _NUMBERS,
    _NUMBERS,
    st.sampled_from("0125"),
    _NAMES,
    st.tuples(_NUMBERS, _NUMBERS),
    st.lists(st.tuples(_NAMES, st.binary(max_size=3).filter(lambda value: not value[:1].isdigit())), max_size=2).map(
        tuple
    ),
    st.tuples(_OWNERS, _OWNERS),
)


@given(_HEADERS, st.booleans())
def test_a_header_state_equals_the_state_read_from_its_bytes(header: Header, is_other: bool) -> None:
    path = header.name.removeprefix("./").removesuffix("/") + ("c" if is_other else "")
    assert state_of(path, header) == read_header(path, header.hashed_bytes())


def test_a_header_named_dot_is_read_in_every_spelling() -> None:
    for name in (".", "./", "./.", "././"):
        assert read_header(".", Header(name, 0o755).hashed_bytes()) == state_of(".", Header(name, 0o755))
        assert state_of(".", Header(name, 0o755)) is not None


def test_an_owner_name_with_a_slash_gives_no_state() -> None:
    header = Header("a", 0o644, owner_names=("root", "a/b"))
    assert state_of("a", header) == read_header("a", header.hashed_bytes()) is None


def test_a_header_with_a_negative_number_gives_no_state() -> None:
    for header in (Header("a", -1), Header("a", 0, -1), Header("a", 0, 0, -1), Header("a", 0, device=(0, -1))):
        assert state_of("a", header) is None
        assert read_header("a", header.hashed_bytes()) is None


def test_a_link_target_that_looks_like_a_header_is_kept_whole() -> None:
    link = "uname/gname0devmajor1devminor2"
    state = state_of("a", Header("a", 0o777, type="2", link=link))
    assert state is not None
    assert state.target == link
