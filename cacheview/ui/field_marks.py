"""What an explanation says of the fields of the probe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cacheview.engine import Check, CheckOutcome, Explanation
from cacheview.model import CONFIG_FIELDS
from cacheview.ui.probe.marks import FieldMark

__all__ = ["field_marks", "field_path"]

_HEAD = ("parent", "cache_from")
_ELEMENTS = 500
"""Of longer lists only the part up to the failure is marked: an editor shows no more at once."""


def field_marks(explanation: Explanation) -> dict[str, FieldMark]:
    """Marks by path: of the checks of whom the verdict was decided by, else only what the rules never look at."""
    rules = explanation.trace.rules
    marks = {
        field: FieldMark(CheckOutcome.NOT_COMPARED.value, field, None, "These rules do not compare it.")
        for field in rules.ignored_fields
    }
    deciding = explanation.deciding
    if deciding is None:
        return marks
    checks = deciding.subject.checks if deciding.subject is not None else deciding.stage.checks
    for check in _flat(checks):
        path = field_path(check)
        known = marks.get(path)
        # Of several checks of one field the failed one tells; else the first that was reached.
        if path and (known is None or check.failed or known.outcome == CheckOutcome.NOT_REACHED.value):
            # A field is not marked as what the step fails at where that is not known.
            outcome = CheckOutcome.NOT_REACHED if check.failed and check.doubts else check.outcome
            marks[path] = FieldMark(outcome.value, path, check.image, check.note)
    return marks


def field_path(check: Check) -> str:
    """The field or element of the probe that a check is about: ``Env[1]``; empty where it is about none."""
    if check.field in CONFIG_FIELDS:
        own = check.name == check.field or check.name.startswith((f"{check.field}[", f"{check.field}."))
        return check.name if own else check.field
    if check.field in _HEAD:
        return check.name if check.name.startswith("cache_from[") and "." not in check.name else check.field
    return ""


def _flat(checks: Sequence[Check]) -> Iterator[Check]:
    for check in checks:
        yield check
        yield from check.children[:_ELEMENTS]
