"""A build through the socket: cacheview's prediction, the engine's result, and the record of both."""

from __future__ import annotations

import io
import json
import socket
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from build_kit import Daemon
from watch_daemon import build_of
from watch_wires import in_thread, read_all

from cacheview.model import DataError, ImageStore, Release, StoreKind
from cacheview.replay.check import build_result
from cacheview.report.showing import shown_build
from cacheview.report.watched import LiveLines
from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.stores.opened_location import OpenedCase
from cacheview.watch.before import ImageListing
from cacheview.watch.build import BuildState, WatchedBuild
from cacheview.watch.watcher import Watcher

DOCKERFILE = "FROM scratch\nCOPY a /a\nENV B=1\n"
SECRET = "registry-password"


@dataclass
class FakeStore:
    """An in-memory `EngineStore`. Lists are returned only once ``hold`` is set."""

    store: ImageStore
    hold: threading.Event = field(default_factory=threading.Event)

    class engine:  # noqa: N801
        title = "Docker Engine 28.5.2"

    def listing(self) -> ImageListing:
        self.hold.wait(10)
        return ImageListing({image.id: image for image in self.store.images})

    def before(self, listing: ImageListing) -> OpenedCase:
        images = tuple(image for image in self.store.images if image.id in listing.images)
        release = Release(StoreKind.GRAPH_DRIVER, "28.5.2")
        return OpenedCase("", ImageStore(images, release=release), "")

    def close(self) -> None: ...


@dataclass
class Engine:
    """A fake engine whose socket answers each request with ``answer``."""

    listening: socket.socket
    answer: Callable[[bytes], bytes]
    heard: list[bytes] = field(default_factory=list)

    def serve(self) -> None:
        while True:
            try:
                end, _ = self.listening.accept()
            except OSError:
                return
            in_thread(partial(self._one, end))

    def _one(self, end: socket.socket) -> None:
        with end:
            end.settimeout(10)
            data = b""
            while not data.endswith(b"0\r\n\r\n"):
                piece = end.recv(1 << 16)
                if not piece:
                    return
                data += piece
            self.heard.append(data)
            end.sendall(self.answer(data))


class Watching:
    def __init__(self, store: FakeStore, engine: Engine, watcher: Watcher, faults: list[BaseException]) -> None:
        self.store, self.engine, self.watcher, self.faults = store, engine, watcher, faults
        self.news: list[WatchedBuild] = []
        self.more = threading.Condition()

    def changed(self, build: WatchedBuild) -> None:
        with self.more:
            self.news.append(build)
            self.more.notify_all()

    def final(self, number: int = 1) -> WatchedBuild:
        def found() -> WatchedBuild | None:
            return next((one for one in self.news if one.number == number and one.is_final), None)

        with self.more:
            assert self.more.wait_for(found, 10)
            build = found()
            assert build is not None
            return build

    def build(self, query: str = "t=app", dockerfile: str = DOCKERFILE, content: bytes = b"1\n") -> bytes:
        return self.send(request(query, packed({"Dockerfile": dockerfile.encode(), "a": content})))

    def send(self, data: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(self.watcher.url.removeprefix("unix://"))
            client.sendall(data)
            return read_all(client)


@pytest.fixture
def daemon() -> Daemon:
    made = Daemon()
    made.build(DOCKERFILE, {"a": b"1\n"}, name="app:latest")
    return made


@pytest.fixture
def watching(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watching]:
    store = FakeStore(daemon.store)
    store.hold.set()
    monkeypatch.setattr("cacheview.watch.watcher.EngineStore", lambda _: store)
    with tempfile.TemporaryDirectory(prefix="cacheview-") as folder, socket.socket(socket.AF_UNIX) as listening:
        path = Path(folder) / "engine.sock"
        listening.bind(str(path))
        listening.listen(64)
        engine = Engine(listening, lambda _: answer(build_of(daemon, DOCKERFILE, (False, True, True))))
        in_thread(engine.serve)
        faults: list[BaseException] = []
        made: list[Watching] = []
        watcher = Watcher(Endpoint("", f"unix://{path}"), lambda one: made[0].changed(one), faults.append, folder)
        made.append(Watching(store, engine, watcher, faults))
        yield made[0]
        watcher.close()
        listening.shutdown(socket.SHUT_RDWR)
    assert faults == []


def packed(files: dict[str, bytes]) -> bytes:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    return tar.getvalue()


def request(query: str, body: bytes) -> bytes:
    head = (
        f"POST /v1.43/build?{query} HTTP/1.1\r\nHost: d\r\nUser-Agent: Docker-Client/28.2.2 (linux)\r\n"
        f"X-Registry-Auth: {SECRET}\r\nX-Registry-Config: {SECRET}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    return head.encode() + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def answer(texts: list[str]) -> bytes:
    body = b"".join(json.dumps({"stream": text}).encode() + b"\r\n" for text in texts)
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)


def lines_of(build: WatchedBuild) -> list[str]:
    return list(LiveLines().news(shown_build(build), is_final=True))


def test_a_watched_build_matches_its_prediction(watching: Watching, daemon: Daemon) -> None:
    assert watching.build() == watching.engine.answer(b"")
    build = watching.final()
    assert (build.state, build.title, build.request.client) == (
        BuildState.BUILT,
        "app",
        "Docker-Client/28.2.2 (linux)",
    )
    rows = [
        (row.predicted.cached, row.reported.cached, row.differs) for row in build.rows if row.predicted and row.reported
    ]
    assert rows == [(False, False, False), (True, True, False), (True, True, False)]
    assert build.differences == ()
    assert lines_of(build)[-1] == "[1] as predicted"


def test_a_record_of_a_watched_build_passes_and_contains_no_password(watching: Watching) -> None:
    watching.build("t=app&t=app:2")
    watching.final()
    case = watching.watcher.record(1)
    assert build_result(case).passed
    assert (case.tag, case.tags, case.client) == ("app", ("app:2",), "Docker-Client/28.2.2 (linux)")
    steps = case.expect.steps
    assert steps is not None
    assert all(step.at for step in steps)
    assert steps[-1].image == watching.store.store.images[-1].id
    assert SECRET not in case.model_dump_json()
    assert SECRET.encode() in watching.engine.heard[0]
    assert watching.watcher.record(1, with_store=False).images is None


def test_a_wrong_prediction_is_printed_with_a_request_to_report_it(watching: Watching, daemon: Daemon) -> None:
    watching.engine.answer = lambda _: answer(build_of(daemon, DOCKERFILE, (False, True, False)))
    watching.build()
    build = watching.final()
    assert len(build.differences) == 2
    assert build.differences[0].startswith("step 3 'ENV B=1': predicted a hit, but the daemon reported a miss")
    printed = lines_of(build)
    assert "[1] THE DAEMON DIFFERS from the prediction:" in printed
    assert printed[-1] == "[1]   please report this as a bug, with the record of the build"
    assert not build_result(watching.watcher.record(1)).passed


def test_the_first_miss_says_why(watching: Watching, daemon: Daemon) -> None:
    watching.engine.answer = lambda _: answer(build_of(daemon, DOCKERFILE, (False, False, False)))
    watching.build(content=b"2\n")
    build = watching.final()
    assert build.differences == ()
    printed = lines_of(build)
    assert "[1]   why step 2 misses:" in printed
    assert any(line.startswith("[1]   MISS: ") for line in printed)


def test_a_build_is_forwarded_after_the_existing_images_are_listed(watching: Watching) -> None:
    watching.store.hold.clear()
    thread = in_thread(watching.build)
    with watching.more:
        assert watching.more.wait_for(lambda: watching.news, 10)
    assert watching.engine.heard == []
    watching.store.hold.set()
    thread.join(10)
    assert watching.final().is_late is False


def test_buildkit_and_url_builds_are_listed_without_a_prediction(watching: Watching) -> None:
    watching.build("version=2")
    assert watching.final(1).unpredicted == "built by BuildKit, not explained here"
    watching.build("remote=https://example.com/x.git")
    assert "the daemon fetches from a URL" in watching.final(2).unpredicted
    for number in (1, 2):
        with pytest.raises(DataError):
            watching.watcher.record(number)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"no tar at all" * 100, "the context is damaged"),
        (packed({"Dockerfile": DOCKERFILE.encode()})[:530], "the context is damaged"),
        (b"\x1f\x8b\x08 broken", "the context is damaged"),
    ],
)
def test_an_unreadable_context_is_forwarded_and_the_reason_shown(watching: Watching, body: bytes, why: str) -> None:
    sent = request("t=x", body)
    watching.send(sent)
    assert watching.engine.heard == [sent]
    assert why in watching.final().unpredicted


def test_a_predicted_refusal_equals_the_daemons_message(watching: Watching) -> None:
    body = json.dumps({"message": "Cannot locate specified Dockerfile: missing"}).encode()
    watching.engine.answer = lambda _: (
        b"HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    watching.build("dockerfile=missing")
    build = watching.final()
    assert (build.state, build.differences) == (BuildState.FAILED, ())


def test_an_engine_that_dies_is_not_a_difference(watching: Watching, daemon: Daemon) -> None:
    whole = answer(build_of(daemon, DOCKERFILE, (False, True, True)))
    watching.engine.answer = lambda _: whole[:300]
    watching.build()
    build = watching.final()
    assert build.outcome.error == "the connection to the engine was lost"
    assert build.differences == ()


def test_concurrent_builds_are_marked_as_overlapping(watching: Watching) -> None:
    watching.store.hold.clear()
    threads = [in_thread(watching.build) for _ in range(2)]
    with watching.more:
        assert watching.more.wait_for(lambda: len({one.number for one in watching.news}) == 2, 10)
    watching.store.hold.set()
    for thread in threads:
        thread.join(10)
    assert [watching.final(number).overlapped for number in (1, 2)] == [True, True]


def test_only_the_steps_of_old_builds_are_kept(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cacheview.watch.watcher.MAX_COMPLETE_BUILDS", 2)
    for number in range(1, 4):
        watching.build()
        watching.final(number)
    with watching.more:
        assert watching.more.wait_for(lambda: not watching.watcher.builds[0].can_be_recorded, 10)
    old, *others = watching.watcher.builds
    assert [build.can_be_recorded for build in others] == [True, True]
    rows = [(row.predicted.text, row.predicted.status) for row in old.rows if row.predicted]
    assert rows == [(row.predicted.text, row.predicted.status) for row in others[0].rows if row.predicted]
    with pytest.raises(DataError, match="kept only the steps of this build"):
        watching.watcher.record(1)


def test_watching_the_socket_of_cacheview_itself_is_refused(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_folder))
    pasted = Endpoint("default", f"unix://{short_folder}/cacheview/docker.sock", origin="DOCKER_HOST")
    with pytest.raises(DataError, match="is cacheview's own socket, not an engine"):
        Watcher(pasted, lambda _: None, lambda _: None)
