"""Follows an engine's events in a window for a long time, in its own process, and prints how much memory it uses.

python tests/ui/events_hour.py EVENTS FOLDER prints as JSON the numbers of events, streams and reloads, and the bytes
and memory blocks in use after the second and after the last reload.

The engine runs in another process. It repeatedly sends some events and closes the stream. The delays between an event
and its reload, and between two streams, are shorter than in the program: an hour's worth takes a few minutes.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

__all__ = ["TIMES_FASTER"]

TESTS = Path(__file__).parents[1]
TIMES_FASTER = 20
PER_STREAM = 25
PACE = 0.02  # seconds between two events
LASTING = 1.0  # minimum seconds of a stream: a shorter one counts as a failed connection


def _serve(socket: str, events: int) -> None:
    sys.path.append(str(TESTS / "stores" / "docker_engine"))
    from engine_replay import Raw, Replay, load, serving

    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    streams = itertools.count(1)
    sent = itertools.count(1)
    lock = threading.Lock()

    def stream() -> Iterator[bytes]:
        for number in range(PER_STREAM):
            with lock:
                count = next(sent)
            if count > events:
                time.sleep(3600)
            event = b'{"Type":"image","Action":"tag","id":"sha256:%064x"}\n' % count
            yield b"%x\r\n%b\r\n" % (len(event), event)
            if number == PER_STREAM - 1:
                print(count, next(streams), flush=True)
        time.sleep(LASTING - PER_STREAM * PACE)

    def hook(path: str) -> Any:
        return Raw(head, rest=stream(), pace=PACE) if path.endswith("/events") else None

    with serving(Replay(load("28.5.2-gd"), hook), Path(socket)):
        print("0 0", flush=True)
        threading.Event().wait()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def _main(events: int, folder: Path) -> None:
    socket = str(folder / "docker.sock")
    engine = subprocess.Popen(
        [sys.executable, __file__, "serve", socket, str(events)], stdout=subprocess.PIPE, text=True
    )
    assert engine.stdout is not None
    engine.stdout.readline()

    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from cacheview.collector import freeze
    from cacheview.stores.docker_engine import events as followed
    from cacheview.stores.locations import parse_location
    from cacheview.ui.settings import Settings
    from cacheview.ui.stores import follow as following
    from cacheview.ui.theme import apply_theme
    from cacheview.ui.window import MainWindow

    pauses = tuple(pause / TIMES_FASTER for pause in followed._PAUSE_SECONDS)

    def watch(location: str, on_event: Callable[[], None], stopped: threading.Event) -> None:
        followed.follow(parse_location(location).target, on_event, stopped, pauses=pauses)

    patch = pytest.MonkeyPatch()
    patch.setattr(following, "watch", watch)
    patch.setattr(following, "CALM_MS", following.CALM_MS // TIMES_FASTER)
    patch.setattr(following, "_MAX_DELAY_MS", following._MAX_DELAY_MS // TIMES_FASTER)
    app = QApplication([])
    apply_theme(app)
    window = MainWindow(Settings(folder / "settings.ini"))
    window.show()
    app.processEvents()
    freeze()  # as the program does after its first paint
    taken: list[tuple[int, int]] = []
    begun = time.monotonic()
    reported = ["0", "0"]

    def settled(_: bool) -> None:
        if not taken:
            window.commands.follow.setChecked(True)
        taken.append((_resident(), sys.getallocatedblocks()))

    def end() -> None:
        loads = len(taken)
        if int(reported[0]) >= events - PER_STREAM and loads == end.loads:  # type: ignore[attr-defined]
            engine.kill()
            second, last = taken[1], (_resident(), sys.getallocatedblocks())
            result: dict[str, Any] = {"events": int(reported[0]), "streams": int(reported[1]), "reloads": loads}
            result |= {"second": second, "last": last}
            result["seconds"] = int(time.monotonic() - begun)
            print(json.dumps(result), flush=True)
            os._exit(0)
        end.loads = loads  # type: ignore[attr-defined]

    def read() -> None:
        assert engine.stdout is not None
        for line in engine.stdout:
            reported[:] = line.split()

    end.loads = -1  # type: ignore[attr-defined]
    window.settled.connect(settled)
    threading.Thread(target=read, daemon=True).start()
    timer = QTimer(window)
    timer.timeout.connect(end)
    timer.start(2000)
    window.open(f"engine:unix://{socket}")
    app.exec()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        _serve(sys.argv[2], int(sys.argv[3]))
    else:
        _main(int(sys.argv[1]), Path(sys.argv[2]))
