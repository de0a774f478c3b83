"""The input of a build: its context (a folder, a tar or none), and its Dockerfile, which may come from standard input.

Sources: docker/cli ``cli/command/image/build.go`` and ``build/context.go`` (v20.10.24, v23.0.15, v24.0.7, v28.5.2), and
docker-py 7.1.0 ``docker/utils/build.py``.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from cacheview.dockerfile.context import Client, ContextSource, FolderContext
from cacheview.dockerfile.context.context import Packer
from cacheview.dockerfile.context.hashing import Hasher
from cacheview.dockerfile.context.packed import DOCKERFILE, PackedContext
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.model import DataError, Problem
from cacheview.regular import NotRegularError, open_to_read
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.dockerfiles import find_dockerfile
from cacheview.replay.tar_context import Report, TarContext, cli_recognizes, compression_of, looks_like_tar

__all__ = ["BuildInput", "LoneDockerfile", "is_remote", "open_build_input"]

STANDARD_INPUT: Final = "-"
_STDIN_TITLE: Final = "standard input"
_READ_BYTES: Final = 1 << 20
_MAX_INPUT_BYTES: Final = 16 << 30
_MAX_DOCKERFILE_BYTES: Final = 16 << 20
_SNIFFED_BYTES: Final = 1024
_REMOTE_PREFIXES: Final = ("http://", "https://", "git://", "github.com/", "git@", "ssh://")
_GIT_URL: Final = re.compile(r"(?:git://|github\.com/|git@|ssh://)|https?://.*.git(?:#.+)?$", re.DOTALL)


@dataclass(frozen=True)
class BuildInput:
    """The input of a build.

    Attributes:
        context: the source of the files of ``COPY`` and ``ADD``.
        dockerfile: the text of the Dockerfile.
        name: its path in the context, with links followed; empty: it is outside, and the client adds it.
        written: its path as written, with links not followed.
        leads_out: whether the default Dockerfile is a link out of the context.
        refused: the reason that there is no Dockerfile; None: there is one.
    """

    context: ContextSource
    dockerfile: bytes
    name: str
    written: str
    leads_out: bool = False
    refused: BuildRefusedError | None = None

    def name_for(self, client: Client) -> str:
        """Return the path of the Dockerfile as a client sends it."""
        return self.name if client.follows_dockerfile else self.written

    def checksums(self, release: BuilderRelease, client: Client, hasher: Hasher | None = None) -> ContextChecksums:
        """Return the checksums of its files."""
        return ContextChecksums(
            self.context,
            self.name,
            release,
            client,
            hasher,
            self.dockerfile,
            leads_out=self.leads_out,
            written=self.written,
        )


@dataclass(frozen=True)
class LoneDockerfile:
    """A Dockerfile without a context, which the client sends alone.

    Attributes:
        text: the text of the Dockerfile.
        mode, uid, gid: those of a file that the client's process creates for it.
    """

    text: bytes
    mode: int
    uid: int
    gid: int
    title: str = _STDIN_TITLE
    problems: tuple[Problem, ...] = ()

    def packed(self, client: Packer, dockerfile: str, text: bytes | None) -> PackedContext:  # noqa: ARG002
        """Return the tar that contains only the Dockerfile."""
        return client.pack_alone(self.text, self.mode, self.uid, self.gid)

    def has(self, path: str) -> bool:
        """Whether a path is the Dockerfile."""
        return path == DOCKERFILE

    def read(self, path: str, *, follow: bool = False) -> Iterator[bytes]:  # noqa: ARG002
        """Yield the text."""
        yield self.text

    def stamp(self, path: str, *, follow: bool = False) -> tuple[int, ...]:  # noqa: ARG002
        """Return an empty stamp: the text is in memory."""
        return ()


def is_remote(context: str) -> bool:
    """Whether a context is a URL or a git repository according to the docker CLI."""
    return context.startswith(_REMOTE_PREFIXES) and not os.path.exists(context)


def open_build_input(
    context: str,
    file: str,
    release: BuilderRelease,
    *,
    stdin: BinaryIO | None = None,
    folder: Callable[[str], FolderContext] = FolderContext,
    report: Report = lambda _: None,
) -> BuildInput:
    """Return the input of a build, given the arguments of ``docker build``.

    Args:
        context: path of a folder or a tar, or ``-`` for standard input: a tar, or a Dockerfile.
        file: the value of ``-f``: a path, a name in the tar, or ``-`` for standard input; empty: not given.
        release: the builder's release.
        stdin: standard input; None: it is closed, or a terminal.
        folder: creates the context of a folder.
        report: called with the number of bytes of the tar file read so far.

    Raises:
        DataError: the input cannot be read, or the client refuses it.
    """
    for path in (context, file):
        _require_path(path)
    if is_remote(context):
        raise _remote(context)
    if context == STANDARD_INPUT:
        return _from_stdin(file, release, _require_stdin(stdin), report)
    if not os.path.isdir(context):
        return _from_tar(context, file, release, report)
    if file == STANDARD_INPUT:
        return BuildInput(folder(context), _read_dockerfile(_require_stdin(stdin)), "", "")
    result = find_dockerfile(context, file)
    return BuildInput(folder(context), result.read(), result.name, result.written, result.leads_out)


def _require_path(path: str) -> None:
    """Raise `DataError` for a path that no file can have, since a Compose file may contain any text."""
    try:
        is_possible = b"\0" not in os.fsencode(path)
    except UnicodeError:
        is_possible = False
    if not is_possible:
        raise DataError("is not a path: it contains a character that is not allowed in file names", where=path[:200])


def _remote(context: str) -> DataError:
    if _GIT_URL.match(context):
        repository, _, fragment = context.partition("#")
        reference, _, below = fragment.partition(":")
        what = "is a Git repository, which cacheview does not fetch; clone it"
        what += f", check out {reference[:80]}" if reference else ""
        what += (
            (f" and specify the path to {below[:200]} in the clone") if below else " and specify the path to the clone"
        )
        return DataError(what, where=repository[:200])
    what = (
        "is a URL, but cacheview does not download files; download the file and specify its path, or pass the file "
        "on standard input with -"
    )
    return DataError(what, where=context[:200])


def _require_stdin(stdin: BinaryIO | None) -> BinaryIO:
    if stdin is None:
        raise DataError("standard input is closed; specify a path", where=STANDARD_INPUT)
    return stdin


def _read_dockerfile(stdin: BinaryIO) -> bytes:
    data = stdin.read(_MAX_DOCKERFILE_BYTES + 1)
    if len(data) > _MAX_DOCKERFILE_BYTES:
        what = f"is larger than {_MAX_DOCKERFILE_BYTES >> 20} MiB, the limit for a Dockerfile"
        raise DataError(what, where=_STDIN_TITLE)
    return data


def _from_stdin(file: str, release: BuilderRelease, stdin: BinaryIO, report: Report) -> BuildInput:
    if file == STANDARD_INPUT:
        what = (
            "invalid argument: can't use stdin for both build context and dockerfile; specify one of them by its path"
        )
        raise DataError(what, where="-f -")
    head = stdin.read(_SNIFFED_BYTES)
    is_tar = looks_like_tar(head)
    if is_tar and not cli_recognizes(head):
        what = (
            "the Docker CLI does not recognize a tar file whose first member has an extended header, and sends this "
            "one as a Dockerfile. Compress the tar file, or create it with `tar --format=gnu`. If you build "
            "with a different client, specify the path to the tar file instead of using standard input"
        )
        raise DataError(what, where=_STDIN_TITLE)
    if is_tar:
        spool = _Spool(head, stdin)
        return _tar_input(spool.open, _STDIN_TITLE, file, head, release, report)
    if file:
        what = "ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles; leave out -f"
        raise DataError(what, where=f"-f {file[:200]}")
    text = head + _read_dockerfile(stdin)
    umask = os.umask(0o077)
    os.umask(umask)
    uid, gid = (os.getuid(), os.getgid()) if hasattr(os, "getuid") else (0, 0)
    return BuildInput(LoneDockerfile(text, 0o666 & ~umask, uid, gid), text, DOCKERFILE, DOCKERFILE)


def _from_tar(path: str, file: str, release: BuilderRelease, report: Report) -> BuildInput:
    if file == STANDARD_INPUT:
        what = "the Dockerfile must be in the tar file; use -f to specify its path there"
        raise DataError(what, where="-f -")

    def open_tar() -> io.BufferedReader:
        try:
            return os.fdopen(open_to_read(path, follow=True), "rb")
        except FileNotFoundError:
            what = "there is no such folder or tar file; the context must be on this machine"
            raise DataError(what, where=path) from None
        except OSError as error:
            raise DataError(f"cannot be opened: {error.strerror}; specify a folder or a tar file", where=path) from None
        except NotRegularError:
            raise DataError("is neither a folder nor a file; specify a folder or a tar file", where=path) from None

    with open_tar() as tar:
        head = tar.read(_SNIFFED_BYTES)
    if not looks_like_tar(head):
        raise DataError("is not a tar file (plain or compressed); specify a folder or a tar file", where=path)
    return _tar_input(open_tar, os.path.abspath(path), file, head, release, report)


def _tar_input(
    open_tar: Callable[[], io.BufferedReader],
    title: str,
    file: str,
    head: bytes,
    release: BuilderRelease,
    report: Report,
) -> BuildInput:
    if compression_of(head) == "zstd" and release.ignores_by_old_rules:
        raise DataError(
            "the daemon cannot read this tar file, because Docker releases before 23.0 do not decompress zstd",
            where=title,
        )
    context, name = TarContext.read_from(open_tar, title, report, release), file or DOCKERFILE
    try:
        text = context.dockerfile(file)
    except BuildRefusedError as refusal:
        return BuildInput(context, b"", name, name, refused=refusal)
    return BuildInput(context, text, name, name)


class _Spool:
    """A temporary copy, in a file without a name, of input that can be read only once."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as its readers
        weakref.finalize(self, self._file.close)
        left = _MAX_INPUT_BYTES - len(head)
        try:
            self._file.write(head)
            while piece := stream.read(_READ_BYTES):
                left -= len(piece)
                if left < 0:
                    what = f"is larger than {_MAX_INPUT_BYTES >> 30} GiB, the limit for standard input"
                    raise DataError(what, where=_STDIN_TITLE)
                self._file.write(piece)
            self._file.flush()
        except OSError as error:
            what = f"cannot be saved in {tempfile.gettempdir()}: {error.strerror}; specify the path to a file"
            raise DataError(what, where=_STDIN_TITLE) from None

    def open(self) -> io.BufferedReader:
        """Return a reader at the beginning of the content. Only one may be in use at a time."""
        handle = os.dup(self._file.fileno())
        os.lseek(handle, 0, os.SEEK_SET)
        return os.fdopen(handle, "rb")
