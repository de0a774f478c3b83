"""Finds the images that pass checks without comparing each image: the only deliberate duplicate of the rules."""

from cacheview.engine.index.candidates import CandidateIndex, Survivors
from cacheview.engine.index.scan import newest_of

__all__ = ["CandidateIndex", "Survivors", "newest_of"]
