"""Hypothetical changes to a store and their cost for a build, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cacheview.model import Image
from cacheview.replay.result import Step
from cacheview.report.forms import escaped, joined, json_text
from cacheview.report.replays import replay_as_object
from cacheview.report.using import using_as_lines, using_as_object
from cacheview.whatif.apply import Applied, ChangedStore
from cacheview.whatif.costs import Cost, Costs
from cacheview.whatif.words import (
    NOTHING_CHANGED,
    applied_lines,
    change_title,
    cost_line,
    cost_reason,
    costs_line,
    effect_sentence,
    removed_reason,
    state_of,
)

__all__ = [
    "WHAT_IF_FORMAT",
    "changes_as_lines",
    "changes_as_object",
    "what_if_as_json",
    "what_if_as_markdown",
    "what_if_as_text",
]

WHAT_IF_FORMAT: Final = "cacheview-what-if/1"


def changes_as_lines(changed: ChangedStore) -> Iterator[str]:
    """Yield each change and its effects on the store."""
    for applied in changed.applied:
        yield f"What if: {change_title(applied.change)}"
        yield from (f"  {line}" for line in applied_lines(applied))
    yield NOTHING_CHANGED


def what_if_as_text(changed: ChangedStore, costs: Costs) -> str:
    """Return the changes to the store, the steps whose result changes, and their number, as text."""
    return joined(
        (
            *using_as_lines(changed.daemon),
            *changes_as_lines(changed),
            *map(cost_line, costs.changed),
            *_refused(costs),
            costs_line(costs),
        )
    )


def _refused(costs: Costs) -> Iterator[str]:
    for when, replay in (("Without the change", costs.before), ("With the change", costs.after)):
        if replay.refused is not None and costs.before.refused != costs.after.refused:
            yield f"{when}, the build is refused: {replay.refused.what}"


def what_if_as_markdown(changed: ChangedStore, costs: Costs) -> str:
    """Return the same as Markdown: the changes, the counts, and a table of the steps that change."""
    return joined(
        (
            *(f"**What if: {escaped(change_title(applied.change))}**  " for applied in changed.applied),
            escaped(f"{effect_sentence(changed)} {costs_line(costs)} {NOTHING_CHANGED}"),
            *_table(costs),
            *(f"- {escaped(line)}" for line in (*_refused(costs), *using_as_lines(changed.daemon))),
        )
    )


def _table(costs: Costs) -> Iterator[str]:
    if not costs.changed:
        yield ""
        return
    yield from ("", "| step | instruction | now | then | why |", "|---|---|---|---|---|")
    for cost in costs.changed:
        cells = (str(cost.step.number), cost.step.text, state_of(cost.before), state_of(cost.after), cost_reason(cost))
        yield f"| {' | '.join(escaped(' '.join(cell.split())) for cell in cells)} |"
    yield ""


def what_if_as_json(changed: ChangedStore, costs: Costs) -> str:
    """Return the same as JSON, whose keys are in resources/docs/replay.md."""
    return json_text(
        {
            "format": WHAT_IF_FORMAT,
            **using_as_object(changed.daemon),
            "changes": changes_as_object(changed),
            "steps": [_cost(cost) for cost in costs.steps],
            "summary": costs_line(costs),
            "before": replay_as_object(costs.before),
            "after": replay_as_object(costs.after),
        }
    )


def changes_as_object(changed: ChangedStore) -> list[dict[str, Any]]:
    """Return each change and its effect."""
    return [_applied(applied) for applied in changed.applied]


def _applied(applied: Applied) -> dict[str, Any]:
    return {
        "change": change_title(applied.change),
        "refused": applied.refused or None,
        "removed": [
            {**_image(each.image), "reason": each.reason.value, "sentence": removed_reason(each)}
            for each in applied.removed
        ],
        "untagged": [{"name": each.name, "image": each.image} for each in applied.untagged],
        "tagged": [{"name": each.name, "image": each.image, "before": each.before or None} for each in applied.tagged],
        "added": [_image(image) for image in applied.added],
        "unknown": [
            {**_image(image), "reason": doubt.reason, "remedy": doubt.remedy} for image, doubt in applied.unknown
        ],
    }


def _image(image: Image) -> dict[str, Any]:
    return {"id": image.id, "names": list(image.names)}


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        "number": cost.step.number,
        "text": cost.step.text,
        "line": cost.step.line,
        "stage": cost.step.stage,
        "effect": cost.effect.value,
        "before": _state(cost.before),
        "after": _state(cost.after),
        "reason": cost_reason(cost),
    }


def _state(step: Step | None) -> dict[str, Any] | None:
    if step is None:
        return None
    return {"state": state_of(step), "cached": step.cached, "image": step.image}
