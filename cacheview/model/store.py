"""The images of a store, in memory, with the lookups that the rules need. Read-only."""

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
    """An entry of a store that could not be read, although the rest could. ``where`` names the entry."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


@dataclass(frozen=True)
class ImageStore:
    """Images in store order, and the problems found while reading them.

    Attributes:
        images: each id once, see `unique`.
        title: what kind of source it is, for people (``docker save archive``).
        location: the path or address it was read from; empty for one created in memory.
        rules: name of the matching rule set, if the store reports it; otherwise empty.
        notes: facts that a user should know about this kind of store, in sentences.
        problems: entries that could not be read.
        release: the engine that it belongs to; None: not known.
        engine_os: the operating system that a running engine reports (``linux``); empty: none was queried.
        platform: of the engine's machine, for which it builds unless a build names another; None: no engine was
            queried.
        layers_at: where the content of its layers can be read, in the form of a store's name; empty if nowhere.
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
        """Return the images with each id once, keeping the first, and a problem for each duplicate id."""
        by_id: dict[str, Image] = {}
        problems = []
        for image in images:
            if image.id in by_id:
                problems.append(Problem(image.id, "the id occurs more than once; the first image is used"))
            else:
                by_id[image.id] = image
        return tuple(by_id.values()), tuple(problems)

    def with_more(self, images: tuple[Image, ...]) -> ImageStore:
        """Return this store with more images after its own. The tables by id and parent are shared, not built again."""
        joined = replace(self, images=(*self.images, *images))
        added = ImageStore(images)
        children = {parent: (*self.children.get(parent, ()), *more) for parent, more in added.children.items()}
        joined.__dict__["by_id"] = _Joined(self.by_id, added.by_id)
        joined.__dict__["children"] = _Joined(self.children, children)
        return joined

    @cached_property
    def computed(self) -> dict[object, Any]:
        """Results of functions of the store, by function: see `once_of_store`."""
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
        """The doubts that all of its images have, if there is more than one image."""
        if len(self.images) < 2:
            return ()
        common = self.images[0].doubts
        for image in self.images:
            if image.doubts is not common:  # in most stores they are; comparing 100,000 would take long
                common = tuple(doubt for doubt in common if doubt in image.doubts)
            if not common:
                break
        return common

    @cached_property
    def children(self) -> Mapping[str, Sequence[Image]]:
        """Images by their recorded parent, in store order; those without a parent under `SCRATCH`."""
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
        """The repositories of the names of each image, by image id."""
        return {image.id: frozenset(_repository(name) for name in image.names) for image in self.images}

    def resolve_for(self, text: str, kind: StoreKind) -> Image:
        """Return the image that a reference refers to in a store of that kind. Raises `DataError` like `resolve`."""
        return self.resolve_by_name(text) if kind is StoreKind.GRAPH_DRIVER else self.resolve(text)

    def resolve_by_name(self, text: str) -> Image:
        """Return the image that a reference refers to in a graph-driver store.

        moby: ``GetImage`` of ``daemon/images``. In order: a full id; a name (one with a digest must be among the names
        of an image, and needs no tag); a prefix of an id, of any length. Raises `DataError` like `resolve`.
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
        """Return the ids with this prefix."""
        ids = self._sorted_ids
        begin = bisect_left(ids, prefix)
        return ids[begin : bisect_right(ids, prefix, begin, key=lambda image_id: image_id[: len(prefix)])]

    def resolve(self, text: str) -> Image:
        """Return the image that a reference refers to in the containerd store of moby 71ebfc7.

        In order: a digest (with a name: only in that repository), a name (``:latest`` if no tag is given), then a
        prefix of an id with at least 4 digits. Raises `DataError` with the reason if there is no such image, or if the
        prefix matches several.
        """
        reference = parse_reference(text)
        if reference.digest:
            image = self.by_id.get(reference.digest)
            if image is None or (reference.name and reference.name not in self._repositories[image.id]):
                raise NoSuchImageError(f"no such image: {text[:200]}")
            return image
        image = self._by_name.get(reference.tagged)
        if image is not None:
            return image
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
    """Two maps as one: the keys of the first, then those that only the second has.

    Values of the second take precedence.
    """

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
        return ""  # the daemon ignores names that it cannot parse
