"""Numbers computed for many images at once equal those computed one by one."""

from __future__ import annotations

from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from cacheview.engine.index.bits import bits_of, iterate_bits
from cacheview.engine.index.counts import Counts

SIZE = 9
numbers = st.lists(st.integers(0, 40), min_size=SIZE, max_size=SIZE)
sets = st.integers(0, (1 << SIZE) - 1)
many = examples(0.5)


def counts(values: list[int]) -> Counts:
    planes = [bits_of([at for at, value in enumerate(values) if value >> place & 1]) for place in range(6)]
    return Counts(tuple(planes))


def values(held: Counts) -> list[int]:
    return [sum((plane >> at & 1) << place for place, plane in enumerate(held.planes)) for at in range(SIZE)]


@given(numbers, numbers, sets)
@many
def test_vectorized_counts_equal_counts_per_element(left: list[int], right: list[int], among: int) -> None:
    a, b = counts(left), counts(right)
    pairs = list(zip(left, right, strict=True))
    inside = [bool(among >> at & 1) for at in range(SIZE)]
    assert values(a + b) == [x + y for x, y in pairs]
    assert values((a + b) - b) == left
    assert values(a.at_most(b)) == [min(x, y) for x, y in pairs]
    assert list(iterate_bits(a.below(b))) == [at for at, (x, y) in enumerate(pairs) if x < y]
    assert list(iterate_bits(a.equal(b, among))) == [at for at, (x, y) in enumerate(pairs) if inside[at] and x == y]
    assert values(a.where(among, b)) == [x if here else y for (x, y), here in zip(pairs, inside, strict=True)]
    assert values(a.at_least_one(among)) == [max(x, 1) if here else 0 for x, here in zip(left, inside, strict=True)]


@given(st.lists(sets, max_size=20))
@many
def test_sets_are_counted(several: list[int]) -> None:
    assert values(Counts.of_sets(several)) == [sum(each >> at & 1 for each in several) for at in range(SIZE)]


@given(numbers, sets)
@many
def test_a_set_is_split_by_number_the_smallest_first(given_numbers: list[int], among: int) -> None:
    split = list(counts(given_numbers).ascending(among))
    expected: dict[int, list[int]] = {}
    for at in iterate_bits(among):
        expected.setdefault(given_numbers[at], []).append(at)
    assert [(number, list(iterate_bits(bits))) for number, bits in split] == sorted(expected.items())


@given(st.sets(st.integers(0, 5_000), max_size=40))
@many
def test_the_bits_of_a_set_are_its_positions(positions: set[int]) -> None:
    assert list(iterate_bits(bits_of(sorted(positions)))) == sorted(positions)
