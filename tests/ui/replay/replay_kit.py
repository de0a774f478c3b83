"""Real daemons' builds as stores and folders, and replays made by hand."""

from __future__ import annotations

import base64
import gzip
import threading
from functools import cache
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from window_kit import drop

from cacheview.dockerfile.context import SourcesSum
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import ContainerConfig, ImageStore, Probe, Release, StoreKind, decode
from cacheview.replay.file import ReplayCase
from cacheview.replay.result import Replay, Step, StepStatus
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation
from cacheview.ui.docks import REPLAY
from cacheview.ui.loading import Report, Work
from cacheview.ui.replay.build import build_at, save_build
from cacheview.ui.replay.model import StepsColumn
from cacheview.ui.replay.pane import ReplayPane
from cacheview.ui.replay.replayer import Replayer, ReplayRequest, progress_text
from cacheview.ui.session import Session
from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow

DATA = Path(__file__).parents[2] / "data" / "replay"
A, B = (f"sha256:{digit * 64}" for digit in "ab")


@cache
def real_build(scenario: str, file: str = "replay-20.10-overlay2") -> ReplayCase:
    with gzip.open(DATA / f"{file}.jsonl.gz") as lines:
        return next(case for case in (decode(ReplayCase, line) for line in lines) if case.scenario == scenario)


def write_context(case: ReplayCase, folder: Path) -> Path:
    """Write the context of a build into a folder."""
    for path, entry in case.context.items():
        place = folder / path
        if entry["type"] == "dir":
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(base64.b64decode(entry["content_b64"]))
        place.chmod(int(entry["mode"], 8))
    return folder


def sent_by_newer(settings: Settings, context: Path) -> Path:
    """Set the option that Docker CLI 28 sent the context to an older engine."""
    save_build(settings, build_at(context).model_copy(update={"client": "docker-cli"}))
    return context


def opened_of(case: ReplayCase) -> OpenedLocation:
    """The store of an engine as it was just before a build."""
    release = Release(StoreKind.GRAPH_DRIVER if case.kind == "graphdriver" else StoreKind.CONTAINERD, case.engine)
    store = ImageStore(case.images or (), title="an engine", release=release)
    return OpenedLocation("an engine", "engine:", OpenedKind.ENGINE, (OpenedCase("", store, ""),))


def step(number: int, text: str, status: StepStatus = StepStatus.HIT, stage: int = 0, **more: object) -> Step:
    return Step(number, text, number, stage, status, **more)  # type: ignore[arg-type]


def probe(parent: str = A, *cmd: str) -> Probe:
    return Probe(parent=parent, config=ContainerConfig(Cmd=cmd or ("a",)))


def hand_made(*, refused: bool = False) -> Replay:
    """Two stages with every kind of step."""
    trigger = step(1, "RUN trigger", image=B, probe=probe())
    sources = SourcesSum("file:" + "1" * 64, (("a.txt", "1" * 64),))
    steps = (
        step(1, "FROM base:1 AS make", StepStatus.NO_PROBE, image=B, triggers=(trigger,)),
        step(2, "RUN make", image=A, probe=probe(), seconds=0.0123),
        step(3, "FROM scratch", StepStatus.NO_PROBE, 1),
        step(4, "COPY --from=make /x /x", StepStatus.UNKNOWN, 1, reason="its files are not known", possible=(A,)),
        step(5, "COPY a.txt /", StepStatus.MISS, 1, made_by=5, probe=probe(), sources=sources),
        step(6, "CMD <b>x</b>\u202e", StepStatus.NOT_CHECKED, 1, made_by=6, reason="step 5 was a miss"),
    )
    refusal = BuildRefusedError("no such instruction", message="unknown instruction: FRO", line=9) if refused else None
    return Replay(steps, 7 if refused else 6, (), refusal, ("Empty continuation line",))


def session(window: MainWindow) -> Session:
    assert window.session is not None
    return window.session


def replayed(window: MainWindow, qtbot: QtBot, path: Path) -> ReplayPane:
    """Drop a Dockerfile or its folder onto the window, and wait for its steps."""
    pane = window.docks.get(REPLAY).pane
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        drop(window, path)
    return pane


def statuses(pane: ReplayPane) -> list[str]:
    model = pane.model
    return [model.index(row, StepsColumn.STATUS).data() for row in range(model.rowCount())]


def choose(pane: ReplayPane, number: int) -> None:
    pane.view.setCurrentIndex(pane.model.index_of(number))


class Slow:
    """Work that waits in its thread until it is released, as when reading a large context."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()
        self.ended = threading.Event()
        self._real = Replayer.replaying
        self._patch = monkeypatch

    def replaying(self, replayer: Replayer, request: ReplayRequest) -> Work:
        real = self._real(replayer, request)

        def work(report: Report) -> object:
            try:
                report(1_000_000, 4_000_000, progress_text(1_000_000, 4_000_000))
                self.begun.set()
                while not self.go.wait(0.01):
                    report(2_000_000, 4_000_000, progress_text(2_000_000, 4_000_000))
                return real(report)
            finally:
                self.ended.set()

        return work

    def install(self) -> None:
        self._patch.setattr(Replayer, "replaying", lambda replayer, request: self.replaying(replayer, request))

    def remove(self) -> None:
        self._patch.setattr(Replayer, "replaying", self._real)
