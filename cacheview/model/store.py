"""The images of a store, in memory, with the look-ups that the rules need. Read only."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, TypeVar

from cacheview.model.doubt import Doubt
from cacheview.model.effort import paced
from cacheview.model.errors import DataError, NoSuchImageError
from cacheview.model.image import SCRATCH, Image, Platform
from cacheview.model.reference import parse_reference
from cacheview.model.release import Release, StoreKind

__all__ = ["ImageStore", "Problem"]

V = TypeVar("V")

_HEX = re.compile(r"[a-f0-9]{1,64}")
_TRUNCATED_ID = re.compile(r"(?:sha256:)?([a-f0-9]{4,64})")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a store that could not be read: the rest was. ``where`` names the entry."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


@dataclass(frozen=True)
class ImageStore:
    """Images in store order, with what could not be read.

    Attributes:
        images: each id once; `unique` makes them so.
        title: what it is, for people (``docker save archive``).
        location: the path or address it was read from; empty for one made in memory.
        rules: name of the rule set that fits it, where the store reports; otherwise empty.
        notes: what a person should know of this kind of store, in sentences.
        problems: entries that could not be read.
        release: the engine that it belongs to; None: none is known.
        engine_os: the system of a running engine (``linux``), as it reports it; empty: none was queried.
        platform: of the machine of the engine, for which it builds where a build names none; None: no engine was
            queried.
        layers_at: the place that the content of its layers is read from, named like a store; empty if there is none.
    """

    images: tuple[Image, ...]
    title: str = ""
    location: str = ""
    rules: str = ""
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    release: Release | None = None
    engine_os: str = ""
    layers_at: str = ""
    platform: Platform | None = None

    @staticmethod
    def unique(images: Iterable[Image]) -> tuple[tuple[Image, ...], tuple[Problem, ...]]:
        """The images with each id once, the first kept, and a problem for each id that came again."""
        kept: dict[str, Image] = {}
        problems = []
        for image in images:
            if image.id in kept:
                problems.append(Problem(image.id, "the id occurs more than once; the first is kept"))
            else:
                kept[image.id] = image
        return tuple(kept.values()), tuple(problems)

    def with_more(self, images: tuple[Image, ...]) -> ImageStore:
        """This with other images after its own. What is looked up by id or parent is shared, not made again."""
        joined = replace(self, images=(*self.images, *images))
        new = ImageStore(images)
        children = {parent: (*self.children.get(parent, ()), *built) for parent, built in new.children.items()}
        joined.__dict__["by_id"] = _Joined(self.by_id, new.by_id)
        joined.__dict__["children"] = _Joined(self.children, children)
        return joined

    @cached_property
    def computed(self) -> dict[object, Any]:
        """Results of functions of a store, by function: see `once_of_store`."""
        return {}

    @cached_property
    def by_id(self) -> Mapping[str, Image]:
        """Images by id, in store order."""
        return {image.id: image for image in self.images}

    @cached_property
    def _sorted_ids(self) -> Sequence[str]:
        return sorted(self.by_id)

    @cached_property
    def common_doubts(self) -> tuple[Doubt, ...]:
        """What is not known exactly of any image: the doubts that all of them have, where there are several."""
        if len(self.images) < 2:
            return ()
        common = self.images[0].doubts
        for image in self.images:
            if image.doubts is not common:  # as it mostly is: to compare a hundred thousand takes long
                common = tuple(doubt for doubt in common if doubt in image.doubts)
            if not common:
                break
        return common

    @cached_property
    def children(self) -> Mapping[str, Sequence[Image]]:
        """Images by the parent that they record, in store order; those without one under `SCRATCH`."""
        children: dict[str, list[Image]] = {}
        for image in paced(self.images):
            children.setdefault(image.parent or SCRATCH, []).append(image)
        return children

    @cached_property
    def _by_name(self) -> Mapping[str, Image]:
        names: dict[str, Image] = {}
        for image in self.images:
            for name in image.names:
                names.setdefault(name, image)
        return names

    @cached_property
    def _repositories(self) -> Mapping[str, frozenset[str]]:
        """For each image id, the repositories of its names."""
        return {image.id: frozenset(_repository(name) for name in image.names) for image in self.images}

    def resolve_for(self, text: str, kind: StoreKind) -> Image:
        """The image that a reference means in a store of that kind. Raises `DataError` as `resolve` does."""
        return self.resolve_by_name(text) if kind is StoreKind.GRAPH_DRIVER else self.resolve(text)

    def resolve_by_name(self, text: str) -> Image:
        """The image that a reference means, as a graph-driver store resolves it (``GetImage`` of ``daemon/images``).

        An id in full; else a name, where one with a digest is among the names of an image and needs no tag; else the
        beginning of an id, of any length. Raises `DataError` as `resolve` does.
        """
        reference = parse_reference(text)
        if not reference.name:
            image = self.by_id.get(reference.digest)
        elif reference.digest:
            image = self._by_name.get(f"{reference.name}@{reference.digest}")
        else:
            image = self._by_name.get(reference.tagged) or self._by_prefix(text)
        if image is None:
            raise NoSuchImageError(f"no such image: {text[:200]}")
        return image

    def _by_prefix(self, text: str) -> Image | None:
        if not _HEX.fullmatch(text.removeprefix("sha256:")):
            return None
        prefix = f"sha256:{text.removeprefix('sha256:')}"
        result = self._beginning(prefix)
        if len(result) > 1:
            raise NoSuchImageError(f"ambiguous reference: {len(result)} ids begin with {text}")
        return self.by_id[result[0]] if result else None

    def _beginning(self, prefix: str) -> Sequence[str]:
        """The ids that begin so."""
        ids = self._sorted_ids
        begin = bisect_left(ids, prefix)
        return ids[begin : bisect_right(ids, prefix, begin, key=lambda image_id: image_id[: len(prefix)])]

    def resolve(self, text: str) -> Image:
        """The image that a reference means, as the containerd store of moby 71ebfc7 resolves it.

        In order: a digest (with a name: of that repository only), a name (``:latest`` where no tag is given), then
        the beginning of an id, 4 digits or more. Raises `DataError` with the reason where there is none, or where
        the beginning of an id fits several.
        """
        reference = parse_reference(text)
        if reference.digest:
            image = self.by_id.get(reference.digest)
            if image is None or (reference.name and reference.name not in self._repositories[image.id]):
                raise NoSuchImageError(f"no such image: {text[:200]}")
            return image
        named = self._by_name.get(reference.tagged)
        if named is not None:
            return named
        truncated = _TRUNCATED_ID.fullmatch(text)
        if truncated:
            prefix = f"sha256:{truncated[1]}"
            result = self._beginning(prefix)
            if len(result) > 1:
                raise NoSuchImageError(f"ambiguous reference: {len(result)} ids begin with {text}")
            if result:
                return self.by_id[result[0]]
        raise NoSuchImageError(f"no such image: {text[:200]}")


class _Joined(Mapping[str, V], Generic[V]):
    """Two maps as one: the keys of the first, then those that the second has alone. The second one's values count."""

    def __init__(self, first: Mapping[str, V], second: Mapping[str, V]) -> None:
        self._first = first
        self._second = second

    def __getitem__(self, key: str) -> V:
        result = self._second.get(key)
        return self._first[key] if result is None else result

    def __iter__(self) -> Iterator[str]:
        yield from self._first
        yield from (key for key in self._second if key not in self._first)

    def __len__(self) -> int:
        return len(self._first) + sum(key not in self._first for key in self._second)


def _repository(name: str) -> str:
    try:
        return parse_reference(name).name
    except DataError:
        return ""  # the daemon passes over names that it cannot read
