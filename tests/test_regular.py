"""Regular files are opened without waiting, and nothing else is opened."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cacheview.regular import NotRegularError, is_missing, open_to_read

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such special files")


def content(path: Path, *, follow: bool) -> bytes:
    with open(open_to_read(path, follow=follow), "rb") as file:
        return file.read()


def test_a_link_is_followed_only_if_asked(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("file")
    assert content(tmp_path / "file", follow=False) == content(tmp_path / "link", follow=True) == b"text"
    with pytest.raises(NotRegularError) as caught:
        open_to_read(tmp_path / "link", follow=False)
    assert stat.S_ISLNK(caught.value.mode)


def test_a_path_that_cannot_be_looked_up_is_not_missing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert is_missing(tmp_path / "none")
    assert is_missing(tmp_path / "file" / "below")
    assert not is_missing(tmp_path / "file")
    assert not is_missing(tmp_path / ("n" * 300))
    assert not is_missing("a\0b")


def test_paths_that_are_not_regular_files_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    opened: list[object] = []
    monkeypatch.setattr(os, "open", lambda *given, **_: opened.append(given))
    for path, is_it in ((tmp_path / "pipe", stat.S_ISFIFO), (tmp_path, stat.S_ISDIR), (Path(os.devnull), stat.S_ISCHR)):
        with pytest.raises(NotRegularError) as caught:
            open_to_read(path, follow=True)
        assert is_it(caught.value.mode)
    assert opened == []


def test_a_pipe_replacing_a_file_before_opening_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe without a writer replaces the checked file: opening it does not wait, and its descriptor is closed."""
    (tmp_path / "file").touch()
    real, descriptors = os.open, []

    def replacing(path: Path, flags: int, *, dir_fd: int | None) -> int:
        path.unlink()
        os.mkfifo(path)
        descriptors.append(real(path, flags, dir_fd=dir_fd))
        return descriptors[-1]

    monkeypatch.setattr(os, "open", replacing)
    with pytest.raises(NotRegularError):
        open_to_read(tmp_path / "file", follow=True)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptors[0])


def test_a_relative_path_starts_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        with open(open_to_read(b"file", follow=False, folder=folder), "rb") as file:
            assert file.read() == b"text"
    finally:
        os.close(folder)
