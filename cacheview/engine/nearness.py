"""How near the candidates came: how many fields of the probe would have to change, and how many elements in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cacheview.engine.candidate import container_config_of
from cacheview.engine.index import CandidateIndex, bits_of, iterate_bits
from cacheview.engine.known import KnownCache
from cacheview.engine.ruleset import RuleSet
from cacheview.model import ContainerConfig, Image, ImageStore
from cacheview.model.effort import paced

__all__ = ["Near", "ancestors", "countable", "distance", "nearest"]


@dataclass(frozen=True, slots=True)
class Near:
    """A candidate, and how far the probe is from matching it.

    Attributes:
        fields: how many fields differ.
        elements: how many elements in them differ; at least one for each field.
    """

    image: Image
    fields: int
    elements: int


def nearest(index: CandidateIndex, rules: RuleSet, probe: ContainerConfig, among: int) -> Iterator[Near]:
    """A set of candidates (bits of the index), nearest first: by fields, then elements, then the newest.

    The first one is found without looking at all of the others where one is as near as can be.
    """
    for fields, level in enumerate(_levels(index, rules, probe, among)):
        if not level:
            continue
        farther: list[Near] = []
        for position in paced(iterate_bits(level)):
            image = index.image(position)
            near = Near(image, fields, _elements(rules, probe, image))
            if near.elements == fields:  # none can be nearer, so there is no need to see the others first
                yield near
            else:
                farther.append(near)
        yield from sorted(farther, key=lambda near: near.elements)


def countable(cache: KnownCache, index: CandidateIndex, among: int, sources: Sequence[Image]) -> int:
    """Those of a set that would count as a local match beside these sources: one of them has it as its parent."""
    parents = {source.parent for source in sources}
    if cache.rules.follows_ancestors:
        parents = set(ancestors(cache.store, sources))
    alone = cache.rules.reads_one_parent and None in parents  # such a source asks the answer itself
    results = [
        position
        for position in paced(iterate_bits(among))
        if (image := index.image(position)).id in parents or (alone and image.parent == image.id)
    ]
    return bits_of(results)


def ancestors(store: ImageStore, images: Sequence[Image]) -> set[str]:
    """The recorded parents of these images, and so on."""
    result: set[str] = set()
    for image in paced(images):
        current: Image | None = image
        while current is not None and current.parent is not None and current.parent not in result:
            result.add(current.parent)
            current = store.by_id.get(current.parent)
    return result


def _levels(index: CandidateIndex, rules: RuleSet, probe: ContainerConfig, among: int) -> Sequence[int]:
    """The set split by the number of fields that differ: item n has those with n."""
    levels = [among]
    for field in rules.compared_fields:
        same = index.field_matches(field, probe)
        stay = [level & same for level in levels]
        move = [level & ~same for level in levels]
        levels = [a | b for a, b in zip([*stay, 0], [0, *move], strict=True)]
    return levels


def _elements(rules: RuleSet, probe: ContainerConfig, image: Image) -> int:
    stored = container_config_of(image)
    count = 0
    for field in rules.compared_fields:
        probe_value, image_value = getattr(probe, field), rules.read_image(stored, field)
        if probe_value != image_value and not rules.field_matches(field, probe, stored):
            count += max(1, distance(probe_value, image_value))
    return count


def distance(probe_value: Any, image_value: Any) -> int:
    """How many elements differ: of lists those between the common beginning and the common end, of maps the keys."""
    if isinstance(probe_value, Mapping) or isinstance(image_value, Mapping):
        left, right = probe_value or {}, image_value or {}
        return sum(
            1 for key in left.keys() | right.keys() if key not in left or key not in right or left[key] != right[key]
        )
    if isinstance(probe_value, tuple) or isinstance(image_value, tuple):
        left, right = probe_value or (), image_value or ()
        shorter = min(len(left), len(right))
        start = next((i for i in range(shorter) if left[i] != right[i]), shorter)
        if len(left) == len(right):
            return sum(a != b for a, b in zip(left[start:], right[start:], strict=True))
        end = next((i for i in range(shorter - start) if left[-1 - i] != right[-1 - i]), shorter - start)
        return max(len(left), len(right)) - start - end
    return int(probe_value != image_value)
