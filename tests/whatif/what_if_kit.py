"""Small stores of both kinds, and their images after changes."""

from __future__ import annotations

from collections.abc import Sequence

from cacheview.cases import daemon_of
from cacheview.model import (
    NO_CONTAINERS,
    Container,
    ContainerConfig,
    Containers,
    Doubt,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    LayerContent,
    RootFS,
    Timestamp,
)
from cacheview.stores.opened_location import OpenedCase
from cacheview.whatif.apply import ChangedStore, apply, unchanged
from cacheview.whatif.change import Change

__all__ = ["UNKNOWN", "changed", "digest", "full", "ids", "image", "left", "using"]

UNKNOWN = Containers(None, "containers are unknown", "Ask the engine")
NO_LAYERS: LayerContent = {}
NOW = Timestamp.parse("2024-01-01T00:00:00Z")


def digest(letter: str) -> str:
    return f"sha256:{letter * 64}"


def full(name: str) -> str:
    return name if "." in name.partition("/")[0] else f"docker.io/library/{name}"


def image(
    letter: str,
    parent: Image | None = None,
    *names: str,
    dangling: bool | None = None,
    built: bool = True,
    doubts: Sequence[Doubt] = (),
) -> Image:
    """An image with one more step than its parent."""
    config = ContainerConfig(Cmd=(letter,))
    before, layers = (parent.history, parent.diff_ids) if parent is not None else ((), ())
    return Image(
        id=digest(letter),
        names=tuple(full(name) for name in names),
        parent=parent.id if parent is not None else None,
        from_scratch=parent is None,
        built_locally=built,
        dangling=dangling,
        config=ImageConfig(
            created=NOW,
            container_config=config,
            history=(*before, HistoryEntry(created=NOW, created_by=letter)),
            rootfs=RootFS(type="layers", diff_ids=(*layers, f"sha256:layer-{letter}")),
        ),
        config_digest=digest(letter),
        manifest_digest=digest(letter),
        doubts=tuple(doubts),
    )


def using(*used: Image, name: str = "", running: bool = False) -> Containers:
    """One container for each image."""
    return Containers(
        tuple(Container(f"{n:064x}", each.id, full(name) if name else each.id, running) for n, each in enumerate(used))
    )


def changed(
    images: Sequence[Image],
    release: str,
    *changes: Change,
    containers: Containers = NO_CONTAINERS,
    layer_content: LayerContent = NO_LAYERS,
) -> ChangedStore:
    """The store of a release after these changes. ``release`` is written like a name of rules."""
    store = ImageStore(tuple(images), layer_content=layer_content)
    state = unchanged(store, daemon_of(OpenedCase("", store, ""), release), containers)
    for change in changes:
        state = apply(state, change)
    return state


def ids(store: ImageStore) -> str:
    """The letters of the images. Those that may or may not exist are in parentheses."""
    known = [each for each in store.images if each.doubt("existence") is None]
    maybe = [each for each in store.images if each.doubt("existence") is not None]
    letters = "".join(sorted(each.id[7] for each in known))
    return letters + (f"({''.join(sorted(each.id[7] for each in maybe))})" if maybe else "")


def left(images: Sequence[Image], release: str, *changes: Change, containers: Containers = NO_CONTAINERS) -> str:
    """The images left after these changes, written as by `ids`."""
    return ids(changed(images, release, *changes, containers=containers).store)
