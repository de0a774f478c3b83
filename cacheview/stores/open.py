"""Opening a location, whatever kind of store it is. Told by the content; nothing is written anywhere."""

from __future__ import annotations

import io
import os
import stat
from importlib.resources import as_file
from pathlib import Path

from cacheview.bundled import resource
from cacheview.model import DataError, Platform
from cacheview.stores.budget import Budget, LimitError
from cacheview.stores.compression import DamagedStreamError, decompressed
from cacheview.stores.files import open_metered, refusal, what_it_is
from cacheview.stores.folder import FolderMembers
from cacheview.stores.images import read_images
from cacheview.stores.limits import DEFAULT_LIMITS, Limits
from cacheview.stores.location import DEMO, Location, parse_location
from cacheview.stores.members import read_archive
from cacheview.stores.opened import Opened
from cacheview.stores.platforms import DEFAULT_PLATFORM
from cacheview.stores.progress import Meter, Progress
from cacheview.stores.reading import Partial, Reading
from cacheview.stores.suite import read_cases
from cacheview.stores.tar import BLOCK, looks_like_tar

__all__ = ["DEMO", "open_store"]

_WHAT_TO_OPEN = (
    "Open a `docker save` archive, an OCI image layout (a folder or a tar archive) or a suite file; "
    "`docker save -o images.tar IMAGE…` makes an archive"
)


def open_store(
    location: str | os.PathLike[str],
    *,
    platform: Platform | None = None,
    progress: Progress | None = None,
    partial: Partial | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Opened:
    """Read a store: an archive (plain or compressed), a layout folder, a suite file, or what `Location` names.

    Args:
        platform: which manifest of a multi-platform image to show, where it is there; None: linux/amd64.
        progress: told the bytes read of the file, as it lies on the disk, or the images read of a live store; may
            raise `Cancelled` to stop.
        partial: given what is known so far of a live store while it is read.

    Raises:
        DataError: nothing of it can be read: what, where, and what to do. What can be read of a damaged
            store is returned, with problems.
        Cancelled: by ``progress``.
    """
    text = os.fspath(location)
    try:
        return _open(text, Reading(platform or DEFAULT_PLATFORM, progress, partial, Budget(limits)))
    except LimitError as error:
        raise DataError(f"there is {error}", where=text) from error


def _open(text: str, reading: Reading) -> Opened:
    named = parse_location(text)
    if named.kind == "demo":
        return _open_demo(reading)
    if named.is_live:
        return _open_live(named, reading)
    path = Path(text)
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        raise refusal(error, text) from error
    except ValueError as error:  # a null character
        raise DataError(f"is not a path: {error}", where=repr(text)) from error
    if stat.S_ISDIR(mode):
        return _open_folder(path, text, reading)
    if not stat.S_ISREG(mode):
        raise DataError(f"is {what_it_is(mode)}, which cannot be opened. {_WHAT_TO_OPEN}", where=text)
    return _open_file(path, text, reading)


def _open_live(location: Location, reading: Reading) -> Opened:
    # Their libraries take longer to load than a small store to read.
    match location.kind:
        case "engine":
            from cacheview.stores.engine import open_engine

            return open_engine(location.target, reading)
        case "containerd":
            from cacheview.stores.containerd import open_containerd

            return open_containerd(location.target, reading)
        case _:
            from cacheview.stores.data_root import open_data_root

            return open_data_root(location.target, reading)


def _open_demo(reading: Reading) -> Opened:
    try:
        bundled = resource("demo.jsonl")
    except FileNotFoundError as error:
        raise DataError(f"{error}. Install cacheview again", where=DEMO) from error
    with as_file(bundled) as path:
        return _open_file(path, DEMO, reading)


def _open_folder(path: Path, where: str, reading: Reading) -> Opened:
    meter = Meter(reading.progress, None, f"Reading {path.name}")
    budget = Budget(reading.limits, meter)
    members = FolderMembers(path, budget)
    try:
        os.listdir(path)
    except OSError as error:
        raise refusal(error, where) from error
    opened = read_images(members, where, reading.platform, budget)
    meter.finished()
    return opened


def _open_file(path: Path, where: str, reading: Reading) -> Opened:
    buffered, meter = open_metered(path, where, reading.progress)
    with buffered:
        if not meter.total:
            raise DataError(f"the file is empty. {_WHAT_TO_OPEN}", where=where)
        budget = Budget(reading.limits, meter, meter.total)
        try:
            stream, compression = decompressed(buffered, budget)
            head = stream.peek(BLOCK)[:BLOCK]
        except DamagedStreamError as error:
            raise DataError(f"the compressed file is damaged: {error}. Copy or save it again", where=where) from error
        except OSError as error:
            raise refusal(error, where) from error
        if looks_like_tar(head):
            members = read_archive(stream, budget)
            opened = read_images(members, where, reading.platform, budget)
        elif head.lstrip()[:1] == b"{":
            opened = _open_suite(stream, where, budget)
        else:
            inside = f" inside its {compression} compression" if compression else ""
            raise DataError(f"is not an archive, layout or suite{inside}. {_WHAT_TO_OPEN}", where=where)
    meter.finished()
    return opened


def _open_suite(stream: io.BufferedReader, where: str, budget: Budget) -> Opened:
    cases, problems, builds = read_cases(stream, where, budget)
    kind, title = ("demo", "the demo store") if where == DEMO else ("suite", "suite")
    return Opened(title, where, kind, tuple(cases), tuple(problems), builds=builds)
