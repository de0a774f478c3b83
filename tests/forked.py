"""Runs code in separate processes that are forked from one that has already imported cacheview.

Starting a process and importing cacheview takes half a second of processor time; forking takes next to nothing. Do not
use this for tests of the program's start.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

__all__ = ["COMMANDS", "DOCKS", "PROGRAM", "run_forked"]

COMMANDS: Final = tuple(f"cacheview.commands.{name}" for name in ("check", "explain", "replay"))
"""The modules that the command line imports."""

DOCKS: Final = (
    *(f"cacheview.ui.{name}" for name in ("app", "window", "opener", "case_reader", "workspace")),
    *(f"cacheview.stores.{name}" for name in ("paths", "data_root", "images", "suite")),
    *(f"cacheview.ui.{name}.dock" for name in ("audit", "compare", "details", "diff", "files")),
    *(f"cacheview.ui.{name}.dock" for name in ("replay", "suites", "watch")),
)
"""The modules of a window that shows a store in its panes and docks."""

PROGRAM: Final = """
import runpy
runpy.run_module("cacheview", run_name="__main__", alter_sys=True)
"""
"""The code that ``python -m cacheview`` runs."""

# Each message describes a process to fork, with its three streams. The answers are its PID, and its status when it has
# ended. The forked process continues after the loop, and ends like any script.
_SERVER: Final = """
import gc, importlib, json, os, socket, sys
connection = socket.socket(fileno=int(sys.argv[1]))
for name in ("cacheview.cli", *sys.argv[2:]):
    importlib.import_module(name)
gc.freeze()
while True:
    message, streams, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    if not message:
        os._exit(0)
    process = os.fork()
    if process == 0:
        break
    for stream in streams:
        os.close(stream)
    connection.send(b"%d" % process)
    connection.send(b"%d" % os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
gc.unfreeze()
connection.close()
for number, stream in enumerate(streams):
    os.dup2(stream, number)
    os.close(stream)
request = json.loads(message)
os.environ.clear()
os.environ.update(request["environment"])
os.chdir(request["folder"])
sys.stdout.reconfigure(encoding=request["encoding"])
sys.stderr.reconfigure(encoding=request["encoding"], errors="backslashreplace")
sys.argv[1:] = request["arguments"]
exec(compile(request["code"], "<string>", "exec"), {"__name__": "__main__"})
"""


class _Server:
    """A process that has imported these modules and forks others."""

    def __init__(self, *modules: str) -> None:
        self._connection, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVER, str(other.fileno()), *modules],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
                stdin=subprocess.DEVNULL,
                stdout=other.fileno(),  # Python must not take it for seekable: a forked process may print to a pipe
                pass_fds=[other.fileno()],
            )
        atexit.register(self._end)

    def _end(self) -> None:
        self._connection.close()
        self._process.wait()

    def run(self, message: bytes, streams: Sequence[int], seconds: float) -> int:
        socket.send_fds(self._connection, [message], streams)
        process = int(self._connection.recv(32))
        patience = threading.Timer(seconds, os.kill, (process, signal.SIGKILL))
        patience.start()
        try:
            return int(self._connection.recv(32))
        finally:
            patience.cancel()


_server = functools.cache(_Server)


def run_forked(
    code: str,
    *arguments: str,
    modules: Sequence[str],
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    merged: bool = False,
    encoding: str = "utf-8",
    seconds: float = 120,
    streams: tuple[int | None, int | None, int | None] = (None, None, None),
) -> subprocess.CompletedProcess[str]:
    """Run code like ``python -c`` in a process that has already imported these modules.

    Args:
        code: the code to run.
        arguments: the arguments in `sys.argv`.
        modules: `COMMANDS` or `DOCKS`.
        environment: variables that replace those of this process.
        folder: the working directory.
        merged: whether standard error goes to standard output.
        encoding: the encoding of its output, as in ``PYTHONIOENCODING``; undecodable bytes become ``\ufffd``.
        seconds: the wall time after which it is killed.
        streams: file descriptors of its standard streams. For None, it has no input, and its output is returned.
    """
    message = json.dumps(
        {
            "code": code,
            "arguments": arguments,
            "environment": dict(os.environ if environment is None else environment),
            "folder": str(folder or Path.cwd()),
            "encoding": encoding,
        }
    ).encode()
    with open(os.devnull, "rb") as none, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        own = (none, out, out if merged else error)
        used = [file.fileno() if stream is None else stream for file, stream in zip(own, streams, strict=True)]
        status = _server(*modules).run(message, used, seconds)
        printed = []
        for file in (out, error):
            file.seek(0)
            printed.append(file.read().decode(encoding, "replace"))
    return subprocess.CompletedProcess(arguments, status, *printed)
