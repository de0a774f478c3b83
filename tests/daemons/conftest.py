"""Real daemons for the tests: Docker's with a graph-driver store, and containerd; one of each for the session.

They live in a folder of their own, with their own mounts, and no network. Where they cannot be had the tests are
skipped with the reason; with CACHEVIEW_DAEMONS=required, as in ``.ci/run``, they fail instead.
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
    """Every test of an engine runs on all of them, if its module is about more than how cacheview reads; else on the
    installed one, or on Debian 13's, where a build takes a third of the time."""
    if "engine" in metafunc.fixturenames and "samples" not in metafunc.fixturenames:
        one = ENGINES[1:2] if metafunc.definition.get_closest_marker("many_builds") else ENGINES[:1]
        kinds = ENGINES if getattr(metafunc.module, "ON_EVERY_ENGINE", False) else one
        metafunc.parametrize("engine", kinds, indirect=True, scope="session", ids=lambda kind: kind.name)


@pytest.fixture(scope="session")
def daemon_folder() -> Iterator[Path]:
    """A folder with a short name, as the path of a socket has to be short. Nothing of it may be left in the end.

    In memory where that can be had: a daemon waits for the disk after each thing that it writes.
    """
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="cacheview-daemons-", dir=memory) as name:
        yield Path(name)
        assert leftovers(Path(name)) == []


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest, daemon_folder: Path) -> Iterator[EngineDaemon]:
    """A Docker Engine whose store is empty when the first test begins; one after the other for those that run."""
    kind: EngineKind = request.param
    with engine_running(kind, daemon_folder / str(ENGINES.index(kind))) as running:
        yield running


@pytest.fixture(scope="session")
def builder(engine: EngineDaemon) -> Iterator[Builder]:
    """What builds with the classic builder of the engine."""
    with Builder(engine.url) as running:
        yield running


@pytest.fixture(scope="module")
def client(engine: EngineDaemon, tmp_path_factory: pytest.TempPathFactory) -> DockerCli:
    """The docker CLI of this machine, which speaks to the engine."""
    program = next(docker_programs(), None)
    if program is None:
        unavailable("not installed: docker (Debian: docker.io, or docker-cli)")
    return DockerCli(program, engine.url, tmp_path_factory.mktemp("settings"))


@pytest.fixture(scope="module")
def user(engine: EngineDaemon, daemon_folder: Path) -> Iterator[Unprivileged]:
    """Somebody in the group of the socket, to which the way is open, and not to the files of the engine."""
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
    """A watcher in front of the engine; it ends without a fault."""
    with tempfile.TemporaryDirectory(prefix="cacheview-") as runtime:
        made = Watching(engine.url, runtime)
        try:
            yield made
        finally:
            made.watcher.close()
        assert made.faults == []


@pytest.fixture
def emptied(builder: Builder) -> Iterator[None]:
    """What a test builds is removed afterwards: whoever opens a store reads every image of it, and some engines take
    longer for each image the more there are."""
    kept = builder.ids()
    yield
    builder.remove_all_but(kept)


@pytest.fixture(scope="session")
def containerd(daemon_folder: Path) -> Iterator[ContainerdDaemon]:
    """A containerd that holds nothing when the first test begins."""
    need("containerd", "ctr", "unshare")
    try:
        running = start_containerd(daemon_folder / "containerd")
    except DaemonError as error:
        unavailable(str(error))
    with running.process:
        yield running


@pytest.fixture(scope="session")
def registry(daemon_folder: Path) -> Iterator[RegistryDaemon]:
    """A registry that holds nothing when the first test begins, and wants a login."""
    need("docker-registry")
    try:
        running = start_registry(daemon_folder / "registry")
    except DaemonError as error:
        unavailable(str(error))
    with running.process:
        yield running


@pytest.fixture(scope="session")
def shop(builder: Builder) -> list[Build]:
    """The builds of `build_shop`, made once."""
    return build_shop(builder)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose name is short enough for a socket in it."""
    with tempfile.TemporaryDirectory(prefix="cacheview-") as name:
        yield Path(name)
