"""Calls credential helpers, the programs that keep the docker CLI's credentials, for one registry.

The protocol is that of ``client.Get`` in docker/docker-credential-helpers: ``docker-credential-NAME get``, with the
registry on standard input and JSON on standard output. Only ``get`` is ever called.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Final

from pydantic import BaseModel, ConfigDict

from cacheview.model import DataError, decode

__all__ = ["Secret", "ask_helper"]

_PREFIX: Final = "docker-credential-"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_NOT_FOUND: Final = "credentials not found in native keychain"
_TIMEOUT_SECONDS: Final = 60.0  # a helper may ask the user to unlock a key ring
_CHECK_SECONDS: Final = 0.1  # between two checks of whether the result is still needed
_MAX_OUTPUT_BYTES: Final = 256 * 1024  # that it may print
_MAX_SHOWN_CHARACTERS: Final = 200


class Secret(BaseModel):
    """A helper's answer. ``Username`` may be ``<token>``, in which case ``Secret`` is an identity token."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, hide_input_in_errors=True)

    Username: str = ""
    Secret: str = ""

    def __repr__(self) -> str:
        return "Secret(…)"


def ask_helper(
    name: str, server: str, *, stopped: Callable[[], bool] = lambda: False, seconds: float = _TIMEOUT_SECONDS
) -> Secret | None:
    """Return the credentials that a helper has for a registry; None if it has none.

    Args:
        name: the part of the program's name after ``docker-credential-``.
        server: the registry, by its key in the docker CLI's config.
        stopped: returns whether the caller is no longer waiting; called ten times a second.

    Raises:
        DataError: there is no such program, it failed, or it did not answer in time.
    """
    program = f"{_PREFIX}{name[:100]}"
    path = shutil.which(program) if _NAME.fullmatch(name) else None
    if path is None or not os.path.isabs(path):  # Go does not run programs from the current folder either
        raise DataError("there is no such program in PATH", where=program)
    output, status = _run(path, program, server, stopped, seconds)
    if status != 0:
        if output.strip() == _NOT_FOUND.encode():
            return None
        words = " ".join(output.decode("utf-8", "replace").split())[:_MAX_SHOWN_CHARACTERS]
        raise DataError(f"exited with status {status}" + (f": {words}" if words else ""), where=program)
    try:
        return decode(Secret, output)
    except DataError as error:  # the output is not quoted: it may contain the secret
        raise DataError("the output must be JSON that contains a username and a secret", where=program) from error


def _run(path: str, program: str, server: str, stopped: Callable[[], bool], seconds: float) -> tuple[bytes, int]:
    """Return what the program printed, and its exit status."""
    try:
        process = subprocess.Popen(
            [path, "get"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name != "nt",
        )
    except OSError as error:
        raise DataError(f"cannot be started: {error.strerror or error}", where=program) from error
    ended, timed_out = threading.Event(), threading.Event()

    def watch() -> None:
        end = time.monotonic() + seconds
        while not ended.wait(_CHECK_SECONDS):
            if stopped() or time.monotonic() > end:
                timed_out.set()
                _kill(process)
                return

    threading.Thread(target=watch, daemon=True, name="credential-helper").start()
    try:
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(server.encode())
                process.stdin.close()
            except BrokenPipeError:
                pass  # it does not read its input; its output shows why
            output = process.stdout.read(_MAX_OUTPUT_BYTES + 1)
            if len(output) > _MAX_OUTPUT_BYTES:
                _kill(process)
    finally:
        ended.set()
    if timed_out.is_set():
        raise DataError(f"did not respond within {seconds:g} seconds. Is it waiting for a password?", where=program)
    if len(output) > _MAX_OUTPUT_BYTES:
        raise DataError(f"printed more than {_MAX_OUTPUT_BYTES:,} bytes", where=program)
    return output, process.returncode


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started."""
    try:
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # it has already ended
