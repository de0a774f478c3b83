"""Opened records, each shown as a watched build."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cacheview.cases import Daemon, DaemonBasis
from cacheview.model import DataError
from cacheview.replay.check import checksums_of, differences, replay_case, store_of
from cacheview.replay.file import ExpectedStep, ReplayCase
from cacheview.replay.misses import misses
from cacheview.replay.records import time_of
from cacheview.stores.lines import read_lines
from cacheview.stores.progress import Progress
from cacheview.watch.build import WatchedBuild
from cacheview.watch.outcome import BuildOutcome, ReportedStep
from cacheview.watch.prediction import Prediction
from cacheview.watch.request import BuildRequest

__all__ = ["MAX_RECORDS", "OpenedRecords", "read_records"]

MAX_RECORDS: Final = 200
"""The most builds of one file that are shown."""

_MAX_EXPLAINED_BUILDS: Final = 20
"""The most builds that show why a step misses, since their stores take memory."""

_MAX_PROBLEMS: Final = 100
_PRINTED_ID_DIGITS: Final = 12  # digits of an id


@dataclass(frozen=True)
class OpenedRecords:
    """The content of a file of records.

    Attributes:
        builds: the builds in the order of the file, numbered 0, -1, -2, …
        problems: sentences about lines that cannot be read.
        has_more: whether the file has more builds than `MAX_RECORDS`.
    """

    builds: tuple[WatchedBuild, ...]
    problems: tuple[str, ...] = ()
    has_more: bool = False


def read_records(path: str | os.PathLike[str], progress: Progress | None = None) -> OpenedRecords:
    """Read the builds of a file, and replay each in the store recorded with it.

    Raises:
        DataError: the file cannot be opened, or has no build.
        Canceled: ``progress`` canceled the work.
    """
    builds: list[WatchedBuild] = []
    problems: list[str] = []
    where = os.path.abspath(path)

    def note(problem: str) -> None:
        if len(problems) < _MAX_PROBLEMS:
            problems.append(problem)

    lines = read_lines(Path(path), ReplayCase, progress)
    for line_number, line in lines:
        if isinstance(line, DataError):
            note(str(line))
        elif isinstance(line, ReplayCase):
            if len(builds) == MAX_RECORDS:
                return OpenedRecords(tuple(builds), tuple(problems), has_more=True)
            for problem in line.problems:
                note(f"{path}, line {line_number}: {problem}")
            build = replace(_build_of(line, -len(builds), where), line=line_number)
            if build.prediction is not None and len(builds) >= _MAX_EXPLAINED_BUILDS:
                build = replace(build, prediction=build.prediction.bare())
            builds.append(build)
    if not builds:
        raise DataError(problems[0] if problems else f"{path}: the file contains no build record")
    return OpenedRecords(tuple(builds), tuple(problems))


def _build_of(case: ReplayCase, number: int, where: str) -> WatchedBuild:
    expect = case.expect
    steps = tuple(_reported_step(number, step) for number, step in enumerate(expect.steps or (), 1))
    unpredicted, prediction, differing = "", None, tuple[str, ...]()
    try:
        prediction = _predicted(case)
        differing = tuple(differences(prediction.replay, expect))
    except DataError as error:
        unpredicted = str(error)
    total = prediction.replay.total if prediction is not None else len(steps)
    try:
        request = _request(case)
    except DataError as error:
        request, unpredicted = BuildRequest(client=case.client), unpredicted or str(error)
    return WatchedBuild(
        number,
        time_of(case.started),
        request,
        BuildOutcome(steps, total, expect.image, "" if expect.ok else expect.error or _NO_REASON, is_over=True),
        prediction,
        unpredicted,
        differing,
        is_sent=True,
        is_final=True,
        record=where,
        is_replayed=case.replayed,
    )


_NO_REASON: Final = "the record does not contain the reason"


def _predicted(case: ReplayCase) -> Prediction:
    """Return the prediction of a build. Raises what `replay_case` raises."""
    value, store = replay_case(case), store_of(case)
    daemon = Daemon(case.rules, case.release, DaemonBasis.CASE, case.engine, "the record specifies these rules")
    return Prediction(value, tuple(misses(value, store, case.rules, None, checksums_of(case))), store, daemon)


def _request(case: ReplayCase) -> BuildRequest:
    """Return the request of a build. Raises `DataError` if its options cannot be read."""
    tags = tuple(filter(None, (case.tag or case.scenario, *case.tags)))
    return BuildRequest(case.client, tags, case.dockerfile_path, case.options)


def _reported_step(number: int, step: ExpectedStep) -> ReportedStep:
    image = step.image.removeprefix("sha256:")[:_PRINTED_ID_DIGITS]
    return ReportedStep(number, step.instruction, step.cached, image, step.triggers, time_of(step.at))
