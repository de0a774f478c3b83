"""An explanation as JSON.

The format is documented in resources/docs and stable: within one ``format``, keys are added but never renamed or
removed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from cacheview.cases import Daemon
from cacheview.engine import Explanation, Hazard, NearCandidate, RuleSet, Stage, UnknownAnswer, VerdictOutcome
from cacheview.engine.origin import origin_of
from cacheview.engine.words.doubts import origin_reason
from cacheview.model import Image, Probe
from cacheview.report.checks import check_as_object, doubt_as_object, value_as_object
from cacheview.report.forms import json_text
from cacheview.report.images import image_as_object, image_or_null
from cacheview.report.phrases import MAX_NEAREST, foremost, smallest_edit_phrase
from cacheview.report.using import using_as_object

__all__ = ["FORMAT", "as_json", "as_object", "probe_as_object", "unknown_as_object"]

FORMAT = "cacheview-explanation/1"


def as_json(explanation: Explanation, *, everything: bool = False, using: Daemon | None = None) -> str:
    """Return `as_object` as JSON text."""
    return json_text(as_object(explanation, everything=everything, using=using))


def as_object(explanation: Explanation, *, everything: bool = False, using: Daemon | None = None) -> dict[str, Any]:
    """Return the explanation as JSON-like values. ``everything``: including all candidates and sources."""
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
        "doubts": [doubt_as_object(each.doubt) | {"images": each.images} for each in explanation.doubt_counts],
        "deciding": None
        if deciding is None
        else {
            "stage": deciding.stage.kind.value,
            "image": image_as_object(deciding.subject.image) if deciding.subject is not None else None,
            "check": check_as_object(deciding.check) if deciding.check is not None else None,
        },
        "nearest": [
            {"image": image_as_object(near.image), "fields": near.fields, "elements": near.elements}
            for near in itertools.islice(_known_nearest(explanation), MAX_NEAREST)
        ],
        "edit": _edit(explanation),
        "hazards": [_hazard(hazard) for hazard in explanation.hazards],
        "probe": probe_as_object(trace.probe),
        "sources": [source.id for source in verdict.sources],
        "trace": [_stage(explanation, stage, everything=everything) for stage in trace.stages],
    }


def _known_nearest(explanation: Explanation) -> Iterator[NearCandidate]:
    """Yield the nearest candidates, without those whose config, and therefore distance, is unknown."""
    index = explanation.trace.index
    left = len(index) - index.unknowns.configs.bit_count()
    return itertools.islice(explanation.nearest(), left)


def unknown_as_object(unknown: UnknownAnswer, rules: RuleSet) -> dict[str, Any]:
    """Return the possible verdicts, what they depend on, and what would make the verdict known.

    ``others``: whether images other than those listed in ``images`` may be hit too.
    """
    return {
        "outcomes": [each.value for each in VerdictOutcome if each in unknown.outcomes],
        "images": [image_as_object(image) | {"built_here": _origin(image, rules)} for image in unknown.images],
        "others": unknown.may_hit_others,
        "aspects": sorted(unknown.aspects),
        "remedies": list(dict.fromkeys(each.doubt.remedy for each in unknown.doubts)),
    }


def _origin(image: Image, rules: RuleSet) -> dict[str, str]:
    origin = origin_of(image, rules)
    return {"likely": origin.likely.value, "reason": origin_reason(origin)}


def probe_as_object(probe: Probe) -> dict[str, Any]:
    """Return a probe as in a suite, without fields that have their default."""
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
    phrase, edit = smallest_edit_phrase(explanation), explanation.edit
    if edit is None:
        return {"phrase": phrase, "changes": [], "probe": None} if phrase else None
    return {
        "phrase": phrase,
        "changes": [
            {"path": change.name} | value_as_object("old", change.old) | value_as_object("new", change.new)
            for change in edit.changes
        ],
        "probe": probe_as_object(edit.probe),
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
    subjects = stage.subjects if everything else foremost(explanation, stage)
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
