"""Replaying a build in another thread: which files are read, and which are not read again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from replay_kit import opened_of, real_build, write_context

from cacheview.cases import daemon_of
from cacheview.dockerfile.context import FolderContext, hashing
from cacheview.ui.replay.build import build_at
from cacheview.ui.replay.replayer import Replayer, ReplayRequest, ReplayResult


class Reported:
    """Records what work reports, in this thread."""

    def __init__(self) -> None:
        self.whats: list[str] = []

    def __call__(self, done: int, total: int | None, what: str) -> None:
        self.whats.append(what)

    def commit(self) -> None: ...

    def fault(self, error: Exception) -> None:
        raise error

    def part(self, make: Callable[[], object], *, last: bool = False) -> None:
        make()


@pytest.fixture
def replay_request(tmp_path: Path) -> ReplayRequest:
    case = real_build("site/again")
    context = write_context(case, tmp_path / "site")
    build = build_at(context).model_copy(update={"client": "docker-cli"})  # not the client of the engine's own release
    opened = opened_of(case).cases[0]
    return ReplayRequest(build, opened.store, daemon_of(opened))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read. Recent changes count as settled, and checksums of small files are kept too."""
    monkeypatch.setattr(hashing, "_SETTLED_AFTER_NS", -(10**10))
    monkeypatch.setattr("cacheview.ui.replay.replayer._MIN_KEPT_BYTES", 1)
    paths: list[str] = []
    real = FolderContext.read

    def reading(self: FolderContext, path: str, *, follow: bool = False) -> object:
        paths.append(path)
        return real(self, path, follow=follow)

    monkeypatch.setattr(FolderContext, "read", reading)
    return paths


def reported(replayer: Replayer, replay_request: ReplayRequest) -> ReplayResult:
    result = replayer.replaying(replay_request)(Reported())
    assert isinstance(result, ReplayResult)
    return result


def test_files_are_read_once(replay_request: ReplayRequest, read: list[str], tmp_path: Path) -> None:
    replayer = Replayer(tmp_path / "records")
    assert reported(replayer, replay_request).replay.all_cached
    assert sorted(read) == ["css/print.css", "css/site.css", "page.html"]
    assert reported(replayer, replay_request).replay.all_cached
    assert len(read) == 3
    assert reported(Replayer(tmp_path / "records"), replay_request).replay.all_cached
    assert len(read) == 3  # not read in the next session either
    (tmp_path / "site" / "page.html").write_text("other")
    assert not reported(replayer, replay_request).replay.all_cached
    assert read[3:] == ["page.html"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"version": 1, "sums": [[1]]}', b"\xff" * 100])
def test_sums_that_cannot_be_read(
    replay_request: ReplayRequest, read: list[str], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "sums.json").write_bytes(content)
    result = reported(Replayer(tmp_path / "records"), replay_request)
    assert result.replay.all_cached
    assert result.problem == ""
    assert len(read) == 3


def test_a_folder_that_cannot_be_written(replay_request: ReplayRequest, read: list[str], tmp_path: Path) -> None:
    (tmp_path / "records").write_text("a file")
    result = reported(Replayer(tmp_path / "records"), replay_request)
    assert result.replay.all_cached
    assert "records" in result.problem


def test_a_replayer_without_a_folder_writes_nothing(
    replay_request: ReplayRequest, read: list[str], tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert reported(Replayer(), replay_request).replay.all_cached
    assert sorted(tmp_path.rglob("*")) == before
