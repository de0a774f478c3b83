"""Explains an answer of the cache: sentences, deciding check, nearest candidates, smallest edit, hazards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from cacheview.engine.cache import ImageCache
from cacheview.engine.deciding_check import DecidingCheck, deciding_in
from cacheview.engine.doubts import DoubtCount
from cacheview.engine.edit import ProbeEdit, smallest_edit
from cacheview.engine.hazards import Hazard, hazards
from cacheview.engine.nearness import NearCandidate, nearest
from cacheview.engine.trace import Trace
from cacheview.engine.tracing import trace
from cacheview.engine.verdict import StageKind, Verdict
from cacheview.engine.words.verdict import VerdictWords, words_of
from cacheview.model import Doubt, Probe

__all__ = ["Explanation", "FurtherFindings", "deciding_check", "explain"]


class FurtherFindings:
    """The slower parts of an explanation: the smallest edit and the hazards. They are computed once, on first use.

    Another thread may compute them: results are stored in one piece, and at worst computed twice.
    """

    def __init__(self, compute: Callable[[], tuple[ProbeEdit | None, tuple[Hazard, ...]]]) -> None:
        self._compute = compute
        self._results: tuple[ProbeEdit | None, tuple[Hazard, ...]] | None = None

    @property
    def is_found(self) -> bool:
        """Whether they have been computed."""
        return self._results is not None

    def find(self) -> tuple[ProbeEdit | None, tuple[Hazard, ...]]:
        """Return the edit and the hazards.

        Raises the exception that ends an `Effort`; the next call then starts again.
        """
        results = self._results
        if results is None:
            results = self._results = self._compute()
        return results


@dataclass(frozen=True)
class Explanation:
    """The explanation of an answer of the cache.

    Attributes:
        words: the verdict in words.
        deciding: the check that decided; for a miss, the one that the nearest candidate or source failed; for an
            unknown answer, one that would decide.
        further: smallest edit and hazards, which may not be computed yet.
        is_of_step: whether it is about a step of a build, which cannot be edited, so there is no `edit`.
        remedy: for such a step, how the user can get a hit, in words.
    """

    trace: Trace
    words: VerdictWords
    deciding: DecidingCheck | None
    further: FurtherFindings = field(compare=False)
    is_of_step: bool = False
    remedy: str = ""

    @property
    def edit(self) -> ProbeEdit | None:
        """The smallest edit that turns a miss into a hit; computed on first use."""
        return None if self.is_of_step else self.further.find()[0]

    @property
    def hazards(self) -> tuple[Hazard, ...]:
        """Facts that are correct but surprising; computed on first use."""
        return self.further.find()[1]

    @property
    def sentence(self) -> str:
        """The verdict in one sentence, without the word for its outcome before it."""
        return self.words.sentence

    @property
    def reason(self) -> str:
        """The reason, with both values of the deciding check; may be empty."""
        return " ".join(filter(None, (self.words.reason, self.words.values)))

    @property
    def doubt_counts(self) -> tuple[DoubtCount, ...]:
        """The doubts that an unknown answer depends on, with numbers of images; empty: the verdict is certain."""
        unknown = self.verdict.unknown
        return unknown.doubts if unknown is not None else ()

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """The distinct doubts that the verdict depends on."""
        return tuple(each.doubt for each in self.doubt_counts)

    @property
    def verdict(self) -> Verdict:
        """The explained answer."""
        return self.trace.verdict

    def prepare(self) -> None:
        """Create now the tables of all candidates that are needed to show the verdict, its trace and an image."""
        index, hit, local = self.trace.index, self.verdict.image, StageKind.LOCAL
        index.survivors(self.trace.probe)
        index.place("")
        _ = self.trace.store.children
        if hit is not None:
            self.trace.subject(local, hit)
            _ = index.order_in_store  # each other match is compared with those before it
        elif (stage := self.trace.stage(local)) is not None:
            stage.position("")

    def of_step(self, reason: str | None, remedy: str) -> Explanation:
        """Return the explanation of a step of a build, whose Dockerfile and files explain more than the probe.

        Args:
            reason: why it misses; None: the reason of the probe.
            remedy: how the user can get a hit; empty: there is no way.
        """
        words = self.words if reason is None else replace(self.words, reason=reason, values="")
        return replace(self, words=words, is_of_step=True, remedy=remedy)

    def nearest(self) -> Iterator[NearCandidate]:
        """Yield the candidates, nearest first.

        They are followed by those without a time, which can never match, and by those whose container config is not
        known, so that their distance is not known either.
        """
        index, config = self.trace.index, self.trace.probe.config
        known_configs = index.all & ~index.unknowns.configs
        yield from nearest(index, config, index.dated & known_configs)
        yield from nearest(index, config, known_configs & ~index.dated)
        most = len(self.trace.rules.compared_fields)
        yield from (NearCandidate(image, most, most) for image in index.images(index.unknowns.configs))


def explain(cache: ImageCache, probe: Probe, *, with_edit: bool = True, at_once: bool = True) -> Explanation:
    """Look up a probe and explain the answer, examining as few candidates as possible.

    Args:
        with_edit: also find the smallest edit, which requires examining the images on other parents.
        at_once: compute everything now; otherwise `FurtherFindings` is computed on first use.
    """
    checks = trace(cache, probe)

    def compute() -> tuple[ProbeEdit | None, tuple[Hazard, ...]]:
        edit = smallest_edit(cache, probe, checks.verdict) if with_edit else None
        return edit, hazards(cache, probe, checks.verdict)

    deciding = deciding_in(checks, cache)
    check = deciding.check if deciding is not None else None
    nearest = deciding.subject.image if deciding is not None and deciding.subject is not None else None
    words = words_of(checks, check, nearest)
    further = FurtherFindings(compute)
    if at_once:
        further.find()
    return Explanation(checks, words, deciding, further)


def deciding_check(cache: ImageCache, probe: Probe) -> tuple[Verdict, DecidingCheck | None]:
    """Return the answer and the check that decided: the part of `explain` that a table of many answers needs."""
    traced = trace(cache, probe)
    return traced.verdict, deciding_in(traced, cache)
