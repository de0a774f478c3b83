"""The rows of a replay: warnings, steps with triggers below a FROM, a refusal, and hazards. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from cacheview.engine.words.phrases import known_as
from cacheview.model import ImageStore, short_id
from cacheview.replay.result import Replay, Step, StepStatus

if TYPE_CHECKING:
    from cacheview.whatif.costs import Costs

__all__ = [
    "STATUS_LOOKS",
    "STATUS_WORDS",
    "ReplayRow",
    "RowKey",
    "RowKind",
    "assumed_before",
    "depends_on",
    "flat",
    "image_text",
    "place_text",
    "reason_text",
    "rows_of",
    "time_text",
    "word_of",
]

_MAX_WARNINGS: Final = 50
_MAX_POSSIBLE_IMAGES: Final = 3

STATUS_LOOKS: Final = {
    StepStatus.HIT: ("hit", "hit"),
    StepStatus.MISS: ("miss", "miss"),
    StepStatus.NOT_CHECKED: ("not-reached", "not_reached"),
    StepStatus.UNKNOWN: ("not-certain", "hazard"),
}
"""The drawing and color of each status that has one."""

STATUS_WORDS: Final = {
    StepStatus.HIT: "hit",
    StepStatus.MISS: "miss",
    StepStatus.NOT_CHECKED: StepStatus.NOT_CHECKED.word,
    StepStatus.UNKNOWN: "unknown",
    StepStatus.NO_PROBE: "–",
}


class RowKind(Enum):
    """The kind of a row."""

    STEP = "step"
    TRIGGER = "trigger"
    WARNING = "warning"
    REFUSAL = "refused"
    HAZARD = "hazard"


@dataclass(frozen=True)
class RowKey:
    """The identity of a row, regardless of its result. ``triggers``: their instructions."""

    kind: RowKind
    text: str
    triggers: tuple[str, ...] = ()

    def is_like(self, other: RowKey) -> bool:
        """Whether a row with this key may become one with the other key, and still be the same row."""
        return self.kind is other.kind and len(self.triggers) == len(other.triggers)


@dataclass(frozen=True)
class ReplayRow:
    """One row.

    Attributes:
        text: the instruction, or the daemon's message.
        step: the step or trigger.
        line: line of the Dockerfile; 0: none.
        number: the number of a trigger, from 1.
        is_supposed: whether it is shown as if a miss before it had been a hit.
        begins_stage: whether it is the first row of a later stage.
        advice: for a hazard, what to do about it.
        actual_status: the word for its result in the actual store, if that differs; otherwise empty.
    """

    kind: RowKind
    text: str
    step: Step | None = None
    total: int = 0
    line: int = 0
    number: int = 0
    is_supposed: bool = False
    begins_stage: bool = False
    advice: str = ""
    actual_status: str = ""
    children: Sequence[ReplayRow] = field(default=())

    @property
    def key(self) -> RowKey:
        """The key that stays the same while only its result changes."""
        return RowKey(self.kind, self.text, tuple(child.text for child in self.children))

    @property
    def status(self) -> StepStatus:
        """The status of its step; `StepStatus.NO_PROBE` for other rows."""
        return self.step.status if self.step is not None else StepStatus.NO_PROBE


def flat(rows: Iterable[ReplayRow]) -> Iterator[ReplayRow]:
    """Yield rows, each followed by the rows below it."""
    for row in rows:
        yield row
        yield from row.children


def rows_of(replay: Replay, costs: Costs | None = None) -> tuple[ReplayRow, ...]:
    """Return all rows at the top level. ``costs``: the comparison with the actual store."""
    changed = costs.changed if costs is not None else ()
    actual = {id(cost.after): _short(cost.before.status) for cost in changed if cost.before is not None}
    return tuple(_rows(replay, actual))


def _rows(replay: Replay, actual: Mapping[int, str]) -> Iterator[ReplayRow]:
    for warning in replay.warnings[:_MAX_WARNINGS]:
        yield ReplayRow(RowKind.WARNING, warning)
    stage, supposed = None, False
    on_supposed: set[str] = set()  # names of stages whose result is supposed
    name = ""
    for step in replay.steps:
        begins = stage is not None and step.stage != stage
        if begins or stage is None:
            base, name = _base_and_name(step.text)
            supposed = base in on_supposed
        stage = step.stage
        triggers = tuple(
            ReplayRow(
                RowKind.TRIGGER,
                trigger.text,
                trigger,
                replay.total,
                number=number,
                is_supposed=supposed,
                actual_status=actual.get(id(trigger), ""),
            )
            for number, trigger in enumerate(step.triggers, 1)
        )
        yield ReplayRow(
            RowKind.STEP,
            step.text,
            step,
            replay.total,
            step.line,
            is_supposed=supposed,
            begins_stage=begins,
            actual_status=actual.get(id(step), ""),
            children=triggers,
        )
        if step.assumed or supposed:
            supposed = True
            on_supposed.update(filter(None, (name,)))
    if replay.refused is not None:
        yield ReplayRow(RowKind.REFUSAL, replay.refused.message, line=replay.refused.line)
    for hazard in replay.hazards:
        yield ReplayRow(RowKind.HAZARD, hazard.sentence, advice=hazard.advice)


def _base_and_name(text: str) -> tuple[str, str]:
    """Return the base of a FROM, and the name of its stage, in lower case; empty: no name, or not a FROM."""
    words = [word.lower() for word in text.split() if not word.startswith("--")]
    if len(words) < 2 or words[0] != "from":
        return "", ""
    return words[1], words[3] if len(words) == 4 and words[2] == "as" else ""


def word_of(row: ReplayRow) -> str:
    """Return the result of a row in a word or two."""
    if row.step is None:
        return row.kind.value
    word = STATUS_WORDS[row.status]
    if row.actual_status and row.actual_status != (predicted := _short(row.status)):
        return f"{row.actual_status} → {predicted}"
    return f"would {word}" if row.is_supposed and row.status in (StepStatus.HIT, StepStatus.MISS) else word


def _short(status: StepStatus) -> str:
    """Return the word for a status where two are compared."""
    return "rebuilt" if status is StepStatus.NOT_CHECKED else STATUS_WORDS[status]


def place_text(row: ReplayRow) -> str:
    """Return the number of a step or trigger, or the line of a refusal."""
    match row.kind:
        case RowKind.STEP if row.step is not None:
            return f"{row.step.number}/{row.total}"
        case RowKind.TRIGGER:
            return f"↳ {row.number}"
        case RowKind.REFUSAL if row.line:
            return f"line {row.line}"
    return ""


def image_text(step: Step, store: ImageStore) -> str:
    """Return the image that a step results in."""
    if step.image:
        image = store.by_id.get(step.image)
        name = image.title if image is not None and image.names else ""
        return f"{short_id(step.image)}  {name}".rstrip()
    if step.status is StepStatus.UNKNOWN and step.possible:
        shown = ", ".join(short_id(image) for image in step.possible[:_MAX_POSSIBLE_IMAGES])
        further = len(step.possible) - _MAX_POSSIBLE_IMAGES
        return f"may be {shown}" + (f" or {further} more" if further > 0 else "")
    if step.assumed:
        return f"as if {short_id(step.assumed)}"
    if step.made_by:
        return "new" if step.made_by == step.number else f"new, from step {step.made_by}"
    return ""


def reason_text(step: Step, store: ImageStore) -> str:
    """Return why a step is unknown or was not looked up, and its possible results; empty if there is nothing to say."""
    if step.assumed:
        image = store.by_id.get(step.assumed)
        return f"Later steps are shown as if this step had hit {known_as(image) if image else step.assumed}."
    if step.status is not StepStatus.UNKNOWN or not step.possible:
        return step.reason
    images = [store.by_id.get(image) for image in step.possible]
    titles = [known_as(image) for image in images[:_MAX_POSSIBLE_IMAGES] if image is not None]
    further = len(step.possible) - len(titles)
    text = " or ".join(titles) + (f" or one of {further} more" if further > 0 else "")
    return f"{step.reason}. If the step hits, the image is {text}." if titles else step.reason


def depends_on(step: Step, replay: Replay) -> Step | None:
    """Return the earlier step that must hit for an unknown step to be looked up; None if there is none."""
    return _last_before(step, replay, lambda other: other.status is StepStatus.UNKNOWN)


def assumed_before(step: Step, replay: Replay) -> Step | None:
    """Return the earlier miss that is treated as a hit so that a step can be shown; None if there is none."""
    return _last_before(step, replay, lambda other: bool(other.assumed))


def _last_before(step: Step, replay: Replay, matches: Callable[[Step], bool]) -> Step | None:
    """Return the last step before another that is wanted, preferably one in the same stage; None if there is none."""
    before = [other for other in takewhile(lambda other: other is not step, replay.looked_up) if matches(other)]
    of_stage = [other for other in before if other.stage == step.stage]
    return next(reversed(of_stage or before), None)


def time_text(step: Step) -> str:
    """Return the time that a step took; empty if that was not measured."""
    milliseconds = step.seconds * 1000
    if not milliseconds or step.status is StepStatus.NO_PROBE:
        return ""
    return f"{milliseconds:.1f} ms" if milliseconds < 100 else f"{milliseconds:,.0f} ms"
