"""A store created from another one with changes equals a store created from the same images."""

from __future__ import annotations

import sys

import pytest
from changing import made_by_changes
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import IDS, LACKED, stores

from cacheview.engine.layers import with_content
from cacheview.model import DataError, Image, ImageConfig, ImageStore, StoreKind

some = examples(0.4)
REFERENCES = (*IDS, *"abcdef", *(f"{digit}@{IDS[0]}" for digit in "ab"), "sha256:aaaa", "aaaa", "new", LACKED)


def resolved(store: ImageStore, reference: str, kind: StoreKind) -> str:
    try:
        return store.resolve_for(reference, kind).id
    except DataError as error:
        return str(error)


@given(stores().flatmap(lambda store: st.tuples(st.just(store), made_by_changes(store.images, ready=False))))
@some
def test_a_derived_store_gives_the_same_lookups_as_a_new_one(stores: tuple[ImageStore, ImageStore]) -> None:
    store, made = stores
    assert made == store
    assert list(made.by_id.items()) == list(store.by_id.items())
    assert [made.by_id.get(image_id) for image_id in (*IDS, LACKED)] == [
        store.by_id.get(image_id) for image_id in (*IDS, LACKED)
    ]
    assert [(parent, list(images)) for parent, images in made.children.items()] == [
        (parent, list(images)) for parent, images in store.children.items()
    ]
    for kind in StoreKind:
        assert [resolved(made, text, kind) for text in REFERENCES] == [
            resolved(store, text, kind) for text in REFERENCES
        ]
    for image in store.images:
        entries, layers = len(image.history), image.diff_ids
        assert list(with_content(made, entries, layers)) == list(with_content(store, entries, layers))
    assert not list(with_content(made, 0, ("no such layer",)))


def numbered(*numbers: int) -> tuple[Image, ...]:
    return tuple(Image(id=f"sha256:{number:064x}", config=ImageConfig()) for number in numbers)


def test_without_changes_it_is_the_same_store() -> None:
    store = ImageStore(numbered(0, 1))
    assert store.with_changes({"sha256:no such": numbered(2)[0]}) is store
    assert store.origin is None


def test_the_origin_store_is_replaced_only_after_many_changes() -> None:
    first = ImageStore(numbered(0))
    made = [first]
    for number in range(1, 100):
        made.append(made[-1].with_changes({}, numbered(number)))
        changed = made[-1].images[number].model_copy(update={"parent": "sha256:1"})
        made.append(made[-1].with_changes({changed.id: changed}))
    origins = {id(store.origin.store) for store in made if store.origin is not None}
    assert len(origins) == 2
    assert all(store.origin is not None and len(store.origin.images) <= 64 for store in made[1:])
    assert [image.parent for image in made[-1].images] == [None, *["sha256:1"] * 99]


def test_origins_behind_one_another_are_few_whatever_the_number_of_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cacheview.model.store._MAX_CHANGES", 1)
    store = ImageStore(numbered(0))
    depths = []
    for number in range(1, sys.getrecursionlimit() + 100):
        store = store.with_changes({}, numbered(number))
        depths.append(depth_of(store))
    assert max(depths) == 16
    assert depths.count(0) == len(depths) // 17, "only one store in many is created from scratch"
    moved = numbered(0)[0].model_copy(update={"parent": store.images[-1].id})
    store = store.with_changes({moved.id: moved})
    assert store == ImageStore((moved, *numbered(*range(1, len(store.images)))))
    assert store.by_id[moved.id] is moved
    assert list(store.children[store.images[-1].id]) == [moved]
    assert store.resolve(store.images[-1].id) is store.images[-1]


def depth_of(store: ImageStore) -> int:
    depth = 0
    while store.origin is not None:
        depth, store = depth + 1, store.origin.store
    return depth
