"""Replayed engines must not be taken together with what really runs on the machine that runs the tests."""

from __future__ import annotations

import pytest

from cacheview.stores.engine import combine


@pytest.fixture(autouse=True)
def nothing_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(combine, "_SOCKETS", ("/nonexistent/containerd.sock",))
    monkeypatch.setattr(combine, "_place", lambda location, path, _: combine.Place(location, path, "is not here"))
