"""The window with the demo open."""

from __future__ import annotations

from pathlib import Path

import pytest
from window_kit import OpenWindow

from cacheview.ui.window import MainWindow


@pytest.fixture
def window(open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.chdir(tmp_path)
    return open_window("demo:")
