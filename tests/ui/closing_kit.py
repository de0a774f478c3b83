"""Runs the program in its own process, closes its window while threads work, and measures how long it takes to exit."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forked import DOCKS, run_forked

__all__ = ["LONG", "WORKS", "Ended", "Work", "close_while"]

TESTS: Final = Path(__file__).parents[1]
LONG: Final = 60.0
"""The most seconds that a process may take on the busiest machine. One that hangs would never exit."""

_GOING: Final = 0.05  # seconds for the work to get under way

_PROGRAM: Final = '''
import contextlib, faulthandler, hashlib, io, itertools, json, os, socket, sys, tarfile, tempfile, threading, time
from pathlib import Path
sys.path[:0] = [{tests!r} + folder for folder in ("/stores/docker_engine", "/stores")]
from PySide6.QtCore import QSocketNotifier, QTimer
from cacheview.ui.docks import FILES, REPLAY, WATCH
from cacheview.ui import app
real_begin = app._begin
MIB = 1 << 20

def inside(place):
    """Whether a thread is in a function, named as FILE:FUNCTION."""
    file, function = place.split(":")
    # Not by `sys._current_frames`: whoever has the frame of a paint event keeps its painter beyond the end of it.
    with tempfile.TemporaryFile("w+") as dump:
        faulthandler.dump_traceback(dump)
        dump.seek(0)
        stacks = dump.read().split("\\n\\n")
    main = "0x%016x" % threading.main_thread().ident
    calls = (line for stack in stacks if main not in stack for line in stack.splitlines())
    return any(file + '", line ' in line and line.endswith(" in " + function) for line in calls)

def large_tar(compress):
    info = tarfile.TarInfo("large")
    info.size = 1900 * MIB
    return compress(info.tobuf(tarfile.GNU_FORMAT)) + 240 * compress(bytes(8 * MIB))

places = {places!r}
works = []
{code}

def begin(application, window, location):
    real_begin(application, window, location)
    def look():
        while not all(map(inside, places)):
            time.sleep(0.005)
        print("ready", flush=True)
    def start():
        if begun and not inside(places[len(begun) - 1]):
            return
        if len(begun) < len(works):
            begun.append(works[len(begun)])
            begun[-1](window)
        else:
            timer.stop()
            threading.Thread(target=look, daemon=True).start()
    def opened(_):
        window.settled.disconnect(opened)
        timer.start()
    def close(_):
        notifier.setEnabled(False)
        print("at work" if all(map(inside, places)) else "over", flush=True)
        window.close()
    begun = []
    timer = QTimer(window, interval=5)  # the next work starts once the one before is under way
    timer.timeout.connect(start)
    notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, window)
    notifier.activated.connect(close)
    window.settled.connect(opened)

app._begin = begin
app.run_window(store, settings=Path("settings.ini"))
'''


@dataclass(frozen=True)
class Ended:
    """How the process ended.

    Attributes:
        seconds: from the request to close the window, measured by a clock outside the process.
        was_at_work: whether the expected work was running when the window was closed.
    """

    status: int
    seconds: float
    was_at_work: bool
    output: str


@dataclass(frozen=True)
class Work:
    """Work that a thread does.

    Attributes:
        code: defines ``work``, which receives the window and starts the work.
        place: the function that the thread is in while it works, as FILE:FUNCTION.
        store: code that sets ``store``, the location to open first.
    """

    name: str
    code: str
    place: str
    store: str


def close_while(works: Sequence[Work], folder: Path) -> Ended:
    """Run the program until its window is closed while all of these run. They must use the same store."""
    code = works[0].store + "".join(f"{work.code}\nworks.append(work)\n" for work in works)
    program = _PROGRAM.format(tests=str(TESTS), code=code, places=[work.place for work in works])
    own = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"} | own
    its_input, requests = os.pipe()
    answers, its_output = os.pipe()

    def run() -> subprocess.CompletedProcess[str]:
        with open(its_input, "rb"), open(its_output, "wb"):
            pipes = its_input, its_output
            return run_forked(
                program, modules=DOCKS, environment=environment, folder=folder, seconds=LONG, streams=(*pipes, None)
            )

    with open(requests, "w") as window, open(answers) as printed, ThreadPoolExecutor() as beside:
        running = beside.submit(run)
        ready = printed.readline()
        time.sleep(_GOING)
        begun = time.monotonic()
        if ready:
            print(file=window, flush=True)
        ended = running.result()
        seconds = time.monotonic() - begun
        output = ready + printed.read() + ended.stderr
    return Ended(ended.returncode, seconds, "at work" in output, output)


_DEMO: Final = 'store = "demo:"\n'

_IMAGES: Final = """
images = [
    {
        "id": f"sha256:{n:064x}",
        "parent": f"sha256:{n // 3:064x}" if n else "",
        "config": {
            "created": "2024-01-01T00:00:00Z",
            "container_config": {"Cmd": [str(n % 50)], "Labels": {"a": str(n)}},
        },
    }
    for n in range(5000)
]
Path("store.jsonl").write_text(json.dumps({"rules": "graphdriver-25.0.5", "images": images}))
store = os.path.abspath("store.jsonl")
"""

_ARCHIVE: Final = """
import zstandard
from store_builder import config, old_archive, tar_bytes
layer = large_tar(zstandard.ZstdCompressor().compress)
Path("image.tar").write_bytes(tar_bytes(old_archive([(config(1), ["a:1"], "")], layer)))
store = os.path.abspath("image.tar")
"""

# It responds to everything except image and build requests; it sends a thousand events a second.
_ENGINE: Final = r"""
import engine_replay
from engine_replay import Raw, Replay, load, serving
EVENT = b'{"Type":"image","Action":"tag"}\n'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)
IMAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + bytes(4096)
STALLS = "/get"

def hook(path):
    if path.endswith("/events"):
        return Raw(CHUNKED, rest=itertools.repeat(CHUNK), pace=0.001)
    return Raw(IMAGE if path.endswith("/get") else b"", hang=True) if path.endswith(STALLS) else None

answering = engine_replay._Handler.handle
def handle(self):
    if self.rfile.peek(4).startswith(b"POST"):
        while self.rfile.read1(MIB):  # a context, which has no end
            pass
    else:
        answering(self)
engine_replay._Handler.handle = handle
replay = Replay(load("28.5.2-gd"), hook)
running = serving(replay, Path("docker.sock"))
store = "engine:" + running.__enter__().replace("//", "//" + os.path.abspath("") + "/")
"""

_XZ: Final = """
import lzma
Path("large.tar.xz").write_bytes(large_tar(lambda data: lzma.compress(data, preset=0)))
def work(window):
    window.open(os.path.abspath("large.tar.xz"))
"""

_ZSTD: Final = """
import zstandard
Path("large.tar.zst").write_bytes(large_tar(zstandard.ZstdCompressor().compress))
def work(window):
    window.open(os.path.abspath("large.tar.zst"))
"""

_DOCUMENT: Final = """
config = {"created": "2024-01-01T00:00:00Z", "container_config": {"Cmd": ["x" * 300]}}
images = [{"id": f"sha256:{n:064x}", "config": config} for n in range(120000)]
Path("large.jsonl").write_text(json.dumps({"rules": "graphdriver-25.0.5", "images": images}))
def work(window):
    window.open(os.path.abspath("large.jsonl"))
"""

_NAME: Final = """
def getaddrinfo(*_, **__):
    os.read(os.pipe()[0], 1)  # as the system's own does: without Python's lock, and not to be interrupted
socket.getaddrinfo = getaddrinfo
def work(window):
    window.open("engine:tcp://engine.example:2375")
"""

_SUMMING: Final = r"""
os.mkdir("context")
Path("context/Dockerfile").write_text("FROM scratch\nCOPY large /\n")
with open("context/large", "wb") as file:
    file.truncate(4 << 30)
def work(window):
    window.docks.get(REPLAY).open(os.path.abspath("context"))
"""

_STEPS: Final = r"""
os.mkdir("steps")
lines = "".join(f"ENV A{n}=b\nRUN step {n} $A{n}\n" for n in range(5000))
Path("steps/Dockerfile").write_text("FROM scratch\n" + lines)
def work(window):
    window.docks.get(REPLAY).open(os.path.abspath("steps"))
"""

_AUDIT: Final = """
def work(window):
    window.commands.audit.trigger()
"""

_LAYER: Final = """
def work(window):
    window.docks.get(FILES).show_layer(window.session.store.images[0], window.session.store)
"""

_HISTORY: Final = """
def work(window):
    globals()["STALLS"] = "/history"
    window.opener.reload()
"""

_DOWNLOAD: Final = """
def work(window):
    store = window.session.store
    window.layer_access.allow(store)
    window.docks.get(FILES).show_layer(next(image for image in store.images if image.diff_ids), store)
"""

_EVENTS: Final = """
def work(window):
    window.commands.follow.setChecked(True)
"""

_WATCHED: Final = r"""
BUILD = b"POST /v1.43/build HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECE = b"%x\r\n%b\r\n" % (MIB, bytes(MIB))

def client(url):
    large = tarfile.TarInfo("large")
    large.size = 8 << 30
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as sent:
        sent.connect(url.removeprefix("unix://"))
        sent.sendall(BUILD + b"200\r\n" + large.tobuf(tarfile.GNU_FORMAT) + b"\r\n")
        while True:
            sent.sendall(PIECE)

def work(window):
    def started():
        url = bridge.watcher.url
        threading.Thread(target=client, args=(url,), daemon=True).start()
    window.docks.get(WATCH).show_and_focus()
    bridge = window.docks.get(WATCH).pane.bridge
    bridge.started.connect(started)
    QTimer.singleShot(0, window.docks.get(WATCH).pane.watch)
"""

WORKS: Final = {
    work.name: work
    for work in (
        Work("unpacking xz", _XZ, "tar.py:walk", _DEMO),
        Work("unpacking zstd", _ZSTD, "tar.py:walk", _DEMO),
        Work("decoding one large document", _DOCUMENT, "decode.py:decode", _DEMO),
        Work("looking up a name", _NAME, ":getaddrinfo", _DEMO),
        Work("summing a file of 4 GiB", _SUMMING, "hashing.py:_with_threads", _ENGINE),
        Work("waiting for an engine's answer", _HISTORY, "deadline.py:receive", _ENGINE),
        Work("downloading from an engine that stalls", _DOWNLOAD, "client.py:archive", _ENGINE),
        Work("following a flood of events", _EVENTS, "client.py:_pieces", _ENGINE),
        Work("reading along with a context without end", _WATCHED, "process.py:_listen", _ENGINE),
        Work("replaying 10,000 steps", _STEPS, "stage.py:run", _IMAGES),
        Work("auditing 5,000 images", _AUDIT, "audit.py:audit", _IMAGES),
        Work("reading a layer", _LAYER, "tarstream.py:entries", _ARCHIVE),
    )
}
