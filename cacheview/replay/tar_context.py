"""A build context that is already a tar. Its headers are used unchanged, whatever wrote them.

The tar is read once, from beginning to end, and nothing is unpacked: the sum of each file is computed while reading.
Source: moby ``builder/remotecontext`` (``detect.go``, ``archive.go``), the same in v20.10.24, v23.0, v25.0 and v28.5.2.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from typing import Final, NamedTuple

from cacheview.dockerfile.context.context import Packer
from cacheview.dockerfile.context.entry import EntryKind
from cacheview.dockerfile.context.gopath import clean
from cacheview.dockerfile.context.packed import DOCKERFILE, PackedContext
from cacheview.dockerfile.context.tarsum import Header, Member
from cacheview.dockerfile.context.tree import ForbiddenPathError, Tree
from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.context.unpack import unpack
from cacheview.dockerfile.refusal import UNNAMED_FOLDER, BuildRefusedError
from cacheview.dockerfile.release import NEWEST_RELEASE, BuilderRelease
from cacheview.model import DataError, Problem
from cacheview.model.effort import allow, go_on
from cacheview.stores import tar
from cacheview.stores.budget import Budget, LimitError, Resource
from cacheview.stores.compression import DamagedStreamError, MemoryLimitError, decompressed
from cacheview.stores.limits import Limits
from cacheview.stores.sparse import SparseError

__all__ = ["Report", "TarContext", "cli_recognizes", "compression_of", "looks_like_tar", "read_members"]

Report = Callable[[int], object]
"""A function called with the number of bytes of the tar file read so far. It may raise anything to stop."""

_MEMBER_BYTES: Final = 1500  # of memory that a member takes until its files are hashed
_MAX_NAME_CHARACTERS: Final = 4096
_MAX_HOLE_BYTES: Final = 16 << 30  # of sparse files
_BYTES_PER_SECOND: Final = 64 << 20  # bytes of files for which one more second of work is allowed
_MAX_WHOLE_FILE_BYTES: Final = 16 << 20


_MAGIC: Final = {"gzip": b"\x1f\x8b\x08", "bzip2": b"BZh", "xz": b"\xfd7zXZ\x00", "zstd": b"\x28\xb5\x2f\xfd"}


def compression_of(head: bytes) -> str:
    """Return the name of the compression that the daemon detects; empty: none (``DetectCompression``)."""
    return next((name for name, magic in _MAGIC.items() if head.startswith(magic)), "")


def looks_like_tar(head: bytes) -> bool:
    """Whether a file with this beginning may be a tar, plain or compressed. ``head``: its first 512 bytes, or more."""
    return bool(compression_of(head)) or tar.looks_like_tar(head[: tar.BLOCK_BYTES])


def cli_recognizes(head: bytes) -> bool:
    """Whether the docker CLI treats standard input as a tar (``isArchive``), not as a Dockerfile.

    Go's reader has to find the first member in the first 1024 bytes, which it cannot if an extended header comes first.
    """
    if compression_of(head):
        return True
    block = head[: tar.BLOCK_BYTES]
    return tar.looks_like_tar(block) and any(block) and block[156:157] not in (b"x", b"L", b"K")


class _ReadTar(NamedTuple):
    header: tar.TarHeader
    content: Iterator[bytes]


def read_members(
    file: io.BufferedReader,
    title: str,
    *,
    keep: Collection[str] = (),
    keep_small: int = 0,
    report: Report = lambda _: None,
) -> list[Member]:
    """Return the members of a tar, plain or compressed (gzip, bzip2, xz, zstd), each with its sum.

    `Member.source` is its number. The stream is only read forward, and may continue after the tar.

    Args:
        file: a stream at the beginning of the tar, which must be able to seek forward.
        title: a title for people.
        keep: clean paths of the files whose content, up to 16 MiB, is kept in `Member.data`.
        keep_small: the most bytes of other files to keep too, smallest first, since a link may point to any of them.
        report: see `Report`.

    Raises:
        DataError: the tar is damaged or too large.
    """
    results: list[Member] = []
    small = _Smallest(keep_small)
    for number, (header, content) in enumerate(_walk(file, title, report)):
        parsed = _header(header)
        digest = hashlib.sha256(parsed.hashed_bytes())
        is_named = parsed.size <= _MAX_WHOLE_FILE_BYTES and clean(f"/{header.name}")[1:] in keep
        kept: list[bytes] | None = [] if is_named or small.has_room_for(parsed) else None
        for piece in content:
            digest.update(piece)
            if kept is not None:
                kept.append(piece)
        data = b"".join(kept) if kept is not None else None
        results.append(Member(parsed, str(number), data=data, digest=digest.hexdigest()))
        for dropped in small.add(number, len(data)) if data is not None and not is_named else ():
            results[dropped] = results[dropped]._replace(data=None)
    return results


class _Smallest:
    """The smallest of the added files, up to a total size."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._kept: list[tuple[int, int]] = []  # a heap, largest first: negative size and number

    def has_room_for(self, header: Header) -> bool:
        if header.type != EntryKind.FILE.value:
            return False
        return header.size <= self._left or bool(self._kept and header.size < -self._kept[0][0])

    def add(self, number: int, size: int) -> Iterator[int]:
        """Add a file, and yield the numbers of those that have to be dropped."""
        self._left -= size
        heappush(self._kept, (-size, number))
        while self._left < 0:
            negative_size, number = heappop(self._kept)
            self._left -= negative_size
            yield number


@contextmanager
def _damage(title: str) -> Iterator[None]:
    """Convert an error about a tar to a `DataError`."""
    try:
        yield
    except LimitError as error:
        raise DataError(f"the context {error}", where=title) from None
    except MemoryLimitError as error:
        raise DataError(f"{error}. Decompress the context", where=title) from None
    except (tar.TarError, SparseError, DamagedStreamError) as error:
        raise DataError(f"the context is damaged: {error}", where=title) from None
    except OSError as error:
        raise DataError(f"the context cannot be read: {error.strerror or error}", where=title) from None


def _walk(file: io.BufferedReader, title: str, report: Report) -> Iterator[_ReadTar]:
    """Yield each member, whose content must be read before the next is requested, or not at all."""
    budget = Budget(Limits(seconds=float("inf")))  # its time depends on its bytes
    holes = last = 0
    with _damage(title):
        stream, compression = decompressed(file, budget)
        for header in tar.headers(stream, needs_end=False):
            report(file.tell())
            go_on()
            if not compression:
                budget.read(stream.tell() - last)
                last = stream.tell()
            named = len(header.name) + len(header.link)
            budget.spend(Resource.MEMBERS)
            budget.spend(Resource.NAMES, named)
            budget.spend(Resource.MEMORY, _MEMBER_BYTES + 4 * named + 2 * sum(map(len, header.xattrs.values())))
            if max(len(header.name), len(header.link)) > _MAX_NAME_CHARACTERS:
                raise DataError(f"a name has more than {_MAX_NAME_CHARACTERS:,} characters", where=title)
            holes += header.sparse.size if header.sparse is not None else 0
            if holes > _MAX_HOLE_BYTES:
                raise DataError("the context's sparse files contain more data than cacheview can read", where=title)
            yield _ReadTar(header, _content(stream, header, lambda: report(file.tell()), title))


def _content(
    stream: io.BufferedReader, header: tar.TarHeader, report: Callable[[], object], title: str
) -> Iterator[bytes]:
    """Yield the file as the daemon unpacks it, with the holes of a sparse file filled with zeros (``archive/tar``)."""
    with _damage(title):
        for piece in tar.content(stream, header):
            report()
            allow(len(piece) / _BYTES_PER_SECOND)
            go_on()
            yield piece


def _header(header: tar.TarHeader) -> Header:
    written = header.raw
    return Header(
        header.name,
        header.mode,
        header.uid,
        header.gid,
        header.sparse.size if header.sparse is not None else written.size,
        written.flag,
        written.link,
        written.device,
        tuple(header.xattrs.items()),
    )


@dataclass(frozen=True)
class TarContext:
    """A tar whose members were read.

    Attributes:
        members: see `read_members`.
        title: a title for people.
        open_file: opens the tar again at its beginning; None: it cannot be read again.
        release: the release of the daemon that unpacks it.
    """

    members: Sequence[Member]
    title: str
    open_file: Callable[[], io.BufferedReader] | None = None
    release: BuilderRelease = NEWEST_RELEASE

    @classmethod
    def read_from(
        cls,
        open_file: Callable[[], io.BufferedReader],
        title: str,
        report: Report = lambda _: None,
        release: BuilderRelease = NEWEST_RELEASE,
    ) -> TarContext:
        """Return a tar that can be read again. Raises what `read_members` raises."""
        with open_file() as file:
            return cls(read_members(file, title, report=report), title, open_file, release)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Always empty: the content of the tar is sent as it is."""
        return ()

    def packed(self, client: Packer, dockerfile: str, text: bytes | None) -> PackedContext:  # noqa: ARG002
        """Return the tar as it is, whatever the client."""
        return PackedContext(self.members, clean(dockerfile or DOCKERFILE))

    def has(self, path: str) -> bool:
        """Whether there is such a member: `Context.has` for the packed files."""
        return path in self._tree

    def stamp(self, path: str, *, follow: bool = False) -> tuple[int, ...]:  # noqa: ARG002
        """Return an empty stamp: all sums are known."""
        return ()

    def read(self, path: str, *, follow: bool = False) -> Iterator[bytes]:  # noqa: ARG002
        """Yield the content of a member by its number, which is its `Member.source`.

        Raises:
            UnknownError: the content was not kept, and the tar cannot be read again.
            DataError: the tar cannot be read.
        """
        member = self.members[int(path)]
        if member.data is not None:
            yield member.data
            return
        if self.open_file is None:
            raise UnknownError("the content of the context is no longer available")
        with self.open_file() as file:
            for number, (_, content) in enumerate(_walk(file, self.title, lambda _: None)):
                if number == int(path):
                    yield from content
                    return
        raise DataError("the tar file has changed; replay again", where=self.title)

    @cached_property
    def _tree(self) -> Tree:
        return unpack(self.members, self.release)

    def dockerfile(self, name: str = "") -> bytes:
        """Return the Dockerfile in it, as the daemon reads it (``withDockerfileFromContext``).

        Args:
            name: the value of ``-f``; empty: ``Dockerfile``, or ``dockerfile`` if there is only that.

        Raises:
            BuildRefusedError: the daemon does not find it.
            UnknownError: its content was not kept.
            DataError: the file cannot be read, or is larger than 16 MiB.
        """
        return b"".join(self.read(self.dockerfile_source(name)))

    def dockerfile_source(self, name: str = "") -> str:
        """Return the `Member.source` of the member with the content of the Dockerfile, with links followed.

        Raises what `dockerfile` raises.
        """
        name = name or DOCKERFILE
        tree = self._tree
        for each in (name, name.lower()) if name == DOCKERFILE else (name,):
            try:
                path = tree.resolve(each)
                node = tree.get(path)
            except ForbiddenPathError:
                message = f"forbidden path outside the build context: {each} ()"
                raise BuildRefusedError("the Dockerfile path is outside the context", message=message) from None
            if node is None:
                continue
            if node.entry.kind is not EntryKind.FILE:
                message = f"unexpected error reading Dockerfile: read {UNNAMED_FOLDER}/{path}: is a directory"
                is_folder = node.entry.kind is EntryKind.DIRECTORY
                raise BuildRefusedError(
                    f"{each} is not a file, so it cannot be the Dockerfile", message=message if is_folder else ""
                )
            if node.entry.size > _MAX_WHOLE_FILE_BYTES:
                raise DataError(
                    f"is larger than {_MAX_WHOLE_FILE_BYTES >> 20} MiB, the limit for a Dockerfile", where=each
                )
            return node.source
        message = f"Cannot locate specified Dockerfile: {name}"
        raise BuildRefusedError(
            f"there is no {name[:200]} in {self.title}; specify the Dockerfile with -f", message=message
        )
