"""What is worked out of all images of a store is worked out once for each store."""

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
        """None is a result too."""
        computed.append(store)
        return store.images[0].id if store.images else None

    one = Image(id="sha256:a", config=ImageConfig())
    stores = ImageStore(()), ImageStore((one,))
    for _ in range(2):
        assert [count(store) for store in stores] == [0, 1]
        assert [first(store) for store in stores] == [None, "sha256:a"]
    assert computed == [*stores, *stores]
    changed = replace(stores[0], images=(one,))
    assert count(changed) == 1, "a store that is made of another is another"
    assert stores[1] == changed, "what is known of a store is no part of it"
    assert count.__name__ == "count"
