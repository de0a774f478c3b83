"""The socket that clients connect to is only accessible to the user."""

from __future__ import annotations

import socket
import stat
import sys
from pathlib import Path

import pytest

from cacheview.model import DataError
from cacheview.watch.listener import listen

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Python has no Unix sockets on Windows")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_socket_is_private_and_in_the_runtime_folder(short_folder: Path) -> None:
    listening = listen(str(short_folder))
    try:
        assert listening.path == short_folder / "cacheview" / "docker.sock"
        assert listening.url == f"unix://{listening.path}"
        assert (mode(listening.path), mode(listening.path.parent)) == (0o600, 0o700)
    finally:
        listening.close()
    assert not listening.path.exists()


def test_xdg_runtime_dir_sets_the_socket_folder(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_folder))
    listening = listen()
    listening.close()
    assert listening.path.parent.parent == short_folder


def test_the_socket_is_in_a_temporary_folder_without_a_runtime_folder(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(short_folder))
    listening = listen("")
    assert (mode(listening.path), mode(listening.path.parent)) == (0o600, 0o700)
    listening.close()
    assert list(short_folder.iterdir()) == []


def test_a_world_accessible_socket_folder_is_made_private(short_folder: Path) -> None:
    (short_folder / "cacheview").mkdir(mode=0o755)
    listening = listen(str(short_folder))
    listening.close()
    assert mode(short_folder / "cacheview") == 0o700


def test_a_link_in_place_of_the_folder_is_refused(short_folder: Path) -> None:
    (short_folder / "elsewhere").mkdir()
    (short_folder / "cacheview").symlink_to("elsewhere")
    with pytest.raises(DataError, match="is not a folder that you own"):
        listen(str(short_folder))


def test_a_second_program_gets_a_name_of_its_own(short_folder: Path) -> None:
    first = listen(str(short_folder))
    second = listen(str(short_folder))
    assert (first.path.name, second.path.name) == ("docker.sock", "docker-2.sock")
    first.close()
    third = listen(str(short_folder))
    assert third.path.name == "docker.sock"
    second.close()
    third.close()


def test_a_leftover_socket_file_is_replaced(short_folder: Path) -> None:
    folder = short_folder / "cacheview"
    folder.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(folder / "docker.sock"))
    listening = listen(str(short_folder))
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(listening.path))
    listening.close()


def test_a_socket_path_that_is_too_long_is_refused(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    with pytest.raises(DataError, match="at most 103 bytes"):
        listen(str(long))


def test_a_system_without_unix_sockets_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(DataError, match="requires Unix sockets, which Python does not support on this system"):
        listen(str(tmp_path))
