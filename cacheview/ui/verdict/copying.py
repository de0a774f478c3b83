"""Converts a row of the trace to text, JSON or Markdown for the clipboard. No Qt."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from cacheview.cases import Daemon
from cacheview.engine import Check, Explanation, Stage, Subject
from cacheview.report.checks import check_as_object
from cacheview.report.explanation_objects import as_json
from cacheview.report.explanations import as_markdown, as_text
from cacheview.report.forms import joined, json_text
from cacheview.ui.verdict.rows import FoldedChecks, Item
from cacheview.ui.verdict.values import full_pair
from cacheview.ui.verdict.words import (
    NOT_CERTAIN,
    STAGE_TITLES,
    doubt_in_words,
    outcome_in_words,
    sides_of,
    stage_word,
    subject_count,
    subject_word,
)
from cacheview.visible import visible

__all__ = ["explanation_as", "row_as"]

_MAX_ROWS: Final = 1_000
"""The maximum number of rows copied from a stage or group."""


def explanation_as(explanation: Explanation, form: str, using: Daemon | None) -> str:
    """Return the entire explanation in one of `FORMATS`, as on the command line."""
    match form:
        case "JSON":
            return as_json(explanation, using=using)
        case "Markdown":
            return as_markdown(explanation, using=using)
    return as_text(explanation, using=using)


def row_as(items: Sequence[Item], explanation: Explanation, form: str) -> str:
    """Return a row in one of `FORMATS`. ``items``: the row's item and its parents, innermost first."""
    if not items:
        return ""
    if form == "JSON":
        return json_text(_object(items))
    lines = _lines(items[0], explanation, markdown=form == "Markdown")
    where = _where(items)
    if form == "Markdown":
        return "\n".join(([_text(where), ""] if where else []) + [f"- {line}" for line in lines])
    return joined(([where] if where else []) + lines)


def _where(items: Sequence[Item]) -> str:
    """Return the stage and subject of a row."""
    parts = [f"{item.role} {item.image.title} ({item.image.id})" for item in items[1:] if isinstance(item, Subject)]
    return ", ".join(parts + [STAGE_TITLES[item.kind] for item in items[1:] if isinstance(item, Stage)])


def _lines(item: Item, explanation: Explanation, *, markdown: bool) -> list[str]:
    text: Callable[[str], str] = _text if markdown else str
    code: Callable[[str], str] = _code if markdown else str
    match item:
        case Check():
            return _check_lines(item, markdown=markdown)
        case FoldedChecks():
            places = item.places[:_MAX_ROWS]
            listed = [line for place in places for line in _check_lines(item.checks[place], markdown=markdown)]
            return listed + _left(len(item.places))
        case Subject():
            head = f"{text(item.role)} {code(item.image.id)}: {text(_subject_text(item))}"
            return [head, *(line for check in item.checks for line in _check_lines(check, markdown=markdown))]
        case Stage():
            head = f"{STAGE_TITLES[item.kind]}: {stage_word(explanation, item)}, {text(item.note)}"
            checks = [line for check in item.checks for line in _check_lines(check, markdown=markdown)]
            subjects = [
                f"{code(subject.image.id)} {text(subject.image.title)}: {text(_subject_text(subject))}"
                for subject in itertools.islice(item.subjects, _MAX_ROWS)
            ]
            return [head, *checks, *subjects, *_left(len(item.subjects))]
        case _:
            return [text(getattr(item, "text", ""))]


def _subject_text(subject: Subject) -> str:
    failed = f"fails at {subject_word(subject)}" if subject.deciding is not None else subject_word(subject)
    if subject.doubts:
        failed += f", {NOT_CERTAIN}"
    return f"{failed}, {subject_count(subject)}" + (f"; {subject.note}" if subject.note else "")


def _left(count: int) -> list[str]:
    return [f"… and {count - _MAX_ROWS:,} more"] if count > _MAX_ROWS else []


def _check_lines(check: Check, *, markdown: bool) -> list[str]:
    values = [
        (side, value) for side, value in zip(sides_of(check), full_pair(check, lines=False), strict=True) if value
    ]
    if markdown:
        text = "; ".join(f"{side} {_code(value)}" for side, value in values)
        remark = "".join(f" ({_text(part)})" for part in (check.note, doubt_in_words(check.doubts)) if part)
        return [f"**{_text(check.name)}** {check.outcome.word}" + (f": {text}" if text else "") + remark]
    note = [f"  {part}" for part in (check.note, doubt_in_words(check.doubts)) if part]
    return [f"{check.name}: {outcome_in_words(check)}", *(f"  {side}: {value}" for side, value in values), *note]


def _object(items: Sequence[Item]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for item in reversed(items):
        match item:
            case Stage():
                document |= {"stage": item.kind.value, "stage_outcome": item.outcome.value}
                if item is items[0]:
                    document["checks"] = [check_as_object(check) for check in item.checks]
                    subjects = itertools.islice(item.subjects, _MAX_ROWS)
                    document["subjects"] = [
                        {"image": subject.image.id, "result": _subject_text(subject)} for subject in subjects
                    ]
                    document["subjects_total"] = len(item.subjects)
            case Subject():
                document["subject"] = {"role": item.role, "image": item.image.id, "outcome": item.outcome.value}
                if item is items[0]:
                    document["checks"] = [check_as_object(check) for check in item.checks]
            case FoldedChecks() if item is items[0]:
                document["checks"] = [check_as_object(item.checks[place]) for place in item.places[:_MAX_ROWS]]
                document["checks_total"] = len(item.places)
            case Check() if item is items[0]:
                document |= check_as_object(item)
            case _:
                pass
    return document


def _text(text: str) -> str:
    """Return the text escaped so that Markdown shows it literally."""
    return re.sub(r"([\\`*_{}\[\]<>#|~!&])", r"\\\1", visible(text.replace("\n", " ")))


def _code(text: str) -> str:
    """Return a code span for any text."""
    line = visible(" ".join(text.split("\n")))
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"
