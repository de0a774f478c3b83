"""Rule sets in words, and the differences between two, for the window, the command line and the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cacheview.engine.check import CheckKind
from cacheview.engine.field_comparison import (
    Equal,
    FieldComparison,
    NeverTrue,
    SameElements,
    SameHealthcheck,
    SameKeys,
    SameLength,
    SameValues,
)
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import Candidates, Descent, MissingTime, Restoring, RuleSet, SourceHit, Sources, Tie
from cacheview.model import CONFIG_FIELDS
from cacheview.platforms.rules import ANY_PLATFORM
from cacheview.wording import all_of

__all__ = ["NOT_COMPARED", "RELEASES", "RuleDifference", "aspects", "comparisons", "differences", "releases"]

RELEASES = "Releases"
"""The heading of `releases`."""

NOT_COMPARED = "not compared"

_CANDIDATES = {
    Candidates.CHILDREN: "images that record this parent; for scratch, all images without a recorded parent",
    Candidates.MARKED: (
        "images that record this parent; for scratch, images recorded as the first step of a FROM scratch build"
    ),
    Candidates.BY_LAYERS: "images with one more layer and one more history entry than the parent; for scratch, none",
}
_MISSING_TIME = {
    MissingTime.YEAR_ONE: "is treated as year 1",
    MissingTime.NONE: "means that the image never matches; in a history, a missing time is not the same as year 1",
}
_SOURCES = {
    Sources.LINEAGE: "every image that is found, and its recorded ancestors",
    Sources.FOUND: "every image that is found",
    Sources.ALL: "every image; a missing image is an error",
}
_DESCENT = {
    Descent.PARENT: (
        "if a source records the match as its parent; if a source records no parent, the parent of the match is "
        "checked instead"
    ),
    Descent.ANCESTOR: "if the match is an ancestor of a source",
    Descent.ALWAYS: "always, because the sources are checked first",
}
_SOURCE_HIT = {
    SourceHit.WHOLE: "the source itself is used, regardless of the steps that follow",
    SourceHit.RESTORE: (
        "if the step is the last one in the source, the source is used and its parent is set; otherwise, a new image "
        "is created for the step"
    ),
}
_TIE = {
    Tie.NEWEST: "the newest is used; on a tie, the first in the store",
    Tie.FIRST: "the first in the store is used",
}
_COMPARISONS: Mapping[type[FieldComparison], str] = {
    NeverTrue: "no match if either side is true",
    Equal: "equal",
    SameLength: "same length",
    SameElements: "equal element by element",
    SameKeys: "same keys",
    SameValues: "each of the image's keys has the same value in the probe; a missing key is treated as empty",
    SameHealthcheck: "set on both sides or on neither, with the same {fields}",
}


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """One difference in the behavior of two rule sets, in words."""

    what: str
    before: str
    after: str


def releases(rules: RuleSet) -> str:
    """Return the releases that use a rule set."""
    return ", ".join(map(str, rules.spans)) or "no release"


def aspects(rules: RuleSet) -> Mapping[str, str]:
    """Return the behavior of a rule set, aspect by aspect, except for single fields: see `comparisons`."""
    return {
        "Candidates of the local cache": _CANDIDATES[rules.candidates],
        "Requirements for a candidate": _required(rules),
        "A missing creation time": _MISSING_TIME[rules.missing_time],
        "If several match": _TIE[rules.tie],
        "--cache-from brings in": _SOURCES[rules.sources],
        "With --cache-from, a local match is accepted": _DESCENT[rules.descent],
        "If a source's history continues with the step": _SOURCE_HIT[rules.source_hit],
        "A restored image": _restoring(rules.restoring) if rules.may_restore else "is not created",
        "A parent that is not in the store": _lost_parent(rules),
    }


def comparisons(rules: RuleSet) -> Mapping[str, str]:
    """Return how each field of the container config is compared, in Docker's order of fields."""
    result = dict.fromkeys(CONFIG_FIELDS, NOT_COMPARED)
    for check in rules.config_checks:
        words = _comparison(check.comparison)
        before = result[check.field]
        result[check.field] = words if before == NOT_COMPARED else f"{before}, then {words}"
    for field in {check.field for check in rules.config_checks} - set(rules.image_fields):
        result[field] += "; the image's value is treated as unset"
    return result


def differences(before: RuleSet, after: RuleSet) -> tuple[RuleDifference, ...]:
    """Return the changes from one rule set to another: aspects first, then fields."""
    return tuple(_differences(before, after))


def _differences(before: RuleSet, after: RuleSet) -> Iterator[RuleDifference]:
    for describe in (aspects, comparisons):
        left, right = describe(before), describe(after)
        for what in left:
            if left[what] != right[what]:
                yield RuleDifference(what, left[what], right[what])


def _required(rules: RuleSet) -> str:
    words = [_requirement(requirement) for requirement in (*rules.requirements, *rules.later)]
    if rules.by_layers:
        words.append("a history that consists of the parent's history and the command")
    return "; ".join(words) or "none"


def _requirement(requirement: Requirement) -> str:
    return 'a "built here" mark' if requirement.kind is CheckKind.BUILT_LOCALLY else requirement.title


def _comparison(comparison: FieldComparison) -> str:
    text = _COMPARISONS[type(comparison)]
    return text.replace("{fields}", all_of(comparison.compared)) if isinstance(comparison, SameHealthcheck) else text


def _restoring(restoring: Restoring) -> str:
    words = ["is recorded as built here" if restoring.marks_built_locally else "is not recorded as built here"]
    lost_fields = [field for field in CONFIG_FIELDS if field in restoring.lost_fields]
    if not restoring.keeps_start_interval:
        lost_fields.append("Healthcheck.StartInterval")
    if lost_fields:
        words.append(f"loses {all_of(lost_fields)}")
    if restoring.needs_layer:
        words.append("cannot be created for a step without a layer")
    if restoring.fails_again:
        words.append("cannot be created if the store already has an unnamed record of the image")
    if restoring.refuses_features:
        words.append("cannot be created from a source with os.features")
    return "; ".join(words)


def _lost_parent(rules: RuleSet) -> str:
    if rules.lost_parent.is_miss:
        return "causes a miss"
    words = "causes an error" if rules.sources_must_exist else "causes a miss; with --cache-from, it causes an error"
    if rules.parent_platform is not ANY_PLATFORM:
        words += ", as does a parent for a different platform"
    return words
