"""Suite files: one case a line, a JSON object each; plain or compressed."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from cacheview.model import DataError, ImageStore, Problem, SuiteCase, decode
from cacheview.stores.collector import paused_collector
from cacheview.stores.compression import DamagedStreamError, decompressed
from cacheview.stores.files import open_metered
from cacheview.stores.limits import DEFAULT_LIMITS, Limits
from cacheview.stores.opened import Case
from cacheview.stores.progress import Meter, Progress

__all__ = ["read_cases", "read_lines", "read_suite", "suite_lines"]

M = TypeVar("M", bound=BaseModel)

_HOPELESS = 100  # lines without a case at the beginning of a file: it is something else
_WHAT_A_SUITE_IS = "A suite has one JSON object a line, with the keys rules, images and probes"


def read_suite(
    path: str | os.PathLike[str], progress: Progress | None = None, *, limits: Limits = DEFAULT_LIMITS
) -> Iterator[SuiteCase | DataError]:
    """The cases of a suite file, line by line as they are asked for; for a line that is none, its error.

    Errors name the file and the line. Empty lines are passed over. The file may be compressed.

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
        stream, _ = decompressed(buffered)
        yield from _document_lines(stream, where, limits, model_of)
    meter.finished()


def suite_lines(stream: io.BufferedReader, where: str, limits: Limits) -> Iterator[tuple[int, SuiteCase | DataError]]:
    """As `read_suite`, from an open stream, each with its line number."""
    return _document_lines(stream, where, limits, _suite_case)


def _suite_case(_: bytes) -> type[SuiteCase]:
    return SuiteCase


def _document_lines(
    stream: io.BufferedReader, where: str, limits: Limits, model_of: Callable[[bytes], type[M]]
) -> Iterator[tuple[int, M | DataError]]:
    """As `read_lines`, from an open stream."""
    number = 0
    while True:
        number += 1
        place = f"{where}, line {number}"
        try:
            line = stream.readline(limits.document + 1)
        except (DamagedStreamError, OSError) as error:
            yield number, DataError(f"the file cannot be read to its end: {error}", where=place)
            return
        if not line:
            return
        if len(line) > limits.document:
            yield (
                number,
                DataError(f"longer than {limits.document:,} bytes; the rest is not read", where=place),
            )
            return
        if line.isspace():
            continue
        try:
            yield number, decode(model_of(line), line, where=place)
        except DataError as error:
            yield number, error


def read_cases(stream: io.BufferedReader, where: str, limits: Limits, meter: Meter) -> tuple[list[Case], list[Problem]]:
    """All cases of a suite, with the lines that are none as problems. Raises `DataError` if there is none."""
    cases: list[Case] = []
    problems: list[Problem] = []
    first_error: DataError | None = None
    with paused_collector():
        for number, case in suite_lines(stream, where, limits):
            meter.alive()
            if number > limits.images or stream.tell() > limits.documents:
                most = f"{limits.images:,} lines or {limits.documents:,} bytes"
                problems.append(Problem(f"line {number}", f"more than {most}; the rest is not read"))
                break
            if isinstance(case, DataError):
                first_error = first_error or case
                problems.append(Problem(f"line {number}", str(DataError(case.what, path=case.path))))
                if not cases and len(problems) >= _HOPELESS:
                    break
                continue
            cases.append(_case(case, number, where, limits))
            problems.extend(
                Problem(f"line {number}: {problem.where}", problem.what) for problem in cases[-1].store.problems
            )
    if not cases:
        if first_error is None:
            raise DataError(f"the file has no case. {_WHAT_A_SUITE_IS}", where=where)
        raise DataError(f"{first_error.what}. {_WHAT_A_SUITE_IS}", where=first_error.where, path=first_error.path)
    return cases, problems


def _case(case: SuiteCase, number: int, where: str, limits: Limits) -> Case:
    name = case.name or f"line {number}"
    images, problems = ImageStore.unique(case.images)
    long = tuple(
        Problem(image.id, f"history: {len(image.history):,} entries; at most {limits.history:,} are read")
        for image in images
        if len(image.history) > limits.history
    )
    if long:
        images = tuple(image for image in images if len(image.history) <= limits.history)
    store = ImageStore(images=images, title=name, location=where, rules=case.rules, problems=(*problems, *long))
    return Case(
        name=name,
        store=store,
        rules=case.rules,
        probes=case.probes,
        walk=case.walk,
        layer_content=case.layer_content,
    )
