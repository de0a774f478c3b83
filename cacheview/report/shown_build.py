"""A watched build as shown to people. It has only plain values, so that another process can show it."""

from __future__ import annotations

from dataclasses import dataclass

from cacheview.replay.result import StepStatus
from cacheview.watch.outcome import ReportedStep

__all__ = ["ShownBuild", "ShownStep"]


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step: cacheview's prediction and the daemon's result. Either is None while it is not known.

    Attributes:
        number: from 1.
        text: the instruction.
        predicted: cacheview's prediction.
        reason: the reason that it is unknown or not checked.
        reported: the daemon's result.
        differs: whether both are known and differ.
    """

    number: int
    text: str
    predicted: StepStatus | None = None
    reason: str = ""
    reported: ReportedStep | None = None
    differs: bool = False


@dataclass(frozen=True, slots=True)
class ShownBuild:
    """A watched build at one moment, without store and context. Its texts are not yet safe for a terminal.

    Attributes:
        number, record, line, is_final, is_replayed, overlapped, is_late, unpredicted, differences: see `WatchedBuild`.
        began: its start time in the local time zone; for a record, the day and the minute; may be empty.
        started: its start time with the date; may be empty.
        stamp: its start time for the name of a file; may be empty.
        title: its first name.
        client: the client's name for itself.
        outcome: its progress or result, as a short phrase.
        error: the daemon's error message.
        is_over: whether the daemon has finished.
        is_buildkit: whether BuildKit builds it.
        is_predicted: whether cacheview replayed it.
        total: the number of steps that the daemon prints.
        done: the number of these steps that it has started.
        unknown: the number of steps that cacheview cannot predict.
        missed: number of the first step that misses; 0: none.
        why: the reason that it misses, in lines.
        can_be_recorded: whether everything that a record needs is there.
        steps: the steps with prediction and result side by side.
    """

    number: int
    title: str
    began: str = ""
    started: str = ""
    stamp: str = ""
    client: str = ""
    outcome: str = ""
    error: str = ""
    unpredicted: str = ""
    differences: tuple[str, ...] = ()
    record: str = ""
    line: int = 0
    is_over: bool = False
    is_final: bool = False
    is_replayed: bool = False
    is_buildkit: bool = False
    is_predicted: bool = False
    is_late: bool = False
    overlapped: bool = False
    can_be_recorded: bool = False
    total: int = 0
    done: int = 0
    unknown: int = 0
    missed: int = 0
    why: tuple[str, ...] = ()
    steps: tuple[ShownStep, ...] = ()
