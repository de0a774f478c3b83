"""The history check of a source against the probe's parent, and whose parent the local answer is.

moby: ``isValidParent``, ``isValidConfig`` and ``isParent`` of ``daemon/containerd/cache.go`` at 71ebfc7.
"""

from __future__ import annotations

from enum import Enum

from cacheview.model import ContainerConfig, Image

__all__ = ["Descent", "created_by", "descent", "has_nothing_to_compare", "matches_history"]


def created_by(config: ContainerConfig) -> str:
    """What the next history entry must say: the command's words joined by single spaces, which loses where they end."""
    return " ".join(config.Cmd or ())


def has_nothing_to_compare(parent: Image | None) -> bool:
    """Whether any source with a history fits: there is no parent, or it has neither history nor layers."""
    return parent is None or not (parent.history or parent.diff_ids)


def matches_history(source: Image, parent: Image | None, config: ContainerConfig) -> bool:
    """Whether the source's history begins with the parent's and goes on with the probe's command."""
    if not source.history:
        return False
    if not has_nothing_to_compare(parent):
        assert parent is not None
        entries, layers = len(parent.history), len(parent.diff_ids)
        if entries >= len(source.history) or layers > len(source.diff_ids):
            return False
        if source.history_keys[:entries] != parent.history_keys or source.diff_ids[:layers] != parent.diff_ids:
            return False
    following = len(parent.history) if parent is not None else 0
    return source.history[following].created_by == created_by(config)


class Descent(Enum):
    """Whether a source has the local answer as its parent."""

    YES = "yes"
    NO = "no"
    NEVER = "never ends"  # the daemon asks the same question again and again until its stack overflows


def descent(source: Image, answer: Image) -> Descent:
    """Ask it as the daemon does: of a source without a parent label, the answer itself is asked instead."""
    if source.parent is not None:
        return Descent.YES if source.parent == answer.id else Descent.NO
    if answer.parent is None:
        return Descent.NEVER
    return Descent.YES if answer.parent == answer.id else Descent.NO
