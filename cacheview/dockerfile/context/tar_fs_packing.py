"""The tar of a context that dockerode and testcontainers-node create with tar-fs and send.

Facts from dockerode 5.0.1 ``lib/util.js``, testcontainers 12.0.4 ``docker-image-client.js`` and tar-fs 3.1.3
``index.js``: the umask of the client's process is removed from each mode, a folder precedes its entries, level by
level, and a second name of a file is a separate file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cacheview.dockerfile.context.context import Context
from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.gopath import clean, decoded
from cacheview.dockerfile.context.ignore_balena import BalenaPatterns
from cacheview.dockerfile.context.packed import IGNORE_FILE, HeaderStyle, PackedContext, check_readable, path_in_context
from cacheview.dockerfile.context.tarsum import Header, Member
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import DataError

__all__ = ["DockerodePacking", "TestcontainersNodePacking"]

_Ignores = Callable[[str], bool]
_MAX_OWNER = 0o777777


@dataclass(frozen=True, slots=True)
class DockerodePacking:
    """dockerode: ``buildImage({context, src})``.

    Attributes:
        style: the style of the headers.
        src: the names that the program lists; ``.dockerignore`` filters them.
    """

    style: HeaderStyle
    src: tuple[str, ...] = (".",)

    def pack(self, context: Context, dockerfile: str, text: bytes | None) -> PackedContext:  # noqa: ARG002
        """See `Client.pack`."""
        name = path_in_context(dockerfile, "dockerode")
        try:
            data = context.content(IGNORE_FILE)
        except DataError:  # dockerode ignores errors when it reads the file, for example if it is a folder
            data = None
        patterns = BalenaPatterns(data) if data is not None else None
        entries, ignores = list(self.src), None
        if patterns is not None:
            leaves_out = patterns.leaves_out
            entries = [entry for entry in entries if not leaves_out(entry)]
            # Below these, patterns are matched against paths that begin with the context's, which is usually absolute.
            ignores = lambda path: leaves_out(clean("/" + context.full_path(path).lstrip("/")))  # noqa: E731
        return PackedContext(_tar_fs(context, self.style, entries, ignores), name)


@dataclass(frozen=True, slots=True)
class TestcontainersNodePacking:
    """testcontainers-node: it lists all files that ``.dockerignore`` does not match, and the Dockerfile."""

    __test__ = False  # pytest would take it for a test because of its name

    style: HeaderStyle

    def pack(self, context: Context, dockerfile: str, text: bytes | None) -> PackedContext:  # noqa: ARG002
        """See `Client.pack`."""
        name = path_in_context(dockerfile, "testcontainers-node")
        data = context.content(IGNORE_FILE)
        if data is None:
            return PackedContext(_tar_fs(context, self.style, ["."], None), name)
        patterns = BalenaPatterns(data)
        # A backslash becomes a slash on every system, so tar-fs looks for a file that usually does not exist.
        paths = (
            decoded(entry.path).replace("\\", "/") for entry in _files(context) if entry.kind is not EntryKind.DIRECTORY
        )
        entries = [path for path in paths if not patterns.leaves_out(path)]
        if name not in set(entries):
            entries.append(name)
        return PackedContext(_tar_fs(context, self.style, entries, None), name)


def _files(context: Context) -> Iterator[Entry]:
    return context.walk(lambda _: True)


def _tar_fs(context: Context, style: HeaderStyle, entries: Sequence[str], ignores: _Ignores | None) -> Iterator[Member]:
    """``tar.pack``: it uses a queue, so the entries of a folder come after everything next to the folder."""
    queue = deque(entries)
    while queue:
        name = queue.popleft()
        path = clean(name)
        path = "" if path == "." else path
        if path.startswith("../") or path == "..":
            raise _refused(f"{name} is not a valid path")
        entry = _named(context, path)
        if entry is None:
            message = f"ENOENT: no such file or directory, lstat '{context.full_path(path)}'"
            raise _refused(message, path)
        if entry.kind is EntryKind.DIRECTORY:
            for each in context.entries_in(path):
                inside = decoded(each.path)
                if ignores is None or not ignores(inside):
                    queue.append(inside)
        if entry.kind is not EntryKind.SOCKET:
            yield _member(entry, name, style)


def _refused(message: str, where: str = "") -> BuildRefusedError:
    return BuildRefusedError(f"tar-fs cannot pack the context: {message}", message=message, where=where, by="client")


def _named(context: Context, path: str) -> Entry | None:
    if not path:
        return context.top()
    return context.entry(path)


def _owner(number: int) -> int:
    """Return an owner as tar-stream writes it (``encodeOct``): if the number does not fit, only sevens."""
    return min(number, _MAX_OWNER)


def _member(entry: Entry, name: str, style: HeaderStyle) -> Member:
    if entry.kind not in (EntryKind.FILE, EntryKind.DIRECTORY, EntryKind.SYMLINK):
        message = f"unsupported type for {name}"
        raise _refused(message, entry.path)
    check_readable(entry)
    is_file = entry.kind is EntryKind.FILE
    header = Header(
        name,
        style.mode(entry),
        _owner(entry.uid),
        _owner(entry.gid),
        entry.size if is_file else 0,
        entry.kind.value,
        decoded(entry.target),
    )
    return Member(header, entry.path, stamp=entry.stamp)
