"""A containerd socket whose server hangs, stops, sends garbage or never ends its response."""

from __future__ import annotations

import itertools
import os
import re
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from bounded import MIB, run_bounded
from containerd_samples import assert_as_expected, read, truth, unpack
from containerd_server import Server

from cacheview.model import DataError, ImageStore
from cacheview.stores.containerd import client, images, sockets
from cacheview.stores.containerd.client import ContainerdClient
from cacheview.stores.containerd.messages import count, message
from cacheview.stores.containerd.namespaces import choose_namespace
from cacheview.stores.containerd.records import CONFIG_REFERENCE
from cacheview.stores.limits import Limits
from cacheview.stores.open import open_store
from cacheview.stores.progress import Canceled
from cacheview.visible import is_unprintable

SAMPLE = "28.5.2-c8d"
FEW = [image["id"] for image in truth(SAMPLE)[:8]]
"""The IDs of the images that a server has in most tests, because each takes several calls."""


@pytest.fixture
def address() -> Iterator[Path]:
    """A path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="cacheview-") as folder:
        yield Path(folder) / "c.sock"


@pytest.fixture
def server(tmp_path: Path, address: Path) -> Iterator[Server]:
    with Server(unpack(SAMPLE, tmp_path), address, FEW) as running:
        yield running


@pytest.fixture
def whole_server(tmp_path: Path, address: Path) -> Iterator[Server]:
    with Server(unpack(SAMPLE, tmp_path), address) as running:
        yield running


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContainerdClient.__init__, "__defaults__", (0.5,))


@pytest.mark.parametrize("method", [client.VERSION, client.NAMESPACES, client.IMAGES, client.BLOBS])
def test_invalid_containerd_responses_are_reported_without_output(
    method: str, server: Server, address: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    answer: Any = b"\xff" * 64
    server.instead[method] = (lambda *_: iter([answer])) if method == client.BLOBS else lambda *_: answer
    if method == client.BLOBS:  # images are still read, but their container configs are doubtful, which is reported
        store = read(str(address))
        assert len(store.images) == len(FEW)
        doubts = {image.doubt("container_config") for image in store.images}
        assert [doubt is not None and "did not report" in doubt.reason for doubt in doubts] == [True]
        assert "the response is not from containerd" in store.problems[0].what
        assert [called for called, _ in server.called].count(method) == 1
    else:
        with pytest.raises(DataError, match="the response is not from containerd") as caught:
            open_store(f"containerd:{address}")
        assert str(address) in str(caught.value)
    assert capfd.readouterr().err == ""


def test_an_invalid_blob_response_affects_only_one_image(server: Server, address: Path) -> None:
    lost = FEW[3]

    def answer(request: Any, context: Any) -> Iterator[Any]:
        return iter([b"\xff" * 64]) if request.digest == lost else server.read(request, context)

    server.instead[client.BLOB_READ] = answer
    store = read(str(address))
    assert {*FEW} - store.by_id.keys() == {lost}
    (problem,) = store.problems
    assert "the response is not from containerd" in problem.what


def test_a_blob_that_never_ends_is_too_large(server: Server, address: Path) -> None:
    endless = FEW[3]

    def answer(request: Any, context: Any) -> Iterator[Any]:
        if request.digest != endless:
            yield from server.read(request, context)
        while context.is_active():
            yield message("Chunk")(data=bytes(64 * 1024))

    server.instead[client.BLOB_READ] = lambda request, context: (
        answer(request, context) if request.digest == endless else server.read(request, context)
    )
    store = read(str(address), limits=Limits(document=1024 * 1024))
    assert endless not in store.by_id
    assert len(store.images) == len(FEW) - 1
    assert "larger than 1,048,576 bytes" in str(store.problems[0])


@pytest.mark.usefixtures("impatient")
def test_images_read_before_containerd_hangs_are_kept(whole_server: Server, address: Path) -> None:
    requests = 0

    def some(request: Any, context: Any) -> Any:
        nonlocal requests
        requests += 1
        return whole_server.read(request, context) if requests <= 60 else whole_server.hang(request, context)

    whole_server.instead[client.BLOB_READ] = some
    store = read(str(address))
    assert 0 < len(store.images) < len(truth(SAMPLE))
    first, *others = store.problems
    assert re.match(r"\d+ of \d+ images were not read: .*did not respond within 0\.5 seconds", first.what)
    assert len(others) < client.THREADS  # container configs of images that were read
    assert all("container config cannot be read" in problem.what for problem in others)


def dripping(context: Any) -> Iterator[Any]:
    while context.is_active():
        yield message("Chunk")(data=b" ")
        threading.Event().wait(0.02)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("how", ["stalls", "drips", "floods with nothing"])
def test_a_blob_timeout_affects_only_one_image(how: str, server: Server, address: Path) -> None:
    late = FEW[3]

    def answer(request: Any, context: Any) -> Iterator[Any]:
        if request.digest != late:
            return server.read(request, context)
        match how:
            case "stalls":
                return server.hang(request, context)  # type: ignore[no-any-return]
            case "drips":
                return dripping(context)
        return itertools.takewhile(lambda _: context.is_active(), itertools.repeat(b""))

    server.instead[client.BLOB_READ] = answer
    store = read(str(address))
    assert {*FEW} - store.by_id.keys() == {late}
    (problem,) = store.problems
    assert "did not respond within 0.5 seconds" in problem.what


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("how", ["stalls", "floods"])
def test_a_stalled_or_endless_list_of_blobs_is_abandoned(how: str, server: Server, address: Path) -> None:
    def flood(context: Any) -> Iterator[Any]:
        label = {CONFIG_REFERENCE: "sha256:" + "0" * 64}
        for number in itertools.takewhile(lambda _: context.is_active(), itertools.count()):
            blobs = [message("Blob")(digest=f"{number}-{each}", labels=label) for each in range(100)]
            yield message("Blobs")(blobs=blobs)

    server.instead[client.BLOBS] = lambda request, context: (
        flood(context) if how == "floods" else server.hang(request, context)
    )
    store = read(str(address), limits=Limits(members=1000))
    assert len(store.images) == len(FEW)
    printed = "more than 1,000 members" if how == "floods" else "did not respond within 0.5 seconds"
    assert store.problems
    assert all(printed in problem.what for problem in store.problems)
    assert [called for called, _ in server.called].count(client.BLOBS) == 1


@pytest.mark.parametrize("method", [client.NAMESPACES, client.IMAGES])
def test_a_response_with_too_many_empty_entries_is_refused(method: str, server: Server, address: Path) -> None:
    server.instead[method] = lambda *_: b"\x0a\x00" * 1_000_000
    with pytest.raises(DataError, match="lists more than 200,000 entries in one response") as caught:
        open_store(f"containerd:{address}")
    assert str(address) in str(caught.value)


def test_an_answer_larger_than_containerd_sends_is_refused(server: Server, address: Path) -> None:
    server.instead[client.IMAGES] = lambda *_: b"\x0a\x80\x80\x80\x08" + bytes(17 << 20)
    with pytest.raises(DataError, match="larger than 16,777,216 bytes"):
        open_store(f"containerd:{address}")


@pytest.mark.parametrize(
    ("data", "counted"),
    [
        (b"", 0),
        (b"\x0a\x00" * 3, 3),
        (b"\x0a\x02ab\x10\x96\x01\x1d1234\x2112345678", 4),
        (b"\x0a\xff", 1),
        (b"\xff" * 64, 0),
        (b"\x0a\x00" * 50, 11),
    ],
)
def test_fields_are_counted_up_to_a_limit(data: bytes, counted: int) -> None:
    assert count(data, 10) == counted


def test_a_wait_can_be_canceled(server: Server, address: Path) -> None:
    """Well before the timeout."""
    server.instead[client.NAMESPACES] = server.hang
    reported: list[str] = []

    def progress(done: int, total: int | None, what: str) -> None:
        reported.append(what)
        if len(reported) > 3:
            raise Canceled

    began = time.monotonic()
    with pytest.raises(Canceled):
        open_store(f"containerd:{address}", progress=progress)
    assert time.monotonic() - began < client._DEADLINE_SECONDS / 2
    assert set(reported) == {"Connecting to containerd"}


def test_partial_stores_are_reported_while_reading(
    whole_server: Server, address: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "_IMAGES_BEFORE_PARTIAL", 3)
    seen: list[ImageStore] = []
    whole = open_store(f"containerd:{address}", partial=lambda store: seen.append(store)).cases[0].store
    assert [len(store.images) for store in seen] == [3, 6, 12, 24]
    order = [image.id for image in whole.images]
    for store in seen:
        places = [order.index(image.id) for image in store.images]
        assert places == sorted(places)
        assert (store.title, store.location) == (whole.title, whole.location)
    assert_as_expected(whole.images, SAMPLE)


# A server that is not containerd


@pytest.fixture
def listening(address: Path) -> Iterator[Callable[[bytes | None], None]]:
    """Listen on the address. Sends the given bytes to each client and hangs up, or sends nothing forever if None."""
    stopped = threading.Event()
    threads: list[threading.Thread] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        listener.settimeout(0.05)

        def serve(words: bytes | None) -> None:
            while not stopped.is_set():
                try:
                    caller, _ = listener.accept()
                except TimeoutError:
                    continue
                with caller:
                    if words is None:
                        stopped.wait()
                    else:
                        caller.sendall(words)

        def start(words: bytes | None) -> None:
            threads.append(threading.Thread(target=serve, args=(words,)))
            threads[0].start()

        yield start
        stopped.set()
        for thread in threads:
            thread.join()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "words",
    [None, b"", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b"SSH-2.0-x\r\n", bytes(4096)],
    ids=["silent", "hangs up", "HTTP/1.1", "SSH", "zeros"],
)
def test_another_program_listens(words: bytes | None, address: Path, listening: Callable[[bytes | None], None]) -> None:
    listening(words)
    with pytest.raises(DataError, match=r"did not respond|does not respond|is not from containerd") as caught:
        open_store(f"containerd:{address}")
    assert str(address) in str(caught.value)


def frame(kind: int, flags: int, stream: int, content: bytes = b"") -> bytes:
    """An HTTP/2 frame."""
    return len(content).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + content


@pytest.mark.slow
def test_the_log_of_grpc_is_not_printed(address: Path) -> None:
    """gRPC writes its own log to standard error."""
    status = b"\x88\x00\x0dgrpc-encoding\x04\x1b[2J" + b"\x00\x0bgrpc-status\x01x"

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            caller, _ = listener.accept()
            with caller:
                caller.sendall(frame(4, 0, 0))
                received = b""
                while frame(0, 1, 1)[3:] not in received:  # the end of the first request
                    received += caller.recv(65536)
                caller.sendall(frame(4, 1, 0) + frame(1, 5, 1, status))
                while caller.recv(65536):
                    pass

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        run = run_bounded("audit", f"containerd:{address}", seconds=20, memory=256 * MIB)
        thread.join()
    assert run.status == 2
    (line,) = run.output.splitlines()
    assert line.startswith(f"cacheview: {address}: containerd ")


@pytest.mark.parametrize(
    ("names", "searched", "printed"),
    [
        ([f"n{number:03}" for number in range(500)], 100, "Only the first 100 namespaces were searched"),
        (["\x1b[2J", "a", "b" * 77], 1, "Showing the namespace a"),
    ],
)
def test_the_number_of_searched_namespaces_is_limited(names: list[str], searched: int, printed: str) -> None:
    looked: list[str] = []

    def has_images(name: str) -> bool:
        looked.append(name)
        return False

    chosen, notes = choose_namespace(names, "", has_images)
    assert chosen == looked[0]
    assert len(looked) == searched
    assert printed in " ".join(notes)


def test_invalid_namespace_names_are_not_requested() -> None:
    with pytest.raises(DataError, match=r"none of the namespaces has a name that containerd allows: '\\x1b\[2J'"):
        choose_namespace(["\x1b[2J"], "", lambda _: True)


# Permissions


@pytest.mark.parametrize(
    ("mode", "group", "printed"),
    [
        (
            0o660,
            "docker",
            r"only root and members of the group docker can use it\. Run `sudo usermod -aG docker \$USER`, then log in",
        ),
        (0o660, "root", r"only root can use it\. Run cacheview as root \(sudo\)"),
        (0o660, "", r"only root can use it\. Run cacheview as root \(sudo\)"),
        (0o600, "docker", r"only root can use it\. Run cacheview as root \(sudo\)"),
    ],
)
def test_a_permission_error_says_who_has_access(
    mode: int, group: str, printed: str, address: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr("grp.getgrgid", lambda _: SimpleNamespace(gr_name=group))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        address.chmod(mode)
        assert stat.S_IMODE(address.stat().st_mode) == mode
        with pytest.raises(DataError, match=printed):
            open_store(f"containerd:{address}")


def test_the_first_existing_default_socket_is_used_without_a_path(
    server: Server, address: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "USUAL_SOCKETS", ("/nowhere/containerd.sock", str(address)))
    assert sockets.containerd_sockets() == [address]
    assert_as_expected(read("").images, SAMPLE, FEW)
    monkeypatch.setattr(sockets, "USUAL_SOCKETS", ("/nowhere/containerd.sock",))
    with pytest.raises(DataError, match="there is no containerd socket at"):
        read("")


def test_containerd_is_only_asked_for_the_allowed_methods(server: Server, address: Path) -> None:
    read(str(address))
    methods = [method for method, _ in server.called]
    assert methods[:3] == [client.VERSION, client.NAMESPACES, client.IMAGES]
    assert methods.count(client.IMAGES) == methods.count(client.BLOBS) == 1
    assert set(methods) == client.ALLOWED_CALLS - {client.PLUGINS}  # called only for layers whose blob is missing


@pytest.mark.slow
def test_control_characters_from_containerd_are_not_printed(server: Server, address: Path) -> None:
    def refuse(request: Any, context: Any) -> Any:
        context.abort(grpc.StatusCode.INTERNAL, "\x1b]0;title\x07\x1b[2J\x9b31m\u202ered\r\ncacheview: fine")

    server.instead[client.IMAGES] = refuse
    run = run_bounded("audit", f"containerd:{address}", seconds=20, memory=256 * MIB)
    assert run.status == 2
    assert "red" in run.output
    assert "cacheview: fine" not in run.output.splitlines()
    assert not [character for character in run.output if is_unprintable(character) and character != "\n"]


def test_an_error_of_one_call_is_reported_in_its_words(server: Server, address: Path) -> None:
    def refuse(request: Any, context: Any) -> Any:
        context.abort(grpc.StatusCode.INTERNAL, "disk\n  on fire")

    server.instead[client.IMAGES] = refuse
    with pytest.raises(DataError, match="containerd refused the request: disk on fire"):
        open_store(f"containerd:{address}")
