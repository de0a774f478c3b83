"""Suites as tests: the expected answer of each probe of a case, compared with its actual answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cacheview.engine.cache import NEW_ID, ImageCache
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.rulesets.named import named as rules_named
from cacheview.engine.verdict import Verdict
from cacheview.engine.walk import answers_in_walk, probe_after
from cacheview.engine.words import case_results as words
from cacheview.model import Expectation, ImageConfig, ImageStore, Probe, SuiteCase, SuiteProbe
from cacheview.model.effort import go_on

__all__ = ["ProbeResult", "answers_to", "differences_from", "probe_results", "unmet_expectations"]

_COMPARED_FIELDS = tuple(name for name in ImageConfig.model_fields if name != "docker_version")


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One probe of a case and its result.

    Attributes:
        index: the probe's index in the case, from 0.
        verdict: the answer; None if the rules of the case are not known.
        differences: the differences from the expectation, in words; empty: it passed.
    """

    index: int
    verdict: Verdict | None
    differences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the answer is as expected."""
        return not self.differences


def probe_results(case: SuiteCase, rules: RuleSet | None = None) -> Iterator[ProbeResult]:
    """Look up every probe of a case, using ``rules`` or else those that the case names."""
    try:
        rules = rules or rules_named(case.rules).rules
    except KeyError as error:
        yield from (ProbeResult(i, None, (str(error.args[0]),)) for i in range(len(case.probes)))
        return
    answers = answers_to(case.store, rules, case.probes, walk=case.walk)
    for i, (suite_probe, (_, verdict)) in enumerate(zip(case.probes, answers, strict=True)):
        yield ProbeResult(i, verdict, tuple(differences_from(suite_probe, verdict)))


def answers_to(
    store: ImageStore, rules: RuleSet, probes: Sequence[SuiteProbe], *, walk: bool
) -> Iterator[tuple[Probe, Verdict]]:
    """Yield each probe as it is looked up in the cache, and its answer; in a walk, one after another."""
    if walk:
        yield from answers_in_walk(store, rules, probes)
        return
    cache = ImageCache(store, rules)
    for suite_probe in probes:
        go_on()
        probe = probe_after(suite_probe)
        yield probe, cache.verdict(probe)


def differences_from(suite_probe: SuiteProbe, verdict: Verdict) -> Iterator[str]:
    """Yield the differences of a verdict from all that a suite's probe expects, in words."""
    if suite_probe.expect is not None:
        yield from unmet_expectations(verdict, suite_probe.expect)
    else:
        yield words.NO_EXPECTATION
    sources = tuple(source.id for source in verdict.sources)
    if suite_probe.sources is not None and suite_probe.sources != sources:
        yield words.differs("sources", list(suite_probe.sources), list(sources))


def unmet_expectations(verdict: Verdict, expected: Expectation) -> Iterator[str]:
    """Yield the differences of a verdict from the expectation, in words. The text of an error is not compared."""
    if verdict.outcome.value != expected.outcome:
        yield words.differs("outcome", expected.outcome, verdict.outcome.value)
        return
    image = verdict.image.id if verdict.image is not None else None
    if expected.outcome == "hit" or expected.image is not None:
        accepted = {image, NEW_ID} if verdict.is_new else {image}
        if expected.image not in accepted:
            yield words.differs("image", expected.image, image)
    yield from _unmet_created(verdict, expected.created)
    if expected.set_parent is not None and not _same_parents(expected.set_parent, verdict):
        yield words.differs("set_parent", expected.set_parent, dict(verdict.set_parent))
    sources = tuple(source.id for source in verdict.sources_after)
    if expected.sources_after is not None and expected.sources_after != sources:
        yield words.differs("sources_after", list(expected.sources_after), list(sources))


def _same_parents(expected: Mapping[str, str], verdict: Verdict) -> bool:
    if expected == verdict.set_parent:
        return True
    created = verdict.image.id if verdict.is_new and verdict.image is not None else None
    return {NEW_ID if key == created else key: parent for key, parent in verdict.set_parent.items()} == expected


def _unmet_created(verdict: Verdict, expected: ImageConfig | None) -> Iterator[str]:
    """Compare values: null, empty and absent are equal, and ``docker_version``, which the daemon adds, is ignored."""
    if expected is None:
        return
    if not verdict.is_new or verdict.image is None:
        yield words.NO_NEW_IMAGE
        return
    created = verdict.image.config
    differing = {name for name in _COMPARED_FIELDS if getattr(created, name) != getattr(expected, name)}
    if not differing:
        return
    actual_values, expected_values = (
        _comparable(config.model_dump(mode="json", include=differing)) for config in (created, expected)
    )
    for key in sorted(actual_values.keys() | expected_values.keys()):
        if actual_values.get(key) != expected_values.get(key):
            yield words.differs(f"created {key}", expected_values.get(key), actual_values.get(key))


def _comparable(value: Any) -> Any:
    """Return a value without empty and zero parts."""
    if isinstance(value, dict):
        parts = {key: _comparable(item) for key, item in value.items()}
        return {key: item for key, item in parts.items() if not (item is None or item in ("", [], {}, False, 0))}
    return [_comparable(item) for item in value] if isinstance(value, list) else value
