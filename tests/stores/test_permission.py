"""Who can read a file or connect to a socket, according to the mode's group, and the suggested remedy."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from cacheview.stores.permission import group_of, who_can

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no POSIX groups")


@pytest.mark.parametrize(
    ("mode", "name", "group"),
    [(0o640, "docker", "docker"), (0o620, "docker", ""), (0o604, "docker", ""), (0o640, "root", "")],
)
def test_the_group_is_named_only_if_it_may_read_the_file(
    mode: int, name: str, group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "file").chmod(mode)
    monkeypatch.setattr("grp.getgrgid", lambda _: SimpleNamespace(gr_name=name))
    assert group_of(os.stat(tmp_path / "file")) == group


@pytest.mark.parametrize(("mode", "group"), [(0o660, "docker"), (0o640, ""), (0o620, "docker")])
def test_connecting_to_a_socket_takes_the_write_bit(
    mode: int, group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grp.getgrgid", lambda _: SimpleNamespace(gr_name="docker"))
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "s"))
        (tmp_path / "s").chmod(mode)
        assert group_of(os.stat(tmp_path / "s")) == group


def test_a_group_without_a_name_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: int) -> object:
        raise KeyError

    monkeypatch.setattr("grp.getgrgid", unknown)
    assert group_of(os.stat(tmp_path)) == ""


def test_a_permission_problem_suggests_a_solution() -> None:
    assert who_can("use it") == "only root can use it. Run cacheview as root (sudo)"
    assert who_can("use it", "docker").endswith("Run `sudo usermod -aG docker $USER`, then log in again")
