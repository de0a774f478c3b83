"""The marks of an explanation on the fields of the probe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cacheview.engine import Check, CheckOutcome, Explanation
from cacheview.model import CONFIG_FIELDS
from cacheview.ui.probe.marks import FieldMark
from cacheview.ui.verdict.values import field_path

__all__ = ["field_marks"]

_FIELDS = frozenset((*CONFIG_FIELDS, "parent", "cache_from"))
_MAX_ELEMENTS = 500
"""The length above which a list is marked only up to the failure, since an editor cannot show more at a time."""


def field_marks(explanation: Explanation) -> dict[str, FieldMark]:
    """Return the marks by path: those of the deciding checks, or else only those of fields that no rule reads."""
    rules = explanation.trace.rules
    marks = {
        field: FieldMark(CheckOutcome.NOT_COMPARED.value, None, "These rules do not compare this field.")
        for field in rules.ignored_fields
    }
    deciding = explanation.deciding
    if deciding is None:
        return marks
    checks = deciding.subject.checks if deciding.subject is not None else deciding.stage.checks
    for check in _flat(checks):
        path = field_path(check) if check.field in _FIELDS else ""
        previous = marks.get(path)
        # If several checks read a field, the one that failed counts, or else the first that was reached.
        if path and (previous is None or check.failed or previous.outcome == CheckOutcome.NOT_REACHED.value):
            # A field that may or may not fail is not marked.
            outcome = CheckOutcome.NOT_REACHED if check.outcome is CheckOutcome.UNKNOWN else check.outcome
            marks[path] = FieldMark(outcome.value, check.image, check.note)
    return marks


def _flat(checks: Sequence[Check]) -> Iterator[Check]:
    for check in checks:
        yield check
        yield from check.children[:_MAX_ELEMENTS]
