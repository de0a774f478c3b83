"""A rule set in words: all of it, and what differs between two. For the window, command line and documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cacheview.engine.platforms.rules import ANY_PLATFORM
from cacheview.engine.ruleset import Restoring, RuleSet
from cacheview.model import CONFIG_FIELDS

__all__ = ["NOT_COMPARED", "Difference", "aspects", "comparisons", "differences"]

NOT_COMPARED = "not compared"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two rule sets do in different ways, in words."""

    what: str
    before: str
    after: str


def aspects(rules: RuleSet) -> Mapping[str, str]:
    """What a rule set does, aspect by aspect, but for the single fields: see `comparisons`."""
    return {
        "Releases": ", ".join(map(str, rules.spans)) or "no release",
        "Candidates of the local cache": rules.candidates.value,
        "Requirements for a candidate": _required(rules),
        "A missing creation time": rules.missing_time.value,
        "If several match": rules.tie.value,
        "--cache-from brings in": rules.sources.value,
        "A local answer counts beside sources": rules.descent.value,
        "A source whose history goes on with the step answers": rules.source_hit.value,
        "A restored image": _restoring(rules.restoring) if rules.may_restore else "is not made",
        "A parent that the store lacks": _lost_parent(rules),
    }


def comparisons(rules: RuleSet) -> Mapping[str, str]:
    """How each field of the container config is compared, in Docker's order of fields."""
    found = dict.fromkeys(CONFIG_FIELDS, NOT_COMPARED)
    for check in rules.config_checks:
        words = check.comparison.describe()
        before = found[check.field]
        found[check.field] = words if before == NOT_COMPARED else f"{before}, then {words}"
        if check.field not in rules.image_fields:
            found[check.field] += "; the image's reads as not set"
    return found


def differences(before: RuleSet, after: RuleSet) -> tuple[Difference, ...]:
    """What changed from one rule set to another: aspects first, then fields."""
    return tuple(_differences(before, after))


def _differences(before: RuleSet, after: RuleSet) -> Iterator[Difference]:
    for told in (aspects, comparisons):
        left, right = told(before), told(after)
        for what in left:
            if what != "Releases" and left[what] != right[what]:
                yield Difference(what, left[what], right[what])


def _required(rules: RuleSet) -> str:
    words = [requirement.describe() for requirement in (*rules.requirements, *rules.later)]
    if rules.by_layers:
        words.append("begun by the parent's history, its last entry the command")
    return "; ".join(words) or "none"


def _restoring(restoring: Restoring) -> str:
    words = ["counts as built here" if restoring.built_locally else "does not count as built here"]
    lost = [field for field in CONFIG_FIELDS if field in restoring.lost_fields]
    if not restoring.start_interval:
        lost.append("Healthcheck.StartInterval")
    if lost:
        words.append(f"loses {', '.join(lost)}")
    if restoring.needs_layer:
        words.append("is an error for a step without a layer")
    if restoring.fails_again:
        words.append("is an error if the store has a record of it without a name")
    if restoring.refuses_features:
        words.append("is an error for a source with os.features")
    return "; ".join(words)


def _lost_parent(rules: RuleSet) -> str:
    if rules.lost_parent.is_miss:
        return "is a miss"
    words = "is an error" if rules.sources_must_exist else "is a miss; beside --cache-from an error"
    if rules.parent_platform is not ANY_PLATFORM:
        words += ", and so is one of another platform"
    return words
