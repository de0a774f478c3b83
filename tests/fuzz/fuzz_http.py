"""A Docker Engine whose answers are damaged, as JSON and as HTTP."""

from __future__ import annotations

import io
import json
import os
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest
from engine_replay import Replay, load
from fuzzing import Fuzz, damaged, damaged_json, examine, fuzz, refused, shown

from cacheview.model import DataError, StoreKind, decode
from cacheview.stores.budget import Budget, LimitError
from cacheview.stores.docker_engine import pools
from cacheview.stores.docker_engine.client import EngineClient, Timeouts
from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.stores.docker_engine.decoding import Decoder
from cacheview.stores.docker_engine.documents import ListDocument, ListedImage
from cacheview.stores.docker_engine.doubts import Doubts
from cacheview.stores.docker_engine.engine import Engine
from cacheview.stores.docker_engine.errors import NoAnswerError, status_error
from cacheview.stores.docker_engine.opening import open_target
from cacheview.stores.opened_location import OpenedLocation
from cacheview.stores.reading import Reading
from cacheview.visible import visible

QUICK = Timeouts(0.5, 0.5, 1.0)


def small(engine: str, most: int = 3) -> dict[str, Any]:
    """Return an engine with only its first images."""
    dumps = load(engine)
    for dump in dumps.values():
        dump["images"] = dump["images"][:most]
        kept = {entry["Id"] for entry in dump["images"]}
        for kind in ("inspect", "history"):
            dump[kind] = {key: value for key, value in dump[kind].items() if key in kept}
    return dumps


def test_answers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer is JSON, or bytes instead of it."""
    engines = [Replay(small(name)) for name in ("20.10-overlay2", "28.5.2-gd", "28.5.2-c8d", "29x-c8d")]
    damage: dict[str, Any] = {}

    def get(self: EngineClient, path: str, parameters: object = None, *, limit: int) -> bytes:
        replay, random, given = damage["replay"], damage["random"], damage["given"]
        status, document = replay.answer(path)
        if random.randrange(4) == 0:
            document = damaged_json(document, random)
        body = document if isinstance(document, bytes) else json.dumps(document).encode("utf-8", "surrogatepass")
        if random.randrange(12) == 0:
            body = damaged(body, random)
        given.append((path, status, body))
        if status != 200:
            raise status_error(status, body, self.endpoint, path)
        if len(body) > limit:
            raise NoAnswerError("too large", where=self.where)
        return body

    monkeypatch.setattr(EngineClient, "get", get)
    monkeypatch.setattr(EngineClient, "_connect", lambda _: _NoConnections())
    monkeypatch.setattr("cacheview.stores.docker_engine.opening.store_places", lambda *_: ())

    def one(run: Fuzz) -> None:
        given: list[object] = []
        damage.update(replay=run.random.choice(engines), random=run.random, given=given)
        with run.given(given):
            try:
                opened = open_target("unix:///nowhere.sock", Reading(), QUICK)
            except DataError as error:
                refused(error)
            else:
                now_and_then(opened, run)

    fuzz(request, one)


def now_and_then(opened: OpenedLocation, run: Fuzz) -> None:
    """Examine one in eight stores: this takes longer than reading them, and is the same for every kind."""
    if run.random.randrange(8) == 0:
        examine(opened, run)
    else:
        run.read += 1


class _NoConnections:
    printed = ""

    def close(self) -> None:
        """Nothing is open."""


def test_documents(request: pytest.FixtureRequest) -> None:
    """Parse an engine's document about an image, and its list of images, without requests."""
    engines = [small(name) for name in ("20.10-overlay2", "28.5.2-gd", "28.5.2-c8d", "29x-c8d")]
    dumps = [dump for each in engines for dump in each.values()]
    kinds = [Engine("28.5.2", "", "1.51", "1.44", store=store) for store in (*StoreKind, None)]

    def hurt(document: object, run: Fuzz) -> bytes:
        if run.random.randrange(2):
            document = damaged_json(document, run.random)
        data = json.dumps(document).encode("utf-8", "surrogatepass")
        return damaged(data, run.random) if run.random.randrange(3) == 0 else data

    def one(run: Fuzz) -> None:
        dump = run.random.choice(dumps)
        entry = run.random.choice(dump["images"])
        listed, inspected, history = (
            hurt(document, run) for document in ([entry], dump["inspect"][entry["Id"]], dump["history"][entry["Id"]])
        )
        decoder = Decoder(Doubts(run.random.choice(kinds), "Open it"), Budget())
        with run.given((listed, inspected, history)):
            try:
                (image, *_) = decode(ListDocument, listed).root or (ListedImage(Id=entry["Id"]),)
                read = decoder.read(decoder.image_from_list(image, ()), inspected, history)
                run.read += 1
                for text in (read.title, read.id, *read.names):
                    shown(visible(text))
            except DataError as error:
                refused(error)
            except LimitError as error:
                shown(str(error))

    fuzz(request, one)


# HTTP without a network

BODY = json.dumps(load("28.5.2-gd")["1.51"]["version"]).encode()
EVENT = b'{"Type":"image","Action":"tag"}\n'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nServer: x\r\n\r\n%b" % (len(BODY), BODY),
    CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
    CHUNKED + b"".join(b"%x;a=b\r\n%b\r\n" % (len(BODY[at : at + 40]), BODY[at : at + 40]) for at in range(0, 200, 40)),
    b"HTTP/1.1 100 Continue\r\n\r\n" * 2 + b"HTTP/1.0 200\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY,
    b"HTTP/1.0 200\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n\x1f\x8b\x08xxxxxx",
    b"HTTP/1.1 500 No\r\nContent-Length: 20\r\n\r\n" + b'{"message":"\x1b[2J x"}',
    b"HTTP/1.1 301 Moved\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; expires=x\r\nConnection: close\r\n\r\n" + BODY,
    b"HTTP/1.1 204 No\r\n\r\n",
)
EVENTS = (
    CHUNKED + (b"%x\r\n%b\r\n" % (len(EVENT), EVENT)) * 3 + b"0\r\n\r\n",
    CHUNKED + b"%x\r\n%b\r\n" % (len(EVENT) * 4, EVENT * 4),
    b"HTTP/1.1 200 OK\r\n\r\n" + EVENT * 2,
)


class _Sock:
    """A connection whose other end is a function from the requested path to bytes."""

    def __init__(self, answer: Callable[[str], bytes], readable: int) -> None:
        self._answer = answer
        self._readable = readable
        self._asked = b""
        self._left = memoryview(b"")

    def sendall(self, data: bytes) -> None:
        self._asked += data
        if self._asked.endswith(b"\r\n\r\n"):
            path = self._asked.split(b" ", 2)[1].decode()
            self._asked, self._left = b"", memoryview(self._answer(urllib.parse.unquote(path.partition("?")[0])))

    def recv_into(self, buffer: bytearray) -> int:
        view = memoryview(buffer).cast("B")
        count = min(len(view), len(self._left))
        view[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO())  # type: ignore[arg-type]

    def settimeout(self, seconds: float) -> None:
        """Do nothing: reads never wait."""

    def fileno(self) -> int:
        return self._readable

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_malformed_http_responses_are_handled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answers are bytes with a wrong status line, header, chunk or length."""
    replay = Replay(small("28.5.2-gd", 2))
    state: dict[str, Any] = {}
    with open(os.devnull, "rb") as nothing:
        monkeypatch.setattr(pools, "_unix", lambda *_: _Sock(lambda path: state["answer"](path), nothing.fileno()))
        monkeypatch.setattr("cacheview.stores.docker_engine.client.check_listening", lambda *_: None)
        monkeypatch.setattr("cacheview.stores.docker_engine.client._READ_PAUSE_SECONDS", 0.0)
        monkeypatch.setattr("cacheview.stores.docker_engine.opening.store_places", lambda *_: ())
        endpoint = Endpoint("", "unix:///nowhere.sock")

        def whole(run: Fuzz, answer: bytes) -> None:
            where = run.random.choice(("/version", "/info", "/images/json", "/json", "/history"))
            state["answer"] = lambda path: answer if path.endswith(where) else _good(replay, path)
            with run.given((where, answer)):
                try:
                    opened = open_target("unix:///nowhere.sock", Reading(), QUICK)
                except DataError as error:
                    refused(error)
                else:
                    now_and_then(opened, run)

        def one(run: Fuzz) -> None:
            random = run.random
            listens = random.randrange(3) == 0
            answer = damaged(random.choice(EVENTS if listens else ANSWERS), random)
            if random.randrange(40) == 0:  # takes as long as all others together
                whole(run, answer)
                return
            state["answer"] = lambda _: answer
            with run.given(answer), EngineClient(endpoint, QUICK) as client:
                try:
                    if listens:
                        heard = sum(1 for _ in client.events("1.44", "image", threading.Event()))
                        assert heard <= 1 + len(answer)
                    else:
                        assert len(client.get("/version", limit=10_000)) <= 10_000
                    run.read += 1
                except DataError as error:
                    refused(error)
                    shown(visible(str(error)))

        fuzz(request, one)


def _good(replay: Replay, path: str) -> bytes:
    status, document = replay.answer(path)  # type: ignore[misc]
    body = json.dumps(document).encode()
    return b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)
