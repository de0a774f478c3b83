"""Changes that can happen to a store, as values."""

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
    """The commands that prune images, with their names."""

    IMAGES = "docker image prune"
    ALL_IMAGES = "docker image prune -a"
    SYSTEM = "docker system prune"
    ALL_SYSTEM = "docker system prune -a"

    @property
    def is_all(self) -> bool:
        """Whether it removes every image that no container uses, not only those without a tag."""
        return self in (PruneKind.ALL_IMAGES, PruneKind.ALL_SYSTEM)

    @property
    def removes_containers(self) -> bool:
        """Whether it removes stopped containers first."""
        return self in (PruneKind.SYSTEM, PruneKind.ALL_SYSTEM)


@dataclass(frozen=True, slots=True)
class Prune:
    """Images are pruned, without a filter."""

    kind: PruneKind


@dataclass(frozen=True, slots=True)
class BuilderPrune:
    """``docker builder prune`` runs. It removes BuildKit's cache, which the classic builder does not use."""


@dataclass(frozen=True, slots=True)
class Remove:
    """``docker rmi`` runs.

    Attributes:
        image: as named in the command.
        force: whether ``--force`` is given.
        prunes: whether parents without a name are removed too; otherwise ``--no-prune`` is given.
    """

    image: str
    force: bool = False
    prunes: bool = True


@dataclass(frozen=True, slots=True)
class SaveLoad:
    """``docker save`` runs for some images, and ``docker load`` for the archive.

    Attributes:
        images: as named in the command; empty: every tag of the store.
        empties_store: whether the store is emptied in between, or is another one of the same engine.
    """

    images: tuple[str, ...] = ()
    empties_store: bool = True


@dataclass(frozen=True)
class Load:
    """``docker load`` runs with an archive of another store's images.

    Attributes:
        title: title of the archive, for people.
        kind: the kind of store that the images' ids are from; None: not known.
        images: all of them.
    """

    title: str
    kind: StoreKind | None
    images: tuple[Image, ...] = field(repr=False)


@dataclass(frozen=True)
class Pull:
    """``docker pull`` runs for each name of another store's images, as if they had been pushed to a registry.

    Attributes:
        title: title of the other store, for people.
        kind: the kind of store that the images' ids are from; None: not known.
        images: those with a tag are pulled.
        digests: the digest that the registry has for a name with its tag, as far as known.
    """

    title: str
    kind: StoreKind | None
    images: tuple[Image, ...] = field(repr=False)
    digests: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The engine is replaced by another release, or uses another kind of store. ``release``: a name of rules."""

    release: str


Change: TypeAlias = Prune | BuilderPrune | Remove | SaveLoad | Load | Pull | Upgrade
