"""The images before a build are listed, also over a connection that the engine has ended meanwhile."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pytest
from watch_wires import in_thread

from cacheview.model import DataError
from cacheview.stores.engine.contexts import Endpoint
from cacheview.watch.before import EngineStore

ANSWERS = {
    "/version": {"Version": "28.5.2", "ApiVersion": "1.51", "MinAPIVersion": "1.24", "GitCommit": "x", "Os": "linux"},
    "/info": {"Driver": "overlay2", "DriverStatus": []},
    "/images/json": [],
}


def serve(listening: socket.socket, ends: int) -> None:
    """Answer, but end so many connections instead of listing images."""
    left = ends
    while True:
        try:
            end, _ = listening.accept()
        except OSError:
            return
        with end:
            while request := end.recv(1 << 16):
                path = re.sub(r"^/v1\.[0-9]+", "", request.split()[1].decode().partition("?")[0])
                if path == "/images/json" and left:
                    left -= 1
                    break
                body = json.dumps(ANSWERS.get(path, {})).encode()
                end.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


@pytest.mark.parametrize("ends", [0, 1, 2])
def test_a_connection_that_was_ended_is_made_once_more(short_folder: Path, ends: int) -> None:
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
                with pytest.raises(DataError, match="broke off"):
                    store.listing()
        finally:
            store.close()
            listening.shutdown(socket.SHUT_RDWR)
