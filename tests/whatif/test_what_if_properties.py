"""Properties that hold for every store."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from what_if_kit import UNKNOWN, changed, image, using

from cacheview.model import Containers, Image
from cacheview.whatif.change import Change, Prune, PruneKind, Remove, SaveLoad

RELEASES = ["20.10.24 overlay2", "29.5.3 overlay2", "24.0.7 containerd", "26.1.5 containerd", "28.5.2 containerd"]
NAMES = [f"{name}:{tag}" for name in "xyz" for tag in "12"]


@st.composite
def stores(draw: st.DrawFn) -> tuple[Image, ...]:
    """A forest of images in which no name is used twice."""
    images: list[Image] = []
    names = draw(st.permutations(NAMES))
    for letter in string.hexdigits[: draw(st.integers(0, 10))]:
        parent = draw(st.none() | st.sampled_from(images)) if images else None
        count = draw(st.sampled_from([0, 0, 1, 1, 2]))
        own, names = names[:count], names[count:]
        images.append(image(letter, parent, *own, built=draw(st.booleans())))
    return tuple(images)


@st.composite
def containers(draw: st.DrawFn, images: tuple[Image, ...]) -> Containers:
    used = draw(st.lists(st.sampled_from(images), max_size=3, unique=True)) if images else []
    return using(*used, running=draw(st.booleans()))


prunes = st.sampled_from(PruneKind).map(Prune)
few = settings(max_examples=40)


@few
@given(st.data(), stores(), st.sampled_from(RELEASES), prunes)
def test_a_second_prune_has_no_effect(
    data: st.DataObject, images: tuple[Image, ...], release: str, prune: Prune
) -> None:
    used = data.draw(containers(images))
    once = changed(images, release, prune, containers=used)
    twice = changed(images, release, prune, prune, containers=used)
    assert twice.store.images == once.store.images
    assert not twice.applied[1].has_effect


@few
@given(st.data(), stores(), st.sampled_from(RELEASES), st.booleans())
def test_what_if_changes_keep_the_content_of_remaining_images(
    data: st.DataObject, images: tuple[Image, ...], release: str, force: bool
) -> None:
    named = [name for each in images for name in each.names]
    changes: list[Change] = [data.draw(prunes)]
    if named:
        changes.insert(0, Remove(data.draw(st.sampled_from(named)), force=force))
    try:
        state = changed(images, release, *changes, containers=data.draw(containers(images)))
    except Exception as error:
        pytest.fail(f"{changes}: {error}")
    by_id = {each.id: each for each in images}
    for each in state.store.images:
        was = by_id[each.id]
        assert (each.config, each.parent, each.built_locally) == (was.config, was.parent, was.built_locally)
        assert set(each.names) <= set(was.names)
    gone = by_id.keys() - state.store.by_id.keys()
    assert state.removed.keys() == gone
    if "overlay2" in release:
        assert not any(each.parent in gone for each in state.store.images)


@few
@given(stores(), st.sampled_from(RELEASES))
def test_saved_and_loaded_images_keep_their_ids_and_names(images: tuple[Image, ...], release: str) -> None:
    state = changed(images, release, SaveLoad())
    named = {each.id: set(each.names) for each in images if each.names}
    assert {each.id: set(each.names) for each in state.store.images} == named


@few
@given(stores(), st.sampled_from(RELEASES), prunes)
def test_images_certain_with_unknown_containers_are_so_with_any(
    images: tuple[Image, ...], release: str, prune: Prune
) -> None:
    unknown = changed(images, release, prune, containers=UNKNOWN).store
    certain = {each.id for each in unknown.images if each.doubt("existence") is None}
    for used in (Containers(()), using(*images), using(*images, running=True), *(using(each) for each in images)):
        ids = changed(images, release, prune, containers=used).store.by_id.keys()
        assert certain <= ids <= unknown.by_id.keys()
