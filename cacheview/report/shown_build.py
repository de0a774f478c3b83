"""A watched build as people see it: plain values, so that one process can watch and another one show it."""

from __future__ import annotations

from dataclasses import dataclass

from cacheview.replay.result import StepStatus
from cacheview.watch.outcome import ReportedStep

__all__ = ["ShownBuild", "ShownStep"]


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step: what cacheview predicts, and what the daemon did; None: nothing (yet).

    Attributes:
        number: from 1; ``text``: the instruction.
        predicted: what cacheview predicts; ``reason``: why it is unknown or not checked.
        reported: what the daemon printed.
        differs: both are known, and they are not the same.
    """

    number: int
    text: str
    predicted: StepStatus | None = None
    reason: str = ""
    reported: ReportedStep | None = None
    differs: bool = False


@dataclass(frozen=True, slots=True)
class ShownBuild:
    """A watched build at one moment. It holds neither store nor context, and no text is ready for a terminal.

    Attributes:
        number, record, line, is_final, is_replayed, overlapped, is_late, unpredicted, differences: as of
            `WatchedBuild`.
        began: when, by the clock here; of a record the day and the minute. ``started``: the same with the date, and
            ``stamp`` for the name of a file. Each may be empty.
        title: its first name; ``client``: what sent it, as it calls itself.
        outcome: how far it is or how it ended, in a few words; ``error``: what the daemon says went wrong.
        is_over: the daemon has ended; ``is_buildkit``: BuildKit builds it; ``is_predicted``: cacheview replayed it.
        total: steps that the daemon counts; ``done``: of those that it began.
        unknown: steps of which cacheview does not know whether they hit.
        missed: number of the first step that misses, 0: none; ``why``: why it does, in lines.
        can_be_recorded: there is all that a record needs.
        steps: side by side.
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
