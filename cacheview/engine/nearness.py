"""The distances of candidates: how many fields of the probe, and elements in them, would have to change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cacheview.engine.index import CandidateIndex
from cacheview.engine.known_cache import KnownCache
from cacheview.model import ContainerConfig, Image

__all__ = ["NearCandidate", "countable", "nearest"]


@dataclass(frozen=True, slots=True)
class NearCandidate:
    """A candidate, and its distance from the probe.

    Attributes:
        fields: number of fields that differ.
        elements: number of elements in them that differ; at least one for each field.
    """

    image: Image
    fields: int
    elements: int


def nearest(index: CandidateIndex, probe: ContainerConfig, among: int) -> Iterator[NearCandidate]:
    """Yield a set of candidates (bits of the index), nearest first: by fields, then elements, then the newest."""
    by_fields, by_elements = index.differences(probe)
    for fields, with_fields in by_fields.ascending(among):
        for elements, group in by_elements.ascending(with_fields):
            for image in index.images(group):
                yield NearCandidate(image, fields, elements)


def countable(cache: KnownCache, index: CandidateIndex, among: int, cache_from: tuple[str, ...]) -> int:
    """Return the candidates of a set that would count as a local match: parents, or ancestors, of a source."""
    parents = cache.counting_parents(cache_from)
    counting = index.having(parent for parent in parents if parent is not None)
    if cache.rules.reads_one_parent and None in parents:  # for such a source, the daemon checks the answer's own parent
        counting |= index.own_parents
    return among & counting
