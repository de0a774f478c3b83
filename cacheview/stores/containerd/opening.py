"""Opens a containerd location: its socket or root folder, and the namespace in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cacheview.model import DataError, Image, ImageStore, Problem, Release, StoreKind
from cacheview.stores.containerd.images import OnPartial
from cacheview.stores.containerd.images import read_images as images_of
from cacheview.stores.containerd.namespaces import choose_namespace, split_target
from cacheview.stores.containerd.root import RootFolder, RootNamespace, find_root
from cacheview.stores.containerd.sockets import require_usable_socket, usual_socket
from cacheview.stores.files import path_of, refusal, what_it_is
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation
from cacheview.stores.permission import who_can
from cacheview.stores.reading import Reading

__all__ = ["open_target"]


def open_target(target: str, reading: Reading) -> OpenedLocation:
    """See `cacheview.stores.containerd.open_containerd`."""
    text, requested = split_target(target)
    path = path_of(text) if text else usual_socket()
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError as error:
        what = "there is no such socket or folder. Is containerd running? Check the path"
        raise DataError(what, where=str(path)) from error
    except PermissionError as error:
        raise DataError(
            f"you do not have permission to access this path: {who_can('access it')}", where=str(path)
        ) from error
    except OSError as error:
        raise refusal(error, str(path)) from error
    if stat.S_ISSOCK(mode):
        require_usable_socket(path)
        return _open_socket(path, requested, f"containerd:{target}", reading)
    if stat.S_ISDIR(mode) or path.name == "meta.db":
        return _open_root(path, requested, f"containerd:{target}", reading)
    kind = "a file" if stat.S_ISREG(mode) else what_it_is(mode)
    raise DataError(f"is {kind}. Open containerd's socket or root folder", where=str(path))


def _open_root(path: Path, requested: str, location: str, reading: Reading) -> OpenedLocation:
    root = RootFolder(find_root(path), reading.budget)
    metadata = root.metadata()
    name, notes = _choose(metadata.namespaces, requested, lambda name: bool(metadata.records(name)[0]), path)
    store = _Store("containerd root folder", name, location, notes, path)
    namespace = RootNamespace(root, metadata, name)
    read = images_of(
        namespace.records(), namespace, reading, records_now=namespace.records_now, on_partial=store.on_partial(reading)
    )
    return store.opened(*read, path)


def _open_socket(path: Path, requested: str, location: str, reading: Reading) -> OpenedLocation:
    from cacheview.stores.containerd.client import THREADS, ContainerdClient

    with ContainerdClient(path, reading.budget) as client:
        version, namespaces = client.begin(reading.progress)
        name, notes = _choose(namespaces, requested, lambda name: client.has_images(name, reading.progress), path)
        store = _Store(f"containerd {version}".rstrip(), name, location, notes, path)
        namespace = client.namespace(name, reading.progress)
        read = images_of(
            namespace.records(),
            namespace,
            reading,
            records_now=namespace.records,
            threads=THREADS,
            on_partial=store.on_partial(reading),
        )
    return store.opened(*read, path)


def _choose(
    names: Sequence[str], requested: str, has_images: Callable[[str], bool], path: Path
) -> tuple[str, tuple[str, ...]]:
    try:
        return choose_namespace(names, requested, has_images)
    except DataError as error:
        raise error if error.where else error.at(str(path)) from None


@dataclass(frozen=True, slots=True)
class _Store:
    """A store's properties, apart from its images."""

    title: str
    namespace: str
    location: str
    notes: tuple[str, ...]
    path: Path

    @property
    def _title(self) -> str:
        return f"{self.title}, namespace {self.namespace}" if self.namespace else self.title

    def on_partial(self, reading: Reading) -> OnPartial | None:
        partial = reading.partial
        if partial is None:
            return None
        return lambda images, problems: partial(self._store(images, problems))

    def opened(self, images: list[Image], problems: Sequence[Problem], path: Path) -> OpenedLocation:
        if problems and not images:
            raise DataError(
                f"no image could be read. {'. '.join(str(problem).rstrip('.') for problem in problems[:3])}",
                where=str(path),
            )
        store = self._store(images, problems)
        cases = (OpenedCase(self._title, store, ""),)
        return OpenedLocation(
            self._title, self.location, OpenedKind.CONTAINERD, cases, store.problems, path=str(self.path)
        )

    def _store(self, images: list[Image], problems: Sequence[Problem]) -> ImageStore:
        empty = () if images or problems else ("This store has no images.",)
        return ImageStore(
            tuple(images),
            self._title,
            self.location,
            "",
            (*self.notes, *empty),
            tuple(problems),
            Release(StoreKind.CONTAINERD),
            layers_at=f"containerd:{self.path}#{self.namespace}",
        )
