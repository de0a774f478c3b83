"""Running suites off the UI thread: rows come in batches, in the order of the files. No Qt."""

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
"""Probes that a list holds: a file that has more would fill the memory with rows that nobody reads."""


def run_work(locations: Sequence[str], most: int = MOST_ROWS) -> Work:
    """The work of judging every probe of suites, for `Loader.start`.

    Its parts and its result are tuples of `ChecksRow`, each row in one of them.

    Args:
        locations: files, or the demo.
        most: rows at most; a last one reports that there is more.
    """

    def work(report: Report) -> tuple[ChecksRow, ...]:
        waiting: list[ChecksRow] = []

        def take() -> tuple[ChecksRow, ...]:
            taken = tuple(waiting)
            waiting.clear()
            return taken

        sizes = [_size(location) for location in locations]
        count, before = 0, 0
        for location, size in zip(locations, sizes, strict=True):
            for row in _rows(location, report, _progress(report, before, sum(sizes), name_of(location))):
                count += 1
                if count > most:
                    why = f"more than {most:,} probes; the rest are not run here. `cacheview check` runs them all"
                    return (*waiting, unusable_row(location, 0, why))
                waiting.append(row)
                report.part(take)
            before += size
        return take()

    return work


def _progress(report: Report, before: int, total: int, name: str) -> Progress:
    """Of one file, as a part of all."""
    return lambda done, _total, _what: report(min(total, before + done), total or None, name)


def _rows(location: str, report: Report, progress: Progress) -> Iterator[ChecksRow]:
    """The rows of one suite, as they are worked out."""
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
                except Exception as error:  # the others are run anyway
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
    """Bytes of it; 0 where that is not known: running it says why."""
    try:
        with _file(location) as path:
            return os.stat(path).st_size
    except (OSError, ValueError):
        return 0
