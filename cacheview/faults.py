"""How every command ends: with its answer, or with a line that says why there is none and a status of its own."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

from cacheview import __version__
from cacheview.output import OutputError, Stream, complain, own_streams

__all__ = ["FAULT", "INTERRUPTED", "UNUSABLE", "UsageError", "guarded", "report_fault"]


class UsageError(Exception):
    """Something on the command line cannot be used: one line that says what and what to do."""


UNUSABLE: Final = 2
"""The command line, or what it names, cannot be used."""

FAULT: Final = 70
"""A fault of the program: ``EX_SOFTWARE`` of BSD's sysexits.h."""

NOT_PRINTED: Final = 74
"""The answer could not be printed: ``EX_IOERR``."""

INTERRUPTED: Final = 130
"""Ctrl+C, as shells have it."""

READER_GONE: Final = 141
"""Who read the output went away: what SIGPIPE ends other programs with, as shells have it."""


def guarded(run: Callable[[], int], *, with_traceback: bool) -> int:
    """Run a command with standard output and standard error in order; returns the exit status.

    Args:
        run: returns the status of its answer. SystemExit passes.
        with_traceback: of a fault of the program print all. A thread that ends with one counts, too.
    """
    with own_streams() as (out, error), _in_threads() as faults:
        try:
            status = _run(run, out, with_traceback=with_traceback)
            if faults and status != FAULT:  # one line is enough to report
                report_fault(faults[0], with_traceback=with_traceback)
            return FAULT if faults else status
        finally:
            _end(out, error)


def _run(run: Callable[[], int], out: Stream, *, with_traceback: bool) -> int:
    try:
        try:
            return run()
        finally:
            out.flush()
    except UsageError as wrong:
        complain(str(wrong))
        return UNUSABLE
    except OutputError as failed:
        return _not_printed(failed, out)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as fault:
        from cacheview.model.effort import LimitError  # its package would be loaded before the first look at a display

        if isinstance(fault, LimitError):
            complain(f"this command {fault}")
            return UNUSABLE
        report_fault(fault, with_traceback=with_traceback)
        return FAULT


@contextlib.contextmanager
def _in_threads() -> Iterator[list[BaseException]]:
    """Handles what threads do not catch. The window, which reports it in another way, replaces this hook."""
    faults: list[BaseException] = []
    before = threading.excepthook
    threading.excepthook = lambda value: faults.append(value.exc_value or value.exc_type())
    try:
        yield faults
    finally:
        threading.excepthook = before


def _not_printed(failed: OutputError, out: Stream) -> int:
    out.give_up()
    if isinstance(failed.error, BrokenPipeError):
        return READER_GONE
    complain(f"standard output: {failed}")
    return NOT_PRINTED


def _end(*streams: Stream) -> None:
    """Leave nothing in a buffer that the end of the interpreter would fail to write."""
    for stream in streams:
        try:
            stream.flush()
        except OutputError:
            stream.give_up()


def report_fault(fault: BaseException, *, with_traceback: bool) -> None:
    """Say on standard error that the program is at fault: what to report, in one line, or all of it."""
    if with_traceback:
        with contextlib.suppress(OutputError):
            print("".join(traceback.format_exception(fault)), end="", file=sys.stderr)
    what = f"{type(fault).__name__}{f': {_cut(str(fault))}' if str(fault) else ''}"
    rest = "" if with_traceback else ". Run the same command with --traceback to print the full traceback"
    complain(
        f"this is a bug in cacheview, not an answer. Please report: cacheview {__version__}, Python "
        f"{sys.version.split()[0]}, {what}{_place(fault.__traceback__)}{rest}"
    )


def _cut(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _place(trace: TracebackType | None) -> str:
    """Where in the program's own code it happened."""
    own = Path(__file__).parent
    frames = [frame for frame in traceback.extract_tb(trace) if Path(frame.filename).is_relative_to(own)]
    if not frames:
        return ""
    last = frames[-1]
    return f" at {os.path.relpath(last.filename, own.parent)}:{last.lineno}"
