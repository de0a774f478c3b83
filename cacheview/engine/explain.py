"""Why the cache answers as it does: words, deciding check, nearest candidates, smallest edit, hazards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from cacheview.engine.cache import ImageCache
from cacheview.engine.deciding import Deciding, deciding_in
from cacheview.engine.doubts import Doubted
from cacheview.engine.edit import ProbeEdit, smallest_edit
from cacheview.engine.hazards import Hazard, hazards
from cacheview.engine.nearness import Near, nearest
from cacheview.engine.trace import Trace
from cacheview.engine.tracing import trace
from cacheview.engine.verdict import StageKind, Verdict
from cacheview.engine.words.verdict import VerdictWords, words_of
from cacheview.model import Doubt, Probe

__all__ = ["Explanation", "Further", "deciding_check", "explain"]


class Further:
    """What takes longer than an answer: the smallest edit, and the hazards. Looked for once, when first asked for.

    It may be looked for in another thread: what has been found is there whole, and at worst looked for twice.
    """

    def __init__(self, look: Callable[[], tuple[ProbeEdit | None, tuple[Hazard, ...]]]) -> None:
        self._look = look
        self._found: tuple[ProbeEdit | None, tuple[Hazard, ...]] | None = None

    @property
    def is_found(self) -> bool:
        """Whether it is there without looking for it."""
        return self._found is not None

    def find(self) -> tuple[ProbeEdit | None, tuple[Hazard, ...]]:
        """The edit and the hazards. Raises what ends an `Effort`; the next call looks for them again."""
        found = self._found
        if found is None:
            found = self._found = self._look()
        return found


@dataclass(frozen=True)
class Explanation:
    """Why the cache answers as it does.

    Attributes:
        words: the verdict in words.
        deciding: the check that decided: of a miss, where the nearest candidate or source failed; of an unknown
            answer, one that would decide.
        further: smallest edit and hazards, which may still have to be looked for.
        is_of_step: of a step of a build, which a person does not edit: there is no `edit`.
        remedy: of such a step, what a person can do for a hit, in words.
    """

    trace: Trace
    words: VerdictWords
    deciding: Deciding | None
    further: Further = field(compare=False)
    is_of_step: bool = False
    remedy: str = ""

    @property
    def edit(self) -> ProbeEdit | None:
        """The smallest edit that makes a hit of a miss; looked for when first asked for."""
        return None if self.is_of_step else self.further.find()[0]

    @property
    def hazards(self) -> tuple[Hazard, ...]:
        """What is correct and surprising; looked for when first asked for."""
        return self.further.find()[1]

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
        """The answer that is explained."""
        return self.trace.verdict

    def prepare(self) -> None:
        """Make now what is looked up in tables of all candidates when the verdict, its trace and an image are shown."""
        index, hit, local = self.trace.index, self.verdict.image, StageKind.LOCAL
        index.survivors(self.trace.probe)
        _ = index.places
        if hit is not None:
            self.trace.subject(local, hit)
        elif (stage := self.trace.stage(local)) is not None:
            stage.position("")

    def of_step(self, reason: str | None, remedy: str) -> Explanation:
        """The same of a step of a build, of whose Dockerfile and files more is known than the probe shows.

        Args:
            reason: why it misses; None: as the probe shows it.
            remedy: what a person can do for a hit; empty: nothing.
        """
        words = self.words if reason is None else replace(self.words, reason=reason, values="")
        return replace(self, words=words, is_of_step=True, remedy=remedy)

    def nearest(self) -> Iterator[Near]:
        """The candidates, nearest first.

        Then those without a time, which can never match; last those whose container config is not known: how near
        they are is not known either.
        """
        index, config = self.trace.index, self.trace.probe.config
        known = index.all & ~index.unknowns.configs
        yield from nearest(index, config, index.dated & known)
        yield from nearest(index, config, known & ~index.dated)
        most = len(self.trace.rules.compared_fields)
        yield from (Near(image, most, most) for image in index.images(index.unknowns.configs))


def explain(cache: ImageCache, probe: Probe, *, with_edit: bool = True, at_once: bool = True) -> Explanation:
    """Look a probe up and explain the answer. Looks at as few candidates as it can.

    Args:
        with_edit: look for the smallest edit too, for which the images on other parents are looked at.
        at_once: look for all of it; otherwise for what is `Further` when it is asked for.
    """
    checks = trace(cache, probe)

    def look() -> tuple[ProbeEdit | None, tuple[Hazard, ...]]:
        edit = smallest_edit(cache, probe, checks.verdict) if with_edit else None
        return edit, hazards(cache, probe, checks.verdict)

    deciding = deciding_in(checks, cache)
    check = deciding.check if deciding is not None else None
    nearest = deciding.subject.image if deciding is not None and deciding.subject is not None else None
    words = words_of(checks, check, nearest)
    further = Further(look)
    if at_once:
        further.find()
    return Explanation(checks, words, deciding, further)


def deciding_check(cache: ImageCache, probe: Probe) -> tuple[Verdict, Deciding | None]:
    """The answer and the check that decided: of `explain` what a table of many answers needs."""
    traced = trace(cache, probe)
    return traced.verdict, deciding_in(traced, cache)
