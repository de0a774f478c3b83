"""Reads suite files: one case per line, each a JSON object; plain or compressed."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import IO

from cacheview.model import DataError, Problem, SuiteCase
from cacheview.model.recorded_store import NoStoreError, RecordedStore
from cacheview.stores.budget import Budget, LimitError, Resource
from cacheview.stores.files import open_regular
from cacheview.stores.limits import DEFAULT_LIMITS, Limits
from cacheview.stores.lines import Pieces, RestUnreadError, document_lines, read_lines
from cacheview.stores.opened_location import OpenedCase
from cacheview.stores.problems import MAX_PROBLEMS, Problems
from cacheview.stores.progress import Progress
from cacheview.stores.suite_cases import CopiedLines, LineOfCase, SuiteCases
from cacheview.wording import counted

__all__ = ["WHAT_A_SUITE_IS", "read_cases", "read_suite"]

_MAX_LINES_WITHOUT_CASE = 100  # lines without a case at the start of a file after which it is not read as a suite
WHAT_A_SUITE_IS = "A suite has one JSON object per line, with the keys `rules`, `images` and `probes`"
"""An explanation for users who opened something else."""


def read_suite(
    path: str | os.PathLike[str], progress: Progress | None = None, *, limits: Limits = DEFAULT_LIMITS
) -> Iterator[SuiteCase | DataError]:
    """Yield the cases of a suite file, line by line; for a line that is not a case, its error.

    Errors name the file and the line. Empty lines are skipped. The file may be compressed.

    Raises:
        DataError: the file cannot be opened.
        Canceled: ``progress`` canceled the work.
    """
    return (case for _, case in read_lines(path, progress=progress, limits=limits))


def _opened(recorded: RecordedStore, where: str) -> SuiteCase | DataError:
    """Return the store before a recorded build as a case."""
    try:
        return recorded.as_case
    except DataError as error:
        return error.at(where)


def read_cases(
    stream: io.BufferedReader, path: Path, where: str, budget: Budget, *, is_compressed: bool
) -> tuple[Sequence[OpenedCase], tuple[Problem, ...], int]:
    """Return all cases of a suite, the problems of other lines, and the number of lines that are builds.

    Args:
        path: the path of the stream's file.

    Raises:
        NoStoreError: there is no case, because the first build was recorded without its store.
        DataError: there is no case.
    """
    with ExitStack() as unless_kept:
        file: IO[bytes]
        if is_compressed:
            copied = CopiedLines(stream, budget.limits.held)
            lines: Pieces = copied
            file = copied.copy
        else:
            lines, file = stream, open_regular(path, where)
        unless_kept.callback(file.close)
        again = _ReadAgain(where, budget.limits)
        cases = SuiteCases(where, again, budget.limits.held)
        problems, builds = _read_into(cases, lines, where, budget)
        again.packed = budget.packed
        if cases.is_all_held:
            return tuple(cases), problems, builds
        cases.finished(file)
        unless_kept.pop_all()
        return cases, problems, builds


class _ReadAgain:
    """Creates the case of a line again, with the limits that the line was first read with.

    Attributes:
        packed: the size of the whole file, see `Budget`.
    """

    def __init__(self, where: str, limits: Limits) -> None:
        self.packed = 0
        self._where = where
        self._limits = limits

    def __call__(self, stream: io.BufferedReader, line: LineOfCase) -> OpenedCase:
        budget = Budget(self._limits, packed=max(self.packed, line.length))
        again = next(document_lines(stream, self._where, budget, RecordedStore), None)
        if again is None:
            raise DataError("the line that contained this case no longer exists", where=self._where)
        case = _suite_case(again.document, self._where)
        if isinstance(case, DataError):
            raise case
        return _case(case, line.number, self._where)


def _suite_case(document: SuiteCase | RecordedStore | DataError, line_name: str) -> SuiteCase | DataError:
    return _opened(document, line_name) if isinstance(document, RecordedStore) else document


def _read_into(cases: SuiteCases, lines: Pieces, where: str, budget: Budget) -> tuple[tuple[Problem, ...], int]:
    problems = Problems()
    builds = 0
    first_error: DataError | None = None
    unlisted = 0
    for line in document_lines(lines, where, budget, RecordedStore):
        place = f"line {line.number}"
        builds += isinstance(line.document, RecordedStore)
        document = _suite_case(line.document, f"{where}, {place}")
        if isinstance(document, DataError):
            first_error = first_error or document
            problem = Problem(place, str(DataError(document.what, path=document.path)))
            if isinstance(document, RestUnreadError):
                problems.stop(problem)
            elif len(problems) < MAX_PROBLEMS:
                problems.append(problem)
            else:
                unlisted += 1
            if not cases and len(problems) >= _MAX_LINES_WITHOUT_CASE:
                break
            continue
        case = _case(document, line.number, where)
        try:
            cases.add(case, line, budget, _costs(document, line.length))
        except LimitError as error:
            unread = RestUnreadError(f"the file {error}", where=f"{where}, {place}")
            first_error = first_error or unread
            problems.stop(Problem(place, unread.what))
            break
        problems.extend(
            Problem(f"{place}: {problem.where}" if problem.where else place, problem.what)
            for problem in case.store.problems
        )
    if unlisted:
        what = counted(unlisted, "more line is not a valid case", "more lines are not valid cases")
        problems.stop(Problem("", what))
    if not cases:
        if first_error is None:
            raise DataError(f"the file contains no cases. {WHAT_A_SUITE_IS}", where=where)
        if isinstance(first_error, NoStoreError | RestUnreadError):
            raise first_error
        raise DataError(f"{first_error.what}. {WHAT_A_SUITE_IS}", where=first_error.where, path=first_error.path)
    return problems.reported(), builds


def _costs(case: SuiteCase, length: int) -> dict[Resource, int]:
    """Return the resources of a case while it is in memory. ``length``: the length of its line."""
    return {
        Resource.DOCUMENTS: length,
        Resource.IMAGES: max(1, len(case.images)),
        Resource.PROBES: len(case.probes),
        Resource.HISTORY: sum(len(image.history) for image in case.images),
        Resource.LAYERS: sum(len(image.diff_ids) for image in case.images),
    }


def _case(case: SuiteCase, number: int, where: str) -> OpenedCase:
    """Return a case for the window."""
    name = case.name or f"line {number}"
    store = case.store
    store = replace(store, title=name, location=where, problems=Problems(store.problems).reported())
    return OpenedCase(
        name=name,
        store=store,
        rules=case.rules,
        probes=case.probes,
        walk=case.walk,
        is_named=bool(case.name),
    )
