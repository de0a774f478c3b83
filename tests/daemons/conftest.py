"""Real daemons for the tests: Docker Engines, containerd and a registry, each started once per session.

They run in a separate folder, with private mounts and no network. If they are not available, the tests are skipped with
the reason; with CACHEVIEW_DAEMONS=required, as in ``.ci/run``, they fail instead.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_builds import Builder
from daemon_client import DockerCli, docker_programs
from daemon_engines import ENGINES, EngineKind
from daemon_need import need, unavailable
from daemon_process import DaemonError, leftovers
from daemon_registry import RegistryDaemon, start_registry
from daemon_running import engine_running
from daemon_shop import Build, build_shop
from daemon_start import SOCKET_GROUP, ContainerdDaemon, EngineDaemon, start_containerd
from daemon_unprivileged import Unprivileged, unprivileged
from daemon_watching import Watching


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each engine test on every engine if its module sets ON_EVERY_ENGINE, or else only on the installed one.

    Tests marked ``many_builds`` use Debian 13's engine instead, where a build takes a third of the time.
    """
    if "engine" in metafunc.fixturenames and "samples" not in metafunc.fixturenames:
        one = ENGINES[1:2] if metafunc.definition.get_closest_marker("many_builds") else ENGINES[:1]
        kinds = ENGINES if getattr(metafunc.module, "ON_EVERY_ENGINE", False) else one
        metafunc.parametrize("engine", kinds, indirect=True, scope="session", ids=lambda kind: kind.name)


@pytest.fixture(scope="session")
def daemon_folder() -> Iterator[Path]:
    """A folder with a short name, since the path of a socket has to be short. Nothing may be left of it at the end.

    It is in memory if possible, because a daemon waits for the disk after every write.
    """
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="cacheview-daemons-", dir=memory) as name:
        yield Path(name)
        assert leftovers(Path(name)) == []


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest, daemon_folder: Path) -> Iterator[EngineDaemon]:
    """A Docker Engine whose store is empty when the first test begins, for each kind of engine in turn."""
    kind: EngineKind = request.param
    with engine_running(kind, daemon_folder / str(ENGINES.index(kind))) as running:
        yield running


@pytest.fixture(scope="session")
def builder(engine: EngineDaemon) -> Iterator[Builder]:
    """A client of the engine's classic builder."""
    with Builder(engine.url) as running:
        yield running


@pytest.fixture(scope="module")
def client(engine: EngineDaemon, tmp_path_factory: pytest.TempPathFactory) -> DockerCli:
    """The docker CLI of this machine, connected to the engine."""
    program = next(docker_programs(), None)
    if program is None:
        unavailable("not installed: docker (Debian: docker.io, or docker-cli)")
    return DockerCli(program, engine.url, tmp_path_factory.mktemp("settings"))


@pytest.fixture(scope="module")
def user(engine: EngineDaemon, daemon_folder: Path) -> Iterator[Unprivileged]:
    """A user in the socket's group, who can reach the socket but not the engine's files."""
    for folder in (daemon_folder, engine.socket.parent.parent, engine.socket.parent):
        folder.chmod(0o711)
    mode = engine.data_root.stat()
    assert (mode.st_uid, mode.st_mode & 0o007) == (0, 0)
    with unprivileged(SOCKET_GROUP, f"engine:{engine.url}") as running:
        yield running


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that everybody can read."""
    with tempfile.TemporaryDirectory(prefix="cacheview-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def watching(engine: EngineDaemon) -> Iterator[Watching]:
    """A watcher in front of the engine. It must end without errors."""
    with tempfile.TemporaryDirectory(prefix="cacheview-") as runtime:
        made = Watching(engine.url, runtime)
        try:
            yield made
        finally:
            made.watcher.close()
        assert made.faults == []


@pytest.fixture
def emptied(builder: Builder) -> Iterator[None]:
    """Remove the images that a test built.

    Opening a store reads all its images, and some engines take longer per image the more they have.
    """
    kept = builder.ids()
    yield
    builder.remove_all_but(kept)


@pytest.fixture(scope="session")
def containerd(daemon_folder: Path) -> Iterator[ContainerdDaemon]:
    """A containerd that is empty when the first test begins."""
    need("containerd", "ctr", "unshare")
    try:
        running = start_containerd(daemon_folder / "containerd")
    except DaemonError as error:
        unavailable(str(error))
    with running.process:
        yield running


@pytest.fixture(scope="session")
def registry(daemon_folder: Path) -> Iterator[RegistryDaemon]:
    """A registry that is empty when the first test begins and requires a login."""
    need("docker-registry")
    try:
        running = start_registry(daemon_folder / "registry")
    except DaemonError as error:
        unavailable(str(error))
    with running.process:
        yield running


@pytest.fixture(scope="session")
def shop(builder: Builder) -> list[Build]:
    """The builds of `build_shop`, run once."""
    return build_shop(builder)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose name is short enough for a socket in it."""
    with tempfile.TemporaryDirectory(prefix="cacheview-") as name:
        yield Path(name)
