"""The checks of the local cache: every candidate's config in the table's order, then the newest of those that match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cacheview.engine.check import ABSENT, Check, CheckOutcome
from cacheview.engine.comparison import Part
from cacheview.engine.index import CandidateIndex, container_config_of
from cacheview.engine.lazy import LazySequence
from cacheview.engine.ruleset import ConfigCheck, RuleSet
from cacheview.engine.trace import Stage, Subject
from cacheview.engine.verdict import StageKind
from cacheview.model import ContainerConfig, Image, Probe, is_default

__all__ = ["local_stage"]

PASSED, FAILED = CheckOutcome.PASSED, CheckOutcome.FAILED
NOT_REACHED, NOT_COMPARED = CheckOutcome.NOT_REACHED, CheckOutcome.NOT_COMPARED

_EMPTY = ContainerConfig()
_NO_CONFIG = "the store has no container config for this image: it reads as an empty one"


def local_stage(probe: Probe, rules: RuleSet, candidates: Sequence[Image], index: CandidateIndex) -> Stage:
    """The stage over all candidates of the probe's parent, in store order."""
    matches = index.in_store_order(index.matches(probe))
    matching = {image.id for image in matches}
    standing: dict[str, Image | None] = {}  # for each match, the newest of the matches before it
    best: Image | None = None
    for image in matches:
        standing[image.id] = best
        if _replaces(image, best):
            best = image

    def make(i: int) -> Subject:
        image = candidates[i]
        is_match = image.id in matching
        before = standing.get(image.id)
        selected = is_match and _replaces(image, before)
        note = ""
        if selected and best is not None and best.id != image.id:
            note = f"replaced by {best.short_id}, which is newer"
        outcome = PASSED if selected else FAILED
        return Subject(image, "candidate", outcome, lambda: tuple(_checks(rules, probe.config, image, before)), note)

    count = len(candidates)
    found = f"{count} candidate{'' if count == 1 else 's'}, {len(matching)} match{'es' if len(matching) == 1 else ''}"
    return Stage(
        StageKind.LOCAL,
        PASSED if best is not None else FAILED,
        found,
        subjects=LazySequence(count, make),
        images=candidates,
    )


def _replaces(image: Image, standing: Image | None) -> bool:
    """Whether a match becomes the answer so far: strictly newer replaces, and only what has a time counts."""
    if image.created is None:
        return False
    return standing is None or standing.created is None or standing.created.before(image.created)


def _checks(rules: RuleSet, probe: ContainerConfig, image: Image, standing: Image | None) -> Iterator[Check]:
    stored = container_config_of(image)
    reached = True
    for row in rules.config_checks:
        check = _config_check(row, rules, probe, stored, reached=reached)
        reached = reached and not check.failed
        yield check
    yield from _time_checks(image, standing, reached=reached)
    note = _NO_CONFIG if stored is None else ""
    for field in rules.ignored_fields:
        value = getattr(stored or _EMPTY, field)
        yield Check(field, NOT_COMPARED, getattr(probe, field), value, field, note)


def _config_check(
    row: ConfigCheck, rules: RuleSet, probe: ContainerConfig, stored: ContainerConfig | None, *, reached: bool
) -> Check:
    ours, theirs = getattr(probe, row.field), rules.read_image(stored, row.field)
    comparison = row.comparison
    outcome = (PASSED if comparison.matches(ours, theirs) else FAILED) if reached else NOT_REACHED
    note = ""
    if stored is None:
        note = _NO_CONFIG
    elif row.field not in rules.image_fields and not is_default(stored, row.field):
        note = f"the image's JSON says {getattr(stored, row.field)!r}, which this store does not read"
    return Check(
        row.name,
        outcome,
        comparison.shown(ours),
        comparison.shown(theirs),
        row.field,
        note,
        _elements(comparison.parts(row.field, ours, theirs), row.field, reached=reached),
    )


def _elements(parts: Sequence[Part], field: str, *, reached: bool) -> tuple[Check, ...]:
    checks = []
    for part in parts:
        if part.matches is None:
            outcome = NOT_COMPARED
        elif not reached:
            outcome = NOT_REACHED
        else:
            outcome = PASSED if part.matches else FAILED
            reached = part.matches
        checks.append(Check(part.name, outcome, part.probe, part.image, field, part.note))
    return tuple(checks)


def _time_checks(image: Image, standing: Image | None, *, reached: bool) -> Iterator[Check]:
    dated = image.created is not None
    outcome = (PASSED if dated else FAILED) if reached else NOT_REACHED
    created: object = image.created if dated else ABSENT
    note = "" if dated else "an image without a time never matches"
    yield Check("created", outcome, ABSENT, created, note=note)
    reached = reached and dated
    outcome = (PASSED if _replaces(image, standing) else FAILED) if reached else NOT_REACHED
    if standing is None:
        yield Check("newest", outcome, ABSENT, created, note="no match before it" if reached else "")
        return
    note = f"{standing.short_id} matched before it; only a strictly newer one replaces it"
    yield Check("newest", outcome, standing.created, created, note=note)
