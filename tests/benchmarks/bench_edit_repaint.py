"""An edit in the window, until all of it is painted again: with 10,000 candidates, and with 100, in the same run."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from pytestqt.qtbot import QtBot

from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageConfig, ImageStore, Probe, Timestamp
from cacheview.stores.opened import Case, Opened
from cacheview.ui.opening import OpenedStore, case_cache
from cacheview.ui.settings import Settings
from cacheview.ui.theme import apply_theme
from cacheview.ui.window import MainWindow

LIMIT = 0.016
EDITS = 60
PARENT = "sha256:" + "a" * 64


def config(i: int, user: str = "") -> ContainerConfig:
    return ContainerConfig(
        User=user,
        Cmd=("/bin/sh", "-c", f"make target-{i}"),
        Env=("PATH=/usr/local/bin:/usr/bin:/bin", f"STAGE={i % 7}", "LANG=C.UTF-8"),
        Labels={"team": str(i % 3), "part": "web"},
    )


def image(i: int) -> Image:
    entries = (HistoryEntry(created_by="base"), HistoryEntry(created_by=f"/bin/sh -c make target-{i}"))
    made = ImageConfig(created=Timestamp(1_700_000_000 + i, 0, None), history=entries, container_config=config(i))
    return Image(id=f"sha256:{i:064x}", parent=PARENT, config=made)


def window_of(count: int, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """A window on a store with so many candidates, all of them unfolded in the tree."""
    base = Image(id=PARENT, names=("docker.io/library/base:1",), from_scratch=True, config=ImageConfig())
    case = Case("made", ImageStore((base, *(image(i) for i in range(count)))), "containerd-71ebfc7")
    window = MainWindow(Settings(tmp_path / "settings.ini"))
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.show()
    qtbot.waitExposed(window)
    opened = Opened("made", "made:", "suite", (case,))
    window.opener.opened.emit(OpenedStore(opened, case_cache(case), Probe(parent=PARENT, config=config(3))), False)
    assert window.workspace is not None
    window.workspace.images.tree.expandAll()
    return window


def edits_to_repaints(window: MainWindow, qtbot: QtBot) -> list[float]:
    """Seconds from an edit to the end of the painting that follows it: hits and misses in turn."""
    assert window.session is not None
    document = window.session.document
    qtbot.wait(200)  # what the first sight has queued is done
    app = qtbot_app()
    times = []
    for edit in range(EDITS):
        changed = config(edit % 50, "nobody" if edit % 2 else "")
        begun = time.perf_counter()
        document.edit(document.probe.model_copy(update={"config": changed}), "Edit")
        app.processEvents()
        times.append(time.perf_counter() - begun)
    return times[10:]


def qtbot_app():  # type: ignore[no-untyped-def]
    from PySide6.QtWidgets import QApplication

    return QApplication.instance()


@pytest.mark.filterwarnings("ignore")
def test_edit_to_repaint(benchmark: BenchmarkFixture, qtbot: QtBot, qapp: object, tmp_path: Path) -> None:
    apply_theme(qapp)  # type: ignore[arg-type]
    medians = {}
    for count in (100, 10_000):
        window = window_of(count, tmp_path, qtbot)
        times = edits_to_repaints(window, qtbot)
        if count == 10_000:
            benchmark.pedantic(edits_to_repaints, (window, qtbot), rounds=1)
        medians[count] = statistics.median(times)
        window.close()
    ratio = medians[10_000] / medians[100]
    print(
        f"\nedit to repaint among 10,000: {medians[10_000] * 1e3:.1f} ms, "
        f"among 100: {medians[100] * 1e3:.1f} ms, ratio {ratio:.2f}"
    )
    assert medians[10_000] < LIMIT
