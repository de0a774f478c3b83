"""The stores that are possible if a fact is unknown that may decide the result of a change.

Such a fact has two possible values, and the change is applied to both stores. An image that remains in only one of them
is not known to exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from cacheview.model import Aspect, Container, Containers, Doubt, Image, ImageStore
from cacheview.model.effort import paced
from cacheview.whatif.draft import Draft

__all__ = ["PossibleStore", "merged", "possible_stores"]


@dataclass(frozen=True)
class PossibleStore:
    """One of the possible stores.

    Attributes:
        flips: for each unknown fact, whether it has its second value here.
    """

    store: ImageStore
    containers: Containers
    flips: tuple[bool, ...] = ()


@dataclass(frozen=True)
class _OpenQuestion:
    """An unknown fact: its doubt, and a function that returns the store with its second value."""

    doubt: Doubt
    flip: Callable[[PossibleStore], PossibleStore]


def possible_stores(store: ImageStore, containers: Containers) -> tuple[tuple[PossibleStore, ...], tuple[Doubt, ...]]:
    """Return all possible stores and containers, and the doubts: a single store if everything is known."""
    unknown = tuple(_unknown(store, containers))
    results = []
    for flips in product((False, True), repeat=len(unknown)):
        possible = PossibleStore(store, containers, flips)
        for each, flipped in zip(unknown, flips, strict=True):
            if flipped:
                possible = each.flip(possible)
        results.append(possible)
    return tuple(results), tuple(each.doubt for each in unknown)


def _unknown(store: ImageStore, containers: Containers) -> Iterator[_OpenQuestion]:
    if containers.listed is None:
        yield _OpenQuestion(Doubt(aspect="existence", reason=containers.reason, remedy=containers.remedy), _all_used)
    doubts = [doubt for image in store.images if (doubt := image.doubt("existence")) is not None]
    if doubts:
        yield _OpenQuestion(doubts[0], _without_doubtful)
    dangling = [doubt for image in store.images if image.names and (doubt := image.doubt("dangling")) is not None]
    if dangling:
        yield _OpenQuestion(dangling[0].model_copy(update={"aspect": "existence"}), _all_dangling)


def _all_used(possible: PossibleStore) -> PossibleStore:
    """Return a store in which a container uses every image, by its id and by each name."""
    used = [
        Container(f"{number:064x}", image.id, name)
        for number, image in enumerate(possible.store.images)
        for name in (image.id, *image.names)
    ]
    return replace(possible, containers=Containers(tuple(used)))


def _without_doubtful(possible: PossibleStore) -> PossibleStore:
    kept = tuple(image for image in possible.store.images if image.doubt("existence") is None)
    return replace(possible, store=replace(possible.store, images=kept))


def _all_dangling(possible: PossibleStore) -> PossibleStore:
    images = tuple(
        image.model_copy(update={"dangling": True}) if image.names and image.doubt("dangling") is not None else image
        for image in possible.store.images
    )
    return replace(possible, store=replace(possible.store, images=images))


def merged(stores: Sequence[PossibleStore], drafts: Sequence[Draft], unknown: Sequence[Doubt]) -> tuple[Image, ...]:
    """Return the images of all possible stores, in the order of the first, each with the doubts about it."""
    order: dict[str, None] = {}
    for draft in drafts:
        order.update(dict.fromkeys(image.id for image in draft.as_store.images))
    return tuple(_merged(image_id, stores, drafts, unknown) for image_id in paced(list(order)))


def _merged(image_id: str, stores: Sequence[PossibleStore], drafts: Sequence[Draft], unknown: Sequence[Doubt]) -> Image:
    ends = [draft.get(image_id) for draft in drafts]
    image = next(end for end in ends if end is not None)
    doubts = list(image.doubts)
    if any(end is None for end in ends):
        doubt = _decisive([end is None for end in ends], stores, unknown)
        doubts = [*(each for each in doubts if each.aspect != "existence"), doubt]
        if image.names and image.doubt("names") is None:
            doubts.append(doubt.model_copy(update={"aspect": "names"}))
    existing = [end for end in ends if end is not None]
    aspect: Aspect
    for aspect, values in (
        ("names", [set(end.names) for end in existing]),
        ("parent", [end.parent for end in existing]),
    ):
        if any(value != values[0] for value in values) and all(each.aspect != aspect for each in doubts):
            doubt = _decisive([str(end) for end in ends], stores, unknown)
            doubts.append(doubt.model_copy(update={"aspect": aspect}))
    names = tuple(dict.fromkeys(name for end in existing for name in end.names))
    return image.model_copy(update={"names": names, "doubts": tuple(doubts)})


def _decisive(ends: Sequence[object], stores: Sequence[PossibleStore], unknown: Sequence[Doubt]) -> Doubt:
    """Return the doubt that alone changes the result; if there is none, the first."""
    for place, doubt in enumerate(unknown):
        flipped = next(
            number
            for number, possible in enumerate(stores)
            if all(flip == (at == place) for at, flip in enumerate(possible.flips))
        )
        if ends[flipped] != ends[0]:
            return doubt
    return unknown[0]
