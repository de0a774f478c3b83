"""What benchmarks of the window share."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from cacheview import collector
from cacheview.ui import app


@pytest.fixture
def as_in_the_program(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Threads and garbage as after the program's start."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(app._TURN)
    monkeypatch.setattr(collector._PAUSE, "frozen", True)
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
    sys.setswitchinterval(interval)
