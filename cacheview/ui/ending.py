"""The end of a program with a window: the one place where its process ends."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn

from cacheview.output import OutputError

__all__ = ["end_process"]


def end_process(status: int) -> NoReturn:
    """End at once, whatever threads still do: what they would write is complete or not there.

    The end of the interpreter would wait for some of them. It also takes what is left of Qt apart in any order, which
    one in five does not survive on a busy machine.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OutputError):
            stream.flush()
    os._exit(status)
