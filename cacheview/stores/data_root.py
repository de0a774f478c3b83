"""Docker's data root as a store.

The image store of its graph driver is read without locks, even while the daemon is running.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cacheview.model import DataError, Image, ImageStore, Problem, Release, StoreKind
from cacheview.stores.driver_files import mode_of
from cacheview.stores.files import path_of, refusal, what_it_is
from cacheview.stores.imagedb import CONTENT, METADATA, ImageDatabase, OnPartial
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation
from cacheview.stores.permission import group_of, who_can
from cacheview.stores.reading import Reading
from cacheview.stores.repositories import REPOSITORIES
from cacheview.stores.usual import DOCKER_ROOT
from cacheview.wording import counted

__all__ = ["is_data_root", "open_data_root"]

_BOLT = "containerd/daemon/io.containerd.metadata.v1.bolt"
_MAX_DRIVERS = 100
_REMAPPED = re.compile(r"[0-9]+\.[0-9]+")
_WHAT_TO_OPEN = f"Open Docker's data root, which `docker info` shows as “Docker Root Dir”; it is usually {DOCKER_ROOT}"


@dataclass(frozen=True, slots=True)
class _DriverStore:
    """The image store of one driver. ``changed``: when it last changed, in ns; ``count``: number of images."""

    folder: Path
    changed: int
    count: int


def open_data_root(target: str, reading: Reading) -> OpenedLocation:
    """Read the images of a data root. ``target`` is the part of a location after ``data-root:``.

    The target is the data root, its folder ``image``, or ``image/<driver>``; empty: `DOCKER_ROOT`. If there are several
    drivers, the one whose images changed last is read. A root without a graph driver's images is read as a containerd
    store.

    Raises:
        DataError: there is no data root, or the user may not read it. The message says what, where, and what to do.
        Canceled: ``reading.progress`` canceled the work.
    """
    root = path_of(target or DOCKER_ROOT)
    try:
        _require_folder(root)
        result = _find(root)
        has_bolt = os.path.isdir(root / _BOLT)
        if has_bolt and not any(one.count for one in result):
            # A daemon with a choice does the same: it uses a containerd store unless a graph driver has images.
            try:
                return _open_containerd(root, target, reading)
            except DataError:
                if not result:
                    raise
        if not result:
            raise DataError(_why_nothing(root), where=str(root))
        return _open_driver(root, result, target, reading, has_bolt=has_bolt)
    except OSError as error:
        raise _refusal(error, root) from error


def _open_driver(
    root: Path, results: list[_DriverStore], target: str, reading: Reading, *, has_bolt: bool
) -> OpenedLocation:
    chosen = max(results, key=lambda one: (one.changed, one.folder.name))
    driver = _shown(chosen.folder.name)
    title = f"Docker data root, graph-driver store {driver}"
    location = f"data-root:{target}"
    notes = []
    if len(results) > 1:
        others = ", ".join(
            f"{_shown(one.folder.name)} ({counted(one.count, 'image')})" for one in results if one is not chosen
        )
        notes.append(
            f"Showing the images of {driver}, the storage driver whose images changed most recently. Other storage "
            f"drivers also have images: {others}. To see them, open data-root:{chosen.folder.parent}/<driver>."
        )
    if has_bolt:
        notes.append(
            "The data root also contains containerd data. If the daemon uses the containerd image store, open "
            f"containerd:{root}/containerd/daemon to see its images."
        )

    def store(images: list[Image], problems: Sequence[Problem]) -> ImageStore:
        empty = () if images or problems else ("This store has no images.",)
        return ImageStore(
            tuple(images),
            title,
            location,
            "",
            (*notes, *empty),
            tuple(problems),
            Release(StoreKind.GRAPH_DRIVER),
            layers_at=f"data-root:{chosen.folder}",
        )

    def on_partial(images: list[Image], problems: Sequence[Problem]) -> None:
        if reading.partial is not None:
            reading.partial(store(images, problems))

    database = ImageDatabase(chosen.folder, reading)
    images = _read(database, root, on_partial if reading.partial is not None else None)
    result = store(images, database.problems)
    return OpenedLocation(
        title, location, OpenedKind.DATA_ROOT, (OpenedCase(title, result, ""),), result.problems, path=str(root)
    )


def _read(database: ImageDatabase, root: Path, on_partial: OnPartial | None = None) -> list[Image]:
    images = database.read(on_partial)
    if not images and database.refused is not None:
        raise database.refused
    if not images and database.problems:
        text = ". ".join(map(str, database.problems[:3]))
        raise DataError(f"no image could be read. {text}", where=str(root))
    return images


def _open_containerd(root: Path, target: str, reading: Reading) -> OpenedLocation:
    from cacheview.stores.containerd import open_containerd

    location = f"data-root:{target}"
    partial = reading.partial
    if partial is not None:
        on_partial = partial
        reading = replace(reading, partial=lambda store: on_partial(replace(store, location=location)))
    opened = open_containerd(f"{root}/containerd/daemon", reading)
    cases = tuple(replace(case, store=replace(case.store, location=location)) for case in opened.cases)
    return replace(opened, location=location, kind=OpenedKind.DATA_ROOT, cases=cases)


# Finding the images


def _find(root: Path) -> list[_DriverStore]:
    """Return the image stores of all drivers in a data root or its ``image``, or only that of ``image/<driver>``."""
    one = _driver(root)
    if one is not None:
        return [one]
    if stat.S_ISDIR(mode_of(root / "image")):
        folder = root / "image"
        if not folder.resolve().is_relative_to(root.resolve()):
            raise DataError(
                f"the image folder is a link to {folder.resolve()}. Open that folder instead", where=str(root)
            )
        return _drivers(folder)
    try:
        return _drivers(root)
    except PermissionError:
        return []  # some other folder, so the refusal says nothing about a data root


def _drivers(folder: Path) -> list[_DriverStore]:
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    drivers = [_driver(folder / name) for name in names[:_MAX_DRIVERS]]
    return [driver for driver in drivers if driver is not None]


def _driver(folder: Path) -> _DriverStore | None:
    if not stat.S_ISDIR(mode_of(folder / CONTENT)):
        return None
    changed = 0
    for name in (CONTENT, METADATA, REPOSITORIES):
        try:
            changed = max(changed, os.lstat(folder / name).st_mtime_ns)
        except FileNotFoundError:
            continue
    with os.scandir(folder / CONTENT) as entries:
        return _DriverStore(folder, changed, sum(1 for _ in entries))


def is_data_root(folder: Path) -> bool:
    """Whether a folder has the images of a graph driver (``image/<driver>/imagedb``), as far as this user can see."""
    try:
        return bool(_find(folder))
    except (DataError, OSError):
        return False


# Explaining why there are none


def _require_folder(root: Path) -> None:
    try:
        mode = os.stat(root).st_mode
    except FileNotFoundError as error:
        what = f"there is no such folder. {_WHAT_TO_OPEN}, or ~/.local/share/docker for rootless Docker"
        raise DataError(what, where=str(root)) from error
    if not stat.S_ISDIR(mode):
        kind = "a file" if stat.S_ISREG(mode) else what_it_is(mode)
        raise DataError(f"is {kind}, not a folder. {_WHAT_TO_OPEN}", where=str(root))


def _why_nothing(root: Path) -> str:
    """Return the reason that a readable folder has no images."""
    with os.scandir(root) as entries:
        names = sorted(entry.name for entry in entries)
    if not names:
        return f"the folder is empty. {_WHAT_TO_OPEN}"
    for name in names[:_MAX_DRIVERS]:
        if _REMAPPED.fullmatch(name) and (root / name / "image").is_dir():
            return (
                "there are no graph-driver images at the top level, only a data root for remapped users. "
                f"Open data-root:{root / name}"
            )
    if (root / "image").is_dir():
        return "there are no graph-driver images here (image/<driver>/imagedb). Has Docker used this data root?"
    return (
        "is not a Docker data root: it contains neither graph-driver images (image/<driver>/imagedb) nor containerd "
        f"data. {_WHAT_TO_OPEN}"
    )


def _refusal(error: OSError, root: Path) -> DataError:
    """Return an error of the operating system as a `DataError`, with what to do."""
    if not isinstance(error, PermissionError):
        return refusal(error, str(error.filename or root))
    path = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else root
    return DataError(f"you do not have permission to read this path: {_who_may_read(path)}", where=str(path))


def _who_may_read(path: Path) -> str:
    """Return who may read the outermost folder that keeps this user out, and how to become one of them."""
    for folder in (*reversed(path.parents), path):
        try:
            status = os.stat(folder)
        except OSError:
            break
        access = os.R_OK | os.X_OK if stat.S_ISDIR(status.st_mode) else os.R_OK
        if os.access(folder, access):
            continue
        if group := group_of(status):
            return who_can(f"read {folder}", group)
        break
    who = who_can("read Docker's data root")
    return f"{who}, or open engine: instead, which reports most of the data"


def _shown(name: str) -> str:
    """Return a folder's name for display on one line, whatever it contains."""
    return name if re.fullmatch(r"[\w.-]{1,64}", name) else repr(name[:64])
