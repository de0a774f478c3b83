"""Engines that drip, stall, flood or never end, over any connection: reading stops at the stated time."""

from __future__ import annotations

import gzip
import itertools
import os
import socket
import stat
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest
from engine_replay import Answer, Raw, Replay, load, serving, serving_tcp, serving_tls, wait_until

from cacheview.model import DataError
from cacheview.stores.docker_engine import ask_version
from cacheview.stores.docker_engine.client import EngineClient, Timeouts
from cacheview.stores.docker_engine.contexts import Endpoint, find_endpoint
from cacheview.stores.docker_engine.deadline import Deadline, DeadlineExceededError
from cacheview.stores.docker_engine.errors import ConnectionLostError
from cacheview.stores.docker_engine.opening import open_target
from cacheview.stores.reading import Reading

TLS = Path(__file__).parents[2] / "data" / "tls"
ENGINE = "28.5.2-gd"
IDS = sorted(image["Id"] for image in load(ENGINE)["1.51"]["images"])
SHORT = Timeouts(2.0, 0.2, 0.4)
"""Nothing here takes this long, except on purpose."""

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

DRIPS: dict[str, Raw] = {
    "body": Raw(HEAD + b"Content-Length: 1000\r\n\r\n", rest=itertools.repeat(b" "), pace=0.02),
    "status": Raw(b"HTTP/1.1 200 ", rest=itertools.repeat(b"O"), pace=0.02),
    "header": Raw(HEAD + b"X: ", rest=itertools.repeat(b"x"), pace=0.02),
    "headers": Raw(HEAD, rest=itertools.repeat(b"X: y\r\n"), pace=0.02),
    "continue": Raw(rest=itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"), pace=0.02),
    "chunks": Raw(CHUNKED, rest=itertools.repeat(b"1\r\n \r\n"), pace=0.02),
    "size of a chunk": Raw(CHUNKED, rest=itertools.repeat(b"0"), pace=0.02),
    "one chunk": Raw(CHUNKED + b"ffffff\r\n", rest=itertools.repeat(b" "), pace=0.02),
    "trailer": Raw(CHUNKED + b"2\r\n{}\r\n0\r\n", rest=itertools.repeat(b"X: y\r\n"), pace=0.02),
    "nothing": Raw(hang=True),
    "half": Raw(HEAD + b"Content-Length: 1000\r\n\r\n{", hang=True),
}
FLOODS: dict[str, tuple[Raw, str]] = {
    "continue": (Raw(rest=itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)), "response headers"),
    "header": (Raw(HEAD + b"X: ", rest=itertools.repeat(b"x" * 65536)), "response headers"),
    "headers": (Raw(HEAD, rest=itertools.repeat(b"X: y\r\n" * 1000)), "response headers"),
    "large headers": (Raw(HEAD, rest=itertools.repeat(b"X: " + b"y" * 60000 + b"\r\n")), "response headers"),
    "body": (Raw(HEAD + b"\r\n", rest=itertools.repeat(b" " * 65536)), "larger than 4,194,304 bytes"),
    "one chunk": (Raw(CHUNKED + b"f" * 16 + b"\r\n", rest=itertools.repeat(b" " * 65536)), "larger than 4,194,304"),
    "size of a chunk": (Raw(CHUNKED, rest=itertools.repeat(b"0" * 65536)), "response headers"),
}


@pytest.fixture(params=["unix", "tcp", "tls", "ssh"])
def reach(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Replay], AbstractContextManager[str]]:
    """Serves an engine over each kind of connection. Yields its URL."""
    match request.param:
        case "unix":
            return lambda replay: serving(replay, tmp_path / "docker.sock")
        case "tcp":
            return serving_tcp
        case "tls":
            monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
            monkeypatch.setenv("DOCKER_CERT_PATH", str(TLS))
            return lambda replay: serving_tls(replay, TLS / "cert.pem", TLS / "key.pem")
        case _:
            return lambda replay: _Ssh(replay, tmp_path, monkeypatch)


RELAY = """\
import os, socket, sys, threading
there = socket.socket(socket.AF_UNIX)
there.connect({path!r})
def send():
    while piece := os.read(0, 65536):
        there.sendall(piece)
    there.shutdown(socket.SHUT_WR)
threading.Thread(target=send, daemon=True).start()
while piece := there.recv(65536):
    os.write(1, piece)
"""


def ssh_command(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Replace ssh by a program."""
    program = folder / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable} -IS\n{script}")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


class _Ssh(AbstractContextManager[str]):
    """An engine behind a command that forwards its input and output."""

    def __init__(self, replay: Replay, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = folder / "docker.sock"
        ssh_command(folder, monkeypatch, RELAY.format(path=str(path)))
        self._serving = serving(replay, path)

    def __enter__(self) -> str:
        self._serving.__enter__()
        return "ssh://me@far.example"

    def __exit__(self, *_: object) -> None:
        self._serving.__exit__(None, None, None)


@contextmanager
def little_memory() -> Iterator[None]:
    """Check that reading takes at most a few times the memory of the largest response."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 32 * 1024 * 1024
    finally:
        tracemalloc.stop()


Reach = Callable[[Replay], AbstractContextManager[str]]


def asking(path: str, answer: Answer) -> Replay:
    return Replay(load(ENGINE), lambda asked: answer if asked.endswith(path) else None)


def error_of(engine: AbstractContextManager[str], timeouts: Timeouts = SHORT) -> ConnectionLostError:
    """The error for an engine that does not send its version."""
    with engine as url, EngineClient(find_endpoint(url), timeouts) as client:
        with pytest.raises(ConnectionLostError) as caught:
            client.get("/version", limit=10_000)
        return caught.value


def test_an_engine_is_read_over_every_kind_of_connection(reach: Reach) -> None:
    with reach(Replay(load(ENGINE))) as url:
        opened = open_target(url, Reading(), Timeouts(5, 5, 20))
    assert [image.id for image in opened.cases[0].store.images] == IDS
    assert opened.problems == ()


@pytest.mark.parametrize("kind", ["body", "continue", "nothing"])
def test_slow_responses_time_out_on_every_transport(kind: str, reach: Reach) -> None:
    if kind == "nothing":
        error = error_of(reach(asking("/version", DRIPS[kind])))
        assert "did not respond within 0.2 seconds" in error.what
    else:  # ssh has to start a process before it sends anything
        error = error_of(reach(asking("/version", DRIPS[kind])), Timeouts(5.0, 20.0, 0.5))
        assert "0.5 seconds" in error.what
    assert error.kind == "timeout"
    assert "Try again" in error.what


@pytest.mark.parametrize("kind", DRIPS)
def test_a_slowly_dripping_response_times_out(kind: str, tmp_path: Path) -> None:
    engine = serving(asking("/version", DRIPS[kind]), tmp_path / "docker.sock")
    assert error_of(engine, Timeouts(2.0, 0.1, 0.2)).kind == "timeout"


@pytest.mark.parametrize("kind", FLOODS)
def test_an_oversized_response_is_refused_with_little_memory(kind: str, tmp_path: Path) -> None:
    answer, printed = FLOODS[kind]
    replay, path = asking("/version", answer), tmp_path / "docker.sock"
    with serving(replay, path) as url, little_memory(), pytest.raises(DataError, match=printed) as caught:
        open_target(url, Reading(), Timeouts(5, 20, 20))
    assert url in str(caught.value)


def test_a_slow_response_for_one_image_does_not_block_the_others(tmp_path: Path) -> None:
    bad = IDS[5]
    replay = asking(f"{bad}/history", DRIPS["body"])
    with serving(replay, tmp_path / "docker.sock") as url:
        opened = open_target(url, Reading(), Timeouts(5, 5, 1.5))
    store = opened.cases[0].store
    assert [image.id for image in store.images] == IDS
    (problem,) = store.problems
    assert "not complete after 1.5 seconds" in problem.what
    assert [image.id for image in store.images if image.doubt("config") is not None] == [bad]


def test_a_slow_info_response_does_not_block_the_images(tmp_path: Path) -> None:
    with serving(asking("/info", DRIPS["body"]), tmp_path / "docker.sock") as url:
        opened = open_target(url, Reading(), Timeouts(5, 5, 1.5))
    assert sorted(image.id for image in opened.cases[0].store.images) == IDS
    (problem,) = opened.problems
    assert problem.where == "/info"
    assert "not complete after 1.5 seconds" in problem.what


def test_a_compressed_history_response_is_not_decompressed(tmp_path: Path) -> None:
    packed = gzip.compress(b" " * 12_000_000)
    assert len(packed) < 20_000
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with serving(asking(f"{IDS[5]}/history", Raw(head + packed)), tmp_path / "docker.sock") as url, little_memory():
        store = open_target(url, Reading(), Timeouts(5, 5, 5)).cases[0].store
    doubt = store.by_id[IDS[5]].doubt("history.created_by")
    assert doubt is not None
    assert "is compressed (gzip), which was not requested" in doubt.reason
    assert sum(image.doubt("history.created_by") is not None for image in store.images) == 1


@pytest.mark.parametrize("drips", [False, True])
def test_an_unfinished_tls_handshake_times_out(drips: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(TLS))
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            caller, _ = listener.accept()
            with caller, suppress(OSError):
                caller.sendall(b"\x16\x03\x03\x40\x00")  # announces a record of 16 KiB
                while not ended.wait(0.02):
                    caller.sendall(b"\0" if drips else b"")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with pytest.raises(DataError, match=r"did not respond within|TLS failed: .*timed out"):
            open_target(f"tcp://127.0.0.1:{listener.getsockname()[1]}", Reading(), Timeouts(0.3, 0.3, 0.6))
        ended.set()
        thread.join(10)


def test_a_self_signed_certificate_is_refused_unless_verification_is_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_bytes((TLS / name).read_bytes())
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    with serving_tls(Replay(load(ENGINE)), TLS / "cert.pem", TLS / "key.pem") as url:
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        with pytest.raises(DataError, match=r"TLS failed: .*self.signed certificate"):
            ask_version(url, 5.0)
        monkeypatch.delenv("DOCKER_TLS_VERIFY")
        monkeypatch.setenv("DOCKER_TLS", "1")
        assert ask_version(url, 5.0) == "28.5.2"
        (tmp_path / "key.pem").unlink()
        with pytest.raises(DataError, match=r"TLS failed|cut off"):  # raised as soon as the server refuses
            ask_version(url, 5.0)
    assert list(recwarn) == []


@pytest.mark.parametrize("drips", [False, True])
def test_a_proxy_from_the_environment_is_used_with_the_same_timeouts(
    drips: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, engine = "http://engine.example:2375", Replay(load(ENGINE))

    def hook(path: str) -> Answer:
        return DRIPS["body"] if drips else engine.answer(path.removeprefix(there))

    proxy = Replay({}, hook)
    with serving_tcp(proxy) as url:
        monkeypatch.setenv("http_proxy", url.replace("tcp:", "http:"))
        monkeypatch.setenv("no_proxy", "")
        if drips:
            with pytest.raises(DataError, match=r"not complete after 0\.4 seconds"):
                ask_version("tcp://engine.example:2375", 0.4)
        else:
            assert ask_version("tcp://engine.example:2375", 5.0) == "28.5.2"
    assert proxy.paths() == [f"{there}/version"]


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    replay = asking("/version", Raw(b"HTTP/1.1 302 Found\r\nLocation: /version\r\nContent-Length: 0\r\n\r\n"))
    with serving(replay, tmp_path / "docker.sock") as url, pytest.raises(DataError, match="status 302"):
        open_target(url, Reading(), Timeouts(5, 5, 5))
    assert replay.paths() == ["/version"]


def test_closing_the_client_ends_a_pending_request(tmp_path: Path) -> None:
    replay = asking("/version", Raw(hang=True))
    errors: list[DataError] = []
    with serving(replay, tmp_path / "docker.sock") as url:
        client = EngineClient(find_endpoint(url), Timeouts(60, 60, 60))

        def ask() -> None:
            with pytest.raises(DataError) as caught:
                client.get("/version", limit=1000)
            errors.append(caught.value)

        thread = threading.Thread(target=ask)
        thread.start()
        wait_until(lambda: bool(replay.requests))
        client.close()
        thread.join(10)
        assert not thread.is_alive()
    assert "no longer needed" in str(errors[0])


def exhaust(deadline: Deadline, sock: TestDeadline.Sock) -> None:
    while True:
        deadline.receive(sock, bytearray(1))


class TestDeadline:
    """With a clock that advances only while a piece is received."""

    class Sock:
        def __init__(self, steps: Iterator[float]) -> None:
            self.now = 0.0
            self._steps = steps
            self._limit = self._left = 0.0

        def settimeout(self, seconds: float) -> None:
            self._limit = seconds

        def recv_into(self, buffer: bytearray) -> int:
            """Receive a byte after the next step of time. A step longer than the timeout takes several calls."""
            self._left = self._left or next(self._steps)
            spent = min(self._left, self._limit)
            self.now += spent
            self._left -= spent
            if self._left:
                raise TimeoutError
            buffer[0] = 0
            return 1

    @pytest.mark.parametrize(
        ("step", "each", "whole", "ends_at", "began"),
        [
            (1.0, 10.0, 120.0, 120.0, True),
            (9.0, 10.0, 120.0, 120.0, True),
            (11.0, 10.0, 120.0, 10.0, False),
            (500.0, None, 120.0, 120.0, False),
        ],
    )
    def test_each_piece_and_the_whole_transfer_have_a_deadline(
        self, step: float, each: float | None, whole: float, ends_at: float, began: bool
    ) -> None:
        sock = self.Sock(itertools.repeat(step))
        deadline = Deadline(each, whole, clock=lambda: sock.now)
        with pytest.raises(DeadlineExceededError) as caught:
            exhaust(deadline, sock)
        assert sock.now == pytest.approx(ends_at, abs=0.01)
        assert caught.value.has_begun == began

    def test_a_suspended_deadline_never_expires_and_a_restarted_one_does(self) -> None:
        sock = self.Sock(itertools.chain([1000.0], itertools.repeat(1.0)))
        deadline = Deadline(10.0, 120.0, clock=lambda: sock.now)
        deadline.suspend()
        assert deadline.receive(sock, bytearray(1)) == 1
        begun = sock.now
        deadline.restart()
        with pytest.raises(DeadlineExceededError):
            exhaust(deadline, sock)
        assert sock.now - begun == pytest.approx(120.0, abs=0.01)

    def test_a_restarted_deadline_may_have_another_limit(self) -> None:
        sock = self.Sock(itertools.repeat(1.0))
        deadline = Deadline(None, 900.0, clock=lambda: sock.now)
        deadline.restart(120.0)
        with pytest.raises(DeadlineExceededError, match="120 seconds"):
            exhaust(deadline, sock)
        assert sock.now == pytest.approx(120.0, abs=0.01)


@pytest.mark.parametrize(
    ("answer", "printed"),
    [
        (Raw(hang=True), "did not respond within 0.3 seconds"),
        (DRIPS["status"], "was not complete after 0.3 seconds"),
        (DRIPS["one chunk"], "was not complete after 0.4 seconds"),
        (Raw(HEAD + b"Content-Length: 1000\r\n\r\nx", hang=True), "was not complete after 0.4 seconds"),
    ],
)
def test_a_stalled_image_download_times_out(answer: Raw, printed: str, tmp_path: Path) -> None:
    replay, timeouts = asking("/get", answer), Timeouts(2.0, 0.1, 0.4, 0.3)
    with (
        serving(replay, tmp_path / "docker.sock") as url,
        EngineClient(find_endpoint(url), timeouts) as client,
        pytest.raises(ConnectionLostError, match=printed),
    ):
        list(client.archive("1.44", IDS[0], lambda: False))


class TestLookingUpAHost:
    def test_a_slow_name_resolution_times_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: (found.wait(20), [])[1])
        with (
            EngineClient(find_endpoint("tcp://far.example:2375"), Timeouts(0.2, 0.2, 0.4)) as client,
            pytest.raises(ConnectionLostError, match="did not respond within"),
        ):
            client.get("/version", limit=100)
        found.set()

    def test_an_unresolvable_host_name_is_reported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def none(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", none)
        with (
            EngineClient(find_endpoint("tcp://far.example:2375"), SHORT) as client,
            pytest.raises(ConnectionLostError, match="the host name cannot be resolved"),
        ):
            client.get("/version", limit=100)

    def test_all_addresses_are_tried(self) -> None:
        with serving_tcp(Replay(load(ENGINE))) as url:
            port = int(url.rpartition(":")[2])
            answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("127.0.0.9", "127.0.0.1")]
            with pytest.MonkeyPatch.context() as patch:
                known = socket.getaddrinfo
                patch.setattr(
                    socket, "getaddrinfo", lambda host, *a, **k: answers if host == "engine" else known(host, *a, **k)
                )
                with EngineClient(find_endpoint(f"tcp://engine:{port}"), Timeouts(2, 2, 5)) as client:
                    assert b"ApiVersion" in client.get("/version", limit=10_000)


class TestSsh:
    def test_ssh_output_appears_only_in_the_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        ssh_command(tmp_path, monkeypatch, "import sys; sys.stderr.write('\\x1b[2J\\x1b]0;x\\x07No entry.\\n' * 3)")
        with pytest.raises(DataError, match=r"SSH failed: .*No entry") as caught:
            open_target("ssh://far.example", Reading(), Timeouts(5, 5, 5))
        assert "Check that `ssh far.example docker version` works" in caught.value.what
        assert capfd.readouterr() == ("", "")

    def test_an_ssh_command_with_endless_output_times_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ssh_command(tmp_path, monkeypatch, "import os\nwhile True: os.write(2, b'x' * 65536)")
        with pytest.raises(DataError, match=r"did not respond within 0\.2 seconds"):
            open_target("ssh://far.example", Reading(), SHORT)

    def test_the_command_is_that_of_the_docker_cli(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        given = tmp_path / "given"
        ssh_command(tmp_path, monkeypatch, f"import sys; open({str(given)!r}, 'w').write('\\n'.join(sys.argv[1:]))")
        for host, expected in {
            "ssh://far.example": ["--", "far.example", "docker system dial-stdio"],
            "ssh://me@far.example:2222": [
                "-l", "me", "-p", "2222", "--", "far.example", "docker system dial-stdio",
            ],
            "ssh://-oProxyCommand=x": ["--", "-oproxycommand=x", "docker system dial-stdio"],
            "ssh://h/run/a b.sock": ["--", "h", "docker --host='unix:///run/a b.sock' system dial-stdio"],
        }.items():  # fmt: skip
            with pytest.raises(DataError, match="SSH failed"):
                open_target(host, Reading(), Timeouts(5, 5, 5))
            assert given.read_text().split("\n") == ["-T", "-o", "BatchMode=yes", *expected]

    def test_a_missing_ssh_program_is_reported(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(DataError, match=r"cannot run ssh: No such file or directory\. Install OpenSSH"):
            open_target("ssh://far.example", Reading(), Timeouts(5, 5, 5))

    def test_the_processes_end_with_the_connection(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pids = tmp_path / "pids"
        script = f"import os, time; open({str(pids)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
        ssh_command(tmp_path, monkeypatch, script)
        client = EngineClient(Endpoint("", "ssh://far.example"), Timeouts(60, 60, 60))

        def ask() -> None:
            with suppress(DataError):
                client.get("/version", limit=100)

        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(lambda: pids.exists() and bool(pids.read_text()), 30)
        client.close()
        asking.join(10)
        assert not asking.is_alive()
        with pytest.raises(ProcessLookupError):
            os.kill(int(pids.read_text()), 0)
