"""A window with a saved build and its context."""

from __future__ import annotations

from pathlib import Path

import pytest
from files_kit import save_build, write_context
from shared_window import ShowStore

from cacheview.ui.window import MainWindow


@pytest.fixture
def context(tmp_path: Path) -> Path:
    return write_context(tmp_path / "shop")


@pytest.fixture
def window(show_store: ShowStore, tmp_path: Path, context: Path) -> MainWindow:
    """Shows the image that was built from the context."""
    return show_store(str(save_build(context, tmp_path / "shop.tar")))
