"""``cacheview watch``: prints the builds that pass through a socket, line by line as they happen."""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cacheview.faults import EXIT_FAULT, report_fault
from cacheview.model import DataError
from cacheview.output import complain, print_lines
from cacheview.regular import is_missing
from cacheview.replay.records import redacted_record, write_record
from cacheview.report.showing import shown_build
from cacheview.report.watched import LiveLines
from cacheview.stores.docker_engine.contexts import find_endpoint
from cacheview.usage import UsageError, add_redact, make_parser
from cacheview.watch.build import WatchedBuild
from cacheview.watch.watcher import Watcher

__all__ = ["parser", "run"]

_HELP = """\
cacheview listens on a private socket and passes every byte on to the engine, unchanged. For each build by the
classic builder, it shows the steps and why the first uncached step misses. It never keeps passwords
or anything from other requests. Press Ctrl+C to stop; the engine keeps running.

exit status: 0 every build went as predicted, 1 at least one build did not, 2 the command line is
invalid or watching is not possible.

examples:
  cacheview watch
  cacheview watch --context remote --records builds/
"""

_EXIT_DIFFERED: Final = 1


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command's options."""
    result = make_parser("cacheview watch", "Show builds as they happen, and why steps miss the cache.", _HELP)
    where = result.add_mutually_exclusive_group()
    where.add_argument("--context", metavar="NAME", help="the engine of this Docker context (default: the current one)")
    where.add_argument("--host", metavar="URL", help="the engine at unix://…, tcp://… or ssh://…")
    result.add_argument(
        "--records", metavar="FOLDER", help="save a record of each build to this folder, for `cacheview check`"
    )
    result.add_argument("--without-store", action="store_true", help="leave the store out of the records")
    add_redact(result, "the records")
    return result


def run(options: argparse.Namespace) -> int:
    """Run the command and return the exit status. Raises `UsageError`."""
    folder = Path(options.records) if options.records is not None else None
    if folder is not None and not os.path.isdir(folder):
        is_not = "does not exist. Create the folder first" if is_missing(folder) else "is not a folder that can be used"
        raise UsageError(f"--records: {folder}: {is_not}")
    if folder is None and (options.redact or options.without_store):
        complain(f"{'--redact' if options.redact else '--without-store'} has no effect without --records")
    if options.host and "://" not in options.host:
        raise UsageError(f"--host: {options.host[:100]!r} is not a URL such as unix://…, tcp://… or ssh://…")
    news: queue.Queue[WatchedBuild | BaseException | None] = queue.Queue()
    try:
        watcher = Watcher(find_endpoint(options.host or options.context or ""), news.put, news.put)
    except DataError as error:
        raise UsageError(str(error)) from error
    differed = faulty = False
    lines = LiveLines()
    with contextlib.closing(watcher), _ended_by_signals(news):
        print_lines(
            (
                f"Watching {watcher.endpoint.host} ({watcher.title})",
                "Paste this line into the terminal where you build, then build as usual. Press Ctrl+C here to stop "
                "watching.",
                f"  export DOCKER_HOST={watcher.url}",
            )
        )
        print(end="", flush=True)
        while (one := news.get()) is not None:
            if isinstance(one, BaseException):
                report_fault(one, with_traceback=options.traceback)
                faulty = True
                continue
            if lines.has_ended(one.number):
                continue
            print_lines(lines.news(shown_build(one), is_final=one.is_final))
            print(end="", flush=True)
            differed = differed or bool(one.differences)
            if one.is_final and folder is not None and one.can_be_recorded:
                _keep(watcher, one, folder, options.redact, with_store=not options.without_store)
    for problem in watcher.problems:
        complain(problem)
    return EXIT_FAULT if faulty else _EXIT_DIFFERED if differed else 0


def _keep(watcher: Watcher, build: WatchedBuild, folder: Path, redact: list[str], *, with_store: bool) -> None:
    """Write the record of a build. An error is reported, and watching continues."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", build.title).strip("-.")[:80] or "build"
    path = folder / f"{build.stamp}-{build.number}-{name}.record.jsonl.gz"
    try:
        case = watcher.record(build.number, with_store=with_store)
        if redact:
            case = redacted_record(case, env="env" in redact, labels="labels" in redact)
        write_record(path, case)
    except DataError as error:
        complain(f"--records: {error}")
    else:
        print_lines([f"[{build.number}] recorded: {path}"])
        print(end="", flush=True)


@contextlib.contextmanager
def _ended_by_signals(news: queue.Queue[WatchedBuild | BaseException | None]) -> Iterator[None]:
    """Stop watching in an orderly way on SIGINT (Ctrl+C) and SIGTERM."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: news.put(None)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
