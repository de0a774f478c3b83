"""A build that an engine never answers, as cacheview predicts. It uses a separate engine, which is killed."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from daemon_client import DockerCli, docker_programs
from daemon_engines import ENGINES, EngineKind
from daemon_need import need, unavailable
from daemon_predictions import built, predicted
from daemon_process import program
from daemon_scenarios import NO_CACHE, write
from daemon_start import start_engine

from cacheview.engine.rulesets.releases import choose
from cacheview.model import StoreKind

_PATIENCE = 5  # seconds; a build of this scenario takes well under one
_DUMP_SECONDS = 30


def _asks_itself(kind: EngineKind) -> bool:
    """Whether this version of the engine checks a local match without a parent against itself."""
    dockerd = program("dockerd", kind.path)
    if kind.store is not StoreKind.CONTAINERD or kind.folder is None or dockerd is None:
        return False
    reported = subprocess.run((dockerd, "--version"), capture_output=True, text=True, check=True).stdout
    choice = choose(reported.split("version ")[1].split(",")[0], kind.store)
    return choice is not None and choice.rules.reads_one_parent


def test_an_engine_that_checks_an_image_against_itself_hangs(short_folder: Path) -> None:
    kind = next(filter(_asks_itself, ENGINES), None)
    if kind is None:
        pytest.skip("no available engine does so; Docker 25.0 does (unpack it in CACHEVIEW_ENGINES)")
    need("dockerd", "containerd", "runc", "unshare", kind=kind)
    programs = list(docker_programs())
    if not programs:
        unavailable("not installed: docker (Debian: docker.io, or docker-cli)")
    context, settings = short_folder / NO_CACHE.name, short_folder / "settings"
    write(context, NO_CACHE)
    settings.mkdir()
    running = start_engine(short_folder / "engine", kind)
    with running.process as process:
        client = DockerCli(programs[0], running.url, settings)
        before = NO_CACHE.builds.index(next(build for build in NO_CACHE.builds if build.asks_itself))
        for build in NO_CACHE.builds[:before]:
            assert built(context, NO_CACHE.name, build, client).error == ""
        unanswered = NO_CACHE.builds[before]
        reported = predicted(f"engine:{running.url}", context, unanswered, client)
        assert reported.refused is not None
        assert (reported.refused.by, reported.refused.line) == ("nobody", 2)
        with pytest.raises(subprocess.TimeoutExpired) as hung:
            built(context, NO_CACHE.name, unanswered, client, seconds=_PATIENCE)
        assert b"Step 2/5" in (hung.value.stdout or b"")
        assert b"Using cache" not in (hung.value.stdout or b"")
        assert _frames(short_folder, "isParent") > 20
        process.stop(kill=True)


def _frames(folder: Path, function: str) -> int:
    """Return how often a function occurs in the stacks that the engine writes on SIGUSR1."""
    (pid,) = (int(file.read_text()) for file in folder.glob("engine/*/pid"))
    os.kill(pid, signal.SIGUSR1)
    log = next(folder.glob("engine/*/dockerd.log"))
    with subprocess.Popen(("tail", "-n", "+1", "-F", str(log)), stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        try:
            written = next(line for line in following.stdout if "goroutine stacks written to" in line)
        finally:
            following.kill()
    dump = Path(written.split("goroutine stacks written to ")[1].split('"')[0].strip())
    return dump.read_text(errors="replace").count(function)
