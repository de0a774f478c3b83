"""The cache of one store under one rule set."""

from __future__ import annotations

from cacheview.engine.known import NEW, KnownCache, Past
from cacheview.engine.possible import possible_answers
from cacheview.engine.verdict import Verdict, VerdictOutcome
from cacheview.model import Probe

__all__ = ["NEW", "ImageCache", "Past"]


class ImageCache(KnownCache):
    """Answers probes as the daemon does, and as *unknown* where the store does not report enough.

    It keeps indexes, made when first needed; store and rules stay as they are. Not safe for several threads at once:
    give each its own.
    """

    def verdict(self, probe: Probe) -> Verdict:
        """The answer: certain, or unknown with every possible outcome."""
        known = self.as_known(probe)
        if not self.has_doubts:
            return known
        possible = possible_answers(self, probe, known)
        if possible is None:
            return known
        return Verdict(VerdictOutcome.UNKNOWN, local=known.local, sources=known.sources, unknown=possible)
