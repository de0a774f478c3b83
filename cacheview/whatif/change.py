"""What may happen to a store, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from cacheview.model import Image, StoreKind

__all__ = [
    "BuilderPrune",
    "Change",
    "Load",
    "Prune",
    "PruneKind",
    "Pull",
    "Remove",
    "SaveLoad",
    "Upgrade",
]


class PruneKind(Enum):
    """The commands that prune images, with their words."""

    IMAGES = "docker image prune"
    ALL_IMAGES = "docker image prune -a"
    SYSTEM = "docker system prune"
    ALL_SYSTEM = "docker system prune -a"

    @property
    def is_all(self) -> bool:
        """It takes every image that no container uses, not only those without a tag."""
        return self in (PruneKind.ALL_IMAGES, PruneKind.ALL_SYSTEM)

    @property
    def takes_containers(self) -> bool:
        """It removes stopped containers first."""
        return self in (PruneKind.SYSTEM, PruneKind.ALL_SYSTEM)


@dataclass(frozen=True, slots=True)
class Prune:
    """Images are pruned, without a filter."""

    kind: PruneKind


@dataclass(frozen=True, slots=True)
class BuilderPrune:
    """``docker builder prune`` runs: BuildKit's cache goes, of which the classic builder has nothing."""


@dataclass(frozen=True, slots=True)
class Remove:
    """``docker rmi``.

    Attributes:
        image: as it is named there.
        force: ``--force``.
        prunes: parents without a name go along; otherwise ``--no-prune`` is given.
    """

    image: str
    force: bool = False
    prunes: bool = True


@dataclass(frozen=True, slots=True)
class SaveLoad:
    """``docker save`` of some images and ``docker load`` of the archive.

    Attributes:
        images: as they are named there; empty: every tag of the store.
        empties: the store is emptied in between, or it is another one of the same engine.
    """

    images: tuple[str, ...] = ()
    empties: bool = True


@dataclass(frozen=True)
class Load:
    """``docker load`` of another store's images, as an archive of them.

    Attributes:
        title: what is loaded, for people.
        kind: whose ids the images have; None: not known.
        images: all of them.
    """

    title: str
    kind: StoreKind | None
    images: tuple[Image, ...] = field(repr=False)


@dataclass(frozen=True)
class Pull:
    """``docker pull`` of each name of another store's images, as if they had been pushed to a registry.

    Attributes:
        title: where they are from, for people.
        kind: whose ids the images have; None: not known.
        images: those with a tag are pulled.
        digests: by name with its tag, the digest that the registry has for it, where that is known.
    """

    title: str
    kind: StoreKind | None
    images: tuple[Image, ...] = field(repr=False)
    digests: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The engine is of another release, or has another kind of store. ``release``: as rules are named."""

    release: str


Change: TypeAlias = Prune | BuilderPrune | Remove | SaveLoad | Load | Pull | Upgrade
