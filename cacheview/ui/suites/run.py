"""Runs suites off the UI thread. Rows arrive in batches, in the order of the files. No Qt."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cacheview.ui.names import DEMO, name_of
from cacheview.ui.plain import error_words
from cacheview.ui.suites.rows import ChecksRow, checked_row, unusable_row

if TYPE_CHECKING:
    from cacheview.stores.progress import Progress
    from cacheview.ui.loading import Report, Work

__all__ = ["MAX_ROWS", "run_work"]

MAX_ROWS: Final = 300_000
"""The maximum number of probes in the list. More would fill memory with rows that no one reads."""


def run_work(locations: Sequence[str], limit: int = MAX_ROWS) -> Work:
    """Return work for `Loader.start` that checks every probe in suites.

    Its partial results and its result are tuples of `ChecksRow`. Each row is in exactly one of them.

    Args:
        locations: files, or the demo.
        limit: the maximum number of rows; if there are more, a last row says so.
    """

    def work(report: Report) -> tuple[ChecksRow, ...]:
        waiting: list[ChecksRow] = []

        def pop_waiting() -> tuple[ChecksRow, ...]:
            popped = tuple(waiting)
            waiting.clear()
            return popped

        sizes = [_size(location) for location in locations]
        count, before = 0, 0
        for location, size in zip(locations, sizes, strict=True):
            for row in _rows(location, report, _progress(report, before, sum(sizes), name_of(location))):
                count += 1
                if count > limit:
                    why = f"only the first {limit:,} probes were run. `cacheview check` runs all probes"
                    return (*waiting, unusable_row(location, 0, why))
                waiting.append(row)
                report.part(pop_waiting)
            before += size
        return pop_waiting()

    return work


def _progress(report: Report, before: int, total: int, name: str) -> Progress:
    """Return a function that reports the progress in one file as part of the total."""
    return lambda done, _total, _description: report(min(total, before + done), total or None, name)


def _rows(location: str, report: Report, progress: Progress) -> Iterator[ChecksRow]:
    """Yield the rows of one suite as they are computed."""
    from cacheview.engine.case_results import probe_results
    from cacheview.model import DataError
    from cacheview.stores.suite import read_suite

    number = place = 0
    try:
        with _file(location) as path:
            for number, case in enumerate(read_suite(path, progress), 1):
                if isinstance(case, DataError):
                    yield unusable_row(location, number, str(DataError(case.what, path=case.path)))
                    continue
                for problem in case.problems:
                    yield unusable_row(location, number, str(problem), place=place, case=case)
                try:
                    for result in probe_results(case):
                        yield checked_row(location, number, place, case, result)
                except Exception as error:  # the other suites are still run
                    report.fault(error)
                    yield unusable_row(location, number, error_words(error), place=place, case=case)
                place += 1
    except DataError as error:
        yield unusable_row(location, 0, error.what)


def _file(location: str) -> AbstractContextManager[Path]:
    if location != DEMO:
        return nullcontext(Path(location))
    from importlib.resources import as_file

    from cacheview.bundled import resource

    return as_file(resource("demo.jsonl"))


def _size(location: str) -> int:
    """Return the size of a suite in bytes; 0 if it is unknown, since running the suite reports why."""
    try:
        with _file(location) as path:
            return os.stat(path).st_size
    except (OSError, ValueError):
        return 0
