"""The socket that clients connect to, in a folder that only this user can access."""

from __future__ import annotations

import os
import socket
import stat
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from cacheview.model import DataError

__all__ = ["ListeningSocket", "check_sockets", "is_own_socket", "listen"]

BACKLOG: Final = 1024
"""The number of connections that may wait to be accepted."""

_MAX_PATH_BYTES: Final = 103  # that fit into ``sockaddr_un`` on every system, with the final null
_MAX_LISTENERS: Final = 9  # programs that listen in one folder
_NO_UNIX_SOCKETS: Final = "watching builds requires Unix sockets, which Python does not support on this system"


@dataclass
class ListeningSocket:
    """A listening socket, with the files to remove when it is closed.

    Attributes:
        socket: the socket, bound and listening.
        path: its path, mode 0600.
    """

    socket: socket.socket
    path: Path
    _lock: IO[bytes] | None
    _folder: Path | None

    @property
    def url(self) -> str:
        """The value for ``DOCKER_HOST``."""
        return f"unix://{self.path}"

    def close(self) -> None:
        """Remove the socket, so that clients are refused from then on."""
        self.socket.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
        if self._folder is not None:
            with suppress(OSError):
                self._folder.rmdir()


def check_sockets() -> None:
    """Raise `DataError` on a system without Unix sockets."""
    if sys.platform == "win32" or not hasattr(socket, "AF_UNIX"):
        raise DataError(_NO_UNIX_SOCKETS, where="watch")


def is_own_socket(path: Path | None, runtime: str | None = None) -> bool:
    """Whether a path is one where `listen` creates sockets. An engine there would be cacheview itself."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "") if runtime is None else runtime
    return path is not None and bool(runtime) and path.parent == Path(runtime) / "cacheview"


def listen(runtime: str | None = None) -> ListeningSocket:
    """Listen in the user's runtime folder, otherwise in a new temporary folder.

    Several programs may listen: the first one gets ``docker.sock``, the next one ``docker-2.sock``.

    Args:
        runtime: the runtime folder; None: that of ``XDG_RUNTIME_DIR``.

    Raises:
        DataError: this system has no Unix sockets, or the socket cannot be created.
    """
    check_sockets()
    runtime = os.environ.get("XDG_RUNTIME_DIR", "") if runtime is None else runtime
    if not runtime:
        folder = Path(tempfile.mkdtemp(prefix="cacheview-"))
        try:
            return ListeningSocket(_bound(folder / "docker.sock"), folder / "docker.sock", None, folder)
        except DataError:
            folder.rmdir()
            raise
    folder = Path(runtime) / "cacheview"
    _make_private(folder)
    for number in range(1, _MAX_LISTENERS + 1):
        path = folder / (f"docker-{number}.sock" if number > 1 else "docker.sock")
        lock = _locked(path.with_suffix(".lock"))
        if lock is not None:
            # The program that created a socket of this name has ended, otherwise it would hold the lock.
            path.unlink(missing_ok=True)
            try:
                return ListeningSocket(_bound(path), path, lock, None)
            except DataError:
                lock.close()
                raise
    raise DataError(f"{_MAX_LISTENERS} programs already listen there. Stop one of them", where=str(folder))


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        result = folder.lstat()
    except OSError as error:
        raise DataError(f"the folder cannot be created: {error.strerror}", where=str(folder)) from None
    if not stat.S_ISDIR(result.st_mode) or result.st_uid != os.getuid():
        raise DataError(
            "is not a folder that you own, so a socket there would not be private. Remove this file or folder",
            where=str(folder),
        )
    if stat.S_IMODE(result.st_mode) & 0o077:
        folder.chmod(0o700)


def _locked(path: Path) -> IO[bytes] | None:
    """Return a lock that lasts as long as the program; None: another program holds it."""
    import fcntl

    try:
        file = open(path, "ab", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, 0o600))  # noqa: SIM115
    except OSError as error:
        raise DataError(f"cannot be created: {error.strerror}", where=str(path)) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _bound(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > _MAX_PATH_BYTES:
        what = f"a socket path can be at most {_MAX_PATH_BYTES} bytes long. Set XDG_RUNTIME_DIR to a shorter path"
        raise DataError(what, where=str(path))
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(os.fspath(path))
        path.chmod(0o600)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise DataError(f"cannot listen on this socket: {error.strerror}", where=str(path)) from None
    return listening
