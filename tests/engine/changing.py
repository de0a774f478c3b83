"""Stores created from others with a few changes, and equal stores created directly from their images."""

from __future__ import annotations

from hypothesis import strategies as st
from strategies import IDS, LACKED

from cacheview.engine import prepare
from cacheview.model import Image, ImageStore, Probe

parents = st.none() | st.sampled_from([*IDS, LACKED])


@st.composite
def made_by_changes(draw: st.DrawFn, images: tuple[Image, ...], *, ready: bool = True) -> ImageStore:
    """Draw a store of these images, created in a few steps, each of which adds and replaces some.

    ``ready``: whether one of the stores before the last is prepared, and only fields that a build changes are changed.
    """
    count = draw(st.integers(0, len(images)))
    first = []
    for image in images[:count]:
        if draw(st.booleans()):
            changes: dict[str, object] = {"parent": draw(parents), "dangling": draw(st.sampled_from([None, True]))}
            if not ready:
                changes["names"] = draw(st.sampled_from([(), image.names, ("docker.io/library/a:latest",)]))
            image = image.model_copy(update=changes)
        first.append(image)
    store = ImageStore(tuple(first))
    at = draw(st.integers(0, 2)) if ready else None
    left = {image.id: image for image, before in zip(images, first, strict=False) if image is not before}
    for number in range(2):
        if number == at:
            prepare(store)
        more = draw(st.integers(0, len(images) - len(store.images)))
        added = images[len(store.images) : len(store.images) + more]
        replaced = {image_id: left.pop(image_id) for image_id in list(left) if draw(st.booleans())}
        store = store.with_changes(replaced, added)
    if at == 2:
        prepare(store)
    return store.with_changes(left, images[len(store.images) :])


@st.composite
def changed(draw: st.DrawFn, case: tuple[ImageStore, Probe]) -> tuple[ImageStore, ImageStore, Probe]:
    """Draw a store created by changes, an equal store created directly, and a probe."""
    store, probe = case
    return draw(made_by_changes(store.images)), store, probe
