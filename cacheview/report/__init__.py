"""An explanation as text, JSON or Markdown: for the command line, for copies, for bug reports.

The JSON is documented in resources/docs and stable: keys are added, never renamed or removed, within one ``format``.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cacheview.cases import Daemon
from cacheview.engine import (
    ABSENT,
    HAZARD_TITLES,
    UNKNOWN,
    Check,
    CheckOutcome,
    Doubted,
    Edit,
    Explanation,
    Hazard,
    Near,
    RuleSet,
    Stage,
    Subject,
    Unknown,
    VerdictOutcome,
    doubt_sentences,
    parent_title,
    plain,
    plain_change,
)
from cacheview.engine.origin import origin_of
from cacheview.engine.words.doubts import origin_reason
from cacheview.model import Doubt, HealthConfig, Image, Probe, familiar
from cacheview.report.using import using_as_lines, using_as_object
from cacheview.visible import visible, visible_json

__all__ = [
    "FORMAT",
    "NEAREST",
    "as_json",
    "as_markdown",
    "as_object",
    "as_text",
    "check_as_object",
    "doubt_phrase",
    "edit_phrase",
    "escaped",
    "headline",
    "image_as_markdown",
    "image_as_object",
    "image_as_text",
    "image_or_null",
    "joined",
    "json_text",
    "unknown_as_object",
]

FORMAT = "cacheview-explanation/1"

_NOT_CERTAIN = " (not certain)"

NEAREST = 10
"""How many candidates and sources are reported in full where not all are asked for."""

DOUBTS = 5
"""How many distinct doubts are shown where not all are asked for."""

_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~!&]")
"""What means something to Markdown within a line; ``&`` begins an entity."""

_MARKS = {
    CheckOutcome.PASSED: "✓",
    CheckOutcome.FAILED: "✗",
    CheckOutcome.UNKNOWN: "?",
    CheckOutcome.NOT_REACHED: "·",
    CheckOutcome.NOT_COMPARED: "–",
}


def joined(lines: Iterable[str]) -> str:
    """Lines of plain text as one text. Nothing in it acts on a terminal, and each line stays one."""
    return "\n".join(map(visible, lines))


def json_text(document: object) -> str:
    """JSON-like values as JSON text, in which nothing acts on a terminal either."""
    return visible_json(json.dumps(document, ensure_ascii=False, indent=2))


def headline(explanation: Explanation) -> str:
    """The verdict as one line: ``MISS: no child of app:1 has this config``."""
    return f"{explanation.verdict.outcome.value.upper()}: {explanation.sentence}"


def edit_phrase(edit: Edit, explanation: Explanation) -> str:
    """What an edit does, as one phrase."""
    store = explanation.trace.store
    return "; ".join(plain_change(change.path, change.old, change.new, store) for change in edit.changes)


def _edit_phrase(explanation: Explanation) -> str:
    """The smallest edit as a phrase, of a step what a person can do about it; empty: there is none."""
    return explanation.remedy or (edit_phrase(explanation.edit, explanation) if explanation.edit is not None else "")


def as_text(explanation: Explanation, *, everything: bool = False, using: Daemon | None = None) -> str:
    """Verdict, deciding check, smallest edit, hazards, whose answer it is, and the trace, as lines of plain text.

    Of the trace, the candidates and sources nearest to a hit with what they passed and failed at; ``everything``:
    all of them with every check.
    """
    return joined(_text_lines(explanation, using, everything=everything))


def _text_lines(explanation: Explanation, using: Daemon | None, *, everything: bool) -> Iterator[str]:
    yield headline(explanation)
    if explanation.reason:
        yield f"  {explanation.reason}"
    deciding = explanation.deciding
    if deciding is not None and deciding.check is not None:
        is_known = explanation.verdict.unknown is None
        yield f"  {'Deciding check' if is_known else 'What would decide'}: {_check_line(deciding.check)}"
    if hint := _edit_phrase(explanation):
        yield f"  Smallest edit to a hit: {hint}"
    yield from (f"  {line}" for line in _doubt_lines(explanation.doubted, everything=everything))
    for hazard in explanation.hazards:
        yield f"  Hazard, {HAZARD_TITLES[hazard.kind]}: {hazard.sentence} {hazard.advice}"
    trace = explanation.trace
    yield f"  Parent: {parent_title(trace.store, trace.probe.parent)}"
    yield from (f"  {line}" for line in using_as_lines(using))
    for stage in explanation.trace.stages:
        yield ""
        yield f"{_MARKS[stage.outcome]} {stage.kind.value}: {stage.note}"
        for check in stage.checks:
            yield from _check_lines(check, "  ", everything=everything)
        subjects = stage.subjects if everything else _foremost(explanation, stage)
        for subject in subjects:
            yield f"  {_MARKS[subject.outcome]} {_subject_line(subject)}"
            if everything:
                for check in subject.checks:
                    yield from _check_lines(check, "    ", everything=True)
        left = len(stage.subjects) - len(subjects)
        if left > 0:
            yield f"  … and {left} more"


def doubt_phrase(doubted: Doubted) -> str:
    """A doubt that a verdict rests on: why, of how many images, and what would make it certain."""
    reason, remedy = doubt_sentences(doubted.doubt)
    count = f" {doubted.images:,} images are affected." if doubted.images > 1 else ""
    return f"{reason}{count} {remedy}"


def _doubt_lines(doubted: Sequence[Doubted], *, everything: bool = False) -> Iterator[str]:
    most = len(doubted) if everything else DOUBTS
    for each in doubted[:most]:
        yield f"Unknown: {doubt_phrase(each)}"
    if len(doubted) > most:
        yield f"Unknown: … and {len(doubted) - most} more reasons."


def _foremost(explanation: Explanation, stage: Stage) -> Sequence[Subject]:
    """The subjects to show when not all are: of candidates the nearest, of sources the first."""
    if len(stage.subjects) <= NEAREST or stage.subjects[0].role == "source":
        return stage.subjects[:NEAREST]
    positions = [stage.position(near.image.id) for near in itertools.islice(explanation.nearest(), NEAREST)]
    return [stage.subjects[position] for position in positions if position is not None]


def _subject_line(subject: Subject) -> str:
    image = subject.image
    parts = [image.short_id, *map(familiar, image.names[:1]), image.instruction[:100]]
    text = "  ".join(part for part in parts if part)
    if subject.outcome is CheckOutcome.NOT_REACHED:
        return f"{text}: not reached"
    words = f"{text}: {subject.tally.passed} of {subject.tally.compared} checks passed"
    if subject.outcome is CheckOutcome.UNKNOWN:
        words += f", unknown: {_check_line(subject.deciding)}" if subject.deciding is not None else ", unknown"
    elif subject.deciding is not None:
        words += f", fails at {_check_line(subject.deciding)}"
    elif subject.doubts:
        words += _NOT_CERTAIN
    return f"{words}; {subject.note}" if subject.note else words


def _check_line(check: Check) -> str:
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
    # That a value is not known says all that there is to say of it.
    text = f"{check.name}{values}" + (f" ({check.note})" if check.note and check.image is not UNKNOWN else "")
    is_unsure = check.doubts and check.outcome is CheckOutcome.PASSED
    return text + (_NOT_CERTAIN if is_unsure else "")


def _check_lines(check: Check, indent: str, *, everything: bool) -> Iterator[str]:
    yield f"{indent}{_MARKS[check.outcome]} {_check_line(check)}"
    if everything:
        for child in check.children:
            yield from _check_lines(child, indent + "  ", everything=True)


def as_markdown(explanation: Explanation, *, using: Daemon | None = None) -> str:
    """The same as a Markdown fragment, for an issue tracker or a chat."""
    lines = [f"**{explanation.verdict.outcome.value.upper()}**: {escaped(explanation.sentence)}", ""]
    if explanation.reason:
        lines += [escaped(explanation.reason), ""]
    if hint := _edit_phrase(explanation):
        lines += [f"Smallest edit to a hit: {escaped(hint)}", ""]
    lines += [f"> {escaped(line)}\n" for line in _doubt_lines(explanation.doubted)]
    lines += [f"> Hazard, {HAZARD_TITLES[hazard.kind]}: {escaped(hazard.sentence)} {escaped(hazard.advice)}\n"
              for hazard in explanation.hazards]  # fmt: skip
    subject = explanation.deciding.subject if explanation.deciding is not None else None
    if subject is not None:
        lines += [f"Checks of {escaped(subject.image.title)}:", "", "| | check | probe | image |", "|---|---|---|---|"]
        lines += [
            f"| {_MARKS[check.outcome]} {_outcome(check)} | {escaped(check.name)} | "
            f"{_cell(check.probe)} | {_cell(check.image)} |"
            for check in subject.checks
        ]
        lines.append("")
    trace = explanation.trace
    lines += [
        f"Rules: {trace.rules.title}. Parent: {escaped(parent_title(trace.store, trace.probe.parent))}.",
        *map(escaped, using_as_lines(using)),
        "",
        "```json",
        json_text(_probe(trace.probe)).replace("```", r"``\u0060"),
        "```",
    ]
    return "\n".join(lines)


def _outcome(check: Check) -> str:
    is_unsure = check.doubts and check.outcome is CheckOutcome.PASSED
    return check.outcome.word + (_NOT_CERTAIN if is_unsure else "")


def escaped(text: str) -> str:
    """One line of text that Markdown shows as it is, in a cell of a table too."""
    return _MARKDOWN.sub(r"\\\g<0>", visible(text.replace("\n", " ")))


def _cell(value: object) -> str:
    return "" if value is ABSENT else escaped(plain(value))


def image_as_text(image: Image) -> str:
    """What an image is, a fact a line."""
    return joined(f"{name}: {value}" for name, value in _image_facts(image))


def image_as_markdown(image: Image) -> str:
    """The same as a Markdown table."""
    rows = [f"| {name} | {escaped(value)} |" for name, value in _image_facts(image)]
    return "\n".join(["| | |", "|---|---|", *rows])


def image_as_json(image: Image) -> str:
    """An image as JSON, as the store has it, without what it does not say."""
    return visible_json(image.model_dump_json(indent=2, exclude_defaults=True))


def _image_facts(image: Image) -> Iterator[tuple[str, str]]:
    yield "id", image.id
    yield from (("name", name) for name in image.names)
    yield "parent", image.parent or "none recorded"
    if image.instruction:
        yield "instruction", image.instruction
    yield "created", str(image.created) if image.created is not None else "not recorded"
    yield "platform", str(image.config.platform)
    yield "history", f"{len(image.history)} entries, {len(image.diff_ids)} layers"
    for doubt in image.doubts:
        reason, remedy = doubt_sentences(doubt)
        yield "not known exactly", f"{doubt.aspect.replace('_', ' ')}. {reason} {remedy}"


def as_json(explanation: Explanation, *, everything: bool = False, using: Daemon | None = None) -> str:
    """`as_object` as JSON text."""
    return json_text(as_object(explanation, everything=everything, using=using))


def as_object(explanation: Explanation, *, everything: bool = False, using: Daemon | None = None) -> dict[str, Any]:
    """The explanation as JSON-like values; ``everything``: with all candidates and sources, not only the foremost."""
    verdict, trace = explanation.verdict, explanation.trace
    deciding = explanation.deciding
    return {
        "format": FORMAT,
        "rules": trace.rules.name,
        **using_as_object(using),
        "verdict": {
            "outcome": verdict.outcome.value,
            "image": image_or_null(verdict.image),
            "perhaps": image_or_null(verdict.perhaps),
            "stage": verdict.stage.value if verdict.stage is not None else None,
            "error": verdict.error or None,
        },
        "sentence": explanation.sentence,
        "reason": explanation.reason,
        "unknown": None if verdict.unknown is None else unknown_as_object(verdict.unknown, trace.rules),
        "doubts": [_doubt(each.doubt) | {"images": each.images} for each in explanation.doubted],
        "deciding": None
        if deciding is None
        else {
            "stage": deciding.stage.kind.value,
            "image": image_as_object(deciding.subject.image) if deciding.subject is not None else None,
            "check": check_as_object(deciding.check) if deciding.check is not None else None,
        },
        "nearest": [
            {"image": image_as_object(near.image), "fields": near.fields, "elements": near.elements}
            for near in itertools.islice(_known_nearest(explanation), NEAREST)
        ],
        "edit": _edit(explanation),
        "hazards": [_hazard(hazard) for hazard in explanation.hazards],
        "probe": _probe(trace.probe),
        "sources": [source.id for source in verdict.sources],
        "trace": [_stage(explanation, stage, everything=everything) for stage in trace.stages],
    }


def _known_nearest(explanation: Explanation) -> Iterator[Near]:
    """Without the candidates of whose config nothing is known: how near they are is not known either."""
    index = explanation.trace.index
    left = len(index) - index.unknown.bit_count()
    return itertools.islice(explanation.nearest(), left)


def unknown_as_object(unknown: Unknown, rules: RuleSet) -> dict[str, Any]:
    return {
        "outcomes": [each.value for each in VerdictOutcome if each in unknown.outcomes],
        "images": [image_as_object(image) | {"built_here": _origin(image, rules)} for image in unknown.images],
        "others": unknown.others,
        "aspects": sorted(unknown.aspects),
        "remedies": list(dict.fromkeys(each.doubt.remedy for each in unknown.doubted)),
    }


def _origin(image: Image, rules: RuleSet) -> dict[str, str]:
    origin = origin_of(image, rules)
    return {"likely": origin.likely.value, "reason": origin_reason(origin)}


def _doubt(doubt: Doubt) -> dict[str, Any]:
    return {"aspect": doubt.aspect, "reason": doubt.reason, "remedy": doubt.remedy}


def image_or_null(image: Image | None) -> dict[str, Any] | None:
    return None if image is None else image_as_object(image)


def image_as_object(image: Image) -> dict[str, Any]:
    return {"id": image.id, "names": list(image.names), "instruction": image.instruction}


def _probe(probe: Probe) -> dict[str, Any]:
    document: dict[str, Any] = {
        "parent": probe.parent,
        "config": probe.config.model_dump(mode="json", exclude_defaults=True),
    }
    if probe.cache_from:
        document["cache_from"] = list(probe.cache_from)
    if probe.platform is not None:
        document["platform"] = probe.platform.model_dump(mode="json", exclude_defaults=True)
    return document


def _edit(explanation: Explanation) -> dict[str, Any] | None:
    phrase, edit = _edit_phrase(explanation), explanation.edit
    if edit is None:
        return {"phrase": phrase, "changes": [], "probe": None} if phrase else None
    return {
        "phrase": phrase,
        "changes": [
            {"path": change.name} | _given("old", change.old) | _given("new", change.new) for change in edit.changes
        ],
        "probe": _probe(edit.probe),
    }


def _hazard(hazard: Hazard) -> dict[str, Any]:
    return {
        "kind": hazard.kind.value,
        "sentence": hazard.sentence,
        "advice": hazard.advice,
        "image": image_as_object(hazard.image),
        "fields": list(hazard.fields),
    }


def _stage(explanation: Explanation, stage: Stage, *, everything: bool) -> dict[str, Any]:
    subjects = stage.subjects if everything else _foremost(explanation, stage)
    return {
        "stage": stage.kind.value,
        "outcome": stage.outcome.value,
        "note": stage.note,
        "checks": [check_as_object(check) for check in stage.checks],
        "subjects_total": len(stage.subjects),
        "subjects": [
            {
                "role": subject.role,
                "image": image_as_object(subject.image),
                "outcome": subject.outcome.value,
                "note": subject.note,
                "checks": [check_as_object(check) for check in subject.checks],
            }
            for subject in subjects
        ],
    }


def check_as_object(check: Check) -> dict[str, Any]:
    """One check with its elements. A side that has no value, or none that is known, has no key."""
    document: dict[str, Any] = {"check": check.name, "outcome": check.outcome.value}
    document |= _given("probe", check.probe) | _given("image", check.image)
    if check.note:
        document["note"] = check.note
    if check.doubts:
        document["doubts"] = [_doubt(doubt) for doubt in check.doubts]
    if check.children:
        document["elements"] = [check_as_object(child) for child in check.children]
    return document


def _given(key: str, value: object) -> dict[str, Any]:
    if value is ABSENT or value is UNKNOWN:
        return {}
    if isinstance(value, HealthConfig):
        return {key: value.model_dump(mode="json", exclude_defaults=True)}
    if value is None or isinstance(value, str | bool | int | list | tuple | dict):
        return {key: value}
    return {key: str(value)}
