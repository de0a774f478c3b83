"""Converts a row of a replay to an item that the panes explain. No Qt."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cacheview.model import SCRATCH
from cacheview.replay.result import Step, StepStatus
from cacheview.ui.replay.replayer import ReplayResult
from cacheview.ui.replay.rows import ReplayRow, RowKind, assumed_before, depends_on
from cacheview.ui.selected_item import SelectedItem
from cacheview.wording import sentence

__all__ = ["selection"]


_KIND_NAMES: Final = {RowKind.REFUSAL: "the refusal", RowKind.WARNING: "a warning", RowKind.HAZARD: "a build hazard"}


def selection(row: ReplayRow, result: ReplayResult) -> SelectedItem:
    """Return the row as the selected item."""
    return replace(_selected(row, result), store=result.request.store, daemon=result.request.daemon)


def _selected(row: ReplayRow, result: ReplayResult) -> SelectedItem:
    step = row.step
    if step is None:
        place = f" at line {row.line}" if row.line else ""
        return SelectedItem(f"{_KIND_NAMES[row.kind]}{place}", why=row.text)
    name = f"step {step.number}" if row.kind is RowKind.STEP else f"trigger {row.number} of step {step.number}"
    why = sentence(step.reason)
    if step.probe is None or not _is_in_store(step, result):
        return SelectedItem(name, why=why or _why_no_probe(step))
    if step.status is StepStatus.UNKNOWN:
        before = depends_on(step, result.replay)
        return SelectedItem(name, step.probe, why, f"step {before.number} hits" if before is not None else "", True)
    missed = assumed_before(step, result.replay) if row.is_supposed else None
    only_if = f"step {missed.number} had hit" if missed is not None else ""
    miss = result.miss_of(step)
    if miss is None:
        return SelectedItem(name, step.probe, only_if=only_if)
    reason = " ".join(miss.files) or miss.remedy.reason or None
    return SelectedItem(
        name, step.probe, only_if=only_if, reason=reason, remedy=miss.remedy.phrase, has_files=miss.has_files
    )


def _is_in_store(step: Step, result: ReplayResult) -> bool:
    """Whether the parent is in the store. If the build would create it, only the replay knows it."""
    assert step.probe is not None
    parent = step.probe.parent
    return parent == SCRATCH or parent in result.request.store.by_id


def _why_no_probe(step: Step) -> str:
    match step.status:
        case StepStatus.NO_PROBE:
            return "The builder never looks up this step in the cache."
        case StepStatus.MISS if step.probe is None:
            return "This step misses regardless of its files: no image in the store was built by this instruction."
        case StepStatus.UNKNOWN:
            return "cacheview cannot determine what the builder would look up for this step."
    return "This step builds on an image that the build would first have to create."
