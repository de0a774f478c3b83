"""Shares equal parts between the images of a store.

An image that was built on another has the same history, layers and most of the same environment, but its document
repeats them. Models are immutable, so two of them can safely share parts.
"""

from __future__ import annotations

from collections.abc import Hashable
from operator import attrgetter
from typing import Final

from cacheview.model.config import ContainerConfig
from cacheview.model.image import HistoryEntry, Image, ImageConfig
from cacheview.model.large_map import LargeMap

__all__ = ["Shared"]

_LIST_FIELDS: Final = ("Env", "Cmd", "Entrypoint", "OnBuild", "Shell")
_LARGE_FIELDS: Final = (*_LIST_FIELDS, "Labels", "Healthcheck")
"""The fields of a container config that need much memory.

Sets of ports and volumes are small, and equal ones need not have the same JSON: 1 equals True.
"""

_NO_VALUES: Final = (None,) * len(_LARGE_FIELDS)
_large_of: Final = attrgetter(*_LARGE_FIELDS)
_set: Final = object.__setattr__


class Shared:
    """Replaces parts of new models with equal earlier ones, in place. The models must not be in use yet."""

    def __init__(self) -> None:
        self._texts = LargeMap[str, str]()
        self._lists = LargeMap[tuple[str, ...], tuple[str, ...]]()
        self._entries = LargeMap[str, HistoryEntry]()  # by command; most commands are unique
        self._others = LargeMap[Hashable, HistoryEntry]()  # entries whose command was seen before

    def clear(self) -> None:
        """Forget all parts, in steps. Later models share only parts of each other."""
        for parts in (self._texts, self._lists, self._entries, self._others):
            parts.clear()

    def texts(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Return an equal tuple whose strings are shared too."""
        shared = self._lists.get(texts)
        if shared is None:
            share = self._texts.setdefault
            shared = tuple([share(text, text) for text in texts])
            self._lists[shared] = shared
        return shared

    def image(self, image: Image) -> None:
        """Share the parts of an image."""
        self.config(image.config)
        if image.container_config is not None:
            self.container_config(image.container_config, image.config.config)

    def config(self, config: ImageConfig) -> None:
        """Share the parts of an image config."""
        history, rootfs = config.history, config.rootfs
        if history:
            _set(config, "history", self._history(history))
        if rootfs is not None and rootfs.diff_ids:
            share = self._texts.setdefault
            _set(rootfs, "diff_ids", tuple([share(layer, layer) for layer in rootfs.diff_ids]))
        run_config, built_with = config.config, config.container_config
        if run_config is not None:
            self.container_config(run_config)
        if built_with is not None:
            self.container_config(built_with, run_config)

    def container_config(self, config: ContainerConfig, like: ContainerConfig | None = None) -> None:
        """Share the parts of a container config. ``like`` is a config that may have equal parts."""
        others = _large_of(like) if like is not None else _NO_VALUES
        for number, value in enumerate(_large_of(config)):
            if value is None:
                continue
            other = others[number]
            # Maps have an order too: that of their JSON.
            if value == other and (not isinstance(value, dict) or list(value) == list(other)):
                _set(config, _LARGE_FIELDS[number], other)
            elif value and number < len(_LIST_FIELDS):
                _set(config, _LARGE_FIELDS[number], self.texts(value))

    def _history(self, history: tuple[HistoryEntry, ...]) -> tuple[HistoryEntry, ...]:
        share = self._entries.setdefault
        shared = []
        for entry in history:
            equal = share(entry.created_by, entry)
            if equal is not entry and equal.key != entry.key:
                equal = self._others.setdefault(entry.key, entry)
            shared.append(equal)
        return tuple(shared)
