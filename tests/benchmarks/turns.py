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

_TURNS_PER_MEASUREMENT = 10  # turns between two measurements of the slowdown


@dataclass(frozen=True)
class Turn:
    """A turn of the event loop: until it ends, the window does not react. Times are in seconds.

    Attributes:
        at: when it ended, from the start of the measurement.
        wall: its wall time, including waiting for something to do.
        cpu: the processor time of the thread.
        blocked: the wall time without the time for which the thread could have run, but others had the processor.
        others: the processor time of the process's other threads, of which only one runs Python at a time.
        held_up: the time for which the other threads could have run, but other programs had the processor. One of
            them may hold what this thread waits for, usually Python's lock.
        waits: how often the thread waited: for events, another thread or a disk. If it is 0, the machine delayed the
            thread; it may be a virtual one among several on the same host.
    """

    at: float
    wall: float
    cpu: float
    blocked: float
    others: float
    held_up: float
    waits: int

    def __str__(self) -> str:
        """Return the times in milliseconds."""
        times = (self.cpu, self.others, self.held_up, self.blocked, self.wall)
        cpu, others, held_up, blocked, wall = (f"{seconds * 1e3:.0f}" for seconds in times)
        others = f"{others} and held up {held_up}"
        words = f"cpu {cpu}, other threads {others}, blocked {blocked}, wall {wall} ms, {self.waits} waits"
        return f"{words} at {self.at:.2f} s"

    @property
    def own(self) -> float:
        """The time for which the program kept the thread busy: if the thread never waited, only its own work.

        Otherwise, it is without the time for which the threads that it may have waited for did not get a processor.
        """
        return max(self.cpu, self.blocked - self.held_up) if self.waits else self.cpu


class Turns(QObject):
    """Measures each turn of this thread's event loop, from now until `stop`."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[Turn] = []
        self._slowdown = Slowdown()
        # Linux reports how long the thread waited for a processor; on other systems, this time counts as blocked.
        self._stat = os.open("/proc/thread-self/schedstat", os.O_RDONLY) if sys.platform == "linux" else -1
        self._started_at = time.perf_counter()
        self._last = self._now()
        self._timer = QTimer(self, interval=1, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    @property
    def seconds(self) -> float:
        """The seconds since the start."""
        return time.perf_counter() - self._started_at

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
            Turn(now[0] - self._started_at, wall, cpu, max(0.0, wall - waited), others, max(0.0, held_up), round(waits))
        )
        self._last = now
        if len(self.turns) % _TURNS_PER_MEASUREMENT == 0:
            self._slowdown.measure()
            self._last = self._now()

    def _now(self) -> tuple[float, ...]:
        waited = self._waited()
        waits = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw if sys.platform == "linux" else 0
        held_up = max(0.0, _waited_by_all() - waited)
        return time.perf_counter(), time.thread_time(), waited, time.process_time(), waits, held_up

    def _waited(self) -> float:
        """Return the seconds for which this thread could have run, but others had the processor."""
        return int(os.pread(self._stat, 100, 0).split()[1]) / 1e9 if self._stat >= 0 else 0.0


def _waited_by_all() -> float:
    """Return the seconds for which this process's threads could have run, but others had the processor.

    Threads that have ended are not counted.
    """
    if sys.platform != "linux":
        return 0.0
    result = 0.0
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError), open(f"/proc/self/task/{task}/schedstat", "rb") as file:
            result += int(file.read().split()[1]) / 1e9
    return result
