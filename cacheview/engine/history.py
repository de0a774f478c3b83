"""The history check of a source against the probe's parent, and whose parent the local answer is.

moby: ``isValidParent``, ``isValidConfig`` and ``isParent`` of ``daemon/containerd/cache.go`` at 71ebfc7.
"""

from __future__ import annotations

from enum import Enum

from cacheview.engine.ruleset import Descent, MissingTime, RuleSet
from cacheview.model import ContainerConfig, Image, ImageStore

__all__ = ["IsParent", "created_by", "descends", "has_nothing_to_compare", "history_keys", "matches_history"]


def history_keys(image: Image, rules: RuleSet) -> tuple[tuple[object, ...], ...]:
    """What the entries of an image's history are compared by: equal keys are equal to the daemon."""
    if rules.missing_time is MissingTime.NONE:
        return image.history_keys
    return tuple(rules.entry_key(entry) for entry in image.history)


def created_by(config: ContainerConfig) -> str:
    """What the next history entry must say: the command's words joined by single spaces, which loses where they end."""
    return " ".join(config.Cmd or ())


def has_nothing_to_compare(parent: Image | None) -> bool:
    """Whether any source with a history fits: there is no parent, or it has neither history nor layers."""
    return parent is None or not (parent.history or parent.diff_ids)


def matches_history(source: Image, parent: Image | None, config: ContainerConfig, rules: RuleSet) -> bool:
    """Whether the source's history begins with the parent's and goes on with the probe's command."""
    if not source.history:
        return False
    if not has_nothing_to_compare(parent):
        assert parent is not None
        entries, layers = len(parent.history), len(parent.diff_ids)
        if entries >= len(source.history) or layers > len(source.diff_ids):
            return False
        if source.diff_ids[:layers] != parent.diff_ids:
            return False
        if history_keys(source, rules)[:entries] != history_keys(parent, rules):
            return False
    following = len(parent.history) if parent is not None else 0
    return source.history[following].created_by == created_by(config)


class IsParent(Enum):
    """Whether a source has the local answer as its parent, or as an ancestor."""

    YES = "yes"
    NO = "no"
    NEVER = "never ends"  # the daemon asks the same question again and again until its stack overflows


def descends(source: Image, answer: Image, store: ImageStore, rules: RuleSet) -> IsParent:
    """Ask it as the daemon does: along the parents in the store, or of the source alone."""
    if rules.descent is Descent.PARENT:
        if source.parent is not None:
            return IsParent.YES if source.parent == answer.id else IsParent.NO
        # The daemon asks the answer itself instead.
        if answer.parent is None:
            return IsParent.NEVER
        return IsParent.YES if answer.parent == answer.id else IsParent.NO
    asked: set[str] = set()
    current = source.id
    while current not in asked:
        asked.add(current)
        image = store.by_id.get(current)
        if image is None or image.parent is None:
            return IsParent.NO
        if image.parent == answer.id:
            return IsParent.YES
        current = image.parent
    return IsParent.NEVER
