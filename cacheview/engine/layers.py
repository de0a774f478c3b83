"""The first containerd cache: an image is the next step when it has one layer and one history entry more.

moby: ``isMatch`` of ``daemon/containerd/cache.go`` and ``Children`` of ``daemon/containerd/image_children.go`` (v24.0).
"""

from __future__ import annotations

from cacheview.engine.history import created_by, history_keys
from cacheview.engine.ruleset import RuleSet
from cacheview.model import ContainerConfig, Image, ImageStore

__all__ = ["children_by_layers", "is_next_step"]


def children_by_layers(store: ImageStore, parent: str) -> tuple[Image, ...]:
    """The images whose layers begin with all of the parent's and go on, in store order."""
    image = store.by_id.get(parent)
    if image is None:
        return ()
    layers = image.diff_ids
    return tuple(
        child for child in store.images if len(child.diff_ids) > len(layers) and child.diff_ids[: len(layers)] == layers
    )


def is_next_step(image: Image, parent: Image, config: ContainerConfig, rules: RuleSet) -> bool:
    """Whether the image is what the parent becomes by this command, by its history."""
    entries = len(parent.history)
    return (
        len(image.history) == entries + 1
        and len(image.diff_ids) == len(parent.diff_ids) + 1
        and history_keys(image, rules)[:entries] == history_keys(parent, rules)
        and image.history[entries].created_by == created_by(config)
    )
