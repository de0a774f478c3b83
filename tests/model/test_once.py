"""Results computed from all images of a store are computed once per store."""

from __future__ import annotations

from dataclasses import replace

from cacheview.model import Image, ImageConfig, ImageStore
from cacheview.model.once import once_of_store


def test_a_function_of_a_store_is_computed_once_per_store() -> None:
    computed: list[ImageStore] = []

    @once_of_store
    def count(store: ImageStore) -> int:
        computed.append(store)
        return len(store.images)

    @once_of_store
    def first(store: ImageStore) -> str | None:
        """None is also a result."""
        computed.append(store)
        return store.images[0].id if store.images else None

    one = Image(id="sha256:a", config=ImageConfig())
    stores = ImageStore(()), ImageStore((one,))
    for _ in range(2):
        assert [count(store) for store in stores] == [0, 1]
        assert [first(store) for store in stores] == [None, "sha256:a"]
    assert computed == [*stores, *stores]
    changed = replace(stores[0], images=(one,))
    assert count(changed) == 1, "a changed copy of a store is a different store"
    assert stores[1] == changed, "results are not compared with the store"
    assert count.__name__ == "count"
