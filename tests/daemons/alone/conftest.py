"""Engines of their own for tests that remove whatever an engine has: what others made is not among it."""

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
    """A Docker Engine that no other test uses; one after the other for those that run."""
    kind: EngineKind = request.param
    with engine_running(kind, daemon_folder / f"alone-{ENGINES.index(kind)}") as running:
        yield running


@pytest.fixture(scope="session")
def builder(engine: EngineDaemon) -> Iterator[Builder]:
    """What builds with the classic builder of that engine."""
    with Builder(engine.url) as running:
        yield running


@pytest.fixture
def emptied(builder: Builder) -> None:
    """Nothing is there before: no container either."""
    for container in builder.client.containers(all=True):
        builder.client.remove_container(container["Id"], force=True)
    builder.remove_all_but(())
