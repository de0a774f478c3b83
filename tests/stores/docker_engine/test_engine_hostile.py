"""Engines that stop, hang, or send invalid or partial responses: what is readable is read, the rest is reported."""

from __future__ import annotations

import itertools
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bounded import MIB, run_bounded
from engine_fidelity import truth_of
from engine_replay import Answer, Raw, Replay, load, serving, serving_tcp

from cacheview.model import DataError, ImageStore
from cacheview.stores.budget import Budget
from cacheview.stores.docker_engine import ask_version, errors, reader
from cacheview.stores.docker_engine.client import KNOWN_API, Timeouts, require_allowed
from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.stores.docker_engine.opening import open_target
from cacheview.stores.docker_engine.reader import THREADS
from cacheview.stores.limits import Limits
from cacheview.stores.progress import Canceled
from cacheview.stores.reading import Reading
from cacheview.visible import is_unprintable

QUICK = Timeouts(0.5, 0.5, 2.0)
ENGINE = "28.5.2-gd"
IDS = [image["id"] for image in truth_of(ENGINE)["images"]]
CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n"
HALF = b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"Id": "sha'


def read(
    hook: Callable[[str], Answer], folder: Path, reading: Reading | None = None, timeouts: Timeouts = QUICK
) -> tuple[ImageStore, Replay]:
    replay = Replay(load(ENGINE), hook)
    with serving(replay, folder / "docker.sock") as url:
        (case,) = open_target(url, reading or Reading(), timeouts).cases
    return case.store, replay


def at(image_id: str, answer: Answer, kind: str = "json") -> Callable[[str], Answer]:
    """A hook that gives this answer to requests for one image."""
    return lambda path: answer if path.endswith(f"{image_id}/{kind}") else None


def aspects(store: ImageStore, image_id: str) -> set[str]:
    return {doubt.aspect for doubt in store.by_id[image_id].doubts}


UNREAD = {"config", "container_config", "diff_ids", "history", "created", "built_locally"}


@pytest.mark.parametrize(
    ("answer", "printed"),
    [
        (Raw(HALF), "the response was cut off: only 11 of 500 bytes arrived. The engine may"),
        (Raw(CHUNK), "the response was cut off: the data is damaged or ends early after 0 bytes. The engine may"),
        (
            Raw(b"\x00\xff garbage"),
            "the response was cut off: the response is not HTTP: it begins with '\\x00ÿ garbage'. The engine may",
        ),
        (Raw(), "the response was cut off: the connection was closed before a response arrived. The engine may"),
        (Raw(HALF, hang=True), "within 0.5 seconds"),
        (Raw(hang=True), "within 0.5 seconds"),
        ((200, b"<html>"), "JSON"),
        ((200, {"Id": 5}), "string"),
        ((200, {"Id": "sha256:" + "9" * 64}), "a different image"),
        ((500, {"message": "layer <b>is</b> gone " + "x" * 9000}), "layer <b>is</b> gone"),
    ],
    ids=["half", "chunk", "garbage", "closed", "half-hangs", "hangs", "html", "type", "another", "500"],
)
def test_an_unreadable_image_is_kept_as_listed(answer: Answer, printed: str, tmp_path: Path) -> None:
    bad = IDS[5]
    store, _ = read(at(bad, answer), tmp_path)
    assert [image.id for image in store.images] == IDS
    (problem,) = store.problems
    assert printed in problem.what
    assert len(problem.what) < 600
    assert aspects(store, bad) == UNREAD
    image, true = store.by_id[bad], truth_of(ENGINE)["images"][5]
    assert (image.parent, list(image.names)) == (true.get("parent"), true["names"])
    doubt = image.doubt("config")
    assert doubt is not None
    assert printed in doubt.reason
    assert "Reload" in doubt.remedy
    assert all("config" not in aspects(store, image_id) for image_id in IDS if image_id != bad)


def test_a_history_that_cannot_be_read_is_a_doubt_of_the_history_alone(tmp_path: Path) -> None:
    store, _ = read(at(IDS[5], (500, {"message": "unable to find the size of the layer"}), "history"), tmp_path)
    assert store.problems == ()
    image = store.by_id[IDS[5]]
    assert image.history == ()
    assert image.config.config is not None
    doubt = image.doubt("history.created_by")
    assert doubt is not None
    assert "unable to find the size" in doubt.reason
    assert {"config", "diff_ids"}.isdisjoint(aspects(store, IDS[5]))


def test_an_image_deleted_while_reading_is_omitted_and_reported(tmp_path: Path) -> None:
    replay = Replay(load(ENGINE))
    for dump in replay.dumps.values():
        del dump["inspect"][IDS[3]]
    lists = itertools.count()

    def hook(path: str) -> Answer:
        if path.endswith("images/json") and next(lists):
            return 200, [entry for entry in replay.newest["images"] if entry["Id"] != IDS[3]]
        return None

    replay.hook = hook
    with serving(replay, tmp_path / "docker.sock") as url:
        (case,) = open_target(url, Reading(), QUICK).cases
    assert [image.id for image in case.store.images] == [one for one in IDS if one != IDS[3]]
    assert case.store.problems == ()
    assert any("deleted while" in note and IDS[3][7:19] in note for note in case.store.notes)


def test_a_listed_image_that_cannot_be_inspected_stays_in_the_store(tmp_path: Path) -> None:
    store, _ = read(at(IDS[3], (404, {"message": "No such image"})), tmp_path)
    assert [image.id for image in store.images] == IDS
    assert "No such image" in str(store.problems[0])


@pytest.mark.parametrize("how", ["reset", "hang"])
def test_an_engine_that_stops_responding_is_one_problem(how: str, tmp_path: Path) -> None:
    answered = itertools.count()

    def hook(path: str) -> Answer:
        return Raw(hang=how == "hang") if "sha256:" in path and next(answered) >= 20 else None

    store, replay = read(hook, tmp_path)
    assert [image.id for image in store.images] == IDS
    (problem,) = store.problems
    assert "stopped responding" in problem.what
    read_ids = [image.id for image in store.images if image.doubt("config") is None]
    assert 0 < len(read_ids) < 15
    assert f"{len(IDS) - len(read_ids)} of {len(IDS)}" in problem.what
    # The other images are not requested in vain: each thread stops after a few failures.
    assert len(replay.requests) <= 3 + 20 + 6 * THREADS < 3 + 2 * len(IDS)
    for image in store.images:
        doubt = image.doubt("config")
        assert doubt is None or "still being read" not in doubt.reason


def test_problems_of_many_bad_images_are_summarized(tmp_path: Path) -> None:
    dumps = {"1.44": load(ENGINE)["1.44"]}
    dumps["1.44"]["version"]["ApiVersion"] = "1.44"
    one = dumps["1.44"]["images"][0]
    dumps["1.44"]["images"] = [{**one, "Id": f"sha256:{n:064x}"} for n in range(500)]
    replay = Replay(dumps, lambda path: (200, b"[]") if path.endswith("/json") and "sha256" in path else None)
    with serving(replay, tmp_path / "docker.sock") as url:
        opened = open_target(url, Reading(), QUICK)
    assert len(opened.cases[0].store.images) == 500
    assert len(opened.problems) == 51
    assert "450 more images" in opened.problems[-1].what


def test_a_newer_api_works(tmp_path: Path) -> None:
    replay = Replay(load("29x-c8d"))
    replay.newest["version"] |= {"ApiVersion": "1.99", "Version": "40.1.0", "Surprise": {"a": [1]}}
    replay.newest["info"]["More"] = None
    for entry in replay.newest["images"]:
        entry["Novelty"] = {"x": 1}
    with serving(replay, tmp_path / "docker.sock") as url:
        opened = open_target(url, Reading(), QUICK)
    assert opened.title == "Docker Engine 40.1.0, containerd store"
    assert len(opened.cases[0].store.images) == 44
    assert opened.problems == ()
    assert {path.split("/")[1] for _, path, _ in replay.requests if "images" in path} == {f"v{KNOWN_API}", "v1.44"}


def test_an_api_without_the_versions_known_here_works(tmp_path: Path) -> None:
    replay = Replay(load("29x-c8d"))
    replay.newest["version"] |= {"ApiVersion": "1.99", "MinAPIVersion": "1.60"}
    with serving(replay, tmp_path / "docker.sock") as url:
        opened = open_target(url, Reading(), QUICK)
    assert opened.problems == ()
    assert {path.split("/")[1] for _, path, _ in replay.requests if "images" in path} == {"v1.60"}


def test_the_store_kind_is_unknown_without_info(tmp_path: Path) -> None:
    store, _ = read(lambda path: (403, b"forbidden by <proxy>") if path.endswith("/info") else None, tmp_path)
    assert store.title == "Docker Engine 28.5.2"
    assert "forbidden by <proxy>" in store.problems[0].what
    image = next(image for image in store.images if image.config.container_config)
    assert {"names", "config_digest", "built_locally"} <= {doubt.aspect for doubt in image.doubts}
    assert image.doubt("container_config") is None  # the engine reported it


@pytest.mark.parametrize(
    ("answer", "printed"),
    [
        ((200, b"hello"), "not from Docker Engine"),
        ((200, {"Version": "1"}), "its API version"),
        ((200, {"ApiVersion": "../../x"}), "its API version"),
        ((301, b""), "status 301"),
        ((403, {"message": "no"}), "403"),
        (Raw(hang=True), "within 0.5 seconds"),
        (Raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "the response is not HTTP: it begins with 'SSH-2.0-OpenSSH_9.2'. The"),
    ],
)
def test_a_server_that_is_not_an_engine_is_an_error(answer: Answer, printed: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=printed) as caught:
        read(lambda path: answer if path == "/version" else None, tmp_path)
    assert "docker.sock" in caught.value.where


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/version", "/images/json"])
def test_control_characters_from_the_engine_are_not_printed(path: str, tmp_path: Path) -> None:
    refusal = (500, {"message": "\x1b]0;title\x07\x1b[2J\x9b31m\u202ered\r\ncacheview: fine"})
    replay = Replay(load(ENGINE), lambda asked: refusal if asked.endswith(path) else None)
    with serving(replay, tmp_path / "docker.sock") as url:
        run = run_bounded("audit", f"engine:{url}", seconds=20, memory=128 * MIB)
    assert run.status == 2
    assert "red" in run.output
    assert "cacheview: fine" not in run.output.splitlines()
    assert not [character for character in run.output if is_unprintable(character) and character != "\n"]


@pytest.mark.parametrize("document", [b"{}", b"[", b"[1, 2", b"null"])
def test_an_invalid_image_list_is_an_error(document: bytes, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="list of images"):
        read(lambda path: (200, document) if path.endswith("images/json") else None, tmp_path)


def test_invalid_entries_of_the_image_list_are_problems(tmp_path: Path) -> None:
    good: list[Any] = load(ENGINE)["1.51"]["images"][:3]
    bad = [7, {"Id": "../../containers/json"}, {"Id": 5}, {**good[0], "RepoTags": ["a b:1", "<none>:<none>"]}]
    store, replay = read(lambda path: (200, [*bad, *good]) if path.endswith("images/json") else None, tmp_path)
    assert {image.id for image in store.images} == {entry["Id"] for entry in good}
    assert len(store.problems) == 5  # three without an ID, an invalid name and a repeated ID
    assert not any("containers" in path for path in replay.paths())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1.44/containers/create"),
        ("GET", "/v1.44/containers/web/json"),
        ("GET", f"/v1.44/containers/{'a' * 64}/archive"),
        ("POST", "/v1.44/images/prune"),
        ("DELETE", f"/v1.44/images/{IDS[0]}/json"),
        ("GET", "/v1.44/images/sha256:ab/json"),
        ("GET", "/v1.44/images/get"),
        ("GET", "/v1.44/info/x"),
    ],
)
def test_requests_that_do_not_read_are_rejected(method: str, path: str) -> None:
    with pytest.raises(ValueError, match="not an allowed request"):
        require_allowed(method, path)


def test_an_answer_that_never_ends_is_cut(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 90000000\r\n\r\n"
    with pytest.raises(DataError, match="larger than"):
        read(lambda path: Raw(head + b" " * 6_000_000) if path == "/version" else None, tmp_path)


def test_canceling_stops_at_once_though_the_engine_hangs(tmp_path: Path) -> None:
    begun = time.monotonic()

    def progress(done: int, total: int | None, what: str) -> None:
        if total and time.monotonic() > begun + 0.3:
            raise Canceled

    def hook(path: str) -> Answer:
        return Raw(hang=True) if "sha256:" in path else None

    before = threading.active_count()
    with pytest.raises(Canceled):
        read(hook, tmp_path, Reading(progress=progress), Timeouts(5, 5, 5))
    assert time.monotonic() - begun < 2
    end = time.monotonic() + 6
    while threading.active_count() > before and time.monotonic() < end:
        threading.Event().wait(0.01)
    assert threading.active_count() <= before


def test_partial_stores_grow_and_progress_counts_images(tmp_path: Path) -> None:
    partials: list[ImageStore] = []
    reports: list[tuple[int, int | None]] = []
    reading = Reading(
        progress=lambda done, total, _: reports.append((done, total)), partial=lambda store: partials.append(store)
    )
    dumps = {"1.44": load(ENGINE)["1.44"]}
    dumps["1.44"]["version"]["ApiVersion"] = "1.44"
    one, inspect = dumps["1.44"]["images"][0], next(iter(dumps["1.44"]["inspect"].values()))
    ids = [f"sha256:{n:064x}" for n in range(300)]
    dumps["1.44"]["images"] = [{**one, "Id": image_id} for image_id in ids]
    dumps["1.44"]["inspect"] = {image_id: {**inspect, "Id": image_id} for image_id in ids}
    dumps["1.44"]["history"] = {image_id: [] for image_id in ids}
    with serving(Replay(dumps), tmp_path / "docker.sock") as url:
        opened = open_target(url, reading, QUICK)
    counts = [sum(image.doubt("config") is None for image in store.images) for store in partials]
    assert all(len(store.images) == 300 for store in (*partials, opened.cases[0].store))
    assert counts == [0, 64, 128, 256]
    assert reports[-1] == (300, 300)
    first = partials[0].images[0]
    assert first.created is not None
    assert first.created.nanosecond == 0
    doubt = first.doubt("history.created_by")
    assert doubt is not None
    assert "still being read" in doubt.reason


class TestConnecting:
    def test_a_missing_engine_socket_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="cannot connect to the Docker Engine: there is no such socket") as caught:
            open_target(f"unix://{tmp_path}/docker.sock", Reading())
        assert str(tmp_path) in caught.value.where

    def test_nobody_listens(self, tmp_path: Path) -> None:
        path = tmp_path / "docker.sock"
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(path))
            with pytest.raises(DataError, match="cannot connect to the Docker Engine: nothing is listening"):
                open_target(f"unix://{path}", Reading())

    def test_no_permission_names_the_group(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Root is never denied access, so the system's error is created here."""
        path = tmp_path / "docker.sock"
        path.touch(mode=0o660)
        path.chmod(0o660)
        monkeypatch.setattr("grp.getgrgid", lambda _: SimpleNamespace(gr_name="docker"))
        denied, endpoint = PermissionError(13, "Permission denied"), Endpoint("", f"unix://{path}")
        error = errors.connection_error(denied, endpoint, 2)
        assert "members of the group docker" in error.what
        assert "sudo usermod -aG docker $USER" in error.what
        assert "newgrp docker" in error.what
        path.chmod(0o600)
        assert "only root can use it" in errors.connection_error(denied, endpoint, 2).what

    def test_a_nested_permission_error_is_reported(self, tmp_path: Path) -> None:
        try:
            try:
                raise PermissionError(13, "Permission denied")
            except PermissionError as inner:
                raise RuntimeError("Connection aborted.", inner) from None
        except RuntimeError as outer:
            error = errors.connection_error(outer, Endpoint("", f"unix://{tmp_path}/x"), 2)
        assert "not have permission" in error.what

    def test_tcp_that_refuses(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(DataError, match="cannot connect to the Docker Engine: nothing is listening"):
            open_target(f"tcp://127.0.0.1:{port}", Reading(), QUICK)

    def test_tls_to_a_plain_http_server_is_an_error(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()

            def answer() -> None:
                connection, _ = server.accept()
                with connection:
                    connection.recv(100)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

            threading.Thread(target=answer, daemon=True).start()
            monkeypatch.setenv("DOCKER_TLS", "1")
            monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
            with pytest.raises(DataError, match="TLS failed"):
                open_target(f"tcp://127.0.0.1:{server.getsockname()[1]}", Reading(), QUICK)

    @pytest.mark.parametrize(
        "url",
        [
            "ssh://",
            "ssh://me:secret@host",
            "tcp://h:x",
            "npipe:////./pipe/x",
            "tcp://h:99999",
        ],
    )
    def test_an_invalid_engine_address_is_refused(self, url: str) -> None:
        with pytest.raises(DataError, match="is not a Docker Engine address"):
            open_target(url, Reading(), QUICK)

    def test_a_socket_whose_path_is_too_long(self) -> None:
        with pytest.raises(DataError, match=r"this socket's path is 201 bytes long, but at most \d{3} are allowed"):
            open_target(f"unix:///{'x' * 200}", Reading(), QUICK)

    def test_an_unsupported_docker_host_protocol_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "fd://")
        with pytest.raises(DataError, match="is not a Docker Engine address: fd protocol"):
            open_target("", Reading(), QUICK)

    def test_ssh_that_refuses(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(DataError, match=f"SSH failed.*ssh me@127.0.0.1:{port} docker version") as caught:
            open_target(f"ssh://me@127.0.0.1:{port}", Reading(), QUICK)
        assert caught.value.where == f"ssh://me@127.0.0.1:{port}"

    def test_tcp(self) -> None:
        """TCP connections are used like sockets."""
        replay = Replay(load(ENGINE))
        with serving_tcp(replay) as url:
            (case,) = open_target(url, Reading(), QUICK).cases
        assert [image.id for image in case.store.images] == IDS
        assert replay.connections <= THREADS + 1

    def test_asking_for_the_version_only_has_a_timeout(self, tmp_path: Path) -> None:
        replay = Replay(load(ENGINE))
        with serving(replay, tmp_path / "docker.sock") as url:
            assert ask_version(url, 2.0) == "28.5.2"
            replay.hook = lambda _: Raw(hang=True)
            begun = time.monotonic()
            with pytest.raises(DataError, match=r"0\.2 seconds"):
                ask_version(url, 0.2)
            assert time.monotonic() - begun < 1.5
        assert replay.paths() == ["/version", "/version"]


# Limits


@pytest.mark.parametrize(
    ("limits", "printed"),
    [
        (Limits(histories=60), "more than 60 history entries"),
        (Limits(layers=30), "more than 30 layers"),
        (Limits(memory=180_000), "more than 180,000 bytes of memory"),
    ],
    ids=["history", "layers", "memory"],
)
def test_images_are_read_as_far_as_the_budget_goes(limits: Limits, printed: str, tmp_path: Path) -> None:
    store, _ = read(lambda _: None, tmp_path, Reading(budget=Budget(limits)))
    assert [image.id for image in store.images] == IDS
    (problem,) = store.problems
    assert problem.what.startswith("reading stopped, so ")
    assert printed in problem.what
    unread = [image for image in store.images if image.doubt("config") is not None]
    assert 0 < len(unread) < len(IDS)
    for image in unread:
        doubt = image.doubt("config")
        assert doubt is not None
        assert printed in doubt.reason


@pytest.mark.parametrize("kind", ["json", "history"])
def test_a_deeply_nested_response_affects_only_one_image(kind: str, tmp_path: Path) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    body = deep if kind == "history" else b'{"Id":"%b","Config":{"x":%b}}' % (IDS[5].encode(), deep)
    store, _ = read(at(IDS[5], (200, body), kind), tmp_path)
    assert [image.id for image in store.images] == IDS
    doubt = store.by_id[IDS[5]].doubt("config" if kind == "json" else "history.created_by")
    assert doubt is not None
    assert "nested more than 200 levels deep" in doubt.reason


def test_a_list_that_is_nested_very_deeply_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nested more than 200 levels deep"):
        read(lambda path: (200, b"[" * 1_000_000) if path.endswith("images/json") else None, tmp_path)


def test_at_most_a_thousand_problems_are_listed(tmp_path: Path) -> None:
    good: list[Any] = load(ENGINE)["1.51"]["images"][:1]
    bad = [{"Id": f"x{number}"} for number in range(3000)]
    store, _ = read(lambda path: (200, [*bad, *good]) if path.endswith("images/json") else None, tmp_path)
    assert len(store.images) == 1
    assert len(store.problems) == 1001
    assert store.problems[-1].what == "2,000 more problems are not listed"


def test_the_number_of_checked_list_entries_is_limited(tmp_path: Path) -> None:
    good: list[Any] = load(ENGINE)["1.51"]["images"][:3]
    replay = Replay(load(ENGINE), lambda path: (200, [*good, *[7] * 50]) if path.endswith("images/json") else None)
    with serving(replay, tmp_path / "docker.sock") as url:
        opened = open_target(url, Reading(budget=Budget(Limits(images=10))), QUICK)
    assert len(opened.cases[0].store.images) == 3
    printed = [str(problem) for problem in opened.problems]
    assert len([text for text in printed if "in the list" in text]) == 7
    assert len([text for text in printed if "more than 10 images; the rest were not read" in text]) == 1


def test_reasons_of_many_unreadable_images_are_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_MAX_REASONS", 3)
    listed = [{"Id": f"sha256:{n:064x}"} for n in range(20)]
    store, _ = read(lambda path: (200, listed) if path.endswith("images/json") else None, tmp_path)
    doubts = [image.doubt("config") for image in store.images]
    reasons = [doubt.reason for doubt in doubts if doubt is not None]
    assert len(reasons) == 20
    assert len(set(reasons)) == 4
    assert reasons.count("the image could not be read, and neither could 19 others") == 17


def test_unreadable_responses_are_not_kept_in_memory(tmp_path: Path) -> None:
    """The reason for each unreadable image is kept, but not what the engine sent."""
    dumps = {"1.44": load(ENGINE)["1.44"]}
    dumps["1.44"]["version"]["ApiVersion"] = "1.44"
    one = dumps["1.44"]["images"][0]
    dumps["1.44"]["images"] = [{**one, "Id": f"sha256:{n:064x}"} for n in range(100)]
    junk = b"[" + b" " * 1_000_000
    replay = Replay(dumps, lambda path: (200, junk) if path.endswith("/json") and "sha256" in path else None)
    with serving(replay, tmp_path / "docker.sock") as url:
        tracemalloc.start()
        opened = open_target(url, Reading(), Timeouts(10, 10, 60))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert len(opened.problems) == 51
    assert peak < 60_000_000
