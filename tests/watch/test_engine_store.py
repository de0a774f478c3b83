"""Listing the images before a build, even over a connection that the engine has closed in the meantime."""

from __future__ import annotations

import json
import re
import socket
import ssl
from functools import partial
from pathlib import Path

import pytest
from watch_wires import certificate, in_thread

from cacheview.model import DataError
from cacheview.stores.docker_engine.contexts import Endpoint, Tls
from cacheview.watch.before import EngineStore

ANSWERS = {
    "/version": {"Version": "28.5.2", "ApiVersion": "1.51", "MinAPIVersion": "1.24", "GitCommit": "x", "Os": "linux"},
    "/info": {"Driver": "overlay2", "DriverStatus": []},
    "/images/json": [],
}


def serve(listening: socket.socket, ends: int) -> None:
    """Answer requests, but close this many connections instead of listing images."""
    left = [ends]
    while True:
        try:
            end, _ = listening.accept()
        except ssl.SSLError:
            continue
        except OSError:
            return
        in_thread(partial(answer, end, left))


def answer(end: socket.socket, left: list[int]) -> None:
    with end:
        while request := end.recv(1 << 16):
            path = re.sub(r"^/v1\.[0-9]+", "", request.split()[1].decode().partition("?")[0])
            if path == "/images/json" and left[0]:
                left[0] -= 1
                break
            body = json.dumps(ANSWERS.get(path, {})).encode()
            end.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


@pytest.mark.parametrize("ends", [0, 1, 2])
def test_a_closed_connection_is_retried_once(short_folder: Path, ends: int) -> None:
    path = short_folder / "engine.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        in_thread(lambda: serve(listening, ends))
        store = EngineStore(Endpoint("", f"unix://{path}"))
        try:
            if ends < 2:
                assert store.listing().images == {}
            else:
                with pytest.raises(DataError, match="cut off"):
                    store.listing()
        finally:
            store.close()
            listening.shutdown(socket.SHUT_RDWR)


def test_tls_settings_come_from_the_endpoint_and_not_the_environment(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    cert, key = certificate(short_folder)
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(cert, key)
    with secured.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True) as listening:
        in_thread(lambda: serve(listening, 0))
        host = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        store = EngineStore(Endpoint("", host, Tls(ca=str(cert))))
        try:
            case = store.before(store.listing())
            assert case.store.images == ()
            assert case.store.release is not None
            assert case.store.release.version == "28.5.2"
        finally:
            store.close()
        with pytest.raises(DataError):
            EngineStore(Endpoint("", host))
