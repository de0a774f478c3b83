"""Reads a store repeatedly in its own process, as the program does, and prints how much memory it uses.

python tests/ui/reloading.py IMAGES RELOADS FOLDER prints the bytes in use after the second and after the last reload.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from live_kit import FakeEngine, make_image
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from cacheview.collector import freeze
from cacheview.model import Image
from cacheview.stores.reading import Reading
from cacheview.ui.settings import Settings
from cacheview.ui.theme import apply_theme
from cacheview.ui.window import MainWindow

__all__ = ["builds", "renewing"]

_REST = 350  # milliseconds: longer than the window waits before it collects what reloads left behind


def builds(count: int) -> list[Image]:
    """Builds of ten steps each, whose last images have names. Each call creates new objects."""
    return [
        make_image(n, n - 1 if n % 10 else None, *([f"docker.io/library/app:{n}"] if n % 10 == 9 else []))
        for n in range(count)
    ]


def renewing(engine: FakeEngine, count: int) -> FakeEngine:
    """Make the engine return new objects for the same images each time it is read."""

    def steps(_: Reading) -> None:
        engine.images = builds(count)

    engine.steps = steps
    return engine


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def _main(count: int, reloads: int, folder: Path) -> None:
    app = QApplication([])
    apply_theme(app)
    renewing(FakeEngine().install(pytest.MonkeyPatch()), count)
    window = MainWindow(Settings(folder / "settings.ini"))
    window.show()
    app.processEvents()
    freeze()  # as the program does after its first paint
    loop = QEventLoop()
    window.settled.connect(lambda _: QTimer.singleShot(_REST, loop.quit))
    window.open("engine:")
    loop.exec()
    taken = []
    for number in range(reloads):
        if number % 2:
            window.opener.reload()
        else:
            window.follower.changed.emit()  # as after events of the engine
        loop.exec()
        taken.append(_resident())
    print(taken[1], taken[-1], flush=True)
    os._exit(0)


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
