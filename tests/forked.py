"""Processes of their own that do not start from nothing: they are forked off one that has imported what they run.

A process that starts and imports cacheview takes half a second of the processor, one that is forked next to nothing.
It is not for tests of what happens when the program starts.
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

__all__ = ["COMMANDS", "DOCKS", "PROGRAM", "WINDOW", "run_forked"]

COMMANDS: Final = tuple(f"cacheview.commands.{name}" for name in ("check", "explain", "replay"))
"""Modules of the command line."""

WINDOW: Final = ("cacheview.ui.app", "cacheview.ui.window")
"""Modules of the window."""

DOCKS: Final = (
    *WINDOW,
    "cacheview.ui.workspace",
    *(f"cacheview.ui.{name}.dock" for name in ("audit", "compare", "details", "replay", "suites")),
)
"""Modules of a window that shows a store in its panes and docks."""

PROGRAM: Final = """
import runpy
runpy.run_module("cacheview", run_name="__main__", alter_sys=True)
"""
"""What ``python -m cacheview`` runs."""

# Each message is a process to fork, with its three streams; answered by its number, and by its status when it has
# ended. The process goes on behind the loop, and ends as every script does.
_SERVER: Final = """
import gc, importlib, json, os, socket, sys
asking = socket.socket(fileno=int(sys.argv[1]))
for name in ("cacheview.cli", *sys.argv[2:]):
    importlib.import_module(name)
gc.freeze()
while True:
    message, streams, _, _ = socket.recv_fds(asking, 1 << 20, 3)
    if not message:
        os._exit(0)
    process = os.fork()
    if process == 0:
        break
    for stream in streams:
        os.close(stream)
    asking.send(b"%d" % process)
    asking.send(b"%d" % os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
gc.unfreeze()
asking.close()
for number, stream in enumerate(streams):
    os.dup2(stream, number)
    os.close(stream)
asked = json.loads(message)
os.environ.clear()
os.environ.update(asked["environment"])
os.chdir(asked["folder"])
sys.stdout.reconfigure(encoding=asked["encoding"])
sys.stderr.reconfigure(encoding=asked["encoding"], errors="backslashreplace")
sys.argv[1:] = asked["arguments"]
exec(compile(asked["code"], "<string>", "exec"), {"__name__": "__main__"})
"""


class _Server:
    """A process that has imported these modules, and forks others."""

    def __init__(self, *modules: str) -> None:
        self._asking, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVER, str(other.fileno()), *modules],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[other.fileno()],
            )
        atexit.register(self._end)

    def _end(self) -> None:
        self._asking.close()
        self._process.wait()

    def run(self, message: bytes, streams: Sequence[int], seconds: float) -> int:
        socket.send_fds(self._asking, [message], streams)
        process = int(self._asking.recv(32))
        patience = threading.Timer(seconds, os.kill, (process, signal.SIGKILL))
        patience.start()
        try:
            return int(self._asking.recv(32))
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
) -> subprocess.CompletedProcess[str]:
    """Run some code without input, as ``python -c`` would in a process that has imported these modules.

    Args:
        code: what it runs.
        arguments: of `sys.argv`.
        modules: `COMMANDS`, `WINDOW` or `DOCKS`.
        environment: variables instead of those of this process.
        folder: where it runs.
        merged: whether its standard error is among its output.
        encoding: of what it prints, as ``PYTHONIOENCODING`` has it; what cannot be read in it becomes ``\ufffd``.
        seconds: after which it is killed, however busy the machine is.
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
        streams = (none.fileno(), out.fileno(), (out if merged else error).fileno())
        status = _server(*modules).run(message, streams, seconds)
        printed = []
        for file in (out, error):
            file.seek(0)
            printed.append(file.read().decode(encoding, "replace"))
    return subprocess.CompletedProcess(arguments, status, *printed)
