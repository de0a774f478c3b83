"""Compares a source's history with the parent's, and finds out whether a source has the local match as its parent.

moby: ``isValidParent``, ``isValidConfig`` and ``isParent`` of ``daemon/containerd/cache.go`` at 71ebfc7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from cacheview.engine.check import CheckKind
from cacheview.engine.doubts import doubts_about, prefix_doubts
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.stage_check import joined
from cacheview.model import ContainerConfig, Doubt, Image, ImageStore

__all__ = [
    "HistoryCheck",
    "IsParent",
    "begins_with",
    "command_check",
    "created_by",
    "descends",
    "descent_doubts",
    "first_difference",
    "has_nothing_to_compare",
    "history_checks",
    "matches_history",
    "prefix_checks",
    "prefix_value",
]


def prefix_value(image: Image, entries: int, rules: RuleSet) -> int:
    """Return a hash of the first entries of an image's history. ``entries`` is their number."""
    return hash(rules.history_keys(image)[:entries])


def first_difference(parent: Sequence[object], source: Sequence[object]) -> int:
    """Return the first index at which source and parent differ; the length of the shorter if there is none."""
    if source[: len(parent)] == parent:
        return len(parent)
    shorter = min(len(parent), len(source))
    return next((i for i in range(shorter) if parent[i] != source[i]), shorter)


def created_by(config: ContainerConfig) -> str:
    """Return the command that the next history entry must have: words joined by spaces, without their boundaries."""
    return " ".join(config.Cmd or ())


def has_nothing_to_compare(parent: Image | None) -> bool:
    """Return whether any source with a history matches: there is no parent, or it has neither history nor layers."""
    return parent is None or not (parent.history or parent.diff_ids)


@dataclass(frozen=True, slots=True)
class HistoryCheck:
    """One comparison of a source with the parent, or with the probe's command.

    Attributes:
        kind: a kind for history or layers, or that of the command.
        passes: the result with the values as the store reports them.
        doubts: unknown facts that the result depends on; empty: it is certain.
        is_compared: False if the parent has nothing to compare with.
    """

    kind: CheckKind
    passes: bool
    doubts: tuple[Doubt, ...]
    is_compared: bool = True


def history_checks(
    source: Image, parent: Image | None, config: ContainerConfig, rules: RuleSet
) -> Iterator[HistoryCheck]:
    """Yield all comparisons of a source: ``isValidParent``, then ``isValidConfig``."""
    yield from prefix_checks(source, parent, rules)
    yield command_check(source, parent, config)


def prefix_checks(source: Image, parent: Image | None, rules: RuleSet) -> Iterator[HistoryCheck]:
    """Yield the comparisons of a source with the parent, which do not depend on the command: ``isValidParent``."""
    source_doubts = doubts_about(source, "history")
    parent_doubts = doubts_about(parent, "history") if parent is not None else ()
    yield HistoryCheck(CheckKind.NOT_EMPTY, bool(source.history), source_doubts)
    entries = len(parent.history) if parent is not None else 0
    if parent is None:
        yield HistoryCheck(CheckKind.HISTORY, True, (), is_compared=False)
    elif has_nothing_to_compare(parent):
        yield HistoryCheck(CheckKind.HISTORY, True, doubts_about(parent, "history", "diff_ids"), is_compared=False)
    else:
        layers = len(parent.diff_ids)
        layer_doubts = joined(doubts_about(source, "diff_ids"), doubts_about(parent, "diff_ids"))
        # The parent may turn out to have neither history nor layers; then nothing is compared.
        emptiness_doubts = () if _certainly_has_something(parent) else doubts_about(parent, "history", "diff_ids")
        length_doubts = joined(source_doubts, parent_doubts, emptiness_doubts)
        layer_doubts = joined(layer_doubts, emptiness_doubts)
        yield HistoryCheck(CheckKind.ENTRY_COUNT, entries < len(source.history), length_doubts)
        yield HistoryCheck(CheckKind.LAYER_COUNT, layers <= len(source.diff_ids), layer_doubts)
        repeats = rules.repeats(source, parent)
        yield HistoryCheck(CheckKind.HISTORY, repeats, joined(prefix_doubts(parent, source, rules), emptiness_doubts))
        yield HistoryCheck(CheckKind.LAYERS, source.diff_ids[:layers] == parent.diff_ids, layer_doubts)


def command_check(source: Image, parent: Image | None, config: ContainerConfig) -> HistoryCheck:
    """Return the check that the entry after the parent's has the probe's command: ``isValidConfig``."""
    entries = len(parent.history) if parent is not None else 0
    parent_doubts = doubts_about(parent, "history") if parent is not None else ()
    next_entry = source.history[entries] if entries < len(source.history) else None
    passes = next_entry is not None and next_entry.created_by == created_by(config)
    return HistoryCheck(CheckKind.COMMAND, passes, joined(doubts_about(source, "history.created_by"), parent_doubts))


def _certainly_has_something(parent: Image) -> bool:
    history, layers = doubts_about(parent, "history"), doubts_about(parent, "diff_ids")
    return bool((parent.history and not history) or (parent.diff_ids and not layers))


def matches_history(source: Image, parent: Image | None, config: ContainerConfig, rules: RuleSet) -> bool:
    """Return whether the source's history begins with the parent's and continues with the probe's command.

    It is the conjunction of `history_checks`, beginning with the comparison that rules out the most sources.
    """
    step = len(parent.history) if parent is not None else 0
    if step >= len(source.history) or source.history[step].created_by != created_by(config):
        return False
    return begins_with(source, parent, rules)


def begins_with(source: Image, parent: Image | None, rules: RuleSet) -> bool:
    """Return whether history and layers of a source begin with the parent's. The source must have more entries."""
    if parent is None or has_nothing_to_compare(parent):
        return True
    if source.diff_ids[: len(parent.diff_ids)] != parent.diff_ids:
        return False
    return rules.repeats(source, parent)


class IsParent(Enum):
    """Whether a source has the local match as its parent or an ancestor."""

    YES = "yes"
    NO = "no"
    NEVER = "never ends"  # the daemon recurses until its stack overflows


def descends(
    source: Image, answer: Image, store: ImageStore, rules: RuleSet, not_below: set[str] | None = None
) -> IsParent:
    """Return the result of the daemon's search: among all ancestors in the store, or only the source's own parent.

    ``not_below`` contains images known not to have the answer as an ancestor; the search adds to it. It is useful
    because sources often share most of their ancestors.
    """
    if rules.reads_one_parent:
        if source.parent is not None:
            return IsParent.YES if source.parent == answer.id else IsParent.NO
        # The daemon checks the answer's own parent instead.
        if answer.parent is None:
            return IsParent.NEVER
        return IsParent.YES if answer.parent == answer.id else IsParent.NO
    not_below = set() if not_below is None else not_below
    visited: set[str] = set()
    current = source.id
    while current not in visited:
        visited.add(current)
        image = store.by_id.get(current)
        if image is None or image.parent is None or current in not_below:
            not_below |= visited
            return IsParent.NO
        if image.parent == answer.id:
            return IsParent.YES
        current = image.parent
    return IsParent.NEVER


def descent_doubts(source: Image, answer: Image, store: ImageStore, rules: RuleSet) -> tuple[Doubt, ...]:
    """Return the doubts about whether the source has the local match as its parent or ancestor."""
    if rules.reads_one_parent:
        doubts = doubts_about(source, "parent")
        if source.parent is None or doubts:
            doubts = joined(doubts, doubts_about(answer, "parent"))
        return doubts
    results: tuple[Doubt, ...] = ()
    visited: set[str] = set()
    current: Image | None = source
    while current is not None and current.id not in visited:
        visited.add(current.id)
        results = joined(results, doubts_about(current, "parent"))
        if current.parent is None or current.parent == answer.id:
            break
        current = store.by_id.get(current.parent)
    return results
