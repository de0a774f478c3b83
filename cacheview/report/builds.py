"""Two builds side by side: as text, as JSON, and as Markdown for a pull request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from cacheview.diff.causes import Cause
from cacheview.diff.compare import BuildDiff, PairStatus, StepPair
from cacheview.diff.missing_image import MissingImage
from cacheview.diff.side import BuildSide, SideStep
from cacheview.diff.words import (
    answer_sentence,
    answer_word,
    cause_phrase,
    file_lines,
    lost_cache_sentence,
    missing_image_sentences,
    row_phrase,
    side_line,
)
from cacheview.replay.records import time_text
from cacheview.report.comparisons import change_as_object
from cacheview.report.forms import joined, json_text
from cacheview.visible import visible

__all__ = ["COMPARE_FORMAT", "Hide", "diff_as_json", "diff_as_markdown", "diff_as_text", "hiding"]

COMPARE_FORMAT: Final = "cacheview-compare/1"
Hide = Callable[[str], str]
"""A function that replaces values in a text."""

_REDACTED_TEXT: Final = "(redacted)"
_MIN_HIDDEN_CHARACTERS: Final = 4  # in a value that is searched for within other text
_MAX_CHARACTERS: Final = 300
_MAX_FILES: Final = 20  # of a step that text output lists; JSON lists all of them


def hiding(diff: BuildDiff, *, env: bool, labels: bool) -> Hide:
    """Return a function that replaces the values of build arguments and variables, or of labels, in a text."""
    values: set[str] = set()
    for side in (diff.a, diff.b):
        if env:
            values.update(filter(None, side.options.build_args.values()))
        if labels:
            values.update(side.options.labels.values())
        for step in side.steps:
            requested = step.requested
            if env:
                values.update(requested.arguments.values())
            if labels if requested.name == "LABEL" else env and requested.name in ("ENV", "ARG"):
                values.update(filter(None, requested.pairs.values()))
    longest_first = sorted((value for value in values if len(value) >= _MIN_HIDDEN_CHARACTERS), key=len, reverse=True)
    if not longest_first:
        return lambda text: text
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    return lambda text: pattern.sub(_REDACTED_TEXT, text)


def diff_as_text(diff: BuildDiff, hide: Hide, *, is_brief: bool = False) -> str:
    """Return the comparison as text: the answer in at most three lines, the steps, and how they differ."""
    lines = [*_first(diff), *(() if is_brief else _rest(diff))]
    return joined(map(hide, lines))


def _first(diff: BuildDiff) -> Iterator[str]:
    yield answer_sentence(diff)
    if loss := lost_cache_sentence(diff):
        yield loss
    if gone := list(missing_image_sentences(diff)):
        yield " ".join(gone[-2:])


def _rest(diff: BuildDiff) -> Iterator[str]:
    yield ""
    yield f"A: {side_line(diff.a)}"
    yield f"B: {side_line(diff.b)}"
    yield ""
    for row in diff.rows:
        yield _line(row)
        if row.status is not PairStatus.SAME or row.missing_image is not None:
            yield f"        {row_phrase(row, diff)}"
        if row.files is not None:
            yield from (f"        {line}" for line in file_lines(row.files, _MAX_FILES))
    if diff.first is not None and diff.other_causes:
        yield ""
        yield "The builds also differ in ways that do not affect any step:"
        yield from (f"  {cause_phrase(cause)}" for cause in diff.other_causes)


_MARKS: Final = {
    PairStatus.SAME: " ",
    PairStatus.CHANGED: "!",
    PairStatus.INSERTED: "+",
    PairStatus.REMOVED: "-",
    PairStatus.MOVED: "~",
    PairStatus.ANSWERED: "!",
    PairStatus.FOLLOWS: ".",
    PairStatus.UNKNOWN: "?",
}


def _line(row: StepPair) -> str:
    a, b = (str(step.requested.number) if step is not None else "" for step in (row.a, row.b))
    words = [answer_word(step) for step in (row.a, row.b)]
    answers = f"  [{words[0] or '-'} | {words[1] or '-'}]" if any(words) else ""
    trigger = "# ONBUILD " if any(step is not None and step.requested.trigger for step in (row.a, row.b)) else ""
    return f"{_MARKS[row.status]} {a:>4} {b:>4}  {trigger}{row.text}{answers}"


def diff_as_markdown(diff: BuildDiff, hide: Hide) -> str:
    """Return the comparison as Markdown for a pull request: the answer, and the steps that differ."""
    return "\n".join(map(hide, _markdown(diff)))


def _markdown(diff: BuildDiff) -> Iterator[str]:
    # In a code block nothing is a link, a mention or a tag. Each line begins with fixed words, so none ends the block.
    yield "```text"
    yield from map(visible, (*_first(diff), f"A: {side_line(diff.a)}", f"B: {side_line(diff.b)}"))
    yield "```"
    rows = [row for row in diff.rows if row.status is not PairStatus.SAME]
    if rows:
        yield ""
        yield "| A | B | step | A | B | why |"
        yield "|--:|--:|---|---|---|---|"
    for row in rows:
        numbers = (str(step.requested.number) if step is not None else "" for step in (row.a, row.b))
        words = (answer_word(step) for step in (row.a, row.b))
        yield f"| {' | '.join((*numbers, _code(row.text), *words, _code(row_phrase(row, diff))))} |"


def _code(text: str) -> str:
    """Return a text as code in a table cell."""
    shown = visible(text[:_MAX_CHARACTERS]).replace("|", r"\|")
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {shown} {fence}" if longest else f"`{shown}`" if shown else ""


def diff_as_json(diff: BuildDiff, hide: Hide) -> str:
    """Return the comparison as JSON, whose keys are in resources/docs/compare.md."""
    first = diff.rows[diff.first] if diff.first is not None else None
    cause = diff.cause
    document = {
        "format": COMPARE_FORMAT,
        "same": diff.is_same,
        "answer": answer_sentence(diff),
        "first": diff.first,
        "a_step": first.a.requested.number if first is not None and first.a is not None else None,
        "b_step": first.b.requested.number if first is not None and first.b is not None else None,
        "cause": _cause(cause, first) if cause is not None else None,
        "a": _side(diff.a),
        "b": _side(diff.b),
        "rows": [_row(row) for row in diff.rows],
        "beside": [_cause(each, None) for each in diff.other_causes],
        "lost": {
            "steps": [row.b.requested.number for row in diff.lost_cache_rows if row.b is not None],
            "origin": diff.origin.value,
            "sentence": lost_cache_sentence(diff),
        },
    }
    return json_text(_hidden(document, hide))


def _hidden(value: Any, hide: Hide) -> Any:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, dict):
        return {key: _hidden(each, hide) for key, each in value.items()}
    return [_hidden(each, hide) for each in value] if isinstance(value, list) else value


def _cause(cause: Cause, row: StepPair | None) -> dict[str, Any]:
    return {
        "kind": cause.kind.value,
        "origin": cause.origin.value,
        "name": cause.name,
        "a": cause.a,
        "b": cause.b,
        "image": cause.image,
        "in_a": cause.in_a,
        "in_b": cause.in_b,
        "certain": cause.is_certain,
        "event": cause.event,
        "event_at": time_text(cause.event_at),
        "phrase": cause_phrase(cause, row),
    }


def _side(side: BuildSide) -> dict[str, Any]:
    return {
        "kind": side.kind.value,
        "title": side.title,
        "client": side.client,
        "engine": side.engine,
        "release": side.release,
        "rules": side.rules.name if side.rules is not None else None,
        "started": time_text(side.started),
        "error": side.error,
    }


def _row(row: StepPair) -> dict[str, Any]:
    return {
        "status": row.status.value,
        "a": _step(row.a),
        "b": _step(row.b),
        "causes": [_cause(cause, row) for cause in row.causes],
        "follows": row.follows if row.follows >= 0 else None,
        "lost": row.is_cache_lost,
        "why": row.why,
        "files": [change_as_object(change) for change in row.files.differing] if row.files is not None else None,
        "gone": _gone(row.missing_image) if row.missing_image is not None else None,
    }


def _step(step: SideStep | None) -> dict[str, Any] | None:
    if step is None:
        return None
    requested = step.requested
    return {
        "number": requested.number,
        "trigger": requested.trigger,
        "text": requested.text,
        "line": requested.line,
        "stage": requested.stage,
        "cached": step.cached,
        "image": step.image,
        "reached": step.is_reached,
        "at": time_text(step.at),
        "why": step.why,
    }


def _gone(gone: MissingImage) -> dict[str, Any]:
    return {
        "image": gone.image,
        "made": gone.is_created,
        "at": time_text(gone.created_at),
        "was_there": gone.was_there,
        "removed_at": time_text(gone.removed_at),
    }
