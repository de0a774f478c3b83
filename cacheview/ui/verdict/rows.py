"""The children of each row in the tree of the trace, created only when shown. No Qt.

A row is an item: a stage, a subject, a check, `FoldedChecks` with equal outcomes, the `ColumnHeads` of two columns, or
a `TraceNote`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from cacheview.engine import Check, CheckKind, CheckOutcome, Explanation, Stage, StageKind, Subject
from cacheview.model import Image
from cacheview.ui.verdict.listing import MAX_SUBJECTS, ListedSubjects
from cacheview.ui.verdict.values import differs
from cacheview.ui.verdict.words import empty_stage, row_name

__all__ = [
    "MAX_CHECKS_IN_GROUP",
    "ColumnHeads",
    "FoldedChecks",
    "Item",
    "MoreRow",
    "Rows",
    "TraceNote",
    "decided_trail",
    "fold",
    "rows_of",
]

MAX_CHECKS_IN_GROUP: Final = 5_000
"""The maximum number of checks listed in a group, since a history may have any number of entries."""


@dataclass(frozen=True)
class FoldedChecks:
    """Consecutive checks with the same outcome and without a difference, folded into one row.

    ``is_uncertain``: whether the outcome of some of them is not certain.
    """

    outcome: CheckOutcome
    checks: Sequence[Check] = field(repr=False)
    places: range
    is_uncertain: bool = False

    @property
    def title(self) -> str:
        """The title of the row, such as ``Cmd, Env, Labels, … (7)``."""
        names = [row_name(self.checks[place]) for place in self.places[:3]]
        return f"{', '.join(names)}{', …' if len(self.places) > 3 else ''} ({len(self.places)})"


@dataclass(frozen=True)
class ColumnHeads:
    """The titles of the value columns, if they are not those of the probe and the image."""

    check: str
    probe: str
    image: str


@dataclass(frozen=True)
class TraceNote:
    """A line of text. ``is_faint``: whether it is advice below another one."""

    text: str
    is_faint: bool = False


@dataclass(frozen=True)
class MoreRow(TraceNote):
    """A row that stands for the subjects of a stage that are not listed. Activating it lists them."""

    kind: StageKind = StageKind.LOCAL


_INITIAL_SUBJECTS: Final = ListedSubjects()
Item = Explanation | Stage | Subject | Check | FoldedChecks | ColumnHeads | TraceNote


@dataclass
class Rows:
    """The rows below an item: a few existing rows first, then a run of any length whose items are created one by one.

    Attributes:
        lead: the key and item of each of the first rows. A key distinguishes a row from its siblings.
        run: the other items, created when requested.
        places: the positions in ``run`` that are rows, in order.
        images: the images of the items of ``run`` if these are subjects, to identify them; otherwise, their places do.
        has_rows_below: whether the items of ``run`` have rows below them.
    """

    lead: list[tuple[Hashable, Item]] = field(default_factory=list)
    run: Sequence[Subject] | Sequence[Check] = ()
    places: Sequence[int] = range(0)
    images: Sequence[Image] = ()
    has_rows_below: bool = False

    def __len__(self) -> int:
        return len(self.lead) + len(self.places)

    def item(self, row: int) -> Item:
        """Return the item of a row, which is created now if it belongs to the run."""
        if row < len(self.lead):
            return self.lead[row][1]
        return self.run[self.places[row - len(self.lead)]]

    def has_children(self, row: int) -> bool:
        """Whether there is anything below a row, without creating its item."""
        if row >= len(self.lead):
            return self.has_rows_below
        item = self.lead[row][1]
        if isinstance(item, Check):
            return bool(item.children)
        return not isinstance(item, ColumnHeads | TraceNote)

    def remove(self, first: int, last: int) -> None:
        """Remove rows, which are either all in the lead or all in the run."""
        if first < len(self.lead):
            del self.lead[first : last + 1]
        else:
            places = list(self.places)
            del places[first - len(self.lead) : last + 1 - len(self.lead)]
            self.places = places

    def without(self, spans: Sequence[tuple[int, int]]) -> Rows:
        """Return the rows without some of them."""
        if not spans:
            return self
        rows = replace(self, lead=list(self.lead))
        for first, last in reversed(spans):
            rows.remove(first, last)
        return rows

    def restore(self, first: int, last: int, source: Rows) -> None:
        """Insert rows of ``source`` that `without` removed. The rows before them must be present."""
        if first < len(source.lead):
            self.lead[first:first] = source.lead[first : last + 1]
        else:
            start, end = first - len(source.lead), last + 1 - len(source.lead)
            places = list(self.places)
            places[start:start] = source.places[start:end]
            self.places = places


def rows_of(
    item: Item,
    explanation: Explanation,
    *,
    folded: bool,
    order: Sequence[int] | None = None,
    listed: ListedSubjects = _INITIAL_SUBJECTS,
) -> Rows:
    """Return the rows below an item.

    Args:
        folded: whether checks without a difference are folded into groups.
        order: the places of the candidates, nearest first; None: in the daemon's order.
        listed: the subjects of a stage that are rows.
    """
    match item:
        case Explanation():
            return Rows([(stage.kind, stage) for stage in item.trace.stages])
        case Stage():
            return _rows_of_stage(item, explanation, order, listed)
        case Subject():
            return Rows(list(_check_rows(item.checks, folded=folded)))
        case Check():
            return _rows_of_check(item, folded=folded)
        case FoldedChecks():
            return _rows_of_group(item)
        case _:
            return Rows()


def _rows_of_stage(stage: Stage, explanation: Explanation, order: Sequence[int] | None, listed: ListedSubjects) -> Rows:
    lead: list[tuple[Hashable, Item]] = [(check.name, check) for check in stage.checks]
    count = len(stage.subjects)
    if not count and not lead:
        text, hint = empty_stage(explanation, stage)
        lead += [("nothing", TraceNote(text)), ("hint", TraceNote(hint, is_faint=True))]
    is_nearest = order is not None and stage.kind is StageKind.LOCAL
    places = listed.nearest(order) if is_nearest and order is not None else listed.places(count)
    if len(places) == count:
        return Rows(lead, stage.subjects, order if is_nearest and order else places, stage.images, has_rows_below=True)
    role = stage.subjects[0].role
    words = f"The {listed.first:,} nearest of {count:,} {role}s" if is_nearest else listed.in_words(count, role)
    if listed.first < MAX_SUBJECTS:
        most = "all" if count <= MAX_SUBJECTS else f"{MAX_SUBJECTS:,}"
        text = f"{words}. Double-click here, or press Enter, to list {most}."
        lead.append(("more", MoreRow(text, is_faint=True, kind=stage.kind)))
    else:
        lead.append(
            ("more", TraceNote(f"{words}. To list another {role}, select its image in the images pane.", is_faint=True))
        )
    images = tuple(stage.images[place] for place in places)
    return Rows(lead, stage.subjects, places, images, has_rows_below=True)


def _rows_of_check(check: Check, *, folded: bool) -> Rows:
    lead: list[tuple[Hashable, Item]] = []
    if check.kind is CheckKind.HISTORY and check.children:
        lead.append(("heads", ColumnHeads("#", "Parent's history", "Source's history")))
    children = check.children
    if folded or len(children) > MAX_CHECKS_IN_GROUP:
        return Rows([*lead, *_check_rows(children, folded=True, is_uncertain=bool(check.doubts))])
    return Rows(lead, children, range(len(children)), has_rows_below=bool(children) and bool(children[0].children))


def _rows_of_group(group: FoldedChecks) -> Rows:
    lead: list[tuple[Hashable, Item]] = []
    total = len(group.places)
    if total > MAX_CHECKS_IN_GROUP:
        lead.append(
            (
                "note",
                TraceNote(
                    f"The first {MAX_CHECKS_IN_GROUP:,} of {total:,} checks with the outcome “{group.outcome.word}”.",
                    is_faint=True,
                ),
            )
        )
    first = group.checks[group.places[0]]
    if isinstance(group.checks, tuple):
        return Rows([(check.name, check) for check in group.checks[group.places.start : group.places.stop]])
    return Rows(lead, group.checks, group.places[:MAX_CHECKS_IN_GROUP], has_rows_below=bool(first.children))


def _check_rows(
    checks: Sequence[Check], *, folded: bool, is_uncertain: bool = False
) -> Iterator[tuple[Hashable, Item]]:
    """Yield keys and items. ``is_uncertain``: whether some of the lazily created checks may not be certain."""
    if not folded:
        yield from ((check.name, check) for check in checks)
        return
    seen: dict[CheckOutcome, int] = {}
    for part in fold(checks):
        if isinstance(part, int):
            yield checks[part].name, checks[part]
        else:
            outcome = checks[part.start].outcome
            # The key stays the same when the group grows or shrinks, so that an edit does not close it.
            doubtful = is_uncertain
            if isinstance(checks, tuple):
                doubtful = any(check.doubts for check in checks[part.start : part.stop])
            number = seen[outcome] = seen.get(outcome, 0) + 1
            yield ("group", outcome, number), FoldedChecks(outcome, checks, part, doubtful)


def fold(checks: Sequence[Check]) -> Iterator[int | range]:
    """Yield the places of checks, as ranges where consecutive checks have the same outcome and no difference."""
    start = 0
    for place, alike in _stretches(checks):
        if place > start:
            yield range(start, place) if place - start > 1 else start
        if not alike:
            yield place
            start = place + 1
        else:
            start = place
    if len(checks) > start:
        yield range(start, len(checks)) if len(checks) - start > 1 else start


def _stretches(checks: Sequence[Check]) -> Iterator[tuple[int, bool]]:
    """Yield the places where stretches end: at a difference (False), or where the outcome changes (True)."""
    if not isinstance(checks, tuple):  # long and created lazily: some passed, one failed, the rest were not reached
        end = _first_not_passed(checks)
        if end < len(checks):
            yield end, not checks[end].failed
        return
    for place, check in enumerate(checks):
        if differs(check):
            yield place, False
        elif place and not differs(checks[place - 1]) and checks[place - 1].outcome is not check.outcome:
            yield place, True


def _first_not_passed(checks: Sequence[Check]) -> int:
    """Find it by bisection: the daemon stops at the first failure, so those that passed come first."""
    low, high = 0, len(checks)
    while low < high:
        middle = (low + high) // 2
        if checks[middle].outcome is CheckOutcome.PASSED:
            low = middle + 1
        else:
            high = middle
    return low


def decided_trail(checks: Sequence[Check], outcome: CheckOutcome) -> list[int]:
    """Return the trail of places to the first check with an outcome, down to the element; empty if there is none.

    ``outcome``: failed or unknown.
    """
    first = 0 if isinstance(checks, tuple) else _first_not_passed(checks)
    place = next((place for place in range(first, len(checks)) if checks[place].outcome is outcome), None)
    return [] if place is None else [place, *decided_trail(checks[place].children, outcome)]
