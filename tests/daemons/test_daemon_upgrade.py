"""Another release or another kind of store on an existing data root: what the engine has, and what it builds."""

from __future__ import annotations

from pathlib import Path

import pytest
from daemon_builds import Builder
from daemon_client import DockerCli, docker_programs
from daemon_engines import ENGINES, INSTALLED, EngineKind
from daemon_need import need, unavailable
from daemon_predictions import NOT_BUILT, differences
from daemon_process import DaemonError
from daemon_start import layers_are_in_sight, start_engine, start_engine_of
from daemon_stores import opened
from daemon_what_if import BUILDS, build_all, context_of
from test_daemon_what_if import predicted, unlike, would_be

from cacheview.model import StoreKind

_NEWER = [kind for kind in ENGINES if kind is not INSTALLED]
_UPGRADES = [
    *((kind, "what/app:1") for kind in _NEWER),
    # Another kind of store is empty, so there the build stops at its base, which has to be pulled.
    *((kind, "what/multi:1") for kind in _NEWER if kind.store is StoreKind.GRAPH_DRIVER),
]


@pytest.mark.parametrize(("newer", "build"), _UPGRADES, ids=lambda each: getattr(each, "name", each))
def test_builds_after_an_engine_upgrade_are_predicted(
    newer: EngineKind, build: str, daemon_folder: Path, tmp_path: Path
) -> None:
    need("dockerd", "containerd", "runc", "unshare", kind=INSTALLED)
    need("dockerd", "containerd", "runc", "unshare", kind=newer)
    program = next(docker_programs(), None)
    if program is None:
        unavailable("not installed: docker (Debian: docker.io, or docker-cli)")
    try:
        older = start_engine(daemon_folder / f"up-{_NEWER.index(newer)}-{build[5:8]}")
    except DaemonError as error:
        unavailable(str(error))
    with older.process:
        if not layers_are_in_sight(older.data_root):
            pytest.skip("an engine's layers are only visible if /dev/shm is in memory")
        with Builder(older.url) as builder:
            build_all(builder, BUILDS)
        before = opened(older.location("engine"))
    home = older.data_root.parent
    driver = home.name if newer.store is StoreKind.GRAPH_DRIVER else "overlayfs"
    with start_engine_of(home, driver, newer).process:
        now = opened(older.location("engine"))
        assert now.store.release is not None
        reported = would_be(before, [f"upgrade:{now.store.release.version}, {newer.store}"])
        foreseen = predicted(reported, BUILDS[build])
        assert unlike(reported.store, now.store) == []
        with Builder(older.url) as builder:
            cli = DockerCli(program, older.url, tmp_path)
            truth = cli.build("-", ["--tag", "what/again:1"], context_of(BUILDS[build]))
            assert list(differences(foreseen, truth, builder, unknown=[NOT_BUILT])) == []
