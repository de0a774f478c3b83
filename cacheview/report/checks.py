"""One check of the trace as lines of text and as JSON-like values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cacheview.engine import ABSENT, UNKNOWN, Check, CheckOutcome, plain
from cacheview.model import Doubt, HealthConfig, HistoryEntry

__all__ = ["MARKS", "NOT_CERTAIN", "check_as_object", "check_line", "check_lines", "doubt_as_object", "value_as_object"]

NOT_CERTAIN = " (not certain)"

MARKS = {
    CheckOutcome.PASSED: "✓",
    CheckOutcome.FAILED: "✗",
    CheckOutcome.UNKNOWN: "?",
    CheckOutcome.NOT_REACHED: "·",
    CheckOutcome.NOT_COMPARED: "–",
}


def check_line(check: Check) -> str:
    """Return a check's name, both values, with ``≠`` if they differ, and its note: ``Env[1] "A=2" ≠ "A=1"``."""
    match (check.probe, check.image, check.outcome):
        case (probe_value, image_value, _) if probe_value is ABSENT and image_value is ABSENT:
            values = ""
        case (probe_value, image_value, _) if image_value is UNKNOWN:
            values = (
                f" {plain(image_value)}" if probe_value is ABSENT else f" {plain(probe_value)} | {plain(image_value)}"
            )
        case (probe_value, image_value, CheckOutcome.FAILED):
            values = f" {plain(probe_value)} ≠ {plain(image_value)}"
        case (probe_value, image_value, _) if probe_value is ABSENT or probe_value == image_value:
            values = f" {plain(image_value)}"
        case (probe_value, image_value, _):
            values = f" {plain(probe_value)} | {plain(image_value)}"
    # "Unknown" says everything about an unknown value.
    text = f"{check.name}{values}" + (f" ({check.note})" if check.note and check.image is not UNKNOWN else "")
    is_uncertain = check.doubts and check.outcome is CheckOutcome.PASSED
    return text + (NOT_CERTAIN if is_uncertain else "")


def check_lines(check: Check, indent: str, *, everything: bool) -> Iterator[str]:
    """Yield a check's outcome and `check_line`. ``everything``: also its elements, indented below it."""
    yield f"{indent}{MARKS[check.outcome]} {check_line(check)}"
    if everything:
        for child in check.children:
            yield from check_lines(child, indent + "  ", everything=True)


def check_as_object(check: Check) -> dict[str, Any]:
    """Return one check with its elements. A side with no value, or an unknown one, has no key."""
    document: dict[str, Any] = {"check": check.name, "outcome": check.outcome.value}
    document |= value_as_object("probe", check.probe) | value_as_object("image", check.image)
    if check.note:
        document["note"] = check.note
    if check.doubts:
        document["doubts"] = [doubt_as_object(doubt) for doubt in check.doubts]
    if check.children:
        document["elements"] = [check_as_object(child) for child in check.children]
    return document


def doubt_as_object(doubt: Doubt) -> dict[str, Any]:
    """Return the unknown fact of an image, the reason, and what would make it known."""
    return {"aspect": doubt.aspect, "reason": doubt.reason, "remedy": doubt.remedy}


def value_as_object(key: str, value: object) -> dict[str, Any]:
    """Return ``{key: value}`` for JSON; empty if there is no value, or it is not known."""
    if value is ABSENT or value is UNKNOWN:
        return {}
    if isinstance(value, HealthConfig | HistoryEntry):
        return {key: value.model_dump(mode="json", exclude_defaults=True)}
    if value is None or isinstance(value, str | bool | int | list | tuple | dict):
        return {key: value}
    return {key: str(value)}
