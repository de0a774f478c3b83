"""Reads the store behind an engine on this machine, its containerd or data root, for details that the API omits."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cacheview.model import DataError, Image, Problem, StoreKind
from cacheview.stores.containerd import containerd_sockets
from cacheview.stores.containerd.sockets import USUAL_SOCKETS
from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.stores.docker_engine.engine import Engine
from cacheview.stores.opened_location import OpenedLocation
from cacheview.stores.permission import group_of, who_can
from cacheview.stores.reading import Reading
from cacheview.stores.reasons import reason
from cacheview.stores.usual import CONTAINERD_ROOT, DOCKER_ROOT
from cacheview.wording import counted

__all__ = ["RicherDetails", "StorePlace", "read_richer_store", "remedy_for", "store_places"]

_META = "io.containerd.metadata.v1.bolt/meta.db"


@dataclass(frozen=True, slots=True)
class StorePlace:
    """A place that may have a store with more details than the API.

    Attributes:
        kind: the kind of store.
        target: the part of its location after the prefix.
        path: path of its socket or folder.
        why_not: why it cannot be read, in a sentence; empty if it may be tried.
        is_absent: whether it cannot be read because nothing is there.
        is_folder: whether it is a folder, read without a daemon.
    """

    kind: StoreKind
    target: str
    path: str
    why_not: str = ""
    is_absent: bool = False
    is_folder: bool = False

    @property
    def location(self) -> str:
        """The location that opens it."""
        return f"{'data-root' if self.kind is StoreKind.GRAPH_DRIVER else 'containerd'}:{self.target}"


@dataclass(frozen=True, slots=True)
class RicherDetails:
    """The details that were read in addition to those of the API.

    Attributes:
        images: the images of the same store by id; empty if none could be read.
        remedy: a sentence on how to find out what the API does not report.
        layers_at: see `ImageStore`.
    """

    images: Mapping[str, Image]
    remedy: str
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    layers_at: str = ""


def store_places(engine: Engine, endpoint: Endpoint) -> list[StorePlace]:
    """Return the places on this machine where an engine's store may be readable, best first; none for a remote engine.

    The root folder of its containerd comes before the socket, because reading it is several times faster. An engine
    that starts its own containerd has that folder below its data root (moby 28.5.2, cmd/dockerd/daemon_unix.go).
    """
    if endpoint.socket_path is None or engine.store is None:
        return []
    root = engine.root if os.path.isabs(engine.root) else DOCKER_ROOT
    if engine.store is StoreKind.GRAPH_DRIVER:
        folder = f"{root}/image/{engine.driver}" if engine.driver else root
        return [_place(engine.store, folder, folder, f"{folder}/imagedb" if engine.driver else root)]
    text = engine.containerd.removeprefix("unix://")
    sockets = list(dict.fromkeys((*([text] if os.path.isabs(text) else []), *map(str, containerd_sockets()))))
    sockets = sockets or [USUAL_SOCKETS[0]]
    namespace = f"#{engine.namespace}"
    places = [_place(engine.store, f"{path}{namespace}", path, path) for path in sockets]
    folders = [f"{root}/containerd/daemon"]
    if sockets[0] == USUAL_SOCKETS[0]:
        folders.insert(0, CONTAINERD_ROOT)
    first, *rest = (
        replace(_place(engine.store, f"{folder}{namespace}", folder, f"{folder}/{_META}"), is_folder=True)
        for folder in folders
    )
    return [first, *places, *rest]


def read_richer_store(engine: Engine, endpoint: Endpoint, ids: Iterable[str], reading: Reading) -> RicherDetails:
    """Read the engine's store from the first of the `store_places` that has it.

    It is the engine's store if it has more than half of the images that the engine lists. A few common images prove
    nothing: two stores may have pulled the same ones.

    Raises:
        Canceled: ``reading.progress`` canceled the work.
    """
    listed = set(ids)
    notes: list[str] = []
    places = store_places(engine, endpoint) if listed else []
    rejected: list[StorePlace] = []
    for place in places:
        if place.why_not:
            rejected.append(place)
            continue
        try:
            store = _open(place, replace(reading, partial=None)).cases[0].store
        except (DataError, ImportError) as error:  # ImportError: its library is not installed
            what = error.what if isinstance(error, DataError) else reason(error)
            rejected.append(replace(place, why_not=f"{place.path} cannot be read: {what}"))
            continue
        common = len(listed & store.by_id.keys())
        if 2 * common <= len(listed):
            notes.append(
                f"{place.location} is not this engine's store: it has only {common} of the engine's {len(listed)} "
                "images."
            )
            rejected.append(replace(place, why_not=f"{place.path} is a different store"))
            continue
        if more := len(store.by_id.keys() - listed):
            notes.append(f"{place.location} has {counted(more, 'image')} that the engine does not list.")
        message = f"Details that the Docker API leaves out were read from {place.location}."
        return RicherDetails(
            store.by_id, remedy_for(engine, rejected), (message, *notes), store.problems, store.layers_at
        )
    return RicherDetails({}, remedy_for(engine, rejected), tuple(notes))


def remedy_for(engine: Engine, rejected: Iterable[StorePlace]) -> str:
    """Return how to make the store itself readable: which store, and why it cannot be read now."""
    rejected = list(rejected)
    if engine.store is StoreKind.GRAPH_DRIVER:
        what = f"the engine's data root: data-root:{engine.root or DOCKER_ROOT}"
    else:
        what = (
            f"the engine's containerd store: containerd:{engine.containerd.removeprefix('unix://') or USUAL_SOCKETS[0]}"
        )
    if not rejected:
        return f"On the Docker host, open {what}"
    rejected.sort(key=lambda place: place.is_folder)  # sockets first: connecting to one may not need root
    existing = [place for place in rejected if not place.is_absent] or rejected[:1]
    return f"Open {what}. {'. '.join(place.why_not for place in existing[:3])}"


def _open(place: StorePlace, reading: Reading) -> OpenedLocation:
    if place.kind is StoreKind.CONTAINERD:
        from cacheview.stores.containerd import open_containerd

        return open_containerd(place.target, reading)
    from cacheview.stores.data_root import open_data_root

    return open_data_root(place.target, reading)


def _place(kind: StoreKind, target: str, path: str, needed: str) -> StorePlace:
    """Return a place for a store, with the reason why ``needed`` (its file, folder or socket) cannot be read."""
    why_not, is_absent = "", False
    try:
        status = os.stat(needed)
        if not os.access(needed, os.R_OK | (os.W_OK if stat.S_ISSOCK(status.st_mode) else 0)):
            why_not = f"You do not have permission to use {path}: {who_can('use it', group_of(status))}"
    except PermissionError:
        why_not = f"You do not have permission to read {path}: {who_can('read it')}"
    except (OSError, ValueError):
        why_not, is_absent = f"{path} does not exist on this machine", True
    return StorePlace(kind, target, path, why_not, is_absent)
