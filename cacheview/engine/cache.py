"""The cache of one store under one rule set: asks it, fast."""

from __future__ import annotations

from functools import cached_property

from cacheview.engine.doubts import doubts_about
from cacheview.engine.history import Descent, descent, matches_history
from cacheview.engine.index import CandidateIndex, bits_of
from cacheview.engine.lineage import Lineage, lineages
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome
from cacheview.model import SCRATCH, Doubt, Image, ImageStore, Probe

__all__ = ["ImageCache"]


class ImageCache:
    """Answers probes as the daemon does. It keeps indexes, made when first needed; store and rules stay as they are.

    Not safe for several threads at once: give each its own.
    """

    def __init__(self, store: ImageStore, rules: RuleSet) -> None:
        self.store = store
        self.rules = rules
        self._candidates: dict[str, CandidateIndex] = {}
        self._elsewhere: tuple[str, int] | None = None
        self._lineages: tuple[tuple[str, ...], tuple[Lineage, ...]] = ((), ())
        self._sources: tuple[tuple[str, ...], tuple[Image, ...], tuple[Image, ...]] = ((), (), ())

    def candidates(self, parent: str) -> CandidateIndex:
        """The images that the local cache considers: those that record the parent; for `SCRATCH` those with none."""
        index = self._candidates.get(parent)
        if index is None:
            index = self._candidates[parent] = CandidateIndex(self.store.children.get(parent, ()), self.rules)
        return index

    @cached_property
    def everything(self) -> CandidateIndex:
        """All images of the store as if they were candidates: to find what would match under another parent."""
        return CandidateIndex(self.store.images, self.rules)

    def elsewhere(self, parent: str) -> int:
        """The images that are no candidates for a parent, as bits of `everything`. The last question is remembered."""
        if self._elsewhere is None or self._elsewhere[0] != parent:
            here = [self.everything.position(image) for image in self.store.children.get(parent, ())]
            self._elsewhere = (parent, self.everything.all & ~bits_of(sorted(here)))
        return self._elsewhere[1]

    @cached_property
    def has_doubts(self) -> bool:
        """Whether anything of any image is not known exactly: if not, every answer is certain."""
        return any(image.doubts for image in self.store.images)

    @cached_property
    def naming(self) -> tuple[Doubt, ...]:
        """The doubts about the names of images."""
        if not self.has_doubts:
            return ()
        return tuple(dict.fromkeys(d for image in self.store.images for d in doubts_about(image, "names")))

    @cached_property
    def strays(self) -> CandidateIndex:
        """The images whose parent is not known: each may be a candidate for any parent."""
        found = [image for image in self.store.images if doubts_about(image, "parent")] if self.has_doubts else []
        return CandidateIndex(found, self.rules)

    def lineages(self, cache_from: tuple[str, ...]) -> tuple[Lineage, ...]:
        """What each ``--cache-from`` reference brings in. The last question is remembered."""
        if self._lineages[0] != cache_from:
            self._lineages = (cache_from, lineages(self.store, cache_from, self.naming))
        return self._lineages[1]

    def sources(self, cache_from: tuple[str, ...]) -> tuple[tuple[Image, ...], tuple[Image, ...]]:
        """All sources in order, and each once: an image may be one many times over, and asking once tells the same."""
        if self._sources[0] != cache_from:
            sources = tuple(source for lineage in self.lineages(cache_from) for source in lineage.sources)
            distinct = tuple({source.id: source for source in sources}.values())
            self._sources = (cache_from, sources, distinct)
        return self._sources[1:]

    def verdict(self, probe: Probe) -> Verdict:
        """The answer: ``GetCache`` of ``daemon/containerd/cache.go``."""
        local = self.candidates(probe.parent).newest(probe.config)
        if not probe.cache_from:
            if local is None:
                return Verdict(VerdictOutcome.MISS)
            return Verdict(VerdictOutcome.HIT, local, StageKind.LOCAL, local)
        sources, distinct = self.sources(probe.cache_from)
        if local is not None:
            for source in distinct:
                match descent(source, local):
                    case Descent.YES:
                        return Verdict(VerdictOutcome.HIT, local, StageKind.LOCAL, local, sources)
                    case Descent.NEVER:
                        return Verdict(VerdictOutcome.DIVERGES, None, StageKind.DESCENT, local, sources)
                    case Descent.NO:
                        pass
        parent: Image | None = None
        if probe.parent != SCRATCH:
            parent = self.store.by_id.get(probe.parent)
            if parent is None:
                error = f"No such image: {probe.parent}"
                return Verdict(VerdictOutcome.ERROR, None, StageKind.HISTORY, local, sources, error)
        for source in distinct:
            if matches_history(source, parent, probe.config):
                return Verdict(VerdictOutcome.HIT, source, StageKind.HISTORY, local, sources)
        return Verdict(VerdictOutcome.MISS, None, None, local, sources)
