"""Opening a file in an editor that is really started, and the messages if there is none."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from cacheview.ui.editor.opening import Editor
from cacheview.ui.settings import Settings

SCRIPT = """
import json, os, sys
to, *given = sys.argv[1:]
with open(to + ".", "w") as file:
    json.dump([os.fsencode(each).hex() for each in given], file)
os.rename(to + ".", to)
"""


@pytest.fixture
def editor(tmp_path: Path, qapp: object) -> Editor:
    settings = Settings(tmp_path / "settings.ini")
    settings.editor = f"{shlex.join((sys.executable, '-S', '-c', SCRIPT, str(tmp_path / 'said')))} {{line}} {{file}}"
    return Editor(
        settings, environment={"XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_DIRS": "/", "XDG_CONFIG_DIRS": "/"}
    )


@pytest.mark.parametrize(
    "name",
    [
        b"Dockerfile",
        b"-rf",
        b"two words",
        b"a\nb",
        b"'; id; '\"",
        b"$(id)",
        b"{line}",
        b"Dockerfile:5",
        b"\xff",
        "ö\u202e".encode(),
    ],
    ids=repr,
)
def test_the_editor_gets_the_file_whatever_its_name(name: bytes, editor: Editor, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_text("FROM scratch\n")
    with qtbot.waitSignal(editor.opened):
        editor.open(str(path), 12)
    printed = tmp_path / "said"
    qtbot.waitUntil(printed.exists, timeout=20_000)
    line, given = (bytes.fromhex(each) for each in json.loads(printed.read_text()))
    assert (line, given) == (b"12", os.fsencode(path))


def test_a_relative_path_is_made_absolute(
    editor: Editor, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-g").write_text("FROM scratch\n")
    with qtbot.waitSignal(editor.opened) as printed:
        editor.open("-g", 0)
    assert printed.args is not None
    assert printed.args[0].startswith("Opening -g at line 1 in python")
    qtbot.waitUntil((tmp_path / "said").exists, timeout=20_000)
    assert bytes.fromhex(json.loads((tmp_path / "said").read_text())[1]) == os.fsencode(tmp_path / "-g")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("no-such-editor {file}", "no-such-editor could not be started: no such file or directory"),
        ("/etc/passwd {file}", "/etc/passwd could not be started: permission denied"),
        ("editor", "the command has no {file}"),
    ],
)
def test_an_editor_that_does_not_start_is_reported(
    command: str, why: str, editor: Editor, tmp_path: Path, qtbot: QtBot
) -> None:
    editor._settings.editor = command
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    with qtbot.waitSignal(editor.failed) as failed:
        editor.open(str(tmp_path / "Dockerfile"), 3)
    assert failed.args is not None
    assert failed.args[0].startswith(f"Dockerfile was not opened: {why}")


def test_a_file_that_is_gone_is_reported(editor: Editor, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(editor.failed) as failed:
        editor.open(str(tmp_path / "gone"), 3)
    assert failed.args is not None
    assert "the file no longer exists" in failed.args[0]


def test_the_desktop_opens_the_file_if_no_editor_is_set(
    editor: Editor, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened_urls: list[QUrl] = []

    def open_url(url: QUrl) -> bool:
        opened_urls.append(url)
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    editor._settings.editor = ""
    path = tmp_path / "a b#c%20?\n.dockerfile"
    path.write_text("FROM scratch\n")
    with qtbot.waitSignal(editor.opened) as opened:
        editor.open(str(path), 3)
    assert [url.toLocalFile() for url in opened_urls] == [str(path)]
    assert opened.args is not None
    assert opened.args[0].endswith("to open files at a line, choose an editor under Edit ▸ Editor for Dockerfiles")


def test_a_desktop_without_a_program_is_reported(
    editor: Editor, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: False)
    editor._settings.editor = ""
    for name, why in (
        ("Dockerfile", "no application is associated with this file. Choose an editor under"),
        (os.fsdecode(b"\xff"), "the path is not valid UTF-8"),
    ):
        (tmp_path / name).write_text("FROM scratch\n")
        with qtbot.waitSignal(editor.failed) as failed:
            editor.open(str(tmp_path / name), 3)
        assert failed.args is not None
        assert why in failed.args[0]


def test_the_default_desktop_editor_gets_the_line_number(editor: Editor, tmp_path: Path, qtbot: QtBot) -> None:
    editor._settings.editor = ""
    program = tmp_path / "kate"
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/said. && mv {tmp_path}/said. {tmp_path}/said\n")
    program.chmod(0o755)
    (tmp_path / "mimeapps.list").write_text("[Default Applications]\ntext/plain=k.desktop\n")
    applications = tmp_path / "share/applications"
    applications.mkdir(parents=True)
    (applications / "k.desktop").write_text(f"[Desktop Entry]\nExec={program} %U\n")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    editor._environment = {**editor._environment, "XDG_DATA_HOME": str(tmp_path / "share")}
    with qtbot.waitSignal(editor.opened):
        editor.open(str(tmp_path / "Dockerfile"), 3)
    qtbot.waitUntil((tmp_path / "said").exists, timeout=20_000)
    assert (tmp_path / "said").read_text() == f"--line\n3\n{tmp_path}/Dockerfile\n"
