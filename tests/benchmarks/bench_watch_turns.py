"""50 simultaneous builds through the window's socket: the UI thread is never blocked for more than 50 ms.

Engine and clients are a separate process. The builds have 30 steps and 300 files each. The processor time of the UI
thread in a turn has a separate limit, which other programs on the machine cannot affect.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

sys.path.append(str(Path(__file__).parents[1] / "ui"))

from turns import Turns

from cacheview.collector import freeze
from cacheview.ui.docks import WATCH
from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow

BUILDS = 50
STEPS = 30
MOST_SECONDS = 0.05
MOST_CPU = 0.02

OTHERS = r"""
import io, json, re, socket, sys, tarfile, threading, time
engine, builds = sys.argv[1], int(sys.argv[2])
ANSWERS = {
    "/version": {"Version": "28.5.2", "ApiVersion": "1.51", "MinAPIVersion": "1.24", "GitCommit": "x", "Os": "linux"},
    "/info": {"Driver": "overlay2", "DriverStatus": []}, "/images/json": [],
}
STEPS = ["FROM scratch", "COPY . /x/"] + [f"ENV A{n}={n}" for n in range(28)]
def line(text):
    return json.dumps({"stream": text}).encode() + b"\r\n"
def answer(end):
    with end:
        data = b""
        while piece := end.recv(1 << 18):
            data += piece
            if b"\r\n\r\n" not in data:
                continue
            first = data.partition(b"\r\n")[0].decode()
            if first.startswith("POST"):
                if not data.endswith(b"0\r\n\r\n"):
                    data = data[:1000] + data[-5:]
                    continue
                end.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
                for n, step in enumerate(STEPS, 1):
                    end.sendall(line(f"Step {n}/{len(STEPS)} : {step}") + line("\n") + line(f" ---> {n:012}\n"))
                    time.sleep(0.02)
                return
            path = re.sub(r"^/v1\.[0-9]+", "", first.split()[1].partition("?")[0])
            body = json.dumps(ANSWERS.get(path, {})).encode()
            end.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            data = b""
def serve(listening):
    while True:
        threading.Thread(target=answer, args=(listening.accept()[0],), daemon=True).start()
listening = socket.socket(socket.AF_UNIX)
listening.bind(engine)
listening.listen(256)
threading.Thread(target=serve, args=(listening,), daemon=True).start()
print("ready", flush=True)
address = sys.stdin.readline().strip()
packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w") as archive:
    files = {"Dockerfile": "\n".join(STEPS).encode(), **{f"{n % 20}/{n}": b"x" * 3000 for n in range(300)}}
    for name, content in files.items():
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
body = packed.getvalue()
def build(n):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)
        client.sendall(b"POST /v1.43/build?t=app:%d HTTP/1.1\r\nHost: d\r\nConnection: close\r\n" % n)
        client.sendall(b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
        while client.recv(1 << 16):
            pass
threads = [threading.Thread(target=build, args=(n,)) for n in range(builds)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("built", flush=True)
sys.stdin.readline()
"""


@pytest.mark.usefixtures("as_in_the_program")
def test_the_window_stays_responsive(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="cacheview-") as folder:
        engine = f"{folder}/engine.sock"
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        monkeypatch.setenv("DOCKER_HOST", f"unix://{engine}")
        others = subprocess.Popen(
            (sys.executable, "-c", OTHERS, engine, str(BUILDS)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert others.stdin is not None
        assert others.stdout is not None
        with others:
            others.stdout.readline()
            window = MainWindow(Settings(tmp_path / "settings.ini"))
            qtbot.addWidget(window)
            window.resize(1366, 768)
            window.show()
            window.commands.watch.trigger()
            qtbot.wait(500)
            pane = window.docks.get(WATCH).pane
            with qtbot.waitSignal(pane.bridge.started, timeout=30_000):
                pane.watch()
            qtbot.wait(500)
            freeze()  # as the program does once its window is shown
            turns = Turns()
            watcher = pane.bridge.watcher
            assert watcher is not None
            others.stdin.write(watcher.url.removeprefix("unix://") + "\n")
            others.stdin.flush()

            def all_final() -> bool:
                builds = pane.model.builds
                return len(builds) == BUILDS and all(build.is_final for build in builds)

            qtbot.waitUntil(all_final, timeout=120_000)
            turns.stop()
            wrong = [build.differences or build.unpredicted or len(build.steps) != STEPS for build in pane.model.builds]
            window.close()
            others.stdin.close()
    print(f"\n{BUILDS} builds in {turns.seconds:.1f} s; slowdown {turns.slowdown:.1f}")
    print(f"most work: {turns.most_cpu}\nlongest:   {turns.longest_own}\nwith the machine's: {turns.longest_blocked}")
    assert not any(wrong)
    assert turns.most_cpu.cpu < MOST_CPU * max(1.0, turns.slowdown)
    assert turns.longest_own.own < MOST_SECONDS * max(1.0, turns.slowdown)
