"""The ways in which engines change their images other than by building, by kind of store and release, as data.

Read from ``daemon/images`` and ``image/tarexport`` (graph drivers), and from ``daemon/containerd`` of moby, v20.10 to
docker-v29.7.2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from cacheview.engine import RuleSet
from cacheview.model import DockerVersion, StoreKind

__all__ = ["ENGINE_BEHAVIORS", "EngineBehavior", "InUse", "Parents", "behavior_of"]


class Parents(Enum):
    """The images that are removed together with another one, if they have no name."""

    RECORDED = "recorded"  # its recorded parents, one after another
    BY_LAYERS = "by layers"  # those with its first layers, the most layers first


class InUse(Enum):
    """The part of an image that ``image prune -a`` keeps if a container was created by its id."""

    UNNAMED = "unnamed"  # a record without a name
    LAST_NAME = "last name"  # the last of its names


@dataclass(frozen=True)
class EngineBehavior:
    """The way in which an engine changes its images.

    Attributes:
        since: the first release with this behavior; it is valid until the next one of the same store.
        source: the code that it was read from.
        store: the kind of store.
        parents: the images that are removed with another one.
        keeps_unnamed_parent: whether an image that others are built on stays without a name when its only name is
            removed.
        in_use: the part of an image that a container created by its id keeps when all unused images are pruned.
        pull_keeps_old: whether an image that loses its last name to a pull stays, without a name.
        load_keeps_old: the same for a load; an image that gets the same name again also gets a record without one.
    """

    since: str
    source: str
    store: StoreKind
    parents: Parents = Parents.RECORDED
    keeps_unnamed_parent: bool = True
    in_use: InUse = InUse.LAST_NAME
    pull_keeps_old: bool = True
    load_keeps_old: bool = True

    @property
    def is_by_records(self) -> bool:
        """Whether each name is a separate record, and a build's image without a name has one too."""
        return self.store is StoreKind.CONTAINERD


_GRAPH_DRIVER: Final = EngineBehavior(
    since="v20.10.0-beta1",
    source="moby daemon/images/image_delete.go, image_prune.go, image/tarexport (v20.10 to docker-v29.7.2)",
    store=StoreKind.GRAPH_DRIVER,
)
_V24_0: Final = EngineBehavior(
    since="v24.0.0-beta.1",
    source="moby daemon/containerd/image_delete.go, image_children.go at v24.0",
    store=StoreKind.CONTAINERD,
    parents=Parents.BY_LAYERS,
    keeps_unnamed_parent=False,
    in_use=InUse.UNNAMED,
    pull_keeps_old=False,
    load_keeps_old=False,
)
_V25_0: Final = replace(
    _V24_0,
    since="v25.0.0-beta.1",
    source="moby daemon/containerd/image_delete.go (87c87bcc, cf1ea923), image_children.go (71ebfc7c)",
    parents=Parents.RECORDED,
    keeps_unnamed_parent=True,
)
_V27_2: Final = replace(
    _V25_0, since="v27.2.0", source="moby daemon/containerd/image_pull.go at v27.2", pull_keeps_old=True
)
_V27_3: Final = replace(
    _V27_2, since="v27.3.0", source="moby daemon/containerd/image_prune.go (e4c2eb9d)", in_use=InUse.LAST_NAME
)
_V28_1: Final = replace(
    _V27_3, since="v28.1.0", source="moby daemon/containerd/image_exporter.go at v28.1", load_keeps_old=True
)

ENGINE_BEHAVIORS: Final = (_GRAPH_DRIVER, _V24_0, _V25_0, _V27_2, _V27_3, _V28_1)
"""All behaviors by kind of store, in the order of their releases."""


def behavior_of(rules: RuleSet, version: str) -> EngineBehavior:
    """Return the behavior of the engine with these rules.

    Args:
        version: of Docker Engine; empty: the newest release that has the rules.
    """
    of_store = [each for each in ENGINE_BEHAVIORS if each.store is rules.store]
    release = DockerVersion.parse(version) or rules.newest
    if release is None:  # a commit between 24.0 and 25.0, which behaves like 25.0
        return _V25_0
    earlier = [each for each in of_store if _since(each) <= release]
    return earlier[-1] if earlier else of_store[0]


def _since(behavior: EngineBehavior) -> DockerVersion:
    version = DockerVersion.parse(behavior.since)
    assert version is not None, behavior.since
    return version
