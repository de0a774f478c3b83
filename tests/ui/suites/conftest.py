"""The window of the module with the demo open."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from shared_window import ShowStore

from cacheview.ui.window import MainWindow

sys.path.append(str(Path(__file__).parents[2] / "engine"))  # random stores


@pytest.fixture
def window(show_store: ShowStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.chdir(tmp_path)
    return show_store("demo:")
