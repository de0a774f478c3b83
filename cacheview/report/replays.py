"""A replay as text, as ``docker build`` prints a build, and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from cacheview.engine import Explanation, ImageCache, RuleSet, explain
from cacheview.model import ImageStore, short_id
from cacheview.replay.result import Replay, Step, StepStatus
from cacheview.report import as_object, edit_phrase, headline

__all__ = ["REPLAY_FORMAT", "explain_miss", "replay_as_json", "replay_as_text"]

REPLAY_FORMAT: Final = "cacheview-replay/1"

_COUNTED: Final = {
    StepStatus.HIT: "cached",
    StepStatus.MISS: "missed",
    StepStatus.NOT_ASKED: "not asked",
    StepStatus.UNKNOWN: "not known",
}


def explain_miss(replay: Replay, store: ImageStore, rules: RuleSet) -> Explanation | None:
    """Why the first miss misses; None: there is none, or it is not known what was asked."""
    missed = replay.first_miss
    if missed is None or missed.probe is None:
        return None
    return explain(ImageCache(store, rules), missed.probe)


def replay_as_text(replay: Replay, store: ImageStore, rules: RuleSet, *, changed: tuple[str, ...] = ()) -> str:
    """The steps as ``docker build`` prints them, why the first miss misses, and the counts.

    ``changed``: lines on the files of the first miss that are known to differ.
    """
    return "\n".join(_lines(replay, store, rules, changed))


def _lines(replay: Replay, store: ImageStore, rules: RuleSet, changed: tuple[str, ...]) -> Iterator[str]:
    yield from (f"warning: {warning}" for warning in replay.warnings)
    first = replay.first_miss
    for step in replay.steps:
        yield f"Step {step.number}/{replay.total} : {step.text}"
        if step.triggers:
            yield f"# Executing {len(step.triggers)} build trigger{'s' if len(step.triggers) > 1 else ''}"
        for each in (*step.triggers, step):
            yield from (f" ---> {line}" for line in _outcome(each, store))
            if each is first:
                yield from _why(replay, store, rules, changed)
    if replay.refused is not None:
        refused = replay.refused
        yield f"refused{f' at line {refused.line}' if refused.line else ''}: {refused.what}"
        if refused.said != refused.what:
            yield f"  the daemon says: {refused.said}"
    counts = Counter(step.status for step in replay.asked)
    told = [f"{counts[status]} {word}" for status, word in _COUNTED.items() if counts[status]]
    yield f"{replay.total} steps: {', '.join(told) or 'none asks the cache'}"


def _outcome(step: Step, store: ImageStore) -> Iterator[str]:
    match step.status:
        case StepStatus.HIT:
            yield "Using cache"
            yield _image(step, store)
        case StepStatus.MISS:
            yield "miss" + (
                f"; the steps after it as if it were a hit on {short_id(step.assumed)}" if step.assumed else ""
            )
        case StepStatus.NOT_ASKED:
            yield "not asked" + (f": {step.reason}" if step.reason else "")
        case StepStatus.UNKNOWN:
            yield f"not known: {step.reason}"
            yield from (f"may be {short_id(image)}" for image in step.possible[:5])
        case StepStatus.NO_PROBE:
            if step.reason:
                yield f"not known: {step.reason}"
            elif step.image or step.made_by:
                yield _image(step, store)


def _image(step: Step, store: ImageStore) -> str:
    if step.made_by:
        return f"the image of step {step.made_by}"
    image = store.by_id.get(step.image)
    names = f" ({image.title})" if image is not None and image.names else ""
    return f"{short_id(step.image)}{names}"


def _why(replay: Replay, store: ImageStore, rules: RuleSet, changed: tuple[str, ...]) -> Iterator[str]:
    explanation = explain_miss(replay, store, rules)
    if explanation is None:
        return
    yield f"      {headline(explanation)}"
    if explanation.reason:
        yield f"      {explanation.reason}"
    if explanation.edit is not None:
        yield f"      Smallest edit to a hit: {edit_phrase(explanation.edit, explanation)}"
    yield from (f"      {line}" for line in changed)


def replay_as_json(replay: Replay, store: ImageStore, rules: RuleSet, *, changed: tuple[str, ...] = ()) -> str:
    """The same as JSON; its form is in the README."""
    explanation = explain_miss(replay, store, rules)
    refused = replay.refused
    document = {
        "format": REPLAY_FORMAT,
        "rules": rules.name,
        "all_cached": replay.all_cached,
        "total": replay.total,
        "steps": [_step(step) for step in replay.steps],
        "history": None if replay.history is None else list(replay.history),
        "refused": None if refused is None else {"line": refused.line, "what": refused.what, "said": refused.said},
        "warnings": list(replay.warnings),
        "first_miss": None if explanation is None else as_object(explanation),
        "changed": list(changed),
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


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
        "possible": list(step.possible),
        "files": [{"path": path, "sum": found} for path, found in (step.sources.files if step.sources else ())],
        "triggers": [_step(trigger) for trigger in step.triggers],
    }
