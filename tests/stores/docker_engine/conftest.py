"""Keeps replayed engines from being combined with stores that exist on the test machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from cacheview.stores.docker_engine import combine


@pytest.fixture(autouse=True)
def no_local_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(combine, "containerd_sockets", lambda: [Path("/nonexistent/containerd.sock")])
    monkeypatch.setattr(
        combine, "_place", lambda kind, target, path, _: combine.StorePlace(kind, target, path, "is not here")
    )
