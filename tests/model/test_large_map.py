"""A map with very many entries behaves like a dictionary, and is never emptied all at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cacheview.model.effort import Effort
from cacheview.model.large_map import LargeMap

KEYS = st.sampled_from(["", "a", "b", "sha256:0", "sha256:1"])


@given(st.lists(st.tuples(st.sampled_from(["set", "default", "get"]), KEYS, st.integers())))
def test_a_large_map_behaves_like_a_dictionary(steps: list[tuple[str, str, int]]) -> None:
    large, usual = LargeMap[str, int](), dict[str, int]()
    for what, key, value in steps:
        if what == "set":
            large[key] = usual[key] = value
        elif what == "default":
            assert large.setdefault(key, value) == usual.setdefault(key, value)
        assert large.get(key) == usual.get(key)
        assert large.get(key, "none") == usual.get(key, "none")
        assert (key in large) == (key in usual)
        assert len(large) == len(usual)
    assert sorted(large) == sorted(usual)
    large.clear()
    assert not list(large)
    assert len(large) == 0


def test_equal_keys_of_different_types_share_an_entry() -> None:
    large = LargeMap[float, str]()
    large[1] = "one"
    assert large.get(1.0) == "one"
    assert large.get(True) == "one"


def test_clearing_a_large_map_lets_other_threads_run() -> None:
    large = LargeMap[int, int]()
    for number in range(1000):
        large[number] = number
    left: list[int] = []
    with Effort(check_canceled=lambda: left.append(len(large))).spent():
        large.clear()
    assert left == sorted(left, reverse=True)
    assert len(set(left)) > 10
    assert left[-1] == 0
