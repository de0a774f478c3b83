"""A context in memory, as in a line of a replay file."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.gopath import clean, walk_key
from cacheview.model import DataError, Problem
from cacheview.model.effort import go_on, paced

if TYPE_CHECKING:
    from cacheview.dockerfile.context.context import Packer
    from cacheview.dockerfile.context.packed import PackedContext

__all__ = ["MemoryContext"]

_KINDS = {
    "file": EntryKind.FILE,
    "dir": EntryKind.DIRECTORY,
    "directory": EntryKind.DIRECTORY,
    "symlink": EntryKind.SYMLINK,
    "link": EntryKind.SYMLINK,
    "fifo": EntryKind.FIFO,
    "socket": EntryKind.SOCKET,
}
_TARGET_KEYS = ("target", "link_target", "linkname", "link", "to")
_MODE_BITS = 0o7777
_MAX_LINKS = 255
_MAX_IMPLIED_BYTES = 256 << 20
_IMPLIED_FOLDER_BYTES = 600  # bytes of memory for an implied folder, in addition to its path
_MAX_PATH_CHARACTERS = 4096


class MemoryContext:
    """A build context of entries and contents by path."""

    def __init__(
        self,
        entries: Mapping[str, Entry],
        contents: Mapping[str, bytes],
        *,
        title: str = "context",
        top: Entry | None = None,
    ) -> None:
        """Create a context.

        ``top`` is the folder itself; by default, one that belongs to root and that everyone may read.
        """
        self.title = title
        self._top = top or Entry("", EntryKind.DIRECTORY, 0o755)
        self.problems = tuple(
            Problem(path, "it is a socket, so the client leaves it out")
            for path, entry in entries.items()
            if entry.kind is EntryKind.SOCKET
        )
        self._contents = dict(contents)
        self.entries: Mapping[str, Entry] = {path: entries[path] for path in sorted(entries, key=walk_key)}

    @classmethod
    def from_sample(cls, sample: Mapping[str, Any], *, title: str = "context") -> MemoryContext:
        """Create a context from the ``context`` object of a replay sample.

        Folders that it does not name are added with mode 0755.

        Raises:
            DataError: an entry is malformed; the error contains its path.
        """
        if not isinstance(sample, Mapping):
            raise DataError("the context must be an object that maps paths to entries")
        entries: dict[str, Entry] = {}
        contents: dict[str, bytes] = {}
        for name, value in paced(sample.items()):
            path = name[2:] if name.startswith("./") else name
            path = path.rstrip("/")
            if len(path) > _MAX_PATH_CHARACTERS:
                what = (
                    f"a path has more than {_MAX_PATH_CHARACTERS:,} characters, more than any operating system accepts"
                )
                raise DataError(what, where=name[:200])
            if not path or path.startswith("/") or clean(path) != path or path.split("/")[0] == ".." or "\0" in path:
                raise DataError("it is not a path in the context", where=name[:200])
            if not isinstance(value, Mapping):
                raise DataError("the entry is not an object", where=name[:200])
            try:
                entries[path], contents[path] = _entry(path, value)
            except DataError as error:
                raise error.at(name[:200]) from None
        implied = 0
        for path in paced(list(entries)):
            parent = path.rpartition("/")[0]
            while parent and parent not in entries:
                implied += len(parent) + _IMPLIED_FOLDER_BYTES
                if implied > _MAX_IMPLIED_BYTES:
                    raise DataError(
                        f"the folders implied by the paths in the context take up more than {_MAX_IMPLIED_BYTES:,} "
                        "bytes of memory"
                    )
                entries[parent] = Entry(parent, EntryKind.DIRECTORY, 0o755)
                parent = parent.rpartition("/")[0]
            if parent and entries[parent].kind is not EntryKind.DIRECTORY:
                raise DataError("its parent is not a folder", where=path[:200])
        return cls(entries, contents, title=title)

    def walk(self, enter: Callable[[Entry], bool]) -> Iterator[Entry]:
        """Yield entries in walk order, entering a folder only if `enter` returns True."""
        closed: str | None = None
        for path, entry in paced(self.entries.items()):
            if closed is not None and path.startswith(closed):
                continue
            yield entry
            closed = path + "/" if entry.kind is EntryKind.DIRECTORY and not enter(entry) else None

    def entries_in(self, path: str) -> list[Entry]:
        """Return the entries of a folder, sorted by name, following links on the way."""
        inside = f"{path}/" if path else ""
        return [
            entry._replace(path=inside + entry.path.rpartition("/")[2])
            for entry in self._by_folder.get(self.real_name(path), ())
        ]

    @cached_property
    def _by_folder(self) -> Mapping[str, Sequence[Entry]]:
        by_folder: dict[str, list[Entry]] = {}
        for path, entry in self.entries.items():
            by_folder.setdefault(path.rpartition("/")[0], []).append(entry)
        return by_folder

    def top(self) -> Entry:
        """Return the folder itself."""
        return self._top

    def entry(self, path: str) -> Entry | None:
        """Return one entry, without following a link at its end; None if there is none."""
        parent, _, name = path.rpartition("/")
        real = self.real_name(parent) if parent else ""
        result = self.entries.get(f"{real}/{name}" if real else name)
        return result._replace(path=path) if result is not None else None

    def target(self, path: str) -> Entry | None:
        """Return the target of a path with all links followed; None if it is not in the context."""
        try:
            result = self.entries.get(self.real_name(path))
        except DataError:
            return None
        return result._replace(path=path) if result is not None else None

    def read(self, path: str, *, follow: bool = False) -> Iterator[bytes]:
        """Yield the content of a file. Raises `DataError` if there is none."""
        path = self.real_name(path) if follow else path
        entry = self.entries.get(path)
        if entry is None or entry.kind is not EntryKind.FILE:
            raise DataError("there is no such file in the context", where=path)
        yield self._contents.get(path, b"")

    def packed(self, client: Packer, dockerfile: str, text: bytes | None) -> PackedContext:
        """Return the content that the client sends."""
        return client.pack(self, dockerfile, text)

    def full_path(self, path: str) -> str:
        """Return the path itself."""
        return path

    def stamp(self, path: str, *, follow: bool = False) -> tuple[int, ...]:  # noqa: ARG002
        """Return an empty stamp: content in memory does not change."""
        return ()

    def has(self, path: str) -> bool:
        """Return whether there is an entry. Links are not followed."""
        return path in self.entries

    def content(self, path: str) -> bytes | None:
        """Return the content of a file, following links in its path."""
        real = self.real_name(path)
        entry = self.entries.get(real)
        if entry is None:
            return None
        if entry.kind is not EntryKind.FILE:
            raise DataError("it is not a file", where=path)
        return self._contents.get(real, b"")

    def real_name(self, path: str) -> str:
        """Return the path with all links followed. Outside the context, it begins with ``../``."""
        parent = path.rpartition("/")[0]
        named = self.entries.get(path)
        is_plain = named is not None and named.kind is not EntryKind.SYMLINK
        if is_plain and (not parent or parent in self.entries):  # a path in `entries` never goes through a link
            return path
        pending, done, links = clean(path).split("/"), list[str](), 0
        while pending:
            name = pending.pop(0)
            if name == "..":
                if not done:
                    return "/".join(["..", *pending]) if pending else "../"
                done.pop()
                continue
            if name in ("", "."):
                continue
            entry = self.entries.get("/".join([*done, name]))
            if entry is None or entry.kind is not EntryKind.SYMLINK:
                done.append(name)
                continue
            links += 1
            go_on()
            if links > _MAX_LINKS:
                raise DataError("its links form a cycle", where=path)
            if entry.target.startswith("/"):
                return "../" + entry.target.lstrip("/")
            pending = entry.target.split("/") + pending
        return "/".join(done)


def _entry(path: str, value: Mapping[str, Any]) -> tuple[Entry, bytes]:
    kind = _KINDS.get(str(value.get("type")))
    if kind is None:
        raise DataError(f"its type {str(value.get('type'))[:40]!r} is not one of {', '.join(_KINDS)}")
    try:
        mode = int(str(value["mode"]), 8) & _MODE_BITS if "mode" in value else 0o777
    except ValueError:
        raise DataError(f"its mode {str(value['mode'])[:40]!r} is not an octal number") from None
    uid, gid = _owner(value, "uid"), _owner(value, "gid")
    is_executable = bool(mode & 0o111)
    if kind is EntryKind.FILE:
        try:
            content = base64.b64decode(value.get("content_b64", ""), validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise DataError("its content_b64 is not base64") from None
        return Entry(path, kind, mode, size=len(content), uid=uid, gid=gid, is_executable=is_executable), content
    if kind is EntryKind.SYMLINK:
        named = (value.get(key) for key in _TARGET_KEYS)
        target = next((target for target in named if isinstance(target, str) and target), "")
        if not target:
            raise DataError(f"it is a symlink, so it must have the key {' or '.join(_TARGET_KEYS)}")
        return Entry(path, kind, mode, target=target, uid=uid, gid=gid), b""
    return Entry(path, kind, mode, uid=uid, gid=gid, is_executable=is_executable), b""


def _owner(value: Mapping[str, Any], key: str) -> int:
    owner = value.get(key, 0)
    if type(owner) is not int or not 0 <= owner < 1 << 32:
        raise DataError(f"its {key} {str(owner)[:40]!r} is not a valid numeric ID")
    return owner
