"""Following an engine's events: each is received, a broken connection is reopened, and stopping is immediate."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_replay import Answer, Raw, Replay, load, serving, wait_until

from cacheview.model import DataError
from cacheview.stores.docker_engine.client import ALLOWED_REQUESTS, Timeouts
from cacheview.stores.docker_engine.events import follow

QUICK = Timeouts(0.5, 0.5, 2.0)
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LINE = b'{"Type":"image","Action":"tag"}\n'
EVENT = b"%x\r\n%b\r\n" % (len(LINE), LINE)


class Following:
    """Runs `follow` in a thread."""

    def __init__(self, target: str, pauses: tuple[float, ...] = (0.01, 0.01), timeouts: Timeouts = QUICK) -> None:
        self.heard = 0
        self.stopped = threading.Event()
        self.error: BaseException | None = None
        self._target, self._pauses, self._timeouts = target, pauses, timeouts
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            follow(self._target, self._hear, self.stopped, self._timeouts, self._pauses)
        except BaseException as error:
            self.error = error

    def _hear(self) -> None:
        self.heard += 1

    def stop(self) -> float:
        begun = time.monotonic()
        self.stopped.set()
        self.thread.join(5)
        assert not self.thread.is_alive()
        return time.monotonic() - begun


def replaying(*answers: Answer) -> Replay:
    waiting = list(answers)

    def hook(path: str) -> Answer:
        return (waiting.pop(0) if waiting else (500, {"message": "no more"})) if path.endswith("/events") else None

    return Replay(load("28.5.2-c8d"), hook)


def test_events_are_heard_and_stopping_is_at_once(tmp_path: Path) -> None:
    replay = replaying(Raw(HEAD + EVENT, hang=True))
    with serving(replay, tmp_path / "docker.sock") as url:
        following = Following(url)
        wait_until(lambda: following.heard == 1)
        assert following.stop() < 1.5
    assert following.error is None
    (events,) = [(path, query) for _, path, query in replay.requests if path.endswith("/events")]
    assert events == ("/v1.51/events", {"filters": '{"type": ["image"]}'})
    for method, path, _ in replay.requests:
        assert any(method == allowed and pattern.fullmatch(path) for allowed, pattern in ALLOWED_REQUESTS)


def test_a_broken_event_connection_is_reopened_and_signaled(tmp_path: Path) -> None:
    replay = replaying(Raw(HEAD), Raw(HEAD + b"0\r\n\r\n"), Raw(HEAD, hang=True))
    with serving(replay, tmp_path / "docker.sock") as url:
        following = Following(url)
        wait_until(lambda: following.heard == 2)  # once for each time the connection was lost
        assert following.stop() < 1.5
    assert following.error is None


def test_an_engine_that_closes_every_event_stream_is_abandoned(tmp_path: Path) -> None:
    """Otherwise the store would be read again and again without a pause."""
    replay = replaying(*[Raw(HEAD + b"0\r\n\r\n")] * 50)
    with serving(replay, tmp_path / "docker.sock") as url:
        following = Following(url, (0.05, 0.05, 0.05))
        following.thread.join(5)
    assert isinstance(following.error, DataError)
    assert "the event stream has ended" in str(following.error)
    assert following.heard == 3  # once for each pause
    assert sum(path.endswith("/events") for path in replay.paths()) == 4


def test_an_engine_that_does_not_come_back_is_an_error(tmp_path: Path) -> None:
    with serving(replaying(Raw(HEAD)), tmp_path / "docker.sock") as url:
        following = Following(url)
        following.thread.join(5)
    assert isinstance(following.error, DataError)
    assert "no more" in str(following.error)


@pytest.mark.parametrize("answer", [(404, {"message": "page not found"}), Raw(b"x")])
def test_a_failed_first_event_connection_is_not_retried(answer: Any, tmp_path: Path) -> None:
    replay = replaying(answer)
    with serving(replay, tmp_path / "docker.sock") as url:
        following = Following(url, (60.0,))
        following.thread.join(5)
    assert isinstance(following.error, DataError)
    assert sum(path.endswith("/events") for path in replay.paths()) == 1


@pytest.mark.parametrize(
    ("answer", "printed"),
    [
        (Raw(HEAD, rest=itertools.repeat(b"1\r\nx\r\n"), pace=0.02), "not complete after 0.4 seconds"),
        (Raw(HEAD + b"fffffff\r\n", rest=itertools.repeat(b"x"), pace=0.02), "not complete after 0.4 seconds"),
        (Raw(HEAD + b"ff\r\n" + LINE + b"{", hang=True), "not complete after 0.4 seconds"),
        (Raw(HEAD + b"f" * 15 + b"\r\n", rest=itertools.repeat(b"x" * 65536)), "larger than 1,048,576 bytes"),
        (Raw(HEAD, rest=itertools.repeat(b"10000\r\n" + b"x" * 65536 + b"\r\n")), "larger than 1,048,576 bytes"),
    ],
    ids=["chunks", "one chunk", "half", "flood of one chunk", "flood of chunks"],
)
def test_an_unfinished_event_times_out(answer: Raw, printed: str, tmp_path: Path) -> None:
    with serving(replaying(answer), tmp_path / "docker.sock") as url:
        following = Following(url, (), Timeouts(2.0, 2.0, 0.4))
        following.thread.join(10)
        assert not following.thread.is_alive()
    assert isinstance(following.error, DataError)
    assert printed in str(following.error)


@pytest.mark.parametrize("one_chunk", [True, False])
def test_an_event_stream_is_not_limited_by_the_response_timeout(one_chunk: bool, tmp_path: Path) -> None:
    head, event = (HEAD + b"fffffff\r\n", LINE) if one_chunk else (HEAD, EVENT)
    answer = Raw(head, rest=itertools.repeat(event), pace=0.1)
    with serving(replaying(answer), tmp_path / "docker.sock") as url:
        following = Following(url, (), Timeouts(2.0, 0.05, 0.15))
        wait_until(lambda: following.heard >= 5)
        following.stop()
    assert following.error is None


def test_a_flood_of_events_is_merged_into_few_calls(tmp_path: Path) -> None:
    sent = itertools.count()

    def flood() -> Iterator[bytes]:
        while True:
            next(sent)
            yield EVENT * 100

    with serving(replaying(Raw(HEAD, rest=flood())), tmp_path / "docker.sock") as url:
        following = Following(url)
        wait_until(lambda: following.heard >= 5)
        following.stop()
    assert following.error is None
    assert following.heard < 100 * next(sent) / 10


def test_no_engine(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot connect to the Docker Engine"):
        follow(f"unix://{tmp_path}/none.sock", lambda: None, threading.Event())
