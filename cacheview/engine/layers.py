"""The first containerd cache, in which an image is the next step if it has one more layer and one more history entry.

moby: ``isMatch`` of ``daemon/containerd/cache.go`` and ``Children`` of ``daemon/containerd/image_children.go`` (v24.0).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, takewhile

from cacheview.engine.check import CheckKind
from cacheview.engine.doubts import doubts_about, prefix_doubts
from cacheview.engine.history import created_by
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.stage_check import joined
from cacheview.model import ContainerConfig, Doubt, Image, ImageStore
from cacheview.model.effort import go_on, paced
from cacheview.model.once import once_of_store

__all__ = [
    "LayerCheck",
    "by_content",
    "by_first_layer",
    "child_doubts",
    "children_by_layers",
    "layer_checks",
    "layer_command_check",
    "layer_prefix_checks",
    "with_content",
]


def children_by_layers(store: ImageStore, parent: str) -> tuple[Image, ...]:
    """Return the images that have all of the parent's layers, in order, and then more; in store order."""
    image = store.by_id.get(parent)
    if image is None:
        return ()
    layers = image.diff_ids
    go_on()
    if not layers:
        return tuple(child for child in store.images if child.diff_ids)
    return by_first_layer(store)[layers[0]].continuing(layers)


class _ImagesOnLayer:
    """Images with the same first layer, in store order, and their layers."""

    __slots__ = ("_images", "_layers", "_shared", "_sizes")

    def __init__(self, layers: tuple[str, ...]) -> None:
        self._images: list[Image] = []
        self._layers: list[tuple[str, ...]] = []
        self._sizes: list[int] = []
        self._shared = layers  # the first layers that all of them have

    def add(self, image: Image, layers: tuple[str, ...]) -> None:
        """Add the next image."""
        self._images.append(image)
        self._layers.append(layers)
        self._sizes.append(len(layers))
        if layers[: len(self._shared)] != self._shared:
            pairs = zip(self._shared, layers, strict=False)
            self._shared = tuple(layer for layer, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    def continuing(self, layers: tuple[str, ...]) -> tuple[Image, ...]:
        """Return the images that have all of these layers, in order, and then more."""
        size = len(layers)
        if self._shared[:size] == layers:
            return tuple(compress(self._images, map(size.__lt__, self._sizes)))
        pairs = zip(self._images, self._layers, strict=True)
        return tuple([image for image, its_layers in pairs if its_layers[:size] == layers and len(its_layers) > size])


@once_of_store
def by_first_layer(store: ImageStore) -> Mapping[str, _ImagesOnLayer]:
    """Return the images that have layers, by the first layer."""
    results: dict[str, _ImagesOnLayer] = {}
    for image in paced(store.images):
        layers = image.diff_ids
        if layers:
            group = results.get(layers[0])
            if group is None:
                group = results[layers[0]] = _ImagesOnLayer(layers)
            group.add(image, layers)
    return results


def with_content(store: ImageStore, entries: int, layers: tuple[str, ...]) -> Iterator[Image]:
    """Yield the images with that number of history entries and these layers, except multi-platform ones, in order."""
    origin, content = store.origin, (entries, layers)
    if origin is None or not origin.is_near:
        yield from by_content(store).get(content, ())
        return
    for image in by_content(origin.store).get(content, ()):
        yield origin.replaced.get(image.id, image)
    yield from (image for image in origin.added if _content(image) == content)


@once_of_store
def by_content(store: ImageStore) -> Mapping[tuple[int, tuple[str, ...]] | None, Sequence[Image]]:
    """Return the images by their number of history entries and their layers; multi-platform ones under None."""
    results: dict[tuple[int, tuple[str, ...]] | None, list[Image]] = {}
    for image in paced(store.images):
        results.setdefault(_content(image), []).append(image)
    return results


def _content(image: Image) -> tuple[int, tuple[str, ...]] | None:
    return None if image.variants else (len(image.history), image.diff_ids)


def child_doubts(child: Image, parent: Image) -> tuple[Doubt, ...]:
    """Return the doubts about whether an image is a child by its layers."""
    return joined(doubts_about(child, "diff_ids", "existence"), doubts_about(parent, "diff_ids"))


@dataclass(frozen=True, slots=True)
class LayerCheck:
    """One comparison of an image with the parent, or with the probe's command. See `HistoryCheck`."""

    kind: CheckKind
    passes: bool
    doubts: tuple[Doubt, ...]


def layer_checks(image: Image, parent: Image, config: ContainerConfig, rules: RuleSet) -> Iterator[LayerCheck]:
    """Yield all comparisons of a source or a child: ``isMatch``."""
    yield from layer_prefix_checks(image, parent, rules)
    yield layer_command_check(image, parent, config)


def layer_prefix_checks(image: Image, parent: Image, rules: RuleSet) -> Iterator[LayerCheck]:
    """Yield the comparisons that depend only on the parent."""
    entries = len(parent.history)
    length_doubts = joined(doubts_about(image, "history"), doubts_about(parent, "history"))
    yield LayerCheck(CheckKind.ENTRY_COUNT, len(image.history) == entries + 1, length_doubts)
    one_more = len(image.diff_ids) == len(parent.diff_ids) + 1
    yield LayerCheck(CheckKind.LAYER_COUNT, one_more, child_doubts(image, parent))
    repeats = rules.repeats(image, parent)
    yield LayerCheck(CheckKind.HISTORY, repeats, prefix_doubts(parent, image, rules))


def layer_command_check(image: Image, parent: Image, config: ContainerConfig) -> LayerCheck:
    """Return the check that the entry after the parent's has the probe's command."""
    entries = len(parent.history)
    command = image.history[entries].created_by if entries < len(image.history) else None
    doubts = joined(doubts_about(image, "history.created_by"), doubts_about(parent, "history"))
    return LayerCheck(CheckKind.COMMAND, command == created_by(config), doubts)
