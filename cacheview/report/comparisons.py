"""A comparison of files as JSON."""

from __future__ import annotations

from typing import Any

from cacheview.layers.changes import FileChange, FileState
from cacheview.replay.file_comparison import FileComparison

__all__ = ["change_as_object", "comparison_as_object"]


def comparison_as_object(comparison: FileComparison) -> dict[str, Any]:
    """Return every file that differs, and their common causes; the keys are in resources/docs/replay.md."""
    differing = comparison.differing
    return {
        "image": comparison.image.id,
        "evidence": comparison.evidence.value,
        "reason": comparison.reason,
        "remedy": comparison.remedy,
        "clients": [client.name for client in comparison.senders],
        "causes": [
            {"kind": cause.kind.value, "phrase": cause.phrase, "advice": cause.advice, "files": list(cause.paths)}
            for cause in comparison.causes
        ],
        "same": len(comparison.changes) - len(differing),
        "files": [change_as_object(change) for change in differing],
    }


def change_as_object(change: FileChange) -> dict[str, Any]:
    """Return a file of one step that differs: the changed aspects, and both states, null if the file is missing."""
    return {
        "path": change.path,
        "mark": change.mark.value,
        "aspects": [aspect.value for aspect in change.aspects],
        "before": _state(change.before),
        "now": _state(change.now),
    }


def _state(state: FileState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {
        "type": state.kind,
        "mode": f"{state.mode:03o}",
        "owner": state.owner,
        "size": state.size,
        "link": state.target,
    }
