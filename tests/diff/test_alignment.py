"""Aligning two lists of steps: every step has one row, and the rows keep the order of both lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cacheview.diff.alignment import AlignedPair, align

STEPS = st.lists(st.sampled_from(["RUN a", "RUN b", "RUN c", "ENV a", "ENV b", "FROM a"]), max_size=12)


def aligned(a: list[str], b: list[str]) -> list[AlignedPair]:
    return align(a, b, *([step.split()[0] for step in steps] for steps in (a, b)))


@given(STEPS, STEPS)
def test_every_step_has_one_row_in_the_order_of_its_list(a: list[str], b: list[str]) -> None:
    rows = aligned(a, b)
    assert sorted(row.a for row in rows if row.a is not None) == list(range(len(a)))
    assert sorted(row.b for row in rows if row.b is not None) == list(range(len(b)))
    still = [row for row in rows if not row.is_moved]
    for places in ([row.a for row in still], [row.b for row in still]):
        known = [place for place in places if place is not None]
        assert known == sorted(known)
    for row in rows:
        if row.a is not None and row.b is not None:
            assert row.is_alike is (a[row.a] == b[row.b])


@given(STEPS, STEPS)
def test_alignment_leaves_no_common_step_unmatched_on_both_sides(a: list[str], b: list[str]) -> None:
    rows = aligned(a, b)
    left = [{steps[place] for row in rows if (place := getattr(row, side)) is not None and not row.is_alike}
            for side, steps in (("a", a), ("b", b))]  # fmt: skip
    assert not left[0] & left[1]


@given(STEPS, st.integers(0, 12))
def test_an_added_step_is_the_only_difference(a: list[str], place: int) -> None:
    place = min(place, len(a))
    rows = aligned(a, [*a[:place], "RUN new", *a[place:]])
    assert [row for row in rows if not row.is_alike] == [AlignedPair(None, place)]
    assert not any(row.is_moved for row in rows)


def test_a_long_list_of_repeated_steps_is_aligned_quickly() -> None:
    rows = aligned(["RUN a"] * 20_000 + ["RUN b"], ["RUN c"] + ["RUN a"] * 20_001)
    assert sum(row.is_alike for row in rows) >= 20_000
