"""Parses the daemon's messages during a build.

The stream of ``POST /build`` is JSON, one object per line. The classic builder writes each of its own lines as one
object (moby ``builder/dockerfile``: ``printCommand``, ``probeCache``, ``dispatchOnBuild``; ``pkg/streamformatter``).
The output of containers arrives in the same way, so a line counts as the builder's only if the builder could print it
next.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

__all__ = ["BuildOutcome", "OutcomeReader", "ReportedStep"]

_STEP_LINE: Final = re.compile(r"Step ([0-9]{1,9})/([0-9]{1,9}) : (.*)", re.DOTALL)
_IMAGE_LINE: Final = re.compile(r" ---> ([0-9a-f]{12})\n")
_RUNNING_LINE: Final = re.compile(r" ---> Running in [0-9a-f]{12}\n")
_TRIGGERS_LINE: Final = re.compile(r"# Executing ([0-9]{1,6}) build triggers?")
_ID: Final = re.compile(r"sha256:[0-9a-f]{64}")
_USING_CACHE_LINE: Final = " ---> Using cache\n"
_MAX_LINE_BYTES: Final = 8 << 20
_MAX_ERROR_CHARACTERS: Final = 64 << 10
_MAX_STEPS: Final = 100_000
_MAX_TRIGGERS: Final = 1000  # of one base
_MAX_STEPS_WITHOUT_PAUSE: Final = 1000
_PAUSE_PER_STEP: Final = timedelta(milliseconds=1)  # between two reports of a build with very many steps
_CONNECTION_LOST: Final = "the connection to the engine was lost"


@dataclass(frozen=True, slots=True)
class ReportedStep:
    """A step, as the daemon printed it.

    Attributes:
        number: from 1.
        text: the instruction.
        cached: whether it printed ``Using cache``; None: the record does not include it.
        image: the first 12 digits of the id after it; empty: none yet, or none at all.
        triggers: for a ``FROM``, whether each trigger was cached.
        at: when its line arrived.
    """

    number: int
    text: str
    cached: bool | None = False
    image: str = ""
    triggers: tuple[bool | None, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """A build, as far as the daemon has reported it.

    Attributes:
        steps: the steps in order.
        total: the number that the daemon prints; 0 before the first step.
        image: the full id of the resulting image; empty: there is none, or not yet.
        error: the daemon's error message; empty: none.
        is_over: whether the stream has ended.
        is_complete: whether the stream was not cut off.
    """

    steps: tuple[ReportedStep, ...] = ()
    total: int = 0
    image: str = ""
    error: str = ""
    is_over: bool = False
    is_complete: bool = True

    @property
    def is_ok(self) -> bool:
        """Whether the build succeeded."""
        return self.is_over and self.is_complete and not self.error


class OutcomeReader:
    """Reads the response to ``POST /build``, in pieces of any size.

    Args:
        changed: called after a line that reports something.
        clock: returns the current time.
    """

    def __init__(
        self,
        changed: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._changed = changed
        self._clock = clock
        self._status = 0
        self._line = bytearray()
        self._is_too_long = False
        self._steps: list[ReportedStep] = []
        self._total = 0
        self._image = ""
        self._error = ""
        self._is_over = False
        self._is_complete = True
        self._is_running = False  # a container of the last step that began
        self._began_while_running = False
        self._triggers = 0
        self._next_report = datetime.min.replace(tzinfo=UTC)

    @property
    def outcome(self) -> BuildOutcome:
        """The outcome as far as it is known."""
        return BuildOutcome(tuple(self._steps), self._total, self._image, self._error, self._is_over, self._is_complete)

    def response_started(self, status: int) -> None:
        """Receive the status of the response."""
        self._status = status

    def feed(self, data: bytes) -> None:
        """Receive a piece of the body."""
        *lines, rest = data.split(b"\n")
        for piece in lines:
            self._line += piece
            if not self._is_too_long:
                self._read(bytes(self._line))
            self._line.clear()
            self._is_too_long = False
        self._line += rest
        if len(self._line) > _MAX_LINE_BYTES:
            self._line.clear()
            self._is_too_long = True

    def end(self, *, complete: bool) -> None:
        """Note the end of the response."""
        self._read(bytes(self._line))
        self._line.clear()
        self._is_over, self._is_complete = True, complete
        if not complete and not self._error:
            self._error = _CONNECTION_LOST
        self._changed()

    def _read(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict):
            return
        if self._status >= 400:
            self._fail(message.get("message"))
        elif isinstance(message.get("error"), str):
            self._fail(message["error"])
        elif isinstance(message.get("stream"), str):
            self._read_stream(message["stream"])
        elif isinstance(aux := message.get("aux"), dict) and _is_id(aux.get("ID")):
            self._image = aux["ID"]

    def _fail(self, what: Any) -> None:
        self._error = (
            what[:_MAX_ERROR_CHARACTERS] if isinstance(what, str) and what else "the daemon does not report a reason"
        )
        self._report()

    def _read_stream(self, text: str) -> None:
        if (step := _STEP_LINE.fullmatch(text)) is not None:
            self._begin(int(step[1]), int(step[2]), step[3])
        elif not self._steps:
            if _is_id(text.strip()):  # the only output of a quiet build
                self._image = text.strip()
        elif (state := _IMAGE_LINE.fullmatch(text)) is not None:
            self._is_running = False
            self._change(image=state[1])
        elif self._is_running:
            return
        elif text == _USING_CACHE_LINE:
            self._hit()
        elif _RUNNING_LINE.fullmatch(text) is not None:
            self._is_running = True
        elif (triggers := _TRIGGERS_LINE.fullmatch(text)) is not None:
            count = min(int(triggers[1]), _MAX_TRIGGERS)
            self._triggers = 0
            self._change(triggers=(False,) * count)

    def _begin(self, number: int, total: int, text: str) -> None:
        if (self._total and total != self._total) or number > min(total, _MAX_STEPS):
            return  # printed by a container
        last = len(self._steps)
        if number == last and self._began_while_running:
            # The same step again: a container printed the earlier line, and what followed belongs to the step before.
            printed = self._steps.pop()
            self._change(image=printed.image or self._steps[-1].image)
            self._began_while_running = False
        elif number == last + 1:
            self._began_while_running = self._is_running
        else:
            return
        self._total = total
        self._triggers = 0
        self._steps.append(ReportedStep(number, text, at=self._clock()))
        self._report()

    def _hit(self) -> None:
        triggers = self._steps[-1].triggers
        if triggers and self._triggers < len(triggers):  # after the first miss nothing is looked up
            self._triggers += 1
            hits = (True,) * self._triggers
            self._change(triggers=hits + (False,) * (len(triggers) - self._triggers))
        elif not triggers and not self._steps[-1].image:
            self._change(cached=True)

    def _report(self) -> None:
        """Report the outcome.

        A report contains all steps, so very many are reported only from time to time, and at the end.
        """
        if len(self._steps) > _MAX_STEPS_WITHOUT_PAUSE:
            now = self._clock()
            if now < self._next_report:
                return
            self._next_report = now + len(self._steps) * _PAUSE_PER_STEP
        self._changed()

    def _change(self, **what: Any) -> None:
        self._steps[-1] = replace(self._steps[-1], **what)
        self._report()


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None
