"""Traffic through the socket in front of an engine: both directions of a connection, and a build's output."""

from __future__ import annotations

import json
import random

import pytest
from fuzzing import HOSTILE, Fuzz, damaged, fuzz

from cacheview.visible import visible
from cacheview.watch.http import HttpTap, NotReadError, RequestHead
from cacheview.watch.outcome import OutcomeReader
from cacheview.watch.request import BuildRequest, build_request

ID = "sha256:" + "a" * 64
OPTIONS = (
    "buildargs=%7B%22A%22%3A%22b%22%7D",
    "buildargs=null&labels=%7B%7D",
    "labels=%5B%5D",
    "cachefrom=%5B%22a%22%5D",
    "t=a&t=b",
    "dockerfile=..%2f..%2fx",
    "platform=linux%2Farm64&nocache=1&pull=yes",
    "version=2",
    "remote=https%3A%2F%2Fx",
    "q=1",
    "%zz=%ff%fe&=&&;a=b",
    "target=%1b%5b2J",
)
BODIES = (
    b"Content-Length: 7\r\n\r\nabcdefg",
    b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n",
    b"Content-Length: 0\r\n\r\n",
    b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
    b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\nraw",
    b"\r\n",
)
ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nraw",
    b"HTTP/1.0 200 OK\r\n\r\nraw",
    b"HTTP/1.1 404 No\r\nContent-Length: 16\r\n\r\n" + b'{"message":"no"}',
    b"HTTP/1.1 204 No\r\n\r\n",
)
SAID: tuple[dict[str, object], ...] = (
    {"stream": "Step 1/3 : FROM x"},
    {"stream": "\n"},
    {"stream": " ---> aaaaaaaaaaaa\n"},
    {"stream": "Step 2/3 : RUN y"},
    {"stream": " ---> Using cache\n"},
    {"stream": " ---> Running in bbbbbbbbbbbb\n"},
    {"stream": "# Executing 2 build triggers"},
    {"stream": "# Executing 999999 build triggers"},
    {"stream": "Step 3/3 : \x1b[2J"},
    {"stream": "Step 999999999/999999999 : x"},
    {"stream": ID + "\n"},
    {"aux": {"ID": ID}},
    {"error": "no", "errorDetail": {"message": "no"}},
    {"status": "Pulling", "progressDetail": {"current": 1}},
)


def printed(source: random.Random) -> bytes:
    lines = []
    in_order = SAID[: source.randrange(1, 9)]
    for each in in_order if source.randrange(2) else source.choices(SAID, k=source.randrange(1, 9)):
        message = dict(each)
        if source.randrange(5) == 0:
            message[source.choice(tuple(message))] = source.choice((*HOSTILE, None, 1, [], {}))
        lines.append(json.dumps(message).encode("utf-8", "surrogatepass"))
    return source.choice((b"\r\n", b"\r\n", b"\n", b"\n", b"")).join(lines) + b"\n"


def request_bytes(source: random.Random) -> bytes:
    method = source.choice((*(b"POST",) * 6, b"GET", b"HEAD", b"PUT"))
    path = source.choice((*("/build", "/v1.43/build", "/v1.20/build") * 2, "/_ping", "/v1.43/containers/x/attach"))
    query = "&".join(source.choices(OPTIONS, k=source.randrange(4)))
    head = b"%s %s?%s HTTP/1.1\r\nHost: d\r\nUser-Agent: a/1\r\n" % (method, path.encode(), query.encode())
    return head + source.choice(BODIES)


def pieces(data: bytes, source: random.Random) -> list[bytes]:
    ends = sorted(source.randrange(len(data) + 1) for _ in range(source.randrange(4)))
    parts = (data[begin:end] for begin, end in zip((0, *ends), (*ends, len(data)), strict=True))
    return list(filter(None, parts))


class Kept:
    """An exchange as the watcher handles it: the daemon's response is read."""

    def __init__(self, request: BuildRequest) -> None:
        self.request = request
        self.reader = OutcomeReader()
        self.ends = 0
        self.size = 0

    def body(self, data: bytes) -> None:
        self.size += len(data)

    def body_ended(self) -> None:
        assert not self.ends

    def response_started(self, status: int) -> None:
        self.reader.response_started(status)

    def response_data(self, data: bytes) -> None:
        self.reader.feed(data)

    def ended(self, *, complete: bool) -> None:
        self.ends += 1
        self.reader.end(complete=complete)


def test_connections(request: pytest.FixtureRequest) -> None:
    def one(run: Fuzz) -> None:
        source = run.random
        sent = b"".join(request_bytes(source) for _ in range(source.randrange(1, 4)))
        output = printed(source)
        built = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(output), output)
        got = b"".join(source.choice((built, *ANSWERS)) for _ in range(source.randrange(1, 4)))
        if source.randrange(3):
            sent, got = (damaged(data, source) if source.randrange(2) else data for data in (sent, got))
        turns = [(0, piece) for piece in pieces(sent, source)] + [(1, piece) for piece in pieces(got, source)]
        if source.randrange(3) == 0:
            source.shuffle(turns)
        seen: list[Kept] = []

        def observe(head: RequestHead) -> Kept | None:
            request = build_request(head)
            if request is None:
                return None
            seen.append(Kept(request))
            return seen[-1]

        with run.given(turns):
            tap = HttpTap(observe)
            try:
                for side, piece in turns:
                    (tap.from_engine if side else tap.from_client)(piece)
                tap.engine_ended()
                run.read += bool(seen)
            except NotReadError:
                pass  # the bytes are forwarded without being read
            tap.closed(None)
            for kept in seen:
                assert kept.ends == 1
                assert kept.size <= len(sent)
                examine_outcome(kept.reader)

    fuzz(request, one)


def examine_outcome(reader: OutcomeReader) -> None:
    """Assert that the build is over, its steps are in order, and a failure has a message."""
    outcome = reader.outcome
    assert outcome.is_over
    assert [step.number for step in outcome.steps] == list(range(1, len(outcome.steps) + 1))
    assert len(outcome.steps) <= outcome.total
    assert outcome.is_complete or outcome.error
    visible(outcome.error)


def test_output(request: pytest.FixtureRequest) -> None:
    def one(run: Fuzz) -> None:
        source = run.random
        data = printed(source)
        if source.randrange(2):
            data = damaged(data, source)
        parts = pieces(data, source)
        status = source.choice((200, 200, 200, 400, 500))
        with run.given((status, parts)):
            reader, whole = OutcomeReader(clock=lambda: None), OutcomeReader(clock=lambda: None)  # type: ignore[arg-type, return-value]
            for each, given in ((reader, parts), (whole, [data])):
                each.response_started(status)
                for part in given:
                    each.feed(part)
                each.end(complete=True)
            examine_outcome(reader)
            assert reader.outcome == whole.outcome
            run.read += bool(reader.outcome.steps)

    fuzz(request, one)
