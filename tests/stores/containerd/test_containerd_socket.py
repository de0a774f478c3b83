"""containerd's socket as a store: the same images as from its root folder, with few calls that all end."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from containerd_samples import ENGINES, assert_as_expected, read, truth, unpack
from containerd_server import Server

from cacheview.model import DataError, short_id
from cacheview.stores.budget import Budget
from cacheview.stores.containerd import client
from cacheview.stores.containerd.client import ALLOWED_CALLS, ContainerdClient
from cacheview.stores.containerd.messages import message
from cacheview.stores.open import open_store
from cacheview.stores.progress import Canceled

FEW = [image["id"] for image in truth("28.5.2-c8d")[:8]]
"""The IDs of the images that a server has in most tests, because each takes several calls."""


@pytest.fixture
def address() -> Iterator[Path]:
    """A path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="cacheview-") as folder:
        yield Path(folder) / "c.sock"


@pytest.fixture
def server(tmp_path: Path, address: Path) -> Iterator[Server]:
    with Server(unpack("28.5.2-c8d", tmp_path), address, FEW) as running:
        yield running


@pytest.fixture
def whole_server(tmp_path: Path, address: Path) -> Iterator[Server]:
    with Server(unpack("28.5.2-c8d", tmp_path), address) as running:
        yield running


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_DEADLINE_SECONDS", 0.3)
    monkeypatch.setattr(ContainerdClient.__init__, "__defaults__", (0.3,))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_store_read_from_a_socket_is_as_expected(engine: str, tmp_path: Path, address: Path) -> None:
    with Server(unpack(engine, tmp_path), address) as running:
        store = read(str(address))
    assert_as_expected(store.images, engine)
    assert store.problems == ()
    assert store.title == "containerd 1.7.99, namespace moby"
    assert {method for method, _ in running.called} <= ALLOWED_CALLS
    assert {namespace for method, namespace in running.called if "Content" in method} == {"moby"}


def test_only_reading_containerd_methods_are_allowed() -> None:
    assert {method.rpartition("/")[2] for method in ALLOWED_CALLS} == {"Version", "List", "Read", "Plugins"}
    with (
        ContainerdClient(Path("/nowhere"), Budget()) as connection,
        pytest.raises(ValueError, match="is not an allowed method"),
    ):
        connection.ask("/containerd.services.images.v1.Images/Delete", None, message("Nothing"), "moby")


def test_it_can_be_stopped(server: Server, address: Path) -> None:
    def stop(done: int, total: int | None, what: str) -> None:
        raise Canceled

    with pytest.raises(Canceled):
        open_store(f"containerd:{address}", progress=stop)


@pytest.mark.parametrize("name", ["a b", "a%20b", "a%zz", "a?b", "a#b", "a:b", "é", "./c.sock"])
def test_any_path_is_taken_as_it_is(name: str, server: Server, address: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """gRPC parses an address as a URL, in which some characters have a special meaning."""
    monkeypatch.chdir(address.parent)
    if not Path(name).exists():
        (address.parent / name).symlink_to(address)
        name = str(address.parent / name)
    assert_as_expected(read(name).images, "28.5.2-c8d", FEW)


def test_a_path_too_long_for_a_socket(server: Server, address: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = address.parent / ("x" * 100)
    folder.mkdir()
    (folder / "c.sock").symlink_to(address)
    words = r"this socket's path is \d{3} bytes long, but at most 107 are allowed\. Create a link with a shorter path"
    with pytest.raises(DataError, match=words):
        open_store(f"containerd:{folder / 'c.sock'}")
    assert capfd.readouterr().err == ""  # gRPC would print an error for such a path


def test_no_socket() -> None:
    with pytest.raises(DataError, match="no such socket or folder"):
        open_store("containerd:/nowhere/containerd.sock")


def test_a_socket_that_nobody_listens_to(address: Path, impatient: None) -> None:
    with socket.socket(socket.AF_UNIX) as unheard:
        unheard.bind(str(address))
        with pytest.raises(DataError, match="Is it running"):
            open_store(f"containerd:{address}")


def test_a_socket_that_is_not_containerd_is_refused(tmp_path: Path, address: Path, impatient: None) -> None:
    other = grpc.server(ThreadPoolExecutor(2))
    other.add_insecure_port(f"unix:{address}")
    other.start()
    try:
        with pytest.raises(DataError, match="not containerd"):
            open_store(f"containerd:{address}")
    finally:
        other.stop(0).wait()


@pytest.mark.parametrize("method", [client.VERSION, client.NAMESPACES, client.IMAGES])
def test_a_hanging_containerd_times_out(method: str, server: Server, address: Path, impatient: None) -> None:
    server.instead[method] = server.hang
    with pytest.raises(DataError, match="did not respond within"):
        open_store(f"containerd:{address}")


def test_images_read_before_containerd_stops_are_kept(whole_server: Server, address: Path, impatient: None) -> None:
    answered = 0
    whole = len(truth("28.5.2-c8d"))

    def some(request: Any, context: Any) -> Iterator[Any]:
        nonlocal answered
        answered += 1
        if answered > 60:
            context.abort(grpc.StatusCode.UNAVAILABLE, "stopped")
        yield from whole_server.read(request, context)

    whole_server.instead[client.BLOB_READ] = some
    store = read(str(address))
    assert 0 < len(store.images) < whole
    assert len(store.problems) == 1
    assert "does not respond" in str(store.problems[0])


def test_a_blob_with_wrong_content_is_reported(server: Server, address: Path) -> None:
    first = FEW[0]

    def another(request: Any, context: Any) -> Iterator[Any]:
        if request.digest == first:
            yield message("Chunk")(data=b"{}")
        else:
            yield from server.read(request, context)

    server.instead[client.BLOB_READ] = another
    store = read(str(address))
    assert first not in store.by_id
    assert len(store.images) == len(FEW) - 1
    assert any("bad digest" in str(problem) for problem in store.problems)


def test_a_container_config_that_is_lost_is_a_doubt(server: Server, address: Path) -> None:
    whole = read(str(address))
    made = next(image for image in whole.images if image.built_locally)
    labels = next(dict(one.labels) for one in server.records("moby") if one.digest == made.id)
    lost_digest = labels["org.mobyproject.image.containerconfig"]

    def lost(request: Any, context: Any) -> Iterator[Any]:
        if request.digest == lost_digest:
            context.abort(grpc.StatusCode.NOT_FOUND, "not found")
        yield from server.read(request, context)

    server.instead[client.BLOB_READ] = lost
    store = read(str(address))
    assert [image.id for image in store.images] == [image.id for image in whole.images]
    assert store.by_id[made.id].doubt("container_config") is not None
    assert any(short_id(lost_digest) in str(problem) for problem in store.problems)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root can use every socket")
def test_a_socket_of_another_user(server: Server, address: Path) -> None:
    address.chmod(0)
    with pytest.raises(DataError, match="not have permission"):
        open_store(f"containerd:{address}")


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_a_blob_of_any_size_is_read_piece_by_piece(
    size: int, server: Server, address: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each response is complete before it is used, so none waits for the reader."""
    monkeypatch.setattr(client, "_RANGE_BYTES", size)
    digest = min(server.records("moby"), key=lambda record: record.size).digest  # a byte takes a call
    whole = server.blob("moby", digest)
    with ContainerdClient(address, Budget()) as connection:
        pieces = list(connection.blob(digest, "moby"))
    assert b"".join(pieces) == whole
    assert all(len(piece) == size for piece in pieces[:-1])
    calls = [method for method, _ in server.called]
    assert calls == [client.BLOB_READ] * (len(whole) // size + 1)
