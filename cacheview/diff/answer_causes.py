"""Finds why the cache answers two identical steps differently: differences in the environment, tested if possible.

Each possible cause is tested by replaying the build that missed with this one aspect of the other build. If the step
then is a hit, it is the cause.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from cacheview.diff.causes import Cause, CauseKind, CauseOrigin
from cacheview.diff.side import BuildSide, Circumstances, SideStep
from cacheview.model import DataError, Image, short_id
from cacheview.stores.redact import has_placeholder

__all__ = ["of_answers", "of_endings", "of_unknown", "options_that_differ"]


@dataclass(frozen=True)
class _HitAndMiss:
    """A step that is a hit on one side and a miss on the other.

    Attributes:
        hit, miss: the sides.
        hit_step, miss_step: their steps.
        is_a_hit: whether A is the side with the hit.
    """

    hit: BuildSide
    miss: BuildSide
    hit_step: SideStep
    miss_step: SideStep
    is_a_hit: bool

    def cause(self, kind: CauseKind, origin: CauseOrigin, name: str, hit: str | None, miss: str | None) -> Cause:
        """Return a cause with the values of both sides in the order of A and B."""
        a, b = (hit, miss) if self.is_a_hit else (miss, hit)
        return Cause(kind, origin, name, a, b)


def of_answers(side_a: BuildSide, side_b: BuildSide, a: SideStep, b: SideStep) -> Cause:
    """Return the cause of the difference between two equal steps, only one of which is cached."""
    is_a_hit = bool(a.cached)
    pair = _HitAndMiss(side_a, side_b, a, b, True) if is_a_hit else _HitAndMiss(side_b, side_a, b, a, False)
    return next(_causes(pair))


def _causes(pair: _HitAndMiss) -> Iterator[Cause]:
    hit, miss = pair.hit, pair.miss
    if miss.options.no_cache and not hit.options.no_cache:
        yield pair.cause(CauseKind.OPTION, CauseOrigin.REQUEST, "--no-cache", None, "given")
    if None not in (hit.store_kind, miss.store_kind) and hit.store_kind is not miss.store_kind:
        assert hit.store_kind is not None
        assert miss.store_kind is not None
        kinds = hit.store_kind.value, miss.store_kind.value
        yield pair.cause(CauseKind.STORE_KIND, CauseOrigin.SURROUNDINGS, "", *kinds)
    yield from _of_replays(pair)
    yield from _of_image(pair)
    yield from _of_redacted(pair)
    for name, hit_value, miss_value in options_that_differ(hit, miss):
        cause = pair.cause(CauseKind.OPTION, CauseOrigin.REQUEST, name, hit_value, miss_value)
        yield replace(cause, is_certain=False)
    if hit.rules is not miss.rules and None not in (hit.rules, miss.rules):
        cause = pair.cause(CauseKind.RELEASE, CauseOrigin.SURROUNDINGS, "", hit.release, miss.release)
        yield replace(cause, is_certain=False)
    yield Cause(CauseKind.UNKNOWN, CauseOrigin.UNKNOWN, detail="no known difference explains this result")


def _of_redacted(pair: _HitAndMiss) -> Iterator[Cause]:
    """Yield the build arguments of the step with redacted values: whether they differ is unknown."""
    miss_arguments = pair.miss_step.requested.arguments
    for name, value in pair.hit_step.requested.arguments.items():
        if has_placeholder(value) and has_placeholder(miss_arguments.get(name, "")):
            detail = "its value is redacted in the records"
            yield Cause(CauseKind.BUILD_ARGUMENT, CauseOrigin.REQUEST, name, detail=detail, is_certain=False)


def _of_replays(pair: _HitAndMiss) -> Iterator[Cause]:
    """Yield the options and rules of the other side that turn the step into a hit."""
    hit, miss = pair.hit, pair.miss
    miss_circumstances, hit_circumstances = miss.circumstances, hit.circumstances
    if miss_circumstances is None or miss.replay is None or _hits(miss, miss_circumstances, pair.miss_step):
        return  # it cannot be replayed, or the daemon answered differently
    for name, hit_value, miss_value in options_that_differ(hit, miss):
        options = replace(miss_circumstances.options, **_OPTIONS[name](hit))
        if _hits(miss, replace(miss_circumstances, options=options), pair.miss_step):
            yield pair.cause(CauseKind.OPTION, CauseOrigin.REQUEST, name, hit_value, miss_value)
    if hit_circumstances is not None and (
        hit_circumstances.rules is not miss_circumstances.rules
        or hit_circumstances.release is not miss_circumstances.release
    ):
        circumstances = replace(miss_circumstances, rules=hit_circumstances.rules, release=hit_circumstances.release)
        if _hits(miss, circumstances, pair.miss_step):
            yield pair.cause(CauseKind.RELEASE, CauseOrigin.SURROUNDINGS, "", hit.release, miss.release)


_OPTIONS: Final = {
    "--cache-from": lambda side: {"cache_from": side.options.cache_from},
    "--platform": lambda side: {"platform": side.options.platform},
    "--pull": lambda side: {"pull": side.options.pull},
    "--no-cache": lambda side: {"no_cache": side.options.no_cache},
}


def _hits(side: BuildSide, circumstances: Circumstances, step: SideStep) -> bool:
    """Return whether a step is a hit when the build of a side is replayed."""
    assert side.replay is not None
    try:
        value = side.replay(circumstances)
    except DataError:
        return False
    requested = step.requested
    for each in value.steps:
        if each.number == requested.number:
            steps = each.triggers[requested.trigger - 1 : requested.trigger] if requested.trigger else (each,)
            return any(one.cached is True for one in steps)
    return False


def _of_image(pair: _HitAndMiss) -> Iterator[Cause]:
    """Yield what differs about the step's image in the store of the side that misses."""
    hit, miss = pair.hit, pair.miss
    image_id = pair.hit_step.image
    if miss.store is None or not image_id:
        return
    image_of_miss = miss.image(image_id)
    missing = CauseKind.IMAGE_MISSING
    if image_of_miss is None:
        cause = Cause(missing, CauseOrigin.SURROUNDINGS, a=None, b=None, image=short_id(image_id))
        yield replace(cause, in_a=pair.is_a_hit, in_b=not pair.is_a_hit)
        return
    image_of_hit = hit.image(image_id)
    if image_of_hit is not None and (image_of_hit.parent, image_of_hit.from_scratch, image_of_hit.built_locally) != (
        image_of_miss.parent,
        image_of_miss.from_scratch,
        image_of_miss.built_locally,
    ):
        cause = pair.cause(
            CauseKind.LINEAGE, CauseOrigin.SURROUNDINGS, "", _built_on(image_of_hit), _built_on(image_of_miss)
        )
        yield replace(cause, image=short_id(image_id))


def _built_on(image: Image) -> str | None:
    if image.parent is None:
        return "scratch" if image.from_scratch else None
    return short_id(image.parent)


def options_that_differ(a: BuildSide, b: BuildSide) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield the options of two builds that differ, with their values.

    Options with their own kind of cause are left out: build arguments, labels and ``--target``.
    """
    options_a, options_b = a.options, b.options
    pairs = (
        ("--no-cache", _flag(options_a.no_cache), _flag(options_b.no_cache)),
        ("--cache-from", ", ".join(options_a.cache_from) or None, ", ".join(options_b.cache_from) or None),
        ("--platform", options_a.platform or None, options_b.platform or None),
        ("--pull", _flag(options_a.pull), _flag(options_b.pull)),
    )
    yield from (each for each in pairs if each[1] != each[2])


def _flag(is_set: bool) -> str | None:
    return "given" if is_set else None


def of_unknown(side_a: BuildSide, side_b: BuildSide, a: SideStep) -> Cause | None:
    """Return the option that makes it unknown whether a step is cached, as a cause; None if there is none."""
    for name, value_a, value_b in options_that_differ(side_a, side_b):
        if name == "--pull" and (a.cached is None) is (value_a is not None):
            return Cause(CauseKind.OPTION, CauseOrigin.REQUEST, name, value_a, value_b)
    return None


def of_endings(side_a: BuildSide, side_b: BuildSide, a: SideStep, b: SideStep) -> Cause | None:
    """Return the cause if only one of two builds ended at a step or before it; otherwise None."""
    if (a.is_reached, a.is_failed) == (b.is_reached, b.is_failed):
        return None
    is_a = not a.is_reached or a.is_failed
    if (a if is_a else b).requested.name == "FROM":  # the base was not available
        for name, value_a, value_b in options_that_differ(side_a, side_b):
            if name in ("--platform", "--pull") and (value_a if is_a else value_b):
                return Cause(
                    CauseKind.OPTION, CauseOrigin.REQUEST, name, value_a, value_b, (side_a if is_a else side_b).error
                )
        targets = side_a.options.target, side_b.options.target
        if targets[0] != targets[1] and not (a if is_a else b).is_reached:
            error = (side_a if is_a else side_b).error
            return Cause(
                CauseKind.OPTION, CauseOrigin.REQUEST, "--target", targets[0] or None, targets[1] or None, error
            )
    detail = (side_a if is_a else side_b).error
    return Cause(CauseKind.ENDED, CauseOrigin.UNKNOWN, detail=detail, in_a=not is_a, in_b=is_a)
