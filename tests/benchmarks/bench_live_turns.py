"""How long the window is busy at a time while a live store of 10,000 images is opened, and read again."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

sys.path.append(str(Path(__file__).parents[1] / "ui"))

from live_kit import FakeEngine, listed, make_image
from turns import Turns

from cacheview.model import Image, ImageStore, decode
from cacheview.stores.reading import Reading
from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow

COUNT = 10_000
LONGEST = 0.05  # seconds of work in one turn of the event loop
BLOCKED = 0.5  # seconds by the clock: the thread may have to wait for the reader's, and for a busy machine
TRIES = 5


def shape(kind: str) -> list[Image]:
    match kind:
        case "chains":  # builds of ten steps
            return [
                make_image(n, n - 1 if n % 10 else None, *([f"docker.io/library/app:{n}"] if n % 10 == 9 else []))
                for n in range(COUNT)
            ]
        case "wide":  # all on one
            return [make_image(n, 0 if n else None) for n in range(COUNT)]
    return [make_image(n, (n - 1) // 3 if n else None) for n in range(COUNT)]


def busy_reader(images: list[Image], reading: Reading) -> None:
    """The list at once, then the images in fifty lots, some work of this thread between."""
    assert reading.partial is not None
    assert reading.progress is not None
    first = tuple(listed(image) for image in images)
    for done in range(0, COUNT + 1, COUNT // 50):
        reading.progress(done, COUNT, "Reading images")
        reading.partial(ImageStore((*images[:done], *first[done:])))
        ended = time.monotonic() + 0.02
        while time.monotonic() < ended:
            decode(Image, images[done % COUNT].model_dump_json())


def opened(folder: Path, qtbot: QtBot) -> tuple[Turns, float, MainWindow]:
    """A new window, the turns that opening took in it, and the seconds until the first rows were there."""
    window = MainWindow(Settings(folder / "settings.ini"))
    qtbot.addWidget(window)
    window.resize(1200, 700)
    with qtbot.waitExposed(window):
        window.show()
    turns, first_rows = Turns(), 0.0

    def look() -> None:
        nonlocal first_rows
        if not first_rows and window.workspace is not None and window.workspace.images.model.forest.nodes:
            first_rows = turns.seconds

    window.opener.progressed.connect(look)
    with qtbot.waitSignal(window.settled, timeout=60_000):
        window.open("engine:")
    ended = len(turns.turns)
    qtbot.waitUntil(lambda: len(turns.turns) > ended + 20)  # what was laid out is painted
    turns.stop()
    assert window.session is not None
    assert len(window.session.store.images) == COUNT
    return turns, first_rows, window


@pytest.mark.usefixtures("as_in_the_program")
@pytest.mark.parametrize("kind", ["chains", "wide", "tree"])
def test_no_turn_is_long_while_10000_images_arrive(
    kind: str, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two beats of its event loop the UI thread works less than 50 ms, however busy the reader is.

    What is measured is the thread's own time on the processor, of each turn: that is what the window itself can hold
    the person up with, and it is the same on a machine that has other things to do. By the clock a turn also takes
    what the system and the reader's turns at Python's lock add, which is bounded more loosely: it tells nothing about
    the window, other than that it never waits for the reader to be done.

    Other programs can make a thread slower, and nothing makes it faster: so of a few runs the best one counts, and the
    limit is as much higher as a fixed piece of work was slower in the same thread at the same time.
    """
    images = shape(kind)
    engine = FakeEngine(images).install(monkeypatch)
    engine.steps = lambda reading: busy_reader(images, reading)
    reported: list[str] = []
    for _ in range(TRIES):
        turns, first_rows, window = opened(tmp_path, qtbot)
        window.close()
        worst, blocked = turns.most_cpu, turns.longest_blocked
        reported.append(f"first rows after {first_rows:.2f} s, slowdown {turns.slowdown:.2f}; {worst}; {blocked}")
        assert first_rows > 0  # while it was being read
        if worst.cpu < LONGEST * turns.slowdown and blocked.blocked < BLOCKED:
            break
    else:
        pytest.fail("\n".join([f"{kind}:", *reported]))
    print(f"\n{kind}:", *reported, sep="\n")
