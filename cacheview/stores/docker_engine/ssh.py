"""Connects to an engine on another machine through the ssh command, as the docker CLI does.

The command is built as in ``cli/connhelper/connhelper.go`` and ``cli/connhelper/ssh/ssh.go`` of docker/cli 28.5.2.
"""

from __future__ import annotations

import shlex
import socket
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Final

__all__ = ["SshDialer", "SshError"]

_MAX_ERROR_BYTES: Final = 2000  # of ssh's error output that are kept
_READ_BYTES: Final = 65536
_EXIT_SECONDS: Final = 0.2  # for a process to end, and for its last output to arrive


class SshError(OSError):
    """The ssh command is not installed."""


class SshDialer:
    """Opens connections to the engine at an ``ssh://`` address, each through its own process.

    Raises ValueError if the text is not such an address.

    Attributes:
        message: ssh's error output for the connection that ended last, usually why it was refused.
    """

    def __init__(self, host: str, program: str = "ssh") -> None:
        self._command = [program, *_arguments(host)]
        self._lock = threading.Lock()
        self._closed = False
        self._processes: list[subprocess.Popen[bytes]] = []
        self.message = ""

    def dial(self) -> socket.socket:
        """Return a socket that is connected to the engine. Raises `SshError`."""
        with self._lock:
            if self._closed:
                raise SshError("the SSH connection has been closed")
            self._processes = [process for process in self._processes if process.poll() is None]
            process = self._run()
            self._processes.append(process)
        own, other = socket.socketpair()
        listener = _start(lambda: self._listen(process))
        _start(lambda: _send(other, process))
        _start(lambda: _receive(other, process, listener))
        return own

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            self._closed = True
            processes, self._processes = self._processes, []
        for process in processes:
            process.terminate()
        end = time.monotonic() + _EXIT_SECONDS
        for process in processes:
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _run(self) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl+C does not reach it, and it has no terminal to prompt for a password
            )
        except OSError as error:
            raise SshError(f"cannot run {self._command[0]}: {error.strerror}. Install OpenSSH") from error

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Collect ssh's error output, which never reaches the terminal: the other machine controls its content."""
        assert process.stderr is not None
        message = b""
        with process.stderr as stream:
            while piece := _read(stream):
                message = (message + piece)[:_MAX_ERROR_BYTES]
                self.message = " ".join(message.decode("utf-8", "replace").split())


def _arguments(host: str) -> list[str]:
    parts = urllib.parse.urlsplit(host)
    if not parts.hostname or parts.password or parts.query or parts.fragment:
        raise ValueError("ssh:// accepts only a user, a host, a port and a socket path")
    arguments = ["-T", "-o", "BatchMode=yes"]
    if parts.username:
        arguments += ["-l", urllib.parse.unquote(parts.username)]
    if parts.port:
        arguments += ["-p", str(parts.port)]
    path = urllib.parse.unquote(parts.path)
    at = f"--host={shlex.quote(f'unix://{path}')} " if path.strip("/") else ""
    return [*arguments, "--", parts.hostname, f"docker {at}system dial-stdio"]


def _start(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True, name="engine-ssh")
    thread.start()
    return thread


def _read(stream: IO[bytes]) -> bytes:
    try:
        piece: bytes = stream.read1(_READ_BYTES)  # type: ignore[attr-defined]
    except (OSError, ValueError):
        return b""
    return piece


def _send(other: socket.socket, process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with suppress(OSError, ValueError), process.stdin as stream:
        while piece := other.recv(_READ_BYTES):
            stream.write(piece)
            stream.flush()


def _receive(other: socket.socket, process: subprocess.Popen[bytes], listener: threading.Thread) -> None:
    assert process.stdout is not None
    with other, process.stdout as stream:
        with suppress(OSError):
            while piece := _read(stream):
                other.sendall(piece)
        listener.join(_EXIT_SECONDS)  # wait, so that the error contains the output
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)
