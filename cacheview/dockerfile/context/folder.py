"""A context that is a folder on disk, as the docker CLI reads it.

Facts from docker/cli ``cli/command/image/build`` and the ``TarWithOptions`` that it calls: sockets are left out, pipes
and devices are sent, links are never followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.gopath import from_system, to_system
from cacheview.model import DataError, Problem
from cacheview.model.effort import allow, go_on
from cacheview.regular import NotRegularError, open_to_read

if TYPE_CHECKING:
    from cacheview.dockerfile.context.context import Packer
    from cacheview.dockerfile.context.packed import PackedContext

__all__ = ["FolderContext", "ReportingFolder"]

_KINDS = {
    stat.S_IFREG: EntryKind.FILE,
    stat.S_IFDIR: EntryKind.DIRECTORY,
    stat.S_IFLNK: EntryKind.SYMLINK,
    stat.S_IFIFO: EntryKind.FIFO,
    stat.S_IFCHR: EntryKind.CHARACTER_DEVICE,
    stat.S_IFBLK: EntryKind.BLOCK_DEVICE,
    stat.S_IFSOCK: EntryKind.SOCKET,
}
_DEVICE_KINDS = (
    EntryKind.CHARACTER_DEVICE,
    EntryKind.BLOCK_DEVICE,
    EntryKind.DIRECTORY,
    EntryKind.SYMLINK,
)  # kinds sent with a device
_MODE_BITS = 0o7777
_READ_BYTES = 1 << 20
_ENTRIES_PER_CHECK = 500  # entries between two time checks, and between two reports
_SECONDS_PER_ENTRY = 0.001  # seconds of work that an entry may require
_MAX_WHOLE_FILE_BYTES = 16 << 20
_CAPABILITY = "security.capability"


class FolderContext:
    """A build context in a folder on disk.

    Raises:
        DataError: there is no such folder, or it cannot be read.
    """

    def __init__(self, path: str | os.PathLike[str], *, most_entries: int = 1_000_000) -> None:
        folder = os.fspath(path)
        self._root = os.path.realpath(folder)
        if not os.path.isdir(self._root):
            raise DataError("there is no such folder; the context must be a folder on this machine", where=folder)
        if not os.access(self._root, os.R_OK | os.X_OK):
            raise DataError("you do not have permission to read the folder; change its permissions", where=folder)
        self._most_entries = most_entries
        self._problems: dict[str, Problem] = {}

    @property
    def root(self) -> Path:
        """The folder, with links followed."""
        return Path(self._root)

    @property
    def title(self) -> str:
        """Its path."""
        return self._root

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The entries that the client silently leaves out: sockets."""
        return tuple(self._problems.values())

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """All entries, as they were when first read."""
        return {entry.path: entry for entry in self.walk(lambda _: True)}

    def packed(self, client: Packer, dockerfile: str, text: bytes | None) -> PackedContext:
        """Return the content that the client sends."""
        return client.pack(self, dockerfile, text)

    def full_path(self, path: str) -> str:
        """Return the absolute path as text."""
        root = from_system(self._root)
        return os.path.join(root, path) if path else root

    def _on_disk(self, path: str) -> str:
        """Return the absolute path for the system."""
        return os.path.join(self._root, to_system(path)) if path else self._root

    def walk(self, enter: Callable[[Entry], bool]) -> Iterator[Entry]:
        """Yield entries in walk order, reading them from disk on the way.

        Raises:
            DataError: a folder could not be listed, or there are too many entries.
        """
        count = 0
        pending = [iter(self._entries_in(""))]
        while pending:
            entry = next(pending[-1], None)
            if entry is None:
                pending.pop()
                continue
            count += 1
            if not count % _ENTRIES_PER_CHECK:
                allow(_ENTRIES_PER_CHECK * _SECONDS_PER_ENTRY)
                go_on()
            if count > self._most_entries:
                raise DataError(
                    f"there are more than {self._most_entries:,} entries; exclude unneeded files with .dockerignore, "
                    "or choose another folder",
                    where=self._root,
                )
            yield entry
            if entry.kind is EntryKind.DIRECTORY and enter(entry):
                pending.append(iter(self._entries_in(entry.path)))

    def entries_in(self, path: str) -> list[Entry]:
        """Return the entries of a folder, sorted by name, following links on the way. Raises `DataError`."""
        return self._entries_in(path)

    def top(self) -> Entry:
        """Return the folder itself. Raises `DataError` if it no longer exists."""
        entry = self.target("")
        if entry is None:
            raise DataError("the folder no longer exists", where=self._root)
        return entry

    def entry(self, path: str) -> Entry | None:
        """Return one entry, without following a link at its end; None if there is none."""
        return self._found(path, os.lstat)

    def target(self, path: str) -> Entry | None:
        """Return the target of a path with all links followed; None if there is none."""
        return self._found(path, os.stat)

    def _found(self, path: str, status_of: Callable[[str], os.stat_result]) -> Entry | None:
        place = self._on_disk(path)
        try:
            return self._entry_of(path, place, status_of(place))
        except OSError:
            return None

    def read(self, path: str, *, follow: bool = False) -> Iterator[bytes]:
        """Yield the content of a file, in pieces of up to 1 MiB. Raises `DataError` if it cannot be read."""
        handle = self._open(path, follow=follow)
        try:
            while piece := os.read(handle, _READ_BYTES):
                yield piece
        except OSError as error:
            raise DataError(f"it cannot be read: {error.strerror}", where=path) from None
        finally:
            os.close(handle)

    def stamp(self, path: str, *, follow: bool = False) -> tuple[int, ...]:
        """Return the current stamp of the file; empty if it no longer exists."""
        try:
            return _stamp((os.stat if follow else os.lstat)(self._on_disk(path)))
        except OSError:
            return ()

    def has(self, path: str) -> bool:
        """Return whether there is an entry. Links are not followed."""
        return os.path.lexists(self._on_disk(path))

    def content(self, path: str) -> bytes | None:
        """Return the content of a file, with all links followed, even out of the folder; None if there is none."""
        if not os.path.exists(self._on_disk(path)):
            return None
        handle = self._open(path, follow=True)
        with os.fdopen(handle, "rb") as file:
            data = file.read(_MAX_WHOLE_FILE_BYTES + 1)
        if len(data) > _MAX_WHOLE_FILE_BYTES:
            raise DataError(f"it is larger than {_MAX_WHOLE_FILE_BYTES >> 20} MiB", where=path)
        return data

    def real_name(self, path: str) -> str:
        """Return the path with all links followed. Outside the folder, it begins with ``../``."""
        try:
            real = os.path.realpath(self._on_disk(path))
            relative = from_system(os.path.relpath(real, self._root)).replace(os.sep, "/")
        except ValueError:  # on another Windows drive
            return "../"
        return "../" if relative == ".." else relative

    def _open(self, path: str, *, follow: bool) -> int:
        try:
            return open_to_read(self._on_disk(path), follow=follow)
        except OSError as error:
            raise DataError(f"it cannot be read: {error.strerror}", where=path) from None
        except NotRegularError:
            raise DataError("it is not a file", where=path) from None

    def _entries_in(self, path: str) -> list[Entry]:
        place = self._on_disk(path)
        entries = []
        try:
            with os.scandir(place) as result:
                for each in sorted(result, key=lambda each: os.fsencode(each.name)):
                    own = from_system(each.name)
                    name = f"{path}/{own}" if path else own
                    entry = self._entry(name, each)
                    if entry is not None:
                        entries.append(entry)
        except FileNotFoundError:  # deleted in the meantime
            return entries
        except OSError as error:
            raise DataError(
                f"the folder cannot be listed ({error.strerror}), so the client refuses the context; change the "
                "folder's permissions, or add its parent folder to .dockerignore",
                where=path or self._root,
            ) from None
        return entries

    def _entry(self, path: str, result: os.DirEntry[str]) -> Entry | None:
        try:
            return self._entry_of(path, result.path, result.stat(follow_symlinks=False))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataError(f"its status cannot be read: {error.strerror}", where=path) from None

    def _entry_of(self, path: str, place: str, status: os.stat_result) -> Entry:
        kind = _KINDS[stat.S_IFMT(status.st_mode)]
        if kind is EntryKind.SOCKET:
            self._problems[path] = Problem(path, "it is a socket, so the client leaves it out")
        target = from_system(os.readlink(place)) if kind is EntryKind.SYMLINK else ""
        is_file = kind is EntryKind.FILE
        return Entry(
            path,
            kind,
            stat.S_IMODE(status.st_mode) & _MODE_BITS,
            size=status.st_size if is_file else 0,
            target=target,
            inode=status.st_ino if status.st_nlink > 1 and kind is not EntryKind.DIRECTORY else 0,
            device=_device(status) if kind in _DEVICE_KINDS else (0, 0),
            capability=_capability(place) if is_file else b"",
            is_readable=os.access(place, os.R_OK) if is_file or kind is EntryKind.DIRECTORY else True,
            is_executable=bool(status.st_mode & 0o111) and kind is not EntryKind.SYMLINK and os.access(place, os.X_OK),
            uid=status.st_uid,
            gid=status.st_gid,
            stamp=_stamp(status) if is_file else (),
        )


class ReportingFolder(FolderContext):
    """A folder that reports how many entries it has listed. ``report`` may raise any exception to stop the walk."""

    def __init__(self, path: str, report: Callable[[int], None]) -> None:
        super().__init__(path)
        self._report = report

    def walk(self, enter: Callable[[Entry], bool]) -> Iterator[Entry]:
        for count, entry in enumerate(super().walk(enter)):
            if count % _ENTRIES_PER_CHECK == 0:
                self._report(count)
            yield entry


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_mode)


def _device(status: os.stat_result) -> tuple[int, int]:
    number = getattr(status, "st_rdev", 0)
    return (os.major(number), os.minor(number)) if hasattr(os, "major") else (0, 0)


def _capability(path: str) -> bytes:
    getxattr = getattr(os, "getxattr", None)
    if getxattr is None:  # only the client on Linux sends it (``ReadSecurityXattrToTarHeader``)
        return b""
    try:
        return bytes(getxattr(path, _CAPABILITY))
    except OSError:  # there is none, or the file system does not support it
        return b""
