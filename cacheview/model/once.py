"""Results computed from all images of a store, once per store: a store never changes, and may have 100,000 images."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from cacheview.model.store import ImageStore

__all__ = ["is_computed", "once_of_store"]

V = TypeVar("V")


def once_of_store(work: Callable[[ImageStore], V]) -> Callable[[ImageStore], V]:
    """Decorate a function of a store so that its result is computed once per store.

    The result lives as long as the store and must not be changed.
    """

    @wraps(work)
    def cached(store: ImageStore) -> V:
        results = store.computed
        if work not in results:
            results[work] = work(store)
        result: V = results[work]
        return result

    return cached


def is_computed(work: Callable[[ImageStore], object], store: ImageStore) -> bool:
    """Return whether the result of a function decorated with `once_of_store` is known for a store."""
    return work.__wrapped__ in store.computed  # type: ignore[attr-defined]
