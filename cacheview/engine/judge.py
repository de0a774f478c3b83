"""Suites as tests: what each probe of a case is expected to answer, against what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cacheview.engine.cache import ImageCache
from cacheview.engine.ruleset import RULE_SETS, RuleSet
from cacheview.engine.verdict import Verdict
from cacheview.model import SCRATCH, Expectation, ImageStore, Probe, SuiteCase, SuiteProbe

__all__ = ["PREVIOUS", "Judgement", "asked", "judge", "judge_verdict"]

PREVIOUS = "@prev"
"""The parent of a walk's probe that stands for the image of the last hit, or scratch if there was none."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One probe of a case, judged.

    Attributes:
        index: the probe's place in the case, from 0.
        verdict: what it answered; None where the case cannot be asked.
        differences: what is not as expected, in words; empty: it passed.
    """

    index: int
    verdict: Verdict | None
    differences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.differences


def judge(case: SuiteCase, rules: RuleSet | None = None) -> Iterator[Judgement]:
    """Put every probe of a case to the cache; ``rules``: to these instead of those that the case names."""
    rules = rules or RULE_SETS.get(case.rules)
    if rules is None:
        reason = f"no rule set {case.rules!r} here; there are: {', '.join(RULE_SETS)}"
        yield from (Judgement(i, None, (reason,)) for i in range(len(case.probes)))
        return
    images, _ = ImageStore.unique(case.images)
    cache = ImageCache(ImageStore(images), rules)
    for i, (told, (_, verdict)) in enumerate(zip(case.probes, asked(cache, case.probes, walk=case.walk), strict=True)):
        differences = list(judge_verdict(verdict, told.expect)) if told.expect is not None else ["nothing is expected"]
        if told.sources is not None and told.sources != (brought := tuple(source.id for source in verdict.sources)):
            differences.append(_differs("sources", list(told.sources), list(brought)))
        yield Judgement(i, verdict, tuple(differences))


def asked(cache: ImageCache, probes: Sequence[SuiteProbe], *, walk: bool) -> Iterator[tuple[Probe, Verdict]]:
    """Each probe as it is put to the cache, and what it answers; in a walk, one after the other."""
    previous = SCRATCH
    for told in probes:
        probe = told.probe
        if walk:
            # A walk goes to one cache object, which the first probe's references made.
            parent = previous if probe.parent == PREVIOUS else probe.parent
            probe = probe.model_copy(update={"parent": parent, "cache_from": probes[0].probe.cache_from})
        verdict = cache.verdict(probe)
        if verdict.image is not None:
            previous = verdict.image.id
        yield probe, verdict


def judge_verdict(verdict: Verdict, expected: Expectation) -> Iterator[str]:
    """What of a verdict is not as expected, in words. The text of an error is not compared."""
    if verdict.outcome.value != expected.outcome:
        yield _differs("outcome", expected.outcome, verdict.outcome.value)
    image = verdict.image.id if verdict.image is not None else None
    if image != expected.image and (expected.outcome == "hit" or expected.image is not None):
        yield _differs("image", expected.image, image)
    # These rules create no image, set no parent and leave the sources as they are.
    if expected.created is not None:
        yield "created: expected a new image, got none"
    if expected.set_parent:
        yield _differs("set_parent", expected.set_parent, {})
    sources = tuple(source.id for source in verdict.sources)
    if expected.sources_after is not None and expected.sources_after != sources:
        yield _differs("sources_after", list(expected.sources_after), list(sources))


def _differs(what: str, expected: object, got: object) -> str:
    return f"{what}: expected {expected}, got {got}"
