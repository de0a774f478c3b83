"""Reading HTTP while it is relayed: requests, bodies and responses, however they are split into pieces."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.watch.http import HttpTap, NotReadError, RequestHead

POST = b"POST /build?t=a HTTP/1.1\r\nHost: d\r\nUser-Agent: agent/1\r\nX-Registry-Auth: secret\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n"
LENGTH = POST + b"Content-Length: 7\r\n\r\nabcdefg"
GET = b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
ANSWER_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nO\r\n1\r\nK\r\n0\r\n\r\n"


class RecordedExchange:
    """An exchange that records its events."""

    def __init__(self, head: RequestHead) -> None:
        self.head = head
        self.sent = b""
        self.got = b""
        self.reported: list[object] = []

    def body(self, data: bytes) -> None:
        self.sent += data

    def body_ended(self) -> None:
        self.reported.append("sent")

    def response_started(self, status: int) -> None:
        self.reported.append(status)

    def response_data(self, data: bytes) -> None:
        self.got += data

    def ended(self, *, complete: bool) -> None:
        self.reported.append(complete)


class Watching:
    def __init__(self) -> None:
        self.seen: list[RecordedExchange] = []
        self.tap = HttpTap(self.observe)

    def observe(self, head: RequestHead) -> RecordedExchange | None:
        if head.method == "GET":
            return None
        self.seen.append(RecordedExchange(head))
        return self.seen[-1]

    def client(self, *pieces: bytes) -> Watching:
        for piece in pieces:
            self.tap.from_client(piece)
        return self

    def engine(self, *pieces: bytes) -> Watching:
        for piece in pieces:
            self.tap.from_engine(piece)
        return self


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(ends)]


PLACES = st.lists(st.integers(0, 10_000), max_size=20)


@given(
    requests=st.lists(st.sampled_from([CHUNKED, LENGTH, GET]), max_size=4),
    chunked=st.booleans(),
    sent=PLACES,
    answered=PLACES,
    pipelined=st.booleans(),
)
def test_requests_and_responses_are_matched_whatever_the_chunk_boundaries(
    requests: list[bytes], chunked: bool, sent: list[int], answered: list[int], pipelined: bool
) -> None:
    watching = Watching()
    answer = ANSWER_CHUNKED if chunked else ANSWER
    if pipelined:
        watching.client(*cut(b"".join(requests), sent)).engine(*cut(answer * len(requests), answered))
    else:
        for request in requests:
            watching.client(*cut(request, sent)).engine(*cut(answer, answered))
    posts = [request for request in requests if request is not GET]
    assert len(watching.seen) == len(posts)
    for seen in watching.seen:
        assert seen.head == RequestHead("POST", "/build?t=a", "agent/1")
        assert (seen.sent, seen.got, seen.reported) == (b"abcdefg", b"OK", ["sent", 200, True])


def test_the_answer_may_come_before_the_body_has_been_sent() -> None:
    watching = Watching().client(POST + b"Content-Length: 9\r\n\r\nabc").engine(ANSWER).client(b"defghi", GET)
    [seen] = watching.seen
    assert (seen.sent, seen.got, seen.reported) == (b"abc", b"OK", [200, True])  # nothing follows the end
    assert len(watching.engine(ANSWER).client(LENGTH).seen) == 2


def test_a_client_that_waits_for_100_continue() -> None:
    watching = Watching().client(POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    watching.engine(b"HTTP/1.1 100 Continue\r\n\r\n").client(b"abc").engine(ANSWER)
    assert (watching.seen[0].sent, watching.seen[0].reported) == (b"abc", ["sent", 200, True])


def test_the_answer_to_head_has_a_length_and_no_body() -> None:
    head = b"HEAD /_ping HTTP/1.1\r\nHost: d\r\n\r\n"
    watching = Watching().client(head).engine(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n").client(LENGTH)
    watching.engine(ANSWER)
    assert watching.seen[1].got == b"OK"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n",
    ],
)
@pytest.mark.parametrize("early", [True, False], ids=["sent before the answer", "sent after it"])
def test_traffic_of_an_upgraded_connection_is_not_parsed(answer: bytes, early: bool) -> None:
    attach = b"GET /c/attach HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
    watching = Watching().client(attach)
    if early:
        watching.client(LENGTH).engine(answer, b"\x01\0\0\0\0\0\0\x05hello")
    else:
        watching.engine(answer, b"\x01\0\0\0").client(LENGTH).engine(b"more")
    watching.tap.engine_ended()
    assert watching.seen == []


def test_a_response_without_a_length_ends_with_the_connection() -> None:
    watching = Watching().client(LENGTH).engine(b"HTTP/1.1 200 OK\r\n\r\nsteps")
    watching.tap.engine_ended()
    assert (watching.seen[0].got, watching.seen[0].reported) == (b"steps", ["sent", 200, True])


def test_an_exchange_that_breaks_off_is_not_complete() -> None:
    watching = Watching().client(LENGTH).engine(ANSWER_CHUNKED[:-7])
    with pytest.raises(NotReadError, match="the engine's data is not HTTP"):
        watching.tap.engine_ended()
    watching.tap.closed(None)
    assert watching.seen[0].reported == ["sent", 200, False]


@pytest.mark.parametrize(
    ("client", "engine", "why"),
    [
        (b"\0\1\2 garbage\r\n\r\n", b"", "the client's data is not HTTP"),
        (b"GET / HTTP/1.1\r\n\r\n", b"", "the client's data is not HTTP"),
        (GET, b"garbage\r\n\r\n", "the engine's data is not HTTP"),
        (b"", ANSWER, "sent a response although no request was pending"),
        (GET + GET + b"x" * (1 << 20), b"", "more than 1,048,576 bytes of requests without reading the responses"),
        (b"GET /" + b"x" * (3 << 20), b"", "the client's data is not HTTP"),
    ],
)
def test_unreadable_http_traffic_is_refused_with_a_reason(client: bytes, engine: bytes, why: str) -> None:
    watching = Watching()
    with pytest.raises(NotReadError, match=why):
        watching.client(client).engine(engine)
