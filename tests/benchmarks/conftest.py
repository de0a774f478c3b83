"""Fixtures for benchmarks of the window."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from cacheview import collector
from cacheview.ui import app
from cacheview.ui.theme import apply_theme


@pytest.fixture
def as_in_the_program(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> Iterator[None]:
    """Set the look, the thread switching and the garbage collector as the program does at its start."""
    apply_theme(qapp)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(app._SWITCH_INTERVAL_SECONDS)
    monkeypatch.setattr(collector._PAUSE, "frozen", True)
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
    sys.setswitchinterval(interval)
