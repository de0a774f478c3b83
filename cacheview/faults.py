"""Ends every command: with its answer, or with a line that explains why there is none, and an exit status."""

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

__all__ = ["EXIT_FAULT", "EXIT_INTERRUPTED", "EXIT_UNUSABLE", "UsageError", "guarded", "report_fault"]


class UsageError(Exception):
    """A part of the command line cannot be used. The message is one line with the reason and what to do."""


EXIT_UNUSABLE: Final = 2
"""Exit status: the command line, or something that it names, cannot be used."""

EXIT_FAULT: Final = 70
"""Exit status: a bug in the program; ``EX_SOFTWARE`` of BSD's sysexits.h."""

EXIT_NOT_PRINTED: Final = 74
"""Exit status: the answer could not be printed; ``EX_IOERR``."""

EXIT_INTERRUPTED: Final = 130
"""Exit status: Ctrl+C, as in shells."""

EXIT_READER_GONE: Final = 141
"""Exit status: the reader of the output has exited; shells report this status for programs that SIGPIPE terminates."""


def guarded(run: Callable[[], int], *, with_traceback: bool) -> int:
    """Run a command with safe standard output and standard error; return the exit status.

    Args:
        run: returns the status of its answer. SystemExit passes through.
        with_traceback: whether to print the full traceback of a bug, even one that ended a thread.
    """
    with own_streams() as (out, error), _in_threads() as faults:
        try:
            status = _run(run, out, with_traceback=with_traceback)
            if faults and status != EXIT_FAULT:  # one bug is enough to report
                report_fault(faults[0], with_traceback=with_traceback)
            return EXIT_FAULT if faults else status
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
        return EXIT_UNUSABLE
    except OutputError as failed:
        return _not_printed(failed, out)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as fault:
        from cacheview.model.effort import LimitError  # imported late, so that the display is checked sooner

        if isinstance(fault, LimitError):
            complain(f"this command {fault}")
            return EXIT_UNUSABLE
        report_fault(fault, with_traceback=with_traceback)
        return EXIT_FAULT


@contextlib.contextmanager
def _in_threads() -> Iterator[list[BaseException]]:
    """Collect the exceptions that threads do not catch.

    The window replaces this hook, since it reports them differently.
    """
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
        return EXIT_READER_GONE
    complain(f"standard output: {failed}")
    return EXIT_NOT_PRINTED


def _end(*streams: Stream) -> None:
    """Leave nothing in a buffer that the interpreter would fail to write when it ends."""
    for stream in streams:
        try:
            stream.flush()
        except OutputError:
            stream.give_up()


def report_fault(fault: BaseException, *, with_traceback: bool) -> None:
    """Report a bug in the program on standard error: one line, or the full traceback and that line."""
    if with_traceback:
        with contextlib.suppress(OutputError):
            print("".join(traceback.format_exception(fault)), end="", file=sys.stderr)
    what = f"{type(fault).__name__}{f': {_cut(str(fault))}' if str(fault) else ''}"
    rest = "" if with_traceback else ". Run the same command with --traceback to print the full traceback"
    complain(
        f"this is a bug in cacheview. Please report it: cacheview {__version__}, Python "
        f"{sys.version.split()[0]}, {what}{_place(fault.__traceback__)}{rest}"
    )


def _cut(text: str, limit: int = 200) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


def _place(trace: TracebackType | None) -> str:
    """Return the last line of the program's own code in a traceback."""
    own = Path(__file__).parent
    frames = [frame for frame in traceback.extract_tb(trace) if Path(frame.filename).is_relative_to(own)]
    if not frames:
        return ""
    last = frames[-1]
    return f" at {os.path.relpath(last.filename, own.parent)}:{last.lineno}"
