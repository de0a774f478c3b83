"""The window with the demo open."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from window_kit import OpenWindow

from cacheview.ui.window import MainWindow

sys.path.append(str(Path(__file__).parents[2] / "engine"))  # random stores


@pytest.fixture
def window(open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.chdir(tmp_path)
    return open_window("demo:")
