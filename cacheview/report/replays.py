"""A replay as text in the form of ``docker build`` output, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from cacheview.cases import Daemon
from cacheview.dockerfile.refusal import SPEAKERS, BuildRefusedError
from cacheview.engine import HAZARD_TITLES, RuleSet
from cacheview.model import ImageStore, short_id
from cacheview.replay.hazards import StepHazard
from cacheview.replay.misses import Miss
from cacheview.replay.result import Replay, Step, StepStatus
from cacheview.report.comparisons import comparison_as_object
from cacheview.report.explanation_objects import as_object
from cacheview.report.forms import joined, json_text
from cacheview.report.phrases import headline
from cacheview.report.using import using_as_lines, using_as_object
from cacheview.wording import plural

__all__ = ["REPLAY_FORMAT", "replay_as_json", "replay_as_object", "replay_as_text", "why_lines"]

REPLAY_FORMAT: Final = "cacheview-replay/1"

_STATUS_WORDS: Final = {
    StepStatus.HIT: "cached",
    StepStatus.MISS: "missed",
    StepStatus.NOT_CHECKED: StepStatus.NOT_CHECKED.word,
    StepStatus.UNKNOWN: StepStatus.UNKNOWN.word,
}


def replay_as_text(
    replay: Replay, store: ImageStore, misses: Sequence[Miss] = (), *, using: Daemon | None = None
) -> str:
    """Return a replay as text: the daemon, the steps as in ``docker build``, the reasons for misses, and the counts."""
    return joined((*using_as_lines(using), *_lines(replay, store, misses)))


def _lines(replay: Replay, store: ImageStore, misses: Sequence[Miss]) -> Iterator[str]:
    yield from (f"warning: {warning}" for warning in replay.warnings)
    why = {id(miss.step): miss for miss in misses}
    for step in replay.steps:
        yield f"Step {step.number}/{replay.total} : {step.text}"
        if step.triggers:
            yield f"# Executing {len(step.triggers)} {plural(len(step.triggers), 'build trigger')}"
        for each in (*step.triggers, step):
            if each is not step:
                yield f"# ONBUILD {each.text}"
            yield from (f" ---> {line}" for line in _outcome(each, store))
            yield from (f"      Hazard ({hazard.kind}): {hazard.sentence} {hazard.advice}" for hazard in each.hazards)
            if id(each) in why:
                yield from (f"      {line}" for line in why_lines(why[id(each)]))
    if replay.refused is not None:
        refused = replay.refused
        word = "refused" if refused.by in SPEAKERS else "never answered"
        yield f"{word}{f' at line {refused.line}' if refused.line else ''}: {refused.what}"
        if refused.message != refused.what and refused.by in SPEAKERS:
            yield f"  {SPEAKERS[refused.by]} reports: {refused.message}"
    counts = Counter(step.status for step in replay.looked_up)
    results = [f"{counts[status]} {word}" for status, word in _STATUS_WORDS.items() if counts[status]]
    remedies = dict.fromkeys(remedy for step in replay.looked_up for remedy in step.remedies)
    yield from (f"To find out: {remedy}" for remedy in remedies)
    yield from (f"Hazard ({hazard.kind}): {hazard.sentence} {hazard.advice}" for hazard in replay.hazards)
    total = f"{replay.total} {plural(replay.total, 'step')}"
    yield f"{total}: {', '.join(results) or 'not looked up in the cache'}"


def _outcome(step: Step, store: ImageStore) -> Iterator[str]:
    match step.status:
        case StepStatus.HIT:
            yield "Using cache"
            yield _image(step, store)
        case StepStatus.MISS:
            yield "miss" + (f": {step.reason}" if step.reason else "")
        case StepStatus.NOT_CHECKED:
            yield step.status.word + (f": {step.reason}" if step.reason else "")
        case StepStatus.UNKNOWN:
            yield f"{step.status.word}: {step.reason}"
            yield from (f"may be {short_id(image)}" for image in step.possible[:5])
        case StepStatus.NO_PROBE:
            if step.reason:
                yield f"unknown: {step.reason}"
            elif step.image or step.made_by:
                yield _image(step, store)


def _image(step: Step, store: ImageStore) -> str:
    if step.made_by:
        earlier = next(iter(step.possible), "")
        perhaps = f", or {short_id(earlier)} if an earlier build created that image for this step" if earlier else ""
        return f"the image of step {step.made_by}{perhaps}"
    image = store.by_id.get(step.image)
    names = f" ({image.title})" if image is not None and image.names else ""
    return f"{short_id(step.image)}{names}"


def why_lines(miss: Miss) -> Iterator[str]:
    """Yield the reason that a step misses, and the remedy."""
    explanation = miss.explanation
    yield f"{headline(explanation)}"
    if miss.reason:
        yield f"{miss.reason}"
    if miss.remedy.edits:
        yield f"Smallest edit for a hit: {miss.remedy.phrase}"
    yield from miss.files
    for hazard in explanation.hazards:
        yield f"Hazard ({HAZARD_TITLES[hazard.kind]}): {hazard.sentence} {hazard.advice}"
    if miss.step.assumed:
        yield f"Later steps are shown as if this step had hit {short_id(miss.step.assumed)}"


def replay_as_json(replay: Replay, rules: RuleSet, misses: Sequence[Miss] = (), *, using: Daemon | None = None) -> str:
    """Return a replay as JSON, whose keys are in resources/docs/replay.md."""
    head = {"format": REPLAY_FORMAT, "rules": rules.name, **using_as_object(using)}
    return json_text({**head, **replay_as_object(replay, misses)})


def replay_as_object(replay: Replay, misses: Sequence[Miss] = ()) -> dict[str, Any]:
    """Return only the replay, as JSON-like values."""
    refused = replay.refused
    return {
        "all_cached": replay.all_cached,
        "total": replay.total,
        "steps": [_step(step) for step in replay.steps],
        "history": None if replay.history is None else list(replay.history),
        "refused": None if refused is None else _refused(refused),
        "warnings": list(replay.warnings),
        "hazards": _hazards(replay.hazards),
        "misses": [
            *(
                _miss_of_any_files(step)
                for step in replay.looked_up
                if step.status is StepStatus.MISS and step.probe is None
            ),
            *map(_miss, misses),
        ],
    }


def _miss_of_any_files(step: Step) -> dict[str, Any]:
    unknown = {"comparison": None, "edit": None, "explanation": None}
    return {"number": step.number, "files": [], "reason": step.reason, **unknown}


def _miss(miss: Miss) -> dict[str, Any]:
    explanation = as_object(miss.explanation) | {"edit": None}  # users edit the build here, not the probe
    return {
        "number": miss.step.number,
        "files": list(miss.files),
        "comparison": comparison_as_object(miss.comparison) if miss.comparison is not None else None,
        "reason": miss.reason or next(iter(miss.files), miss.explanation.sentence),
        "edit": {"phrase": miss.remedy.phrase} if miss.remedy.edits else None,
        "explanation": explanation,
    }


def _hazards(hazards: Sequence[StepHazard]) -> list[dict[str, str]]:
    return [{"kind": hazard.kind, "sentence": hazard.sentence, "advice": hazard.advice} for hazard in hazards]


def _refused(refused: BuildRefusedError) -> dict[str, Any]:
    return {"line": refused.line, "what": refused.what, "said": refused.message, "by": refused.by}


def _step(step: Step) -> dict[str, Any]:
    return {
        "number": step.number,
        "text": step.text,
        "line": step.line,
        "stage": step.stage,
        "status": step.status.value,
        "cached": step.cached,
        "image": step.image,
        "made_by": step.made_by,
        "created_by": step.created_by,
        "reason": step.reason,
        "assumed": step.assumed,
        "hazards": _hazards(step.hazards),
        "possible": list(step.possible),
        "remedies": list(step.remedies),
        "files": [{"path": path, "sum": result} for path, result in (step.sources.files if step.sources else ())],
        "triggers": [_step(trigger) for trigger in step.triggers],
    }
