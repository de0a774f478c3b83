"""How long the UI thread is busy at a time."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import time
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, QTimer
from slowdown import Slowdown

__all__ = ["Turn", "Turns"]

_EVERY = 10  # turns between two measurements of the slowdown


@dataclass(frozen=True)
class Turn:
    """What lies between two beats of the event loop: nothing that the person does is seen in it. In seconds.

    Attributes:
        at: when it ended, from the start of the measurement.
        wall: by the clock, waiting for something to do included.
        cpu: that the thread itself was at work.
        blocked: by the clock, without the time that the thread could have run and the machine gave to others.
        others: that the other threads of the process were at work: only one of all runs Python at a time.
        held_up: that the other threads could have run, and the machine gave the processor to other programs: one of
            them may have what this thread waits for, Python's lock above all.
        waits: how often the thread waited: for events, another thread or a disk. 0: what kept it was the machine, which
            may be one of several on a host that it does not see.
    """

    at: float
    wall: float
    cpu: float
    blocked: float
    others: float
    held_up: float
    waits: int

    def __str__(self) -> str:
        """In milliseconds."""
        times = (self.cpu, self.others, self.held_up, self.blocked, self.wall)
        cpu, others, held_up, blocked, wall = (f"{seconds * 1e3:.0f}" for seconds in times)
        others = f"{others} and held up {held_up}"
        words = f"cpu {cpu}, other threads {others}, blocked {blocked}, wall {wall} ms, {self.waits} waits"
        return f"{words} at {self.at:.2f} s"

    @property
    def own(self) -> float:
        """What the program has kept the thread: where it never waited, its own work alone.

        Where it did, without the time for which the threads that it may have waited for got no processor.
        """
        return max(self.cpu, self.blocked - self.held_up) if self.waits else self.cpu


class Turns(QObject):
    """Measures each turn of the event loop of this thread, from now to `stop`."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[Turn] = []
        self._slowdown = Slowdown()
        # Linux tells how long the thread waited for a processor; elsewhere, that counts as blocked.
        self._stat = os.open("/proc/thread-self/schedstat", os.O_RDONLY) if sys.platform == "linux" else -1
        self._begun = time.perf_counter()
        self._last = self._now()
        self._timer = QTimer(self, interval=1, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self._begun

    @property
    def most_cpu(self) -> Turn:
        return max(self.turns, key=lambda turn: turn.cpu)

    @property
    def slowdown(self) -> float:
        """See `Slowdown.factor`."""
        return self._slowdown.factor

    @property
    def longest_blocked(self) -> Turn:
        return max(self.turns, key=lambda turn: turn.blocked)

    @property
    def longest_own(self) -> Turn:
        return max(self.turns, key=lambda turn: turn.own)

    def stop(self) -> None:
        self._beat()
        self._timer.stop()
        if self._stat >= 0:
            os.close(self._stat)

    def _beat(self) -> None:
        now = self._now()
        wall, cpu, waited, all_cpu, waits, held_up = (new - old for new, old in zip(now, self._last, strict=True))
        others = max(0.0, all_cpu - cpu)
        self.turns.append(
            Turn(now[0] - self._begun, wall, cpu, max(0.0, wall - waited), others, max(0.0, held_up), round(waits))
        )
        self._last = now
        if len(self.turns) % _EVERY == 0:
            self._slowdown.measure()
            self._last = self._now()

    def _now(self) -> tuple[float, ...]:
        waited = self._waited()
        waits = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw if sys.platform == "linux" else 0
        held_up = max(0.0, _waited_by_all() - waited)
        return time.perf_counter(), time.thread_time(), waited, time.process_time(), waits, held_up

    def _waited(self) -> float:
        """Seconds that this thread could have run, and another had the processor."""
        return int(os.pread(self._stat, 100, 0).split()[1]) / 1e9 if self._stat >= 0 else 0.0


def _waited_by_all() -> float:
    """Seconds for which the threads of this process could have run, and others had the processor. Those that ended
    are not counted.
    """
    if sys.platform != "linux":
        return 0.0
    result = 0.0
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError), open(f"/proc/self/task/{task}/schedstat", "rb") as file:
            result += int(file.read().split()[1]) / 1e9
    return result
