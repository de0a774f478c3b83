"""The cache of one store under one rule set."""

from __future__ import annotations

from cacheview.engine.known_cache import NEW_ID, CarriedState, KnownCache
from cacheview.engine.possible import possible_answers
from cacheview.engine.verdict import Verdict, VerdictOutcome
from cacheview.model import Probe

__all__ = ["NEW_ID", "CarriedState", "ImageCache"]


class ImageCache(KnownCache):
    """Answers probes like the daemon, or with *unknown* if the store does not report enough.

    It creates indexes when first needed, for a fixed store and fixed rules. It is not thread-safe: give each thread its
    own.
    """

    def verdict(self, probe: Probe) -> Verdict:
        """Return the answer: certain, or unknown with every possible outcome."""
        verdict = self.as_known(probe)
        if not self.has_doubts:
            return verdict
        possible = possible_answers(self, probe, verdict)
        if possible is None:
            return verdict
        return Verdict(VerdictOutcome.UNKNOWN, local=verdict.local, sources=verdict.sources, unknown=possible)
