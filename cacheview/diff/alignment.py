"""Two aligned lists of steps: which are the same, changed, inserted, removed or moved.

Equal steps at both ends are paired first, then those that occur once in each list (patience diff: their longest
ascending run), then equal steps between these. Equal steps that then remain in both lists were moved. Of the other
steps between two pairs, those with the same instruction were changed. This takes n log n for n steps, except for gaps,
which are small or compared as far as `_MAX_COMPARED_PAIRS` allows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cacheview.model.effort import go_on

__all__ = ["AlignedPair", "align"]

_MAX_COMPARED_PAIRS: Final = 10_000
"""All pairs of steps in a gap are compared if there are at most this many; otherwise, steps are paired in order."""

_REPLACEMENT_WEIGHT: Final = 0.25
"""The weight of a step that replaces one with a different instruction."""

_Gap = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """One row.

    Attributes:
        a, b: indexes of the steps; None: this side has none.
        is_alike: both have the same key.
        is_moved: it is alike, but at a different position.
    """

    a: int | None
    b: int | None
    is_alike: bool = False
    is_moved: bool = False


def align(
    a: Sequence[Hashable], b: Sequence[Hashable], kinds_a: Sequence[str], kinds_b: Sequence[str]
) -> list[AlignedPair]:
    """Align two lists.

    Args:
        a, b: the key of each step; equal keys mean equal steps.
        kinds_a, kinds_b: the instruction of each step; a changed step keeps it.
    """
    pairs = list(_equal_pairs(a, b, (0, len(a), 0, len(b))))
    moved = dict(_moved(a, b, pairs))
    gaps = list(_gaps(pairs, len(a), len(b)))
    arrived = {j: i for i, j in moved.items()}
    result: list[AlignedPair] = []
    done: set[int] = set()  # moved steps of a that already have a row

    def rows_between(gap: _Gap) -> Iterator[AlignedPair]:
        first_a, end_a, first_b, end_b = gap
        left_a = [i for i in range(first_a, end_a) if i not in moved]
        left_b = [j for j in range(first_b, end_b) if j not in arrived]
        changed = dict(_changed(a, b, left_a, left_b, kinds_a, kinds_b))
        at_b = iter(range(first_b, end_b))
        for i in range(first_a, end_a):
            if i in moved:
                if i not in done:
                    done.add(i)
                    yield AlignedPair(i, moved[i], True, True)
            elif i in changed:
                yield from _inserted(at_b, changed[i], arrived, done)
                yield AlignedPair(i, changed[i])
            else:
                yield AlignedPair(i, None)
        yield from _inserted(at_b, None, arrived, done)

    for gap, pair in zip(gaps, [*pairs, None], strict=True):
        result += rows_between(gap)
        if pair is not None:
            result.append(AlignedPair(*pair, True))
    return result


def _inserted(at_b: Iterator[int], until: int | None, arrived: dict[int, int], done: set[int]) -> Iterator[AlignedPair]:
    """Yield the steps of b before an index, and skip the step at the index."""
    for j in at_b:
        if j == until:
            return
        if j not in arrived:
            yield AlignedPair(None, j)
        elif arrived[j] not in done:
            done.add(arrived[j])
            yield AlignedPair(arrived[j], j, True, True)


def _equal_pairs(a: Sequence[Hashable], b: Sequence[Hashable], outer: _Gap) -> Iterator[tuple[int, int]]:
    """Yield pairs of equal steps, ascending in both."""
    pairs: list[tuple[int, int]] = []
    todo = [outer]
    while todo:
        go_on()
        first_a, end_a, first_b, end_b = todo.pop()
        while first_a < end_a and first_b < end_b and a[first_a] == b[first_b]:
            pairs.append((first_a, first_b))
            first_a, first_b = first_a + 1, first_b + 1
        while first_a < end_a and first_b < end_b and a[end_a - 1] == b[end_b - 1]:
            end_a, end_b = end_a - 1, end_b - 1
            pairs.append((end_a, end_b))
        if first_a == end_a or first_b == end_b:
            continue
        gap = first_a, end_a, first_b, end_b
        anchors = _anchors(a, b, gap)
        if anchors:
            pairs += anchors
            todo += _gaps(anchors, end_a, end_b, first_a, first_b)
        elif (end_a - first_a) * (end_b - first_b) <= _MAX_COMPARED_PAIRS:
            weights = [[int(a[i] == b[j]) for j in range(first_b, end_b)] for i in range(first_a, end_a)]
            pairs += ((first_a + i, first_b + j) for i, j in _best(weights))
        else:
            pairs += _in_order(a, b, gap)
    yield from sorted(pairs)


def _gaps(
    pairs: Sequence[tuple[int, int]], end_a: int, end_b: int, first_a: int = 0, first_b: int = 0
) -> Iterator[_Gap]:
    """Yield the gaps before, between and after some pairs."""
    for i, j in pairs:
        yield first_a, i, first_b, j
        first_a, first_b = i + 1, j + 1
    yield first_a, end_a, first_b, end_b


def _anchors(a: Sequence[Hashable], b: Sequence[Hashable], gap: _Gap) -> list[tuple[int, int]]:
    """Return the longest ascending run of the keys that occur once on each side of a gap."""
    first_a, end_a, first_b, end_b = gap
    counts_a, counts_b = Counter(a[first_a:end_a]), Counter(b[first_b:end_b])
    place = {b[j]: j for j in range(first_b, end_b) if counts_b[b[j]] == 1}
    pairs = [(i, place[a[i]]) for i in range(first_a, end_a) if counts_a[a[i]] == 1 and a[i] in place]
    ends: list[int] = []  # the smallest end of a run of each length
    last: list[int] = []
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(last[length - 1] if length else -1)
        if length == len(ends):
            ends.append(j)
            last.append(number)
        else:
            ends[length], last[length] = j, number
    run = []
    at = last[-1] if last else -1
    while at >= 0:
        run.append(pairs[at])
        at = before[at]
    return run[::-1]


def _in_order(a: Sequence[Hashable], b: Sequence[Hashable], gap: _Gap) -> Iterator[tuple[int, int]]:
    """Yield equal steps of a very large gap: each step with the next equal one."""
    first_a, end_a, first_b, end_b = gap
    places: dict[Hashable, deque[int]] = defaultdict(deque)
    for j in range(first_b, end_b):
        places[b[j]].append(j)
    for i in range(first_a, end_a):
        places_in_b = places[a[i]]
        while places_in_b and places_in_b[0] < first_b:
            places_in_b.popleft()
        if places_in_b:
            first_b = places_in_b.popleft() + 1
            yield i, first_b - 1


def _moved(a: Sequence[Hashable], b: Sequence[Hashable], pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield equal steps among the remaining ones of both sides."""
    of_a, of_b = {i for i, _ in pairs}, {j for _, j in pairs}
    left: dict[Hashable, deque[int]] = defaultdict(deque)
    for j, key in enumerate(b):
        if j not in of_b:
            left[key].append(j)
    for i, key in enumerate(a):
        if i not in of_a and left.get(key):
            yield i, left[key].popleft()


def _changed(
    a: Sequence[Hashable],
    b: Sequence[Hashable],
    left_a: Sequence[int],
    left_b: Sequence[int],
    kinds_a: Sequence[str],
    kinds_b: Sequence[str],
) -> Iterator[tuple[int, int]]:
    """Yield the replacements between two pairs: similar steps, preferably with the same instruction."""
    if len(left_a) * len(left_b) > _MAX_COMPARED_PAIRS:
        gap = 0, len(left_a), 0, len(left_b)
        pairs = _in_order([kinds_a[i] for i in left_a], [kinds_b[j] for j in left_b], gap)
        yield from ((left_a[i], left_b[j]) for i, j in pairs)
        return
    weights = [[_weight(kinds_a[i], kinds_b[j], str(a[i]), str(b[j])) for j in left_b] for i in left_a]
    yield from ((left_a[i], left_b[j]) for i, j in _best(weights))


def _weight(kind_a: str, kind_b: str, one: str, other: str) -> float:
    """Return how likely it is that one step replaced another; 0: it did not."""
    if kind_a == kind_b:
        return 1 + _likeness(one, other)
    return 0.0 if "FROM" in (kind_a, kind_b) else _REPLACEMENT_WEIGHT


def _likeness(one: str, other: str) -> float:
    """Return how much of two texts is equal at their ends, from 0 to 1."""
    longer = max(len(one), len(other)) or 1
    shorter = min(len(one), len(other))
    head = next((place for place in range(shorter) if one[place] != other[place]), shorter)
    tail = next((place for place in range(shorter - head) if one[-1 - place] != other[-1 - place]), shorter - head)
    return (head + tail) / longer


def _best(weights: Sequence[Sequence[float]]) -> Iterator[tuple[int, int]]:
    """Yield the ascending pairs with the largest sum of weights, without pairs of weight 0."""
    rows, columns = len(weights), len(weights[0]) if weights else 0
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        go_on()
        for j in range(columns - 1, -1, -1):
            weight = weights[i][j]
            paired = best[i + 1][j + 1] + weight if weight else 0.0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    i = j = 0
    while i < rows and j < columns:
        weight = weights[i][j]
        if weight and best[i][j] == best[i + 1][j + 1] + weight:
            yield i, j
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
