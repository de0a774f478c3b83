"""Why the cache answers as it does: words, the check that decided, who came near, the smallest edit, the hazards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cacheview.engine.cache import ImageCache
from cacheview.engine.deciding import Deciding, deciding_in
from cacheview.engine.doubts import Doubted
from cacheview.engine.edit import Edit, smallest_edit
from cacheview.engine.hazards import Hazard, hazards
from cacheview.engine.nearness import Near, nearest
from cacheview.engine.trace import Trace
from cacheview.engine.tracer import trace
from cacheview.engine.verdict import Verdict
from cacheview.engine.words.verdict import Words, words_of
from cacheview.model import Doubt, Probe

__all__ = ["Explanation", "deciding_check", "explain"]


@dataclass(frozen=True)
class Explanation:
    """Why the cache answers as it does.

    Attributes:
        words: what is said of the verdict.
        deciding: the check that decided: of a miss, where the nearest candidate or source failed; of an unknown
            answer, one that would decide.
        edit: the smallest edit that makes a hit of a miss.
        remedy: of a step of a build, what a person can do for a hit, in words: then there is no `edit`.
    """

    trace: Trace
    words: Words
    deciding: Deciding | None
    edit: Edit | None
    hazards: tuple[Hazard, ...]
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """The verdict in one sentence, without its word before it."""
        return self.words.sentence

    @property
    def reason(self) -> str:
        """Why, with both values of the deciding check; may be empty."""
        return " ".join(filter(None, (self.words.reason, self.words.values)))

    @property
    def doubted(self) -> tuple[Doubted, ...]:
        """What an unknown answer rests on, with the images it concerns; empty: the verdict is certain."""
        unknown = self.verdict.unknown
        return unknown.doubted if unknown is not None else ()

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """The distinct doubts that the verdict rests on."""
        return tuple(each.doubt for each in self.doubted)

    @property
    def verdict(self) -> Verdict:
        return self.trace.verdict

    def of_step(self, reason: str | None, remedy: str) -> Explanation:
        """The same of a step of a build, of whose Dockerfile and files more is known than the probe shows.

        Args:
            reason: why it misses; None: as the probe shows it.
            remedy: what a person can do for a hit; empty: nothing.
        """
        words = self.words if reason is None else replace(self.words, reason=reason, values="")
        return replace(self, words=words, edit=None, remedy=remedy)

    def nearest(self) -> Iterator[Near]:
        """The candidates, nearest first.

        Then those without a time, which can never match; last those whose container config is not known: how near
        they are is not known either.
        """
        index, config = self.trace.index, self.trace.probe.config
        known = index.all & ~index.unknown
        yield from nearest(index, config, index.dated & known)
        yield from nearest(index, config, known & ~index.dated)
        most = len(self.trace.rules.compared_fields)
        yield from (Near(image, most, most) for image in index.images(index.unknown))


def explain(cache: ImageCache, probe: Probe, *, with_edit: bool = True) -> Explanation:
    """Ask the cache and say why. Looks at as few candidates as it can.

    ``with_edit``: look for the smallest edit too, for which the images on other parents are looked at.
    """
    checks = trace(cache, probe)
    edit = smallest_edit(cache, probe, checks.verdict) if with_edit else None
    deciding = deciding_in(checks, cache)
    check = deciding.check if deciding is not None else None
    nearest = deciding.subject.image if deciding is not None and deciding.subject is not None else None
    words = words_of(checks, check, nearest)
    return Explanation(checks, words, deciding, edit, hazards(cache, probe, checks.verdict))


def deciding_check(cache: ImageCache, probe: Probe) -> tuple[Verdict, Deciding | None]:
    """The answer and the check that decided: of `explain` what a table of many answers needs."""
    traced = trace(cache, probe)
    return traced.verdict, deciding_in(traced, cache)
