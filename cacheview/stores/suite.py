"""Suite files: one case a line, a JSON object each; plain or compressed."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from cacheview.model import DataError, ImageStore, Problem, SuiteCase
from cacheview.model.recorded import NoStoreError, RecordedStore, is_replay_line
from cacheview.stores.budget import Budget, LimitError, Resource
from cacheview.stores.compression import DamagedStreamError, decompressed
from cacheview.stores.files import open_metered
from cacheview.stores.limits import DEFAULT_LIMITS, Limits
from cacheview.stores.opened import Case
from cacheview.stores.problems import MOST_PROBLEMS, Problems
from cacheview.stores.progress import Progress
from cacheview.stores.reasons import reason

__all__ = ["WHAT_A_SUITE_IS", "read_cases", "read_lines", "read_suite"]

M = TypeVar("M", bound=BaseModel)

_LINES_AT_ONCE = 1000
_HOPELESS = 100  # lines without a case at the beginning of a file: it is something else
WHAT_A_SUITE_IS = "A suite has one JSON object a line, with the keys rules, images and probes"
"""For who opened something else."""


def read_suite(
    path: str | os.PathLike[str], progress: Progress | None = None, *, limits: Limits = DEFAULT_LIMITS
) -> Iterator[SuiteCase | DataError]:
    """The cases of a suite file, line by line as they are asked for; for a line that is none, its error.

    Errors name the file and the line. Empty lines are skipped. The file may be compressed.

    Raises:
        DataError: the file cannot be opened.
        Cancelled: by ``progress``.
    """
    return (case for _, case in read_lines(path, _suite_case, progress, limits=limits))


def read_lines(
    path: str | os.PathLike[str],
    model_of: Callable[[bytes], type[M]],
    progress: Progress | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[tuple[int, M | DataError]]:
    """The documents of a file that has one a line, with their line numbers: `read_suite` for any model.

    ``model_of``: what a line is to be read as.
    """
    where = os.fspath(path)
    buffered, meter = open_metered(Path(path), where, progress)
    with buffered:
        budget = Budget(limits, meter, meter.total or 0, clock=_untimed)
        try:
            stream, _ = decompressed(buffered, budget)
        except (DamagedStreamError, OSError) as error:
            raise DataError(f"the file cannot be read: {reason(error)}", where=where) from error
        yield from _document_lines(stream, where, budget, model_of, kept=False)
    meter.finished()


def _untimed() -> float:
    """A clock that stands still: the time between two lines is that of who asks for them."""
    return 0.0


def _suite_case(_: bytes) -> type[SuiteCase]:
    return SuiteCase


def _case_or_build(line: bytes) -> type[SuiteCase | RecordedStore]:
    return RecordedStore if is_replay_line(line) else SuiteCase


def _opened(recorded: RecordedStore, where: str) -> SuiteCase | DataError:
    """Of a build that was recorded, the store before it."""
    try:
        return recorded.as_case
    except DataError as error:
        return error.at(where)


def _document_lines(
    stream: io.BufferedReader, where: str, budget: Budget, model_of: Callable[[bytes], type[M]], *, kept: bool
) -> Iterator[tuple[int, M | DataError]]:
    """As `read_lines`, from an open stream. ``kept``: who asks keeps all of them at once."""
    number = bad = 0
    limits = budget.limits

    def here() -> str:
        return f"{where}, line {number}"

    while True:
        number += 1
        try:
            if number % _LINES_AT_ONCE == 0:
                budget.spend(Resource.LINES, _LINES_AT_ONCE)
                budget.alive()
            line = stream.readline(limits.document + 1)
        except LimitError as error:
            yield number, DataError(f"the file has {error}", where=here())
            return
        except (DamagedStreamError, OSError) as error:
            yield number, DataError(f"the file cannot be read to its end: {reason(error)}", where=here())
            return
        if not line:
            return
        if len(line) > limits.document:
            yield (
                number,
                DataError(f"longer than {limits.document:,} bytes; the rest is not read", where=here()),
            )
            return
        if line.isspace():
            continue
        if line.lstrip()[:1] != b"{":
            yield number, DataError("is not a JSON object", where=here())
            continue
        try:
            if kept:
                budget.spend(Resource.DOCUMENTS, len(line))
            document = budget.decode(model_of(line), line, where=here(), kept=kept)
            if isinstance(document, SuiteCase):
                _check_references(document, limits.references, here())
            yield number, document
        except LimitError as error:
            yield number, DataError(f"there is {error}", where=here())
            return
        except DataError as error:
            yield number, error
            bad += 1
            if bad > limits.errors:
                yield (
                    number,
                    DataError(f"there are more than {limits.errors:,} such lines. The rest is not read", where=here()),
                )
                return


def _check_references(case: SuiteCase, most: int, place: str) -> None:
    for number, probe in enumerate(case.probes, 1):
        if len(probe.cache_from or ()) > most:
            raise DataError(f"probe {number} has more than {most:,} cache-from references", where=place)


def read_cases(stream: io.BufferedReader, where: str, budget: Budget) -> tuple[list[Case], tuple[Problem, ...], int]:
    """All cases of a suite, the lines that are none as problems, and how many lines are builds.

    Raises:
        NoStoreError: there is no case, as the first build was recorded without its store.
        DataError: there is no case.
    """
    cases: list[Case] = []
    problems = Problems()
    builds = 0
    first_error: DataError | None = None
    more = 0
    for number, line in _document_lines(stream, where, budget, _case_or_build, kept=True):
        budget.alive()
        builds += isinstance(line, RecordedStore)
        case = _opened(line, f"{where}, line {number}") if isinstance(line, RecordedStore) else line
        if isinstance(case, DataError):
            first_error = first_error or case
            if len(problems) < MOST_PROBLEMS:
                problems.append(Problem(f"line {number}", str(DataError(case.what, path=case.path))))
            else:
                more += 1
            if not cases and len(problems) >= _HOPELESS:
                break
            continue
        try:
            cases.append(_case(case, number, where, budget))
        except LimitError as error:
            problems.stop(Problem(f"line {number}", f"the file has {error}"))
            break
        problems.extend(
            Problem(f"line {number}: {problem.where}" if problem.where else f"line {number}", problem.what)
            for problem in cases[-1].store.problems
        )
    if more:
        problems.stop(Problem("", f"{more:,} more lines are not cases"))
    if not cases:
        if first_error is None:
            raise DataError(f"the file has no case. {WHAT_A_SUITE_IS}", where=where)
        if isinstance(first_error, NoStoreError):
            raise first_error
        raise DataError(f"{first_error.what}. {WHAT_A_SUITE_IS}", where=first_error.where, path=first_error.path)
    return cases, problems.reported(), builds


def _case(case: SuiteCase, number: int, where: str, budget: Budget) -> Case:
    """A case for the window. Raises `LimitError` where it is more than there may be."""
    limits = budget.limits
    budget.spend(Resource.IMAGES, max(1, len(case.images)))
    budget.spend(Resource.PROBES, len(case.probes))
    for image in case.images:
        if len(image.history) <= limits.history:
            budget.spend(Resource.HISTORY, len(image.history))
        budget.spend(Resource.LAYERS, len(image.diff_ids))
    name = case.name or f"line {number}"
    images, problems = ImageStore.unique(case.images)
    long = tuple(
        Problem(image.id, f"history: {len(image.history):,} entries; at most {limits.history:,} are read")
        for image in images
        if len(image.history) > limits.history
    )
    if long:
        images = tuple(image for image in images if len(image.history) <= limits.history)
    store = ImageStore(
        images=images,
        title=name,
        location=where,
        rules=case.rules,
        problems=Problems((*problems, *long)).reported(),
        platform=case.platform,
    )
    return Case(
        name=name,
        store=store,
        rules=case.rules,
        probes=case.probes,
        walk=case.walk,
        layer_content=case.layer_content,
        is_named=bool(case.name),
    )
