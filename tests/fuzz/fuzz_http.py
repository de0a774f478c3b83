"""A Docker Engine whose answers are damaged: as JSON, and as what goes over the wire."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from engine_replay import Raw, Replay, load, serving
from fuzzing import Fuzz, damaged, damaged_json, examine, fuzz, refused

from cacheview.model import DataError
from cacheview.stores.engine.client import EngineClient, Timeouts
from cacheview.stores.engine.errors import NoAnswerError, status_error
from cacheview.stores.engine.opening import open_target
from cacheview.stores.reading import Reading

QUICK = Timeouts(0.5, 0.5, 1.0)


def small(engine: str, most: int = 3) -> dict[str, Any]:
    """An engine with the first of its images."""
    dumps = load(engine)
    for dump in dumps.values():
        dump["images"] = dump["images"][:most]
        kept = {entry["Id"] for entry in dump["images"]}
        for kind in ("inspect", "history"):
            dump[kind] = {key: value for key, value in dump[kind].items() if key in kept}
    return dumps


def test_answers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is JSON, or bytes in its place."""
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
    monkeypatch.setattr("cacheview.stores.engine.opening.candidates", lambda *_: ())

    def one(run: Fuzz) -> None:
        given: list[object] = []
        damage.update(replay=run.random.choice(engines), random=run.random, given=given)
        with run.given(given):
            try:
                opened = open_target("unix:///nowhere.sock", Reading(), QUICK)
            except DataError as error:
                refused(error)
            else:
                examine(opened, run)

    fuzz(request, one)


class _NoConnections:
    said = ""

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_the_wire(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes in place of an answer: a status line, headers, chunks, lengths that are wrong."""
    monkeypatch.setattr("cacheview.stores.engine.opening.candidates", lambda *_: ())
    replay = Replay(small("28.5.2-gd", 2))
    body = json.dumps(replay.newest["version"]).encode()
    answers = (
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nServer: x\r\n\r\n%b" % (len(body), body),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body),
        b"HTTP/1.1 100 Continue\r\n\r\n"
        b"HTTP/1.0 200\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n\x1f\x8b\x08xxxxxx",
        b"HTTP/1.1 500 No\r\nContent-Length: 20\r\n\r\n" + b'{"message":"\x1b[2J x"}',
        b"HTTP/1.1 301 Moved\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n",
    )
    with serving(replay, tmp_path / "docker.sock") as url:

        def one(run: Fuzz) -> None:
            random = run.random
            answer = damaged(random.choice(answers), random)
            where = random.choice(("/version", "/info", "/images/json", "/json", "/history"))
            replay.hook = lambda path: Raw(answer) if path.endswith(where) else None
            with run.given((where, answer)):
                try:
                    opened = open_target(url, Reading(), QUICK)
                except DataError as error:
                    refused(error)
                else:
                    examine(opened, run)

        fuzz(request, one)
