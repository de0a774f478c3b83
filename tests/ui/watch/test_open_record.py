"""Opening a record as a build: its steps, cacheview's predictions, and the reason for the first miss."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from build_kit import Daemon
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from window_kit import OpenWindow, drop

from cacheview.model import ImageStore
from cacheview.replay.file import ExpectedBuild, ExpectedStep, ReplayCase
from cacheview.stores.save import write_suite
from cacheview.ui.docks import WATCH
from cacheview.ui.watch.models import BuildsColumn, WatchedStepsColumn
from cacheview.ui.watch.pane import WatchPane
from cacheview.ui.window import MainWindow

TEXT = "FROM scratch\nCOPY a /a\nENV B=1\n"


@pytest.fixture
def window(open_window: OpenWindow) -> MainWindow:
    return open_window(size=(1280, 720))


@pytest.fixture(scope="module")
def store() -> ImageStore:
    daemon = Daemon()
    daemon.build(TEXT, {"a": b"1\n"}, name="app:latest")
    return daemon.store


def record(
    store: ImageStore | None,
    cached: Sequence[bool | None] = (False, False, False),
    *,
    tag: str = "app",
    replayed: bool = False,
) -> ReplayCase:
    """A record of a build on this store, in which the file ``a`` has changed."""
    steps = tuple(
        ExpectedStep(instruction=text, cached=hit, image=f"{number}" * 12 if number > 1 else "")
        for number, (text, hit) in enumerate(zip(TEXT.splitlines(), cached, strict=True), 1)
    )
    return ReplayCase(
        daemon="Docker 28.5.2",
        engine="28.5.2",
        kind="graphdriver",
        images=None if store is None else store.images,
        client="Docker-Client/28.2.2 (linux)",
        context={"a": {"type": "file", "mode": 0o644, "content": "2\n"}},
        dockerfile=TEXT,
        tag=tag,
        started=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).isoformat(),
        expect=ExpectedBuild(ok=True, steps=steps, image=f"sha256:{'3' * 64}"),
        replayed=replayed,
    )


def saved(path: Path, *cases: ReplayCase) -> str:
    write_suite(path, [case.model_dump_json(exclude_defaults=True) + "\n" for case in cases])
    return str(path)


def shown(window: MainWindow, qtbot: QtBot, rows: int = 1) -> WatchPane:
    pane = window.docks.get(WATCH).pane
    qtbot.waitUntil(lambda: pane.isVisible() and pane.model.rowCount() == rows, timeout=20_000)
    return pane


def rows_of(pane: WatchPane) -> list[list[str]]:
    model = pane.steps_model
    return [[model.index(row, column).data() for column in WatchedStepsColumn] for row in range(model.rowCount())]


def test_the_open_button_shows_a_record_beside_its_prediction(
    window: MainWindow, store: ImageStore, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "app.record.jsonl", record(store))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (path, ""))
    window.commands.watch.trigger()
    qtbot.waitUntil(lambda: window.docks.get(WATCH).pane.isVisible())
    qtbot.mouseClick(window.docks.get(WATCH).pane.head.open_button, Qt.MouseButton.LeftButton)
    pane = shown(window, qtbot)
    build = [pane.model.index(0, column).data() for column in BuildsColumn]
    assert build[0].startswith("Jan 0")
    assert build[1:] == [
        "app",
        "Docker-Client/28.2.2 (linux)",
        "built 333333333333: 0 of 3 steps cached",
        "same as the daemon",
    ]
    rows = rows_of(pane)
    assert [row[0] for row in rows] == ["1 FROM scratch", "2 COPY a /a", "3 ENV B=1"]
    assert rows[1][1].startswith("MISS: ")
    assert [row[2] for row in rows] == ["", "created 222222222222", "created 333333333333"]
    assert pane.head.text == "1 build"
    title, words = pane.why.texts
    assert title == "Why step 2 misses"
    assert words.startswith("MISS: ")
    assert window.session is not None
    assert len(window.session.store.images) == len(store.images)
    qtbot.keyClick(pane.builds, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied[0].endswith("app, from Docker-Client/28.2.2 (linux)")
    assert "  why step 2 misses:" in copied
    assert copied[-1] == "as predicted"


def test_a_dropped_record_opens_and_shows_daemon_differences(
    lent_window: MainWindow, store: ImageStore, qtbot: QtBot, tmp_path: Path
) -> None:
    path = saved(tmp_path / "two.jsonl", record(store), record(store, (False, True, True), tag="other"))
    drop(lent_window, path)
    pane = shown(lent_window, qtbot, 2)
    assert [pane.model.index(row, BuildsColumn.NAME).data() for row in range(2)] == ["app", "other"]
    assert [pane.model.index(row, BuildsColumn.COMPARED).data() for row in range(2)] == [
        "same as the daemon",
        "DIFFERS from the daemon",
    ]
    assert pane.head.text == "1 of 2 builds differs from the prediction"
    pane.builds.selectRow(1)
    assert [pane.steps_model.rows[row].differs for row in range(3)] == [False, True, True]
    assert not pane.head.save_button.isVisible()
    assert pane.why.texts[0] == "The daemon's answers differ from the prediction"
    assert "Why step 2 misses" in pane.why.texts[1]


def test_a_record_without_its_store_shows_what_the_daemon_did(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.open(saved(tmp_path / "bare.jsonl", record(None)))
    pane = shown(window, qtbot)
    assert "the record does not contain the store" in pane.model.index(0, BuildsColumn.COMPARED).data()
    assert [row[2] for row in rows_of(pane)] == ["", "created 222222222222", "created 333333333333"]
    assert window.session is None


def test_a_record_of_a_replay_is_marked_as_not_built(
    lent_window: MainWindow, store: ImageStore, qtbot: QtBot, tmp_path: Path
) -> None:
    lent_window.open(saved(tmp_path / "replayed.jsonl", record(store, (False, False, None), replayed=True)))
    pane = shown(lent_window, qtbot)
    assert pane.model.index(0, BuildsColumn.OUTCOME).data() == "replayed, not built"
    assert pane.model.index(0, BuildsColumn.COMPARED).data() == "same as the record"
    assert rows_of(pane)[2][2] == "unknown"


def test_lines_that_are_not_builds_are_reported(
    lent_window: MainWindow, store: ImageStore, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "mixed.jsonl"
    saved(path, record(store))
    with path.open("a") as file:
        file.write('{"dockerfile": 5}\n')
    lent_window.open(str(path))
    shown(lent_window, qtbot)
    qtbot.waitUntil(lent_window.notice.isVisible)
    assert lent_window.notice._text.text().startswith("Showing 1 build from mixed.jsonl.")


def test_opening_an_open_record_again_shows_it_once(
    lent_window: MainWindow, store: ImageStore, qtbot: QtBot, tmp_path: Path
) -> None:
    path = saved(tmp_path / "app.jsonl", record(store))
    lent_window.open(path)
    pane = shown(lent_window, qtbot)
    pane.head.closed.emit()
    assert not pane.isVisible()
    lent_window.open(path)
    qtbot.waitUntil(lambda: not lent_window.opener.is_busy, timeout=20_000)
    assert shown(lent_window, qtbot).steps_model.rowCount() == 3


def test_records_stay_when_watching_ends(
    lent_window: MainWindow, store: ImageStore, qtbot: QtBot, tmp_path: Path
) -> None:
    lent_window.open(saved(tmp_path / "app.jsonl", record(store)))
    pane = shown(lent_window, qtbot)
    pane._stop_watching()
    assert pane.model.rowCount() == 1
    assert pane.head.watch_button.isVisible()
    lent_window.open(saved(tmp_path / "again.jsonl", record(store, tag="again")))
    shown(lent_window, qtbot, 2)
    assert pane.selected() is pane.model.builds[0]
    assert pane.model.builds[0].title == "again"
