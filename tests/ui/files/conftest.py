"""A window with a saved build, and its context."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from files_kit import save_build, write_context
from pytestqt.qtbot import QtBot

from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow


@pytest.fixture
def context(tmp_path: Path) -> Path:
    return write_context(tmp_path / "shop")


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, context: Path) -> Iterator[MainWindow]:
    """With the image that was built of the context."""
    window = MainWindow(Settings(tmp_path / "settings.ini"))
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show()
    qtbot.waitExposed(window)
    archive = save_build(context, tmp_path / "shop.tar")
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open(str(archive))
    yield window
    window.close()
