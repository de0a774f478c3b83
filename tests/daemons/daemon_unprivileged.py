"""Runs command lines as a user who may access an engine's socket, but not its files.

As a program, this module becomes that user. It loads cacheview as root, since others may not be able to read the
checkout, then drops its privileges and runs command lines: it reads a JSON list per line and answers with a JSON
object.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

__all__ = ["Unprivileged", "unprivileged"]

NOBODY = 65_534


class Unprivileged:
    """Sends command lines to the process of the other user."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command line, and return its exit status, standard output and standard error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer["status"], answer["out"], answer["err"]


@contextmanager
def unprivileged(group: int, store: str, cache: str = "/nonexistent") -> Iterator[Unprivileged]:
    """Run as another user, whose only group is the given one. This needs root.

    ``store``: the first store that will be read; ``cache``: the folder for the user's caches.
    """
    command = (sys.executable, __file__, str(group), store, cache)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Unprivileged(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def _load() -> None:
    import cacheview

    for module in pkgutil.walk_packages(cacheview.__path__, "cacheview."):
        if ".ui" not in module.name and not module.name.endswith("__main__"):
            import_module(module.name)


def _answer(arguments: list[str]) -> dict[str, Any]:
    from cacheview.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    return {"status": status, "out": out.getvalue(), "err": err.getvalue()}


def _serve(group: int, store: str, cache: str) -> None:
    _load()
    _answer(["audit", store])  # loads modules that are imported lazily
    os.environ.update({"HOME": "/nonexistent", "DOCKER_CONFIG": "/nonexistent", "XDG_CACHE_HOME": cache})
    os.chdir("/")
    os.setgroups([group])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    _serve(int(sys.argv[1]), *sys.argv[2:])
