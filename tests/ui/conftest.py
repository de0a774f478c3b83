"""Qt off screen, and nothing left behind: every test starts and ends without widgets of its own."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from patient_bot import PatientBot
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shared_window import SharedWindow, ShowStore, nothing_left
from window_kit import LAPTOP, OpenWindow

from cacheview.ui.settings import Settings
from cacheview.ui.theme import apply_theme
from cacheview.ui.window import MainWindow

_HERE = Path(__file__).parent
_DONE = pytest.StashKey[int]()
_BETWEEN_SEARCHES = 100


def pytest_configure(config: pytest.Config) -> None:
    # Off screen there is no window manager to tell sizes to or to raise a popup, and Qt says so each time.
    config.addinivalue_line(
        "qt_log_ignore", r"This plugin does not support (propagateSizeHints|raise|grabbing the keyboard)"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, bool, bool]:
    """Cycles are searched for between tests: in a thread of a test, a search would end widgets that wait in them.

    It goes over all that is alive, so it does not come after each test.
    """
    if not item.path.is_relative_to(_HERE):  # workers ask for the tests of all folders
        return (yield)
    gc.disable()
    try:
        return (yield)
    finally:
        done = item.config.stash[_DONE] = item.config.stash.get(_DONE, 0) + 1
        is_last = nextitem is None or not nextitem.path.is_relative_to(_HERE)
        if is_last or done % _BETWEEN_SEARCHES == 0:
            gc.collect()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def theme(qapp: QApplication) -> str:
    """The application's style sheet."""
    apply_theme(qapp)
    return qapp.styleSheet()


@pytest.fixture(autouse=True)
def style_sheet(qapp: QApplication, theme: str, request: pytest.FixtureRequest) -> None:
    """Only tests of how the window looks, which are marked ``looks``, have the application's style sheet.

    For the others, windows open a third faster: Qt does not match the sheet against every widget.
    """
    sheet = theme if request.node.get_closest_marker("looks") else ""
    if qapp.styleSheet() != sheet:
        qapp.setStyleSheet(sheet)


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp: QApplication) -> Iterator[None]:
    """Fails a test that leaves a window open or a timer running."""
    with nothing_left(qapp):
        yield


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of the windows of a test, in a file of its own."""
    return Settings(tmp_path / "settings.ini")


@pytest.fixture
def open_window(qtbot: QtBot, settings: Settings) -> OpenWindow:
    """Opens windows; ``qtbot`` closes them when the test has ended, before fixtures are undone."""

    usual = settings

    def open_window(
        location: str = "", *, size: tuple[int, int] | None = LAPTOP, settings: Settings | None = None
    ) -> MainWindow:
        window = MainWindow(settings or usual)
        qtbot.addWidget(window)
        if size is not None:
            window.resize(*size)
        with qtbot.waitExposed(window):
            window.show()
            window.activateWindow()
        if location:
            with qtbot.waitSignal(window.settled, timeout=20_000):
                window.open(location)
        return window

    return open_window


@pytest.fixture
def window(open_window: OpenWindow) -> MainWindow:
    """Without a store."""
    return open_window()


@pytest.fixture(scope="module")
def shared_window(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedWindow]:
    """The window that the tests of a module use one after another, as `lent_window`."""
    qapp.setStyleSheet("")
    with nothing_left(qapp):
        shared = SharedWindow(tmp_path_factory.mktemp("shared_window"))
        yield shared
        shared.close()


@pytest.fixture
def lent_window(
    shared_window: SharedWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[MainWindow]:
    """The window of the module, which is put back after the test while ``monkeypatch`` is still in effect.

    It is painted only in tests that are marked ``looks``; windows that tests open themselves always are.
    """
    yield shared_window.lend(is_painted=request.node.get_closest_marker("looks") is not None)
    shared_window.put_back()


@pytest.fixture
def show_store(lent_window: MainWindow, qtbot: QtBot) -> ShowStore:
    """Opens stores in the window of the module, and returns the window."""

    def show_store(location: str) -> MainWindow:
        with qtbot.waitSignal(lent_window.settled) as settled:
            lent_window.open(location)
        assert settled.args == [True]
        return lent_window

    return show_store
