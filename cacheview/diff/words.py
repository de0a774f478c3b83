"""Sentences about a comparison of two builds. The builds are called A and B, in the order given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from cacheview.diff.causes import Cause, CauseKind, CauseOrigin
from cacheview.diff.compare import BuildDiff, PairStatus, StepPair
from cacheview.diff.files import FilesDiffer
from cacheview.diff.missing_image import MissingImage
from cacheview.diff.senders import client_title
from cacheview.diff.side import BuildSide, SideKind, SideStep
from cacheview.layers.changes import change_in_words
from cacheview.model import short_id
from cacheview.wording import counted

__all__ = [
    "answer_sentence",
    "answer_word",
    "cause_phrase",
    "file_lines",
    "lost_cache_sentence",
    "missing_image_sentences",
    "row_lines",
    "row_phrase",
    "side_line",
    "step_title",
]

_MAX_CHARACTERS: Final = 160
_MAX_CAUSES: Final = 4
_MAX_FILES: Final = 500
_MAX_FILES_IN_PHRASE: Final = 5
"""The number of files that a phrase lists, see `in_words`."""

_SETTING_WORDS: Final = {
    CauseKind.BUILD_ARGUMENT: "build argument",
    CauseKind.ENVIRONMENT: "environment variable",
    CauseKind.LABEL: "label",
}
_ORIGIN_PHRASES: Final = {
    CauseOrigin.OWN: "because its own Dockerfile or files changed",
    CauseOrigin.REQUEST: "because of its build arguments, labels, options or client. "
    "Its own Dockerfile and files are not the cause",
    CauseOrigin.SURROUNDINGS: "because of its engine, its store or an image that it uses. "
    "Its own Dockerfile and files are not the cause",
    CauseOrigin.UNKNOWN: "; the cause is unknown",
}
_PARTICIPLES: Final = {"pull": "pulled again", "tag": "tagged", "load": "loaded", "import": "imported"}
"""What an event did to a base, as a participle."""

USUAL_REASONS: Final = (
    "Usually, such an image was removed along with its last tag, or by `docker image prune` or `docker system "
    "prune`. Alternatively, B may be using a different store, for example after an upgrade or on another machine."
)


def answer_sentence(diff: BuildDiff) -> str:
    """Return a sentence about the first step at which two builds differ, and the cause."""
    if diff.first is not None:
        row = diff.rows[diff.first]
        return f"The builds first differ at {step_title(row)}: {cause_phrase(row.causes[0], row)}."
    others = _joined(cause_phrase(cause) for cause in diff.other_causes)
    also = f" However, the builds differ in ways that do not affect any step: {others}." if others else ""
    if diff.a.cut or diff.b.cut:
        return f"No steps are known to differ.{_endings(diff)}{also}"
    unknown = diff.first_unknown
    if unknown is not None:
        why = f": {unknown.why}" if unknown.why else ""
        return (
            "No steps are known to differ. "
            f"It is not known whether the result is the same at {step_title(unknown)}{why}.{also}"
        )
    if SideKind.IMAGE in (diff.a.kind, diff.b.kind):
        return (
            "There are no known differences. The histories have the same steps, with the same arguments and checksums."
        )
    looked_up = [row for row in diff.rows if row.b is not None and row.b.is_looked_up]
    cached = sum(row.b is not None and row.b.cached is True for row in looked_up)
    steps = counted(len(looked_up), "step")
    cached_of = f"{cached} of {steps} cached in both" if looked_up else "no steps are looked up"
    return f"The cache treats both builds the same ({cached_of}).{_endings(diff)}{also}"


def _endings(diff: BuildDiff) -> str:
    """Return, after a space, a sentence about the builds that end early; empty: none does."""
    a, b = (" ".join(side.error.split())[:_MAX_CHARACTERS] for side in (diff.a, diff.b))
    if a and a == b:
        return f" Both end early: {a}."
    return "".join(f" {letter} ends early: {error}." for letter, error in (("A", a), ("B", b)) if error)


def _joined(phrases: Iterable[str]) -> str:
    each = list(phrases)
    more = f"; and {len(each) - _MAX_CAUSES:,} more" if len(each) > _MAX_CAUSES else ""
    return "; ".join(each[:_MAX_CAUSES]) + more


def step_title(row: StepPair) -> str:
    """Return the step of a row: its number on both sides, and the instruction."""
    a, b = (step.requested.number if step is not None else None for step in (row.a, row.b))
    is_one = a == b or a is None or b is None
    number = f"step {b or a}" if is_one else f"step {a} in A and step {b} in B"
    step = row.b or row.a
    assert step is not None
    return f"the trigger {_code(row.text)} of {number}" if step.requested.trigger else f"{number}, {_code(row.text)}"


def _code(text: str) -> str:
    shown = text.replace("\n", " ")
    return f"`{shown[:_MAX_CHARACTERS]}{'…' if len(shown) > _MAX_CHARACTERS else ''}`"


def _in_both(cause: Cause, absent: str) -> str:
    """Return the values of a cause in both builds. ``absent``: how to describe that there is none."""
    shown = [absent if value is None else _quoted(value) for value in (cause.a, cause.b)]
    joined = "and" if None not in (cause.a, cause.b) else "but is"
    return f"is {shown[0]} in A {joined} {shown[1]} in B"


def _quoted(value: str) -> str:
    return f'"{value[:_MAX_CHARACTERS]}{"…" if len(value) > _MAX_CHARACTERS else ""}"'


def cause_phrase(cause: Cause, row: StepPair | None = None) -> str:
    """Return a cause as a phrase without a period. ``row`` has its step; None: it concerns the builds as a whole."""
    match cause.kind:
        case CauseKind.BUILD_ARGUMENT | CauseKind.ENVIRONMENT | CauseKind.LABEL:
            if not cause.name:
                return _of_instruction(cause, row)
            if not cause.is_certain:
                return f"{_SETTING_WORDS[cause.kind]} {cause.name} may differ: {cause.detail}"
            return f"{_SETTING_WORDS[cause.kind]} {cause.name} {_in_both(cause, 'not set')}"
        case CauseKind.BASE:
            return _of_base(cause)
        case CauseKind.INSTRUCTION:
            return _of_instruction(cause, row)
        case CauseKind.OPTION:
            return _of_option(cause)
        case CauseKind.CLIENT:
            detail = f"; {cause.detail}" if cause.detail else ""
            senders = [client_title(each or "") for each in (cause.a, cause.b)]
            others = ", and these clients write different headers" if row is not None else ""
            return f"A's context was sent by {senders[0]} and B's by {senders[1]}{others}{detail}"
        case CauseKind.BUILDER:
            return f"{cause.a} built A and {cause.b} built B, and their histories never match"
        case CauseKind.FILES:
            return _of_files(cause)
        case CauseKind.DOCKERFILE:
            what = cause.detail or "comments, blank lines or similar details"
            return f"the Dockerfiles differ in {what}, which the builder ignores"
        case CauseKind.RELEASE:
            detail = f": {cause.detail}" if cause.detail else ""
            certain = "" if cause.is_certain else " (the only known cause)"
            return f"the engine is Docker {cause.a} in A and {cause.b} in B{detail}{certain}"
        case CauseKind.STORE_KIND:
            return f"A was built in a {cause.a} store and B in a {cause.b} store; each store has its own images"
        case CauseKind.IMAGE_MISSING:
            return _of_missing(cause, row)
        case CauseKind.LINEAGE:
            built = (f"was built on {each}" if each else "has no recorded parent" for each in (cause.a, cause.b))
            return f"image {cause.image} is in both stores: it {next(built)} in A and {next(built)} in B"
        case CauseKind.ENDED:
            side = "A" if cause.in_b else "B"
            return f"build {side} ended {_where(row, side)} this step{_error(cause)}"
    return f"it is not known why{f': {cause.detail}' if cause.detail else ''}"


def _of_files(cause: Cause) -> str:
    if cause.detail:
        return f"the files differ: {cause.detail}"
    return f"the files differ, but it is not known which ones{f': {cause.why}' if cause.why else ''}"


def _where(row: StepPair | None, side: str) -> str:
    step = (row.a if side == "A" else row.b) if row is not None else None
    return "at" if step is not None and step.is_failed else "before"


def _moment(at: datetime) -> str:
    """Return day and time in the user's time zone."""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def _error(cause: Cause) -> str:
    return f": {' '.join(cause.detail.split())[:_MAX_CHARACTERS]}" if cause.detail else ""


def _of_base(cause: Cause) -> str:
    if not cause.name:
        shown = ("nothing" if text is None else _code(text) for text in (cause.a, cause.b))
        return f"the base image has a different history: {next(shown)} in A and {next(shown)} in B"
    if cause.a and cause.b and cause.name == cause.b:
        return f"the base image is {cause.a[:_MAX_CHARACTERS]} in A and {cause.b[:_MAX_CHARACTERS]} in B"
    detail = f", {cause.detail}" if cause.detail else ""
    if cause.event_at is not None:
        participle = _PARTICIPLES.get(cause.event, cause.event)
        detail += f"; it was {participle} at {_moment(cause.event_at)}"
    return f"the base image {cause.name[:_MAX_CHARACTERS]} is different: {cause.a} in A and {cause.b} in B{detail}"


def _of_instruction(cause: Cause, row: StepPair | None) -> str:
    if row is not None and row.status is PairStatus.MOVED and row.a is not None and row.b is not None:
        a, b = row.a.requested.number, row.b.requested.number
        return f"the instruction was moved: it is step {a} in A and step {b} in B"
    if cause.a is None:
        return "only B has this instruction"
    if cause.b is None:
        return "only A has this instruction"
    return f"the instruction is {_code(cause.a)} in A and {_code(cause.b)} in B"


def _of_option(cause: Cause) -> str:
    certain = "" if cause.is_certain else " (the only known cause)"
    end = f"{certain}{_error(cause)}"
    if {cause.a, cause.b} <= {None, "given"}:
        return f"only {'A' if cause.a else 'B'} was built with {cause.name}{end}"
    return f"{cause.name} {_in_both(cause, 'not given')}{end}"


def _of_missing(cause: Cause, row: StepPair | None) -> str:
    image = cause.image
    if cause.in_a:
        missing = row.missing_image if row is not None else None
        if missing is not None:
            return _missing_image_phrase(missing)
        return f"image {image} is in A's store but not in B's"
    if row is not None and row.a is not None and row.a.is_created and short_id(row.a.image) == image:
        return f"build A created image {image}, and build B used it"
    return f"image {image} is in B's store but not in A's"


def _missing_image_phrase(missing: MissingImage) -> str:
    image = short_id(missing.image)
    at = f" at {_moment(missing.created_at)}" if missing.created_at is not None else ""
    subject = f"image {image}, which build A {f'created{at}' if missing.is_created else 'used'},"
    if not missing.was_there:
        return f"{subject} is not in B's store"
    if missing.removed_at is not None:
        return f"{subject} was removed from the store at {_moment(missing.removed_at)}"
    return f"{subject} is no longer in the store"


def missing_image_sentences(diff: BuildDiff) -> Iterator[str]:
    """Yield sentences about the images that B did not find, and what usually removes them."""
    for row in diff.rows:
        if row.missing_image is not None:
            phrase = _missing_image_phrase(row.missing_image)
            yield f"{step_title(row)[:1].upper()}{step_title(row)[1:]}: {phrase}."
    if diff.missing_images:
        yield USUAL_REASONS


def lost_cache_sentence(diff: BuildDiff) -> str:
    """Return which steps lost their cache, and whether the build itself changed; empty: none did."""
    rows = diff.lost_cache_rows
    if not rows:
        return ""
    steps = counted(len(rows), "step")
    origin = _ORIGIN_PHRASES[diff.origin]
    return f"B lost the cache for {steps}{'' if origin.startswith(';') else ' '}{origin}."


def row_phrase(row: StepPair, diff: BuildDiff) -> str:
    """Return the result of a row in a few words."""
    match row.status:
        case PairStatus.SAME:
            return "same" + (f"; {_missing_image_phrase(row.missing_image)}" if row.missing_image is not None else "")
        case PairStatus.FOLLOWS:
            return f"follows from {_number(diff.rows[row.follows])}"
        case PairStatus.UNKNOWN:
            return f"unknown{f': {row.why}' if row.why else ''}"
    return _joined(cause_phrase(cause, row) for cause in row.causes)


def _number(row: StepPair) -> str:
    step = row.b or row.a
    assert step is not None
    return f"step {step.requested.number}{'' if row.b is not None else ' in A'}"


def row_lines(row: StepPair, diff: BuildDiff) -> Iterator[str]:
    """Yield everything about a row, in lines: its causes, the files that differ, and what to do."""
    if row.status.differs:
        for cause in row.causes:
            phrase = cause_phrase(cause, row)
            yield f"{phrase[:1].upper()}{phrase[1:]}."
    else:
        phrase = row_phrase(row, diff)
        yield f"{phrase[:1].upper()}{phrase[1:]}."
    if row.files is not None:
        yield from file_lines(row.files, _MAX_FILES)
    if row.missing_image is not None:
        yield USUAL_REASONS


def file_lines(files: FilesDiffer, limit: int) -> Iterator[str]:
    """Yield the files that differ, up to a limit, unless the phrase names them all; and what to do."""
    differing = files.differing
    if len(differing) > _MAX_FILES_IN_PHRASE or files.causes:
        yield from (f"{change.path}: {change_in_words(change)}" for change in differing[:limit])
        if len(differing) > limit:
            yield f"and {counted(len(differing) - limit, 'more file')}"
    yield from dict.fromkeys(cause.advice for cause in files.causes if cause.advice)


def side_line(side: BuildSide) -> str:
    """Return a side in one line: its title, engine, client and time."""
    at = f"{side.started.astimezone():%Y-%m-%d %H:%M}" if side.started is not None else ""
    return ", ".join(
        filter(None, (side.title, side.engine, side.client and f"sent by {client_title(side.client)}", at))
    )


def answer_word(step: SideStep | None) -> str:
    """Return the result of a step on one side: ``cached``, ``not cached``, ``unknown``; empty: nothing is looked up."""
    if step is None or not step.is_looked_up:
        return ""
    if not step.is_reached:
        return "not reached"
    return {True: "cached", False: "not cached", None: "unknown"}[step.cached]
