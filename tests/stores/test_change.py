"""New, removed and changed images between two readings of a store."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cacheview.model import Image, ImageConfig, ImageStore
from cacheview.stores.change import StoreChanges, changes, with_removed


def image(name: str, parent: str | None = None, *names: str) -> Image:
    return Image(id=f"sha256:{name}", parent=f"sha256:{parent}" if parent else None, names=names, config=ImageConfig())


def store(*images: Image) -> ImageStore:
    return ImageStore(images)


def test_new_removed_and_changed_images_are_detected() -> None:
    before = store(image("a"), image("b", "a", "app:1", "app:2"), image("c", "b"), image("d", "a"))
    after = store(image("e", "b"), image("a"), image("b", "a", "app:2", "app:1"), image("d"), image("f", "a", "app:3"))
    change = changes(before, after)
    assert change.new == ("sha256:e", "sha256:f")
    assert [gone.id for gone in change.removed] == ["sha256:c"]
    assert change.changed == ("sha256:d",)  # its parent changed; the order of names does not count
    assert change


def test_a_moved_name_changes_both_images() -> None:
    change = changes(store(image("a", None, "app:1"), image("b")), store(image("a"), image("b", None, "app:1")))
    assert change == StoreChanges(changed=("sha256:a", "sha256:b"))


_STORES = st.dictionaries(
    st.sampled_from("abcdef"), st.tuples(st.none() | st.sampled_from("abc"), st.sets(st.sampled_from(["x", "y"])))
).map(lambda found: store(*(image(name, parent, *names) for name, (parent, names) in found.items())))


@given(before=_STORES, after=_STORES)
def test_changes_between_stores_are_symmetric(before: ImageStore, after: ImageStore) -> None:
    there, back = changes(before, after), changes(after, before)
    assert set(there.new) == {gone.id for gone in back.removed}
    assert set(there.changed) == set(back.changed)
    assert len(before.images) + len(there.new) - len(there.removed) == len(after.images)
    assert not changes(before, before)


@given(before=_STORES, after=_STORES)
def test_removed_images_keep_their_position(before: ImageStore, after: ImageStore) -> None:
    shown = with_removed(before, after)
    gone = changes(before, after).removed
    assert set(shown.images) == {*after.images, *gone}
    assert len(shown.images) == len(after.images) + len(gone)
    assert [each.id for each in shown.images][: len(before.images)] == [each.id for each in before.images]
