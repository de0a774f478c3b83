"""The images of a store, in memory, with the lookups that the rules need. Read-only."""

from __future__ import annotations

import heapq
import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Generic, Literal, TypeVar

from cacheview.model.doubt import Doubt
from cacheview.model.effort import paced
from cacheview.model.errors import DataError, NoSuchImageError
from cacheview.model.image import SCRATCH, Image, Platform
from cacheview.model.reference import parse_reference
from cacheview.model.release import Release, StoreKind

__all__ = ["ImageStore", "LayerContent", "LayerState", "Problem", "StoreOrigin"]

V = TypeVar("V")

LayerState = Literal["missing", "empty"]
"""The state of a layer whose content is not in the store as it should be."""
LayerContent = Mapping[str, LayerState]
"""The state of each such layer, by diff id."""

_HEX = re.compile(r"[a-f0-9]{1,64}")
_MAX_CHANGES: Final = 64
"""The images in which a store differs from its origin, up to which what is known of the origin is used."""
_MAX_ORIGINS: Final = 16
"""The most origins in a row, from a store to its origin, and so on. Each makes a lookup in the store take longer."""
_TRUNCATED_ID = re.compile(r"(?:sha256:)?([a-f0-9]{4,64})")


@dataclass(frozen=True, slots=True)
class Problem:
    """An entry of a store that could not be read, although the rest could. ``where`` names the entry."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


@dataclass(frozen=True)
class StoreOrigin:
    """The store that another one was made from, and their few differences.

    Attributes:
        replaced: the images that take the place of those with the same ids, by id.
        added: the images after all others.
    """

    store: ImageStore
    replaced: Mapping[str, Image] = field(default_factory=dict)
    added: tuple[Image, ...] = ()

    def changed(self, replaced: Mapping[str, Image], added: tuple[Image, ...]) -> StoreOrigin:
        """Return the differences after further ones."""
        ids = {image.id for image in self.added}
        own = {image_id: image for image_id, image in replaced.items() if image_id not in ids}
        before = (replaced.get(image.id, image) for image in self.added)
        return StoreOrigin(self.store, {**self.replaced, **own}, (*before, *added))

    @property
    def is_near(self) -> bool:
        """Whether the differences are so few that what is known of the origin is used."""
        return len(self.replaced) + len(self.added) <= _MAX_CHANGES

    @property
    def keeps_names(self) -> bool:
        """Whether every name is that of an image with the same id."""
        by_id = self.store.by_id
        same = all(image.names == by_id[image.id].names for image in self.replaced.values())
        return same and not any(image.names for image in self.added)

    @property
    def images(self) -> Mapping[str, Image]:
        """The replaced and added images by id."""
        return {**self.replaced, **{image.id: image for image in self.added}}


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
        layer_content: the layers that are not as a restore expects. Only a suite reports them.
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
    layer_content: LayerContent = field(default_factory=dict, hash=False)  # a map has no hash

    @staticmethod
    def unique(images: Iterable[Image]) -> tuple[tuple[Image, ...], tuple[Problem, ...]]:
        """Return the images with each id once, keeping the first, and a problem for each duplicate id."""
        by_id: dict[str, Image] = {}
        problems = []
        for image in images:
            if image.id in by_id:
                problems.append(Problem(image.id, "the ID occurs more than once; the first image is used"))
            else:
                by_id[image.id] = image
        return tuple(by_id.values()), tuple(problems)

    def with_changes(self, replaced: Mapping[str, Image], added: tuple[Image, ...] = ()) -> ImageStore:
        """Return this store with other images in place of some, and with more images after its own.

        What is known of this store serves the new one, which therefore takes little time to look up in.

        Args:
            replaced: the new images by id, which is that of the image in whose place they are. Other ids are ignored.
            added: images whose ids the store lacks.
        """
        replaced = {image_id: image for image_id, image in replaced.items() if image_id in self.by_id}
        if not replaced and not added:
            return self
        images = [*self.images, *added]
        for image_id, image in replaced.items():
            images[self.place(image_id)] = image
        changed = replace(self, images=tuple(images))
        origin = (self.origin or StoreOrigin(self)).changed(replaced, added)
        if not origin.is_near:
            origin = StoreOrigin(self).changed(replaced, added)
        if origin.store._origins < _MAX_ORIGINS:  # otherwise, the new store has no origin
            changed.__dict__["origin"] = origin
        return changed

    def with_more(self, images: tuple[Image, ...]) -> ImageStore:
        """Return this store with more images after its own, see `with_changes`."""
        return self.with_changes({}, images)

    @cached_property
    def origin(self) -> StoreOrigin | None:
        """The store that `with_changes` made this one from; None: it was not."""
        return None

    @cached_property
    def _origins(self) -> int:
        """The number of its origins: its own `origin`, the origin's, and so on."""
        return 0 if self.origin is None else 1 + self.origin.store._origins

    def place(self, image_id: str) -> int:
        """Return the index of an image in `images`."""
        origin = self.origin
        if origin is None:
            return self._places[image_id]
        for place, image in enumerate(origin.added):
            if image.id == image_id:
                return len(origin.store.images) + place
        return origin.store.place(image_id)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {image.id: place for place, image in enumerate(self.images)}

    @cached_property
    def computed(self) -> dict[object, Any]:
        """Results of functions of the store, by function: see `once_of_store`."""
        return {}

    @cached_property
    def by_id(self) -> Mapping[str, Image]:
        """Images by id, in store order."""
        if self.origin is not None:
            return _Joined(self.origin.store.by_id, self.origin.images)
        return {image.id: image for image in self.images}

    @cached_property
    def _sorted_ids(self) -> Sequence[str]:
        if self.origin is not None:
            # They are sorted except for the last, which Python sorts in little more time than reading them.
            return sorted([*self.origin.store._sorted_ids, *(image.id for image in self.origin.added)])
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
        if self.origin is not None and self.origin.is_near:
            return _ChangedChildren(self.origin)
        children: dict[str, list[Image]] = {}
        for image in paced(self.images):
            children.setdefault(image.parent or SCRATCH, []).append(image)
        return children

    @cached_property
    def _by_name(self) -> Mapping[str, str]:
        """The id of the first image with each name."""
        names: dict[str, str] = {}
        if self.origin is not None and self.origin.keeps_names:
            return self.origin.store._by_name
        for image in self.images:
            for name in image.names:
                names.setdefault(name, image.id)
        return names

    def index_references(self) -> None:
        """Compute now what the first reference needs to be resolved."""
        _ = self._by_name, self._sorted_ids

    def _named(self, name: str) -> Image | None:
        image_id = self._by_name.get(name)
        return self.by_id[image_id] if image_id is not None else None

    @cached_property
    def _repositories(self) -> dict[str, frozenset[str]]:
        """The repositories of the names of images, by image id, as far as they were needed."""
        return {}

    def _repositories_of(self, image: Image) -> frozenset[str]:
        repositories = self._repositories.get(image.id)
        if repositories is None:
            repositories = self._repositories[image.id] = frozenset(map(_repository, image.names))
        return repositories

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
            image = self._named(f"{reference.name}@{reference.digest}")
        else:
            image = self._named(reference.tagged) or self._by_prefix(text)
        if image is None:
            raise NoSuchImageError(f"no such image: {text[:200]}")
        return image

    def _by_prefix(self, text: str) -> Image | None:
        if not _HEX.fullmatch(text.removeprefix("sha256:")):
            return None
        prefix = f"sha256:{text.removeprefix('sha256:')}"
        result = self._beginning(prefix)
        if len(result) > 1:
            raise NoSuchImageError(f"ambiguous reference: {len(result)} IDs begin with {text}")
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
            if image is None or (reference.name and reference.name not in self._repositories_of(image)):
                raise NoSuchImageError(f"no such image: {text[:200]}")
            return image
        image = self._named(reference.tagged)
        if image is not None:
            return image
        truncated = _TRUNCATED_ID.fullmatch(text)
        if truncated:
            prefix = f"sha256:{truncated[1]}"
            result = self._beginning(prefix)
            if len(result) > 1:
                raise NoSuchImageError(f"ambiguous reference: {len(result)} IDs begin with {text}")
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

    def get(self, key: str, default: Any = None) -> Any:
        result = self._second.get(key)
        return self._first.get(key, default) if result is None else result

    def __iter__(self) -> Iterator[str]:
        yield from self._first
        yield from (key for key in self._second if key not in self._first)

    def __len__(self) -> int:
        return len(self._first) + sum(key not in self._first for key in self._second)


class _ChangedChildren(Mapping[str, Sequence[Image]]):
    """The images of a changed store by parent: those of its origin, except on the parents of the changed images."""

    def __init__(self, origin: StoreOrigin) -> None:
        self._origin = origin.store
        self._origin_children = origin.store.children
        self._changed: dict[str, list[Image]] = {}
        self._added = {image.id: place for place, image in enumerate(origin.added, len(origin.store.images))}
        for image in origin.replaced.values():
            before = origin.store.by_id[image.id]
            siblings = self._on_parent_of(before)
            del siblings[bisect_left(siblings, self._place(before), key=self._place)]
            insort(self._on_parent_of(image), image, key=self._place)
        for image in origin.added:
            self._on_parent_of(image).append(image)

    def _on_parent_of(self, image: Image) -> list[Image]:
        """Return a list of the images on the same parent, which may be changed."""
        parent = image.parent or SCRATCH
        if parent not in self._changed:
            self._changed[parent] = list(self._origin_children.get(parent, ()))
        return self._changed[parent]

    def _place(self, image: Image) -> int:
        """Return the index of an image in the changed store."""
        added = self._added.get(image.id)
        return self._origin.place(image.id) if added is None else added

    def __getitem__(self, parent: str) -> Sequence[Image]:
        images = self._changed.get(parent)
        if images is None:
            return self._origin_children[parent]
        if not images:
            raise KeyError(parent)
        return images

    def get(self, parent: str, default: Any = None) -> Any:
        images = self._changed.get(parent)
        return self._origin_children.get(parent, default) if images is None else images or default

    def __iter__(self) -> Iterator[str]:
        """Yield the parents in the order of their first children."""
        changed = sorted((self._place(images[0]), parent) for parent, images in self._changed.items() if images)
        others = (parent for parent in self._origin_children if parent not in self._changed)
        kept = ((self._place(self._origin_children[parent][0]), parent) for parent in others)
        yield from (parent for _, parent in heapq.merge(kept, changed))

    def __len__(self) -> int:
        changed = self._changed
        return len(self._origin_children) + sum(
            bool(changed[parent]) - (parent in self._origin_children) for parent in changed
        )


def _repository(name: str) -> str:
    try:
        return parse_reference(name).name
    except DataError:
        return ""  # the daemon ignores names that it cannot parse
