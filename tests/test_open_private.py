"""The program's own files are opened without any risk of hanging, and are readable only by the user."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cacheview.private import open_private
from cacheview.regular import NotRegularError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has neither POSIX file modes nor such files")


def test_a_world_readable_file_is_made_private(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"names")
    path.chmod(0o644)
    with open_private(path) as file:
        assert file.read() == b"names"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_opening_a_named_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "kept", 0o644)
    with pytest.raises(NotRegularError, match="not a regular file"):
        open_private(tmp_path / "kept")
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o644


def test_a_symlink_is_refused_and_its_target_is_unchanged(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "mine").chmod(0o644)
    (tmp_path / "kept").symlink_to("mine")
    with pytest.raises(NotRegularError, match="not a regular file"):
        open_private(tmp_path / "kept")
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o644
