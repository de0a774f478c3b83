"""Separate engines for tests that remove everything in an engine, so that they do not affect other tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_builds import Builder
from daemon_engines import ENGINES, EngineKind
from daemon_running import engine_running
from daemon_start import EngineDaemon


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest, daemon_folder: Path) -> Iterator[EngineDaemon]:
    """A Docker Engine that other tests do not use, for each kind of engine in turn."""
    kind: EngineKind = request.param
    with engine_running(kind, daemon_folder / f"alone-{ENGINES.index(kind)}") as running:
        yield running


@pytest.fixture(scope="session")
def builder(engine: EngineDaemon) -> Iterator[Builder]:
    """A client of that engine's classic builder."""
    with Builder(engine.url) as running:
        yield running


@pytest.fixture
def emptied(builder: Builder) -> None:
    """Start each test without any images or containers."""
    for container in builder.client.containers(all=True):
        builder.client.remove_container(container["Id"], force=True)
    builder.remove_all_but(())
