"""macOS and Windows as far as they can be simulated: every module loads, and the main features and the window work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cacheview.watch.listener import _NO_UNIX_SOCKETS

pytestmark = pytest.mark.slow

LIBRARIES = """\
import importlib, io, json, os, pkgutil, signal, socket, sys, sysconfig, time
import asyncio, bz2, concurrent.futures.thread, gzip, http.server, importlib.resources, lzma, multiprocessing.connection
import shutil, socketserver, ssl, subprocess, tarfile, tempfile
import ahocorasick_rs, docker.transport, google.protobuf.descriptor_pool, grpc, h11, packaging.version, platformdirs
import PySide6.QtWidgets, pydantic, re2, requests, shtab, urllib3.connectionpool, yaml, zstandard
platformdirs.user_cache_dir("any")
sysconfig.get_config_vars()
"""
"""Other libraries, imported first because they have code for each system and would look for that system's modules."""

LACKING = {
    "darwin": (
        "os: getxattr listxattr setxattr removexattr sched_getaffinity sched_setaffinity posix_fadvise fdatasync",
    ),
    "win32": (
        "os: getxattr listxattr setxattr removexattr sched_getaffinity sched_setaffinity posix_fadvise fdatasync "
        "O_NOFOLLOW O_CLOEXEC O_NONBLOCK O_DIRECTORY major minor makedev getuid geteuid getgid getegid getgroups "
        "fchmod fchown lchown chown mkfifo mknod fork statvfs uname getpgid setsid pread pwrite killpg",
        "socket: AF_UNIX",
        "signal: SIGHUP SIGKILL SIGALRM SIGPIPE SIGUSR1",
        "modules: fcntl grp pwd resource termios syslog",
    ),
}

RUNNING = """\
system, lacking, commands, picture = json.loads(sys.argv[1])
for each in lacking:
    place, _, names = each.partition(": ")
    for name in names.split():
        if place == "modules":
            sys.modules[name] = None
        elif hasattr(sys.modules[place], name):
            delattr(sys.modules[place], name)
os.supports_dir_fd = set() if system == "win32" else os.supports_dir_fd
sys.platform = system
import cacheview
modules = [info.name for info in pkgutil.walk_packages(cacheview.__path__, "cacheview.")]
for name in modules:
    if not name.endswith("__main__"):
        importlib.import_module(name)
from contextlib import redirect_stderr, redirect_stdout
from cacheview.cli import main
answers = []
for arguments in commands:
    out, error = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(error):
        status = main(arguments)
    answers.append([status, out.getvalue(), error.getvalue()])
from PySide6.QtWidgets import QApplication
from cacheview.ui.settings import Settings
from cacheview.ui.theme import apply_theme
from cacheview.ui.window import MainWindow
app = QApplication([])
apply_theme(app)
window = MainWindow(Settings(forgetful=True))
window.show()
window.settled.connect(app.exit)
window.open("demo:")
app.exec()
window.grab().save(picture)
window.close()
print(json.dumps([len(modules), dict(window.commands.listed()), answers]), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module", params=LACKING)
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The answers of a process in which Python lacks everything that the system lacks."""
    folder = tmp_path_factory.mktemp("simulated")
    (folder / "context").mkdir()
    (folder / "context" / "Dockerfile").write_text("FROM scratch\nCOPY a /\n")
    (folder / "context" / "a").write_bytes(b"1\r\n\x1a2\n")
    (folder / "context" / "a").chmod(0o600)
    suite, picture = folder / "suite.jsonl", folder / "window.png"
    commands = [
        ["replay", "--store", "demo:", "--record", str(folder / "build.jsonl"), str(folder / "context")],
        ["save", "demo:", str(suite)],
        ["check", str(suite)],
        ["watch", "--host", "tcp://127.0.0.1:9"],
        ["explain", "engine:npipe:////./pipe/docker_engine", "--parent", "scratch", "--config", "-"],
    ]
    ended = subprocess.run(
        [
            *(sys.executable, "-B", "-c", LIBRARIES + RUNNING),
            json.dumps([request.param, LACKING[request.param], commands, str(picture)]),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(folder)},
    )
    assert ended.returncode == 0, ended.stderr
    count, keys, answers = json.loads(ended.stdout.splitlines()[0])
    names = ("replay", "save", "check", "watch", "pipe")
    return {
        "system": request.param,
        "modules": count,
        "keys": keys,
        "picture": picture,
        "record": folder / "build.jsonl",
        **dict(zip(names, answers, strict=True)),
    }


def test_every_module_loads_and_the_window_is_drawn(results: dict[str, Any]) -> None:
    assert results["modules"] > 500
    assert Path(results["picture"]).read_bytes().startswith(b"\x89PNG")


def test_a_folder_is_packed_like_the_docker_cli_of_the_system_does(results: dict[str, Any]) -> None:
    assert results["replay"][2] == ""
    record = json.loads(Path(results["record"]).read_text())
    sent = {member["name"]: member["mode"] for member in record["members"]}
    if results["system"] == "win32":
        assert (record["client"], sent["a"]) == ("windows", 0o755)
    else:
        assert (record["client"], sent["a"]) == ("docker-cli", 0o600)


def test_a_store_is_saved_and_checked(results: dict[str, Any]) -> None:
    assert results["save"][0] == 0
    assert results["check"][0] == 0


def test_a_missing_socket_or_pipe_is_reported_in_one_line(results: dict[str, Any]) -> None:
    for name, words in (
        ("watch", _NO_UNIX_SOCKETS if results["system"] == "win32" else "nothing is listening there"),
        ("pipe", "only Windows has named pipes"),  # the simulating process is not on Windows
    ):
        status, _, complaint = results[name]
        assert status == 2
        assert words in complaint
        assert len(complaint.splitlines()) == 1


def test_no_shortcut_is_reserved_by_the_system(results: dict[str, Any]) -> None:
    """⌘H hides a program, ⌘M minimizes it, and ⌘, opens its settings. Qt shows Ctrl as ⌘."""
    kept = {"Ctrl+H", "Ctrl+M", "Ctrl+,", "Ctrl+Space", "Ctrl+Tab"} if results["system"] == "darwin" else set()
    assert not kept & set(results["keys"].values())
    assert len(results["keys"]) > 30
