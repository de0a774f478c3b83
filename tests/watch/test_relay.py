"""What a client and an engine send each other arrives unchanged, whatever it is and whoever closes first."""

from __future__ import annotations

import asyncio
import json
import os
import select
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from watch_wires import Wires, certificate, in_thread, read_all, wired

from cacheview.model import DataError
from cacheview.stores.docker_engine.contexts import Endpoint, Tls
from cacheview.watch.http import HttpTap
from cacheview.watch.relay import Connection, Tap
from cacheview.watch.upstream import Upstream, check_endpoint

REQUEST = b"POST /build?t=x HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECES = st.sampled_from(
    [
        REQUEST,
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n",
        b"POST /c/attach HTTP/1.1\r\nHost: d\r\nUpgrade: tcp\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nraw",
        b"\r\n\r\n",
        b"\0" * 70_000,
    ]
)
STREAM = st.lists(PIECES | st.binary(max_size=40), max_size=8)


def http_tap(_: Connection) -> Tap:
    return HttpTap(lambda _: None)


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    with wired(http_tap) as made:
        yield made


@examples(1.25)
@given(ours=STREAM, theirs=STREAM, engine_first=st.booleans())
def test_every_byte_arrives_unchanged(wires: Wires, ours: list[bytes], theirs: list[bytes], engine_first: bool) -> None:
    with wires.pair() as (client, engine):
        sides = [(client, ours), (engine, theirs)]
        for end, pieces in reversed(sides) if engine_first else sides:
            in_thread(partial(send_all, end, pieces))
        assert read_all(engine) == b"".join(ours)
        assert read_all(client) == b"".join(theirs)


def send_all(end: socket.socket, pieces: list[bytes]) -> None:
    for piece in pieces:
        end.sendall(piece)
    end.shutdown(socket.SHUT_WR)


def test_a_half_closed_connection_stays_open_in_the_other_direction(wires: Wires) -> None:
    with wires.pair() as (client, engine):
        client.sendall(b"POST /exec HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert read_all(engine).startswith(b"POST /exec")
        for number in range(3):
            engine.sendall(b"%d" % number)
            assert client.recv(10) == b"%d" % number
        engine.shutdown(socket.SHUT_WR)
        assert client.recv(10) == b""


def test_the_engine_may_end_its_side_first(wires: Wires) -> None:
    with wires.pair() as (client, engine):
        engine.sendall(b"done")
        engine.shutdown(socket.SHUT_WR)
        assert read_all(client) == b"done"
        client.sendall(b"still sent")
        client.shutdown(socket.SHUT_WR)
        assert read_all(engine) == b"still sent"


def test_bytes_arrive_one_by_one_without_waiting_for_more(wires: Wires) -> None:
    with wires.pair() as (client, engine):
        for byte in REQUEST + b"1\r\nx\r\n":
            client.sendall(bytes([byte]))
            assert engine.recv(10) == bytes([byte])


def test_an_engine_that_dies_ends_the_connection(wires: Wires) -> None:
    with wires.pair() as (client, engine):
        client.sendall(REQUEST)
        engine.recv(1 << 16)
        engine.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        engine.close()
        assert read_all(client) == b""


def test_a_client_disconnect_is_passed_on_to_the_engine(wires: Wires) -> None:
    with wires.pair() as (client, engine):
        client.sendall(REQUEST + b"400\r\nhalf of")
        client.close()
        assert read_all(engine) == REQUEST + b"400\r\nhalf of"
        engine.close()


def test_the_relay_stops_reading_if_the_engine_does_not_read(wires: Wires) -> None:
    with wires.pair() as (client, engine):
        sent = send_until_refused(client, 64 << 20)
        assert sent < 8 << 20
        in_thread(lambda: client.shutdown(socket.SHUT_WR))
        assert len(read_all(engine)) == sent


def send_until_refused(end: socket.socket, most: int) -> int:
    """Send until nothing is accepted for a while. Returns the number of bytes sent."""
    sent, piece = 0, b"\xff" * (1 << 16)
    end.setblocking(False)
    while sent < most and select.select([], [end], [], 0.3)[1]:
        sent += end.send(piece)
    end.settimeout(10)
    return sent


def test_many_connections_at_once() -> None:
    with wired(http_tap) as wires:
        barrier = threading.Barrier(201)
        answers: list[bytes] = []

        def engine() -> None:
            ends = [wires.accept() for _ in range(200)]
            for end in ends:
                end.sendall(end.recv(100)[::-1])
                end.close()

        def client(number: int) -> None:
            with wires.connect() as end:
                barrier.wait()
                end.sendall(b"%d;" % number)
                answers.append(read_all(end))

        threads = [in_thread(engine), *(in_thread(partial(client, n)) for n in range(200))]
        barrier.wait()
        for thread in threads:
            thread.join(20)
        assert sorted(answers) == sorted((b"%d;" % number)[::-1] for number in range(200))


def test_a_failing_tap_does_not_close_the_connection() -> None:
    seen: list[object] = []

    class Failing:
        def from_client(self, data: bytes) -> None:
            seen.append(data)
            raise ZeroDivisionError

        def from_engine(self, data: bytes) -> None:
            raise AssertionError

        def engine_ended(self) -> None:
            raise AssertionError

        def closed(self, fault: BaseException | None) -> None:
            seen.append(type(fault))

    with wired(lambda _: Failing()) as wires, wires.pair() as (client, engine):
        client.sendall(b"one")
        assert engine.recv(10) == b"one"
        client.sendall(b"two")
        assert engine.recv(10) == b"two"
        engine.sendall(b"three")
        assert client.recv(10) == b"three"
    assert seen == [b"one", ZeroDivisionError]


def test_a_tap_may_hold_what_the_client_sends() -> None:
    connections: list[Connection] = []
    seen = threading.Event()

    class Holding:
        def __init__(self, connection: Connection) -> None:
            self.connection = connection

        def from_client(self, data: bytes) -> None:
            self.connection.pause("wait")
            seen.set()

        def from_engine(self, data: bytes) -> None: ...

        def engine_ended(self) -> None: ...

        def closed(self, fault: BaseException | None) -> None: ...

    def new_tap(connection: Connection) -> Tap:
        connections.append(connection)
        return Holding(connection)

    with wired(new_tap) as wires, wires.pair() as (client, engine):
        client.sendall(b"held")
        assert seen.wait(10)
        engine.settimeout(0.05)
        with pytest.raises(TimeoutError):
            engine.recv(10)
        engine.settimeout(10)
        connections[0].resume("wait")
        assert engine.recv(10) == b"held"


def test_an_unreachable_engine_gives_the_client_a_502_response() -> None:
    with wired() as wires:
        wires.engine.close()
        wires.path.unlink()
        with wires.connect() as client:
            client.sendall(REQUEST + b"400\r\n" + b"x" * 0x400 + b"\r\n")
            head, _, body = read_all(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 502 ")
    printed = json.loads(body)["message"]
    assert printed.startswith("cacheview cannot connect to the Docker Engine at unix:///")
    assert printed.endswith(": No such file or directory")


def test_closing_the_relay_closes_its_connections_and_removes_its_socket() -> None:
    with wired() as wires:
        with wires.pair() as (client, engine):
            client.sendall(b"x")
            assert engine.recv(1) == b"x"
            wires.server.close()
            assert client.recv(10) == b""
            assert engine.recv(10) == b""
        assert not wires.server.listening.path.exists()


def test_an_engine_over_tcp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        endpoint = Endpoint("", f"tcp://127.0.0.1:{listening.getsockname()[1]}")
        with wired(endpoint=endpoint) as wires, wires.connect() as client:
            client.sendall(b"over TCP")
            client.shutdown(socket.SHUT_WR)
            accepted, _ = listening.accept()
            with accepted:
                assert read_all(accepted) == b"over TCP"


def test_an_engine_over_tls(short_folder: Path) -> None:
    cert, key = certificate(short_folder)
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(cert, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for _ in range(2):
                accepted, _ = listening.accept()
                try:
                    with secured.wrap_socket(accepted, server_side=True) as end:
                        end.sendall(read_all(end)[::-1])
                except ssl.SSLError:
                    accepted.close()

        in_thread(serve)
        host = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        with wired(endpoint=Endpoint("", host, Tls(ca=str(cert)))) as wires, wires.connect() as client:
            client.sendall(b"over TLS" * 100_000)
            client.shutdown(socket.SHUT_WR)
            assert read_all(client) == b"SLT revo" * 100_000
        with wired(endpoint=Endpoint("", host, Tls())) as wires, wires.connect() as client:
            client.sendall(b"x")
            assert b"502" in client.recv(100)


@pytest.mark.parametrize("host", ["npipe:////./pipe/docker_engine", "unix://"])
def test_an_engine_that_cannot_be_watched_is_refused(host: str) -> None:
    with pytest.raises(DataError, match="watched"):
        check_endpoint(Endpoint("", host))


def test_an_invalid_ssh_address_is_refused() -> None:
    check_endpoint(Endpoint("", "ssh://user@host:22/run/docker.sock"))
    with pytest.raises(DataError, match="accepts only a user"):
        check_endpoint(Endpoint("", "ssh://user:password@host"))


DIAL_STDIO = """#!{python}
import os, socket, sys, threading
engine = socket.socket(socket.AF_UNIX)
engine.connect({path!r})
def send():
    while piece := os.read(0, 1 << 16):
        engine.sendall(piece)
    engine.shutdown(socket.SHUT_WR)
threading.Thread(target=send, daemon=True).start()
while piece := engine.recv(1 << 16):
    os.write(1, piece)
assert sys.argv[-2:] == ["host", "docker system dial-stdio"]
"""
"""A replacement for ssh that acts as the command on the other machine."""


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of the program that is run as ssh. The test must write the program."""
    program = tmp_path / "ssh"
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return program


def test_an_engine_over_ssh(ssh: Path) -> None:
    with socket.socket(socket.AF_UNIX) as engine, wired(endpoint=Endpoint("", "ssh://user@host")) as wires:
        path = str(wires.path.with_name("far.sock"))
        engine.bind(path)
        engine.listen()
        ssh.write_text(DIAL_STDIO.format(python=sys.executable, path=path))
        with wires.connect() as client:
            client.sendall(b"over ssh" * 100_000)
            client.shutdown(socket.SHUT_WR)
            far, _ = engine.accept()
            with far:
                assert read_all(far) == b"over ssh" * 100_000
                far.sendall(b"and back")
            assert read_all(client) == b"and back"


def test_ssh_errors_are_reported_even_if_the_request_is_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = socket.socketpair()

    async def connect(_: Upstream, protocol: asyncio.Protocol) -> asyncio.Protocol:
        near.setblocking(False)
        await asyncio.get_running_loop().create_unix_connection(lambda: protocol, sock=near)
        return protocol

    monkeypatch.setattr(Upstream, "connect", connect)
    monkeypatch.setattr(Upstream, "message", "host: Permission denied (publickey).")
    with wired(endpoint=Endpoint("", "ssh://user@host")) as wires, wires.connect() as client:
        client.sendall(REQUEST + b"400\r\n" + b"x" * 0x400 + b"\r\n")
        assert select.select([far], [], [], 20)[0]
        far.close()  # closing with unread data resets the connection
        head, _, body = read_all(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 502 ")
    assert "Permission denied" in json.loads(body)["message"]


def test_what_ssh_says_is_reported_to_the_client(ssh: Path) -> None:
    ssh.write_text("#!/bin/sh\necho 'host: Permission denied (publickey).' >&2\nexit 255\n")
    with wired(endpoint=Endpoint("", "ssh://user@host")) as wires:
        for _ in range(2):
            with wires.connect() as client:
                client.sendall(REQUEST + b"400\r\n" + b"x" * 0x400 + b"\r\n")
                head, _, body = read_all(client).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 502 ")
            printed = json.loads(body)["message"]
            assert printed == (
                "cacheview cannot connect to the Docker Engine at ssh://user@host: host: Permission denied (publickey)."
            )
