"""One probe under several rule sets, as text, Markdown and JSON; the keys are in resources/docs/command-line.md."""

from __future__ import annotations

from typing import Any, Final

from cacheview.cases import Daemon
from cacheview.engine import VerdictOutcome
from cacheview.engine.matrix import Matrix, MatrixGroup
from cacheview.report.explanation_objects import unknown_as_object
from cacheview.report.forms import escaped, joined, json_text
from cacheview.report.images import image_or_null
from cacheview.report.phrases import headline
from cacheview.report.using import using_as_lines, using_as_object
from cacheview.wording import counted

__all__ = ["MATRIX_FORMAT", "matrix_as_json", "matrix_as_markdown", "matrix_as_text"]

MATRIX_FORMAT: Final = "cacheview-matrix/1"


def matrix_as_text(matrix: Matrix, own: Daemon) -> str:
    """Return the verdicts of several rule sets as text, grouped by answer, with those of the store (``own``) marked."""
    lines: list[str] = []
    for group in matrix.groups:
        lines.append(headline(group.explanation))
        if (check := _deciding_of(group)) is not None:
            lines.append(f"  Deciding check: {check}")
        lines += [
            f"  {'*' if row.rules is own.rules else ' '} {row.rules.name:<20} {row.rules.title}" for row in group.rows
        ]
        lines.append("")
    return joined([*lines, "* this store's rules", *_state_as_lines(matrix), *using_as_lines(own)])


def matrix_as_markdown(matrix: Matrix, own: Daemon) -> str:
    """Return the verdicts as Markdown: a sentence for each answer, and a table of its rule sets."""
    lines: list[str] = []
    for group in matrix.groups:
        lines += [f"**{group.verdict.outcome.value.upper()}**: {escaped(group.explanation.sentence)}", ""]
        if (check := _deciding_of(group)) is not None:
            lines += [f"Deciding check: {escaped(check)}", ""]
        lines += ["| | rules | |", "|---|---|---|"]
        lines += [
            f"| {'✓' if row.rules is own.rules else ''} | {row.rules.name} | {row.rules.title} |" for row in group.rows
        ]
        lines.append("")
    state = [line for text in _state_as_lines(matrix) for line in ("", text)]
    return "\n".join([*lines, "✓ this store's rules", *state, *("", *map(escaped, using_as_lines(own)))])


def matrix_as_json(matrix: Matrix, own: Daemon) -> str:
    """Return the verdicts as JSON text."""
    head = {"format": MATRIX_FORMAT, "rules": own.rules.name, **using_as_object(own)}
    document = {**head, "earlier_probes": matrix.earlier_probes, "groups": [_group(group) for group in matrix.groups]}
    return json_text(document)


def _state_as_lines(matrix: Matrix) -> list[str]:
    """Return where the rule sets look up the probe, if not in one store."""
    if not matrix.earlier_probes:
        return []
    return [f"Each rule set first looked up {counted(matrix.earlier_probes, 'earlier probe')} of the walk"]


def _group(group: MatrixGroup) -> dict[str, Any]:
    verdict = group.verdict
    return {
        "outcome": verdict.outcome.value,
        "image": image_or_null(verdict.image),
        "stage": verdict.stage.value if verdict.stage is not None else None,
        "error": verdict.error or None,
        "unknown": None if verdict.unknown is None else unknown_as_object(verdict.unknown, group.rows[0].rules),
        "deciding": _deciding_of(group),
        "set_parent": dict(verdict.set_parent),
        "sentence": group.explanation.sentence,
        "rules": [row.rules.name for row in group.rows],
    }


def _deciding_of(group: MatrixGroup) -> str | None:
    deciding = group.explanation.deciding
    if (
        group.verdict.outcome in (VerdictOutcome.HIT, VerdictOutcome.UNKNOWN)
        or deciding is None
        or deciding.check is None
    ):
        return None
    return deciding.check.name
