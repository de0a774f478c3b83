"""The checks of the local cache: every candidate's config in the table's order, then the newest of those that match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cacheview.engine.certainty import membership, rivals
from cacheview.engine.check import ABSENT, UNKNOWN, Check, CheckOutcome
from cacheview.engine.comparison import Part
from cacheview.engine.doubts import doubts_about
from cacheview.engine.index import CandidateIndex, config_is_unknown, container_config_of
from cacheview.engine.lazy import LazySequence
from cacheview.engine.platforms import HOST
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import ConfigCheck, RuleSet
from cacheview.engine.trace import Stage, Subject
from cacheview.engine.verdict import StageKind
from cacheview.model import ContainerConfig, Doubt, Image, Probe, is_default

__all__ = ["local_stage"]

PASSED, FAILED = CheckOutcome.PASSED, CheckOutcome.FAILED
NOT_REACHED, NOT_COMPARED = CheckOutcome.NOT_REACHED, CheckOutcome.NOT_COMPARED

_EMPTY = ContainerConfig()
_NO_CONFIG = "the store has no container config for this image: it reads as an empty one"
_UNKNOWN_CONFIG = "what the daemon has as this image's container config is not known here"


def local_stage(probe: Probe, rules: RuleSet, candidates: Sequence[Image], index: CandidateIndex) -> Stage:
    """The stage over all candidates of the probe's parent, in store order."""
    matches = index.in_store_order(index.matches(probe))
    matching = {image.id for image in matches}
    standing: dict[str, Image | None] = {}  # for each match, the newest of the matches before it
    best: Image | None = None
    for image in matches:
        standing[image.id] = best
        if _replaces(rules, image, best):
            best = image

    def make(i: int) -> Subject:
        image = candidates[i]
        is_match = image.id in matching
        before = standing.get(image.id)
        selected = is_match and _replaces(rules, image, before)
        note = ""
        if selected and best is not None and best.id != image.id:
            note = f"replaced by {best.short_id}, which is newer"
        outcome = PASSED if selected else FAILED
        return Subject(
            image,
            "candidate",
            outcome,
            lambda: tuple(_checks(rules, probe, image, before, rivalry() if image is best else ())),
            note,
            doubts_about(image, *membership(rules, probe.parent)),
        )

    def rivalry() -> tuple[Doubt, ...]:
        bits = rivals(index, probe, best)
        return tuple(doubt for doubt, about in index.doubts if about & bits and doubt.aspect != "parent")

    count = len(candidates)
    found = f"{count:,} candidate{'' if count == 1 else 's'}, {len(matching)} match{'es' if len(matching) == 1 else ''}"
    unsure = rivals(index, probe, None).bit_count()
    if unsure:
        found += f", {unsure} not certain"
    return Stage(
        StageKind.LOCAL,
        PASSED if best is not None else FAILED,
        found,
        subjects=LazySequence(count, make),
        images=candidates,
        unsure=unsure,
    )


def _replaces(rules: RuleSet, image: Image, standing: Image | None) -> bool:
    """Whether a match becomes the answer so far: strictly newer replaces, and only what has a time counts."""
    created = rules.time(image.created)
    if created is None:
        return False
    before = rules.time(standing.created) if standing is not None else None
    return before is None or before.before(created)


def _checks(
    rules: RuleSet,
    asked: Probe,
    image: Image,
    standing: Image | None,
    rivalry: tuple[Doubt, ...],
) -> Iterator[Check]:
    probe = asked.config
    stored = container_config_of(image)
    doubts = doubts_about(image, "container_config")
    note = _NO_CONFIG if stored is None else ""
    if config_is_unknown(image):
        note = _UNKNOWN_CONFIG
    reached = True
    is_open = True  # until a check certainly failed
    for requirement in rules.requirements:
        check = _requirement_check(requirement, asked, image, reached=reached, is_open=is_open)
        reached, is_open = reached and not check.failed, is_open and _is_left_open(check, requirement, asked, image)
        yield check
    for row in rules.config_checks:
        own = doubts if is_open and row.field in rules.image_fields else ()
        check = _config_check(row, rules, probe, stored, note, own, reached=reached)
        reached = reached and not check.failed
        is_open = is_open and (bool(own) or _may_pass(row, rules, probe, stored))
        yield check
    for requirement in rules.later:
        check = _requirement_check(requirement, asked, image, reached=reached, is_open=is_open)
        reached, is_open = reached and not check.failed, is_open and _is_left_open(check, requirement, asked, image)
        yield check
    yield from _time_checks(rules, image, standing, rivalry, reached=reached, is_open=is_open)
    for field in rules.ignored_fields:
        value = getattr(stored or _EMPTY, field)
        if note is _UNKNOWN_CONFIG:
            value = UNKNOWN
        yield Check(field, NOT_COMPARED, getattr(probe, field), value, field, note)


def _requirement_check(requirement: Requirement, asked: Probe, image: Image, *, reached: bool, is_open: bool) -> Check:
    doubts = doubts_about(image, requirement.aspect) if is_open else ()
    passes = requirement.matches(asked, image)
    outcome = (PASSED if passes else FAILED) if reached else NOT_REACHED
    parts = requirement.parts(asked, image)
    if not parts:
        told = UNKNOWN if doubts else requirement.read(image)
        note = requirement.describe() if isinstance(told, bool) else ""
        return Check(requirement.name, outcome, ABSENT, told if isinstance(told, bool) or doubts else ABSENT,
                     requirement.field, note, doubts=doubts)  # fmt: skip
    children = tuple(
        Check(
            part.name,
            (PASSED if part.passes else FAILED) if reached else NOT_REACHED,
            part.probe,
            part.image,
            requirement.field,
            part.note,
            doubts=doubts,
        )
        for part in parts
    )
    ours, theirs = asked.platform or HOST, image.config.platform
    return Check(requirement.name, outcome, str(ours), str(theirs), requirement.field, "", children, doubts)


def _is_left_open(check: Check, requirement: Requirement, asked: Probe, image: Image) -> bool:
    return bool(check.doubts) or requirement.matches(asked, image)


def _may_pass(row: ConfigCheck, rules: RuleSet, probe: ContainerConfig, stored: ContainerConfig | None) -> bool:
    return row.comparison.matches(getattr(probe, row.field), rules.read_image(stored, row.field))


def _config_check(
    row: ConfigCheck,
    rules: RuleSet,
    probe: ContainerConfig,
    stored: ContainerConfig | None,
    note: str,
    doubts: tuple[Doubt, ...],
    *,
    reached: bool,
) -> Check:
    """``note``: of an image without a container config, why."""
    ours, theirs = getattr(probe, row.field), rules.read_image(stored, row.field)
    comparison = row.comparison
    outcome = (PASSED if comparison.matches(ours, theirs) else FAILED) if reached else NOT_REACHED
    if row.field not in rules.image_fields:
        if note is _UNKNOWN_CONFIG:
            note = ""
        elif stored is not None and not is_default(stored, row.field):
            note = f"the image's JSON says {getattr(stored, row.field)!r}, which this store does not read"
    elif note is _UNKNOWN_CONFIG:
        return Check(row.name, outcome, comparison.shown(ours), UNKNOWN, row.field, note, doubts=doubts)
    return Check(
        row.name,
        outcome,
        comparison.shown(ours),
        comparison.shown(theirs),
        row.field,
        note,
        _elements(comparison.parts(row.field, ours, theirs), row.field, doubts, reached=reached),
        doubts,
    )


def _elements(parts: Sequence[Part], field: str, doubts: tuple[Doubt, ...], *, reached: bool) -> tuple[Check, ...]:
    checks = []
    for part in parts:
        if part.matches is None:
            outcome = NOT_COMPARED
        elif not reached:
            outcome = NOT_REACHED
        else:
            outcome = PASSED if part.matches else FAILED
            reached = part.matches
        own = doubts if part.matches is not None else ()
        checks.append(Check(part.name, outcome, part.probe, part.image, field, part.note, doubts=own))
    return tuple(checks)


def _time_checks(
    rules: RuleSet, image: Image, standing: Image | None, rivalry: tuple[Doubt, ...], *, reached: bool, is_open: bool
) -> Iterator[Check]:
    """``rivalry``: the doubts about other candidates for which this one may not be the answer."""
    doubts = doubts_about(image, "created") if is_open else ()
    dated = rules.time(image.created) is not None
    outcome = (PASSED if dated else FAILED) if reached else NOT_REACHED
    created: object = rules.time(image.created) if dated else UNKNOWN if doubts_about(image, "created") else ABSENT
    note = "no time is recorded, which reads as year 1" if dated and image.created is None else ""
    note = note if dated else "when it was created is not known" if doubts else "an image without a time never matches"
    yield Check("created", outcome, ABSENT, created, note=note, doubts=doubts)
    is_open = is_open and (dated or bool(doubts))
    reached = reached and dated
    outcome = (PASSED if _replaces(rules, image, standing) else FAILED) if reached else NOT_REACHED
    if standing is not None and is_open:
        doubts = (*doubts, *doubts_about(standing, "created", "container_config", "parent"))
    doubts = tuple(dict.fromkeys((*doubts, *rivalry))) if is_open else ()
    if standing is None:
        yield Check("newest", outcome, ABSENT, created, note="no match before it" if reached else "", doubts=doubts)
        return
    note = f"{standing.short_id} matched before it; only a strictly newer one replaces it"
    yield Check("newest", outcome, rules.time(standing.created), created, note=note, doubts=doubts)
