"""Converts a verdict to what a suite expects: the inverse of `probe_results`."""

from __future__ import annotations

from cacheview.engine.verdict import Verdict, VerdictOutcome
from cacheview.model import Expectation, Image, Probe, SuiteCase, SuiteProbe

__all__ = ["case_of", "expectation_of"]


def expectation_of(verdict: Verdict, probe: Probe) -> Expectation:
    """Return the expectation of exactly this answer: all that `unmet_expectations` compares, and the text of an error.

    The image that a hit created is included completely. The parents that a hit recorded are included even if there are
    none; the sources for the next probe only if ``--cache-from`` was used.
    """
    image = verdict.image
    is_hit = verdict.outcome is VerdictOutcome.HIT
    return Expectation(
        outcome=verdict.outcome.value,
        image=image.id if image is not None else None,
        created=image.config if image is not None and verdict.is_new else None,
        set_parent=dict(verdict.set_parent) if is_hit else None,
        sources_after=_ids(verdict.sources_after) if probe.cache_from else None,
        error=verdict.error or None,
    )


def case_of(
    case: SuiteCase,
    probe: Probe,
    verdict: Verdict,
    expect: Expectation,
    *,
    name: str = "",
    note: str = "",
) -> SuiteCase:
    """Return a case with this probe as its last.

    Args:
        case: store, rules, and in a walk the probes before it.
        expect: the expectation of the verdict, or another one that the user chose.
    """
    suite_probe = SuiteProbe(
        name=name,
        note=note,
        parent=probe.parent,
        config=probe.config,
        cache_from=probe.cache_from or None,
        platform=probe.platform,
        sources=_ids(verdict.sources) if probe.cache_from else None,
        expect=expect,
    )
    return case.model_copy(update={"probes": (*case.probes, suite_probe)})


def _ids(images: tuple[Image, ...]) -> tuple[str, ...]:
    return tuple(image.id for image in images)
