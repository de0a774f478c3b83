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

__all__ = ["MOST_ROWS", "run_work"]

MOST_ROWS: Final = 300_000
"""The most probes in a list. More would fill the memory with rows that no one reads."""


def run_work(locations: Sequence[str], most: int = MOST_ROWS) -> Work:
    """Return the work of checking every probe of suites, for `Loader.start`.

    Its partial results and its result are tuples of `ChecksRow`, with each row in one of them.

    Args:
        locations: files, or the demo.
        most: the most rows; a last one reports that there are more.
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
                if count > most:
                    why = f"more than {most:,} probes; the rest were not run. `cacheview check` runs them all"
                    return (*waiting, unusable_row(location, 0, why))
                waiting.append(row)
                report.part(pop_waiting)
            before += size
        return pop_waiting()

    return work


def _progress(report: Report, before: int, total: int, name: str) -> Progress:
    """Return the progress of one file as a part of the total."""
    return lambda done, _total, _what: report(min(total, before + done), total or None, name)


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
    """Return its size in bytes; 0 if unknown, since running it reports the reason."""
    try:
        with _file(location) as path:
            return os.stat(path).st_size
    except (OSError, ValueError):
        return 0
