"""Opens a store that is a file or a folder. Its content shows its kind. Nothing is written anywhere."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from importlib.resources import as_file
from pathlib import Path

from cacheview.bundled import resource
from cacheview.model import DataError
from cacheview.stores.budget import Budget
from cacheview.stores.compression import DamagedStreamError, MemoryLimitError, decompressed
from cacheview.stores.data_root import is_data_root
from cacheview.stores.files import open_metered, path_of, refusal, what_it_is
from cacheview.stores.folder import FolderMembers
from cacheview.stores.images import read_images
from cacheview.stores.members import read_archive
from cacheview.stores.opened_location import OpenedKind, OpenedLocation
from cacheview.stores.progress import Meter
from cacheview.stores.reading import Reading
from cacheview.stores.suite import read_cases
from cacheview.stores.tar import BLOCK_BYTES, looks_like_tar

__all__ = ["open_demo", "open_path"]

_WHAT_TO_OPEN = (
    "Open a `docker save` archive, an OCI image layout (a folder or a tar archive) or a suite file; `docker save -o "
    "images.tar IMAGE…` creates an archive"
)


def open_path(text: str, reading: Reading) -> OpenedLocation:
    """Read an archive, a layout or a suite. Raises `DataError` if nothing in it can be read."""
    path = path_of(text)
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        raise refusal(error, text) from error
    if stat.S_ISDIR(mode):
        return _open_folder(path, text, reading)
    if not stat.S_ISREG(mode):
        raise DataError(f"is {what_it_is(mode)}, which cannot be opened. {_WHAT_TO_OPEN}", where=text)
    return _open_file(path, text, reading)


def open_demo(where: str, reading: Reading) -> OpenedLocation:
    """Read the bundled demo, a suite. ``where``: its location. Raises `DataError` if it is missing."""
    try:
        bundled = resource("demo.jsonl")
    except FileNotFoundError as error:
        raise DataError("the demo is missing. Reinstall cacheview", where=where) from error
    with as_file(bundled) as path:
        return replace(_open_file(path, where, reading), title="the demo store", kind=OpenedKind.DEMO)


def _open_folder(path: Path, where: str, reading: Reading) -> OpenedLocation:
    meter = Meter(reading.progress, None, f"Reading {path.name}")
    budget = Budget(reading.limits, meter)
    members = FolderMembers(path, budget)
    try:
        os.listdir(path)
    except OSError as error:
        raise refusal(error, where) from error
    try:
        opened = read_images(members, where, reading.platform, budget)
    except DataError as error:
        if is_data_root(path):
            raise DataError(f"is a Docker data root. Open it as data-root:{path}", where=where) from error
        from cacheview.stores.containerd.root import is_containerd_root  # rarely needed

        if is_containerd_root(path):
            raise DataError(f"is containerd's root folder. Open it as containerd:{path}", where=where) from error
        raise
    budget.shared.clear()
    meter.finished()
    return opened


def _open_file(path: Path, where: str, reading: Reading) -> OpenedLocation:
    buffered, meter = open_metered(path, where, reading.progress)
    with buffered:
        if not meter.total:
            raise DataError(f"the file is empty. {_WHAT_TO_OPEN}", where=where)
        budget = Budget(reading.limits, meter, meter.total)
        try:
            stream, compression = decompressed(buffered, budget)
            head = stream.peek(BLOCK_BYTES)[:BLOCK_BYTES]
        except MemoryLimitError as error:
            raise DataError(f"{error}. Decompress the file, and open the result", where=where) from error
        except DamagedStreamError as error:
            raise DataError(f"the compressed file is damaged: {error}. Copy or save it again", where=where) from error
        except OSError as error:
            raise refusal(error, where) from error
        if looks_like_tar(head):
            members = read_archive(stream, budget)
            opened = read_images(members, where, reading.platform, budget)
            members.clear()
        elif head.lstrip()[:1] == b"{":
            cases, problems, builds = read_cases(stream, path, where, budget, is_compressed=bool(compression))
            opened = OpenedLocation("suite", where, OpenedKind.SUITE, cases, problems, builds=builds)
        else:
            inside = f" after {compression} decompression" if compression else ""
            raise DataError(f"is not an archive, an OCI layout or a suite{inside}. {_WHAT_TO_OPEN}", where=where)
    budget.shared.clear()
    meter.finished()
    return opened
