"""How long the UI thread is busy at a time."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, QTimer

__all__ = ["Turn", "Turns"]

_EVERY = 10  # turns between two yardsticks
_WORK = 1_000


@dataclass(frozen=True)
class Turn:
    """What lies between two beats of the event loop: nothing that the person does is seen in it. In seconds.

    Attributes:
        at: when it ended, from the start of the measurement.
        wall: by the clock, waiting for something to do included.
        cpu: that the thread itself was at work.
        blocked: by the clock, without the time that the thread could have run and the machine gave to others.
    """

    at: float
    wall: float
    cpu: float
    blocked: float

    def __str__(self) -> str:
        """In milliseconds."""
        times = f"cpu {self.cpu * 1e3:.0f}, blocked {self.blocked * 1e3:.0f}, wall {self.wall * 1e3:.0f} ms"
        return f"{times} at {self.at:.2f} s"


class Turns(QObject):
    """Measures each turn of the event loop of this thread, from now to `stop`."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[Turn] = []
        self._yardsticks: list[float] = []
        # Linux tells how long the thread waited for a processor; elsewhere, that counts as blocked.
        self._stat = os.open("/proc/thread-self/schedstat", os.O_RDONLY) if sys.platform == "linux" else -1
        self._begun = time.perf_counter()
        self._last = (self._begun, time.thread_time(), self._waited())
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
        """How much longer a fixed piece of work took this thread on average than when it was at its quickest.

        Other programs that share caches, a core or the host of a virtual machine make all work take longer.
        """
        return sum(self._yardsticks) / len(self._yardsticks) / min(self._yardsticks)

    @property
    def longest_blocked(self) -> Turn:
        return max(self.turns, key=lambda turn: turn.blocked)

    def stop(self) -> None:
        self._beat()
        self._timer.stop()
        if self._stat >= 0:
            os.close(self._stat)

    def _beat(self) -> None:
        now = (time.perf_counter(), time.thread_time(), self._waited())
        wall, cpu, waited = (new - old for new, old in zip(now, self._last, strict=True))
        self.turns.append(Turn(now[0] - self._begun, wall, cpu, max(0.0, wall - waited)))
        self._last = now
        if len(self.turns) % _EVERY == 0:
            begun = time.thread_time()
            sorted(str(number) for number in range(_WORK))
            self._yardsticks.append(time.thread_time() - begun)
            self._last = (time.perf_counter(), time.thread_time(), self._waited())

    def _waited(self) -> float:
        """Seconds that this thread could have run, and another had the processor."""
        return int(os.pread(self._stat, 100, 0).split()[1]) / 1e9 if self._stat >= 0 else 0.0
