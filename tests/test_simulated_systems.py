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
for system, lacking, commands, picture in json.loads(sys.argv[1]):
    process = os.fork()
    if process == 0:
        break
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if status:
        os._exit(status)
if process:
    os._exit(0)
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


@pytest.fixture(scope="module")
def all_results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The answers of a process for each system, in which Python lacks everything that the system lacks."""
    folders = {system: tmp_path_factory.mktemp(system) for system in LACKING}
    requests = []
    for system, folder in folders.items():
        (folder / "context").mkdir()
        (folder / "context" / "Dockerfile").write_text("FROM scratch\nCOPY a /\n")
        (folder / "context" / "a").write_bytes(b"1\r\n\x1a2\n")
        (folder / "context" / "a").chmod(0o600)
        suite = folder / "suite.jsonl"
        commands = [
            ["replay", "--store", "demo:", "--record", str(folder / "build.jsonl"), str(folder / "context")],
            ["save", "demo:", str(suite)],
            ["check", str(suite)],
            ["watch", "--host", "tcp://127.0.0.1:9"],
            ["explain", "engine:npipe:////./pipe/docker_engine", "--parent", "scratch", "--config", "-"],
        ]
        requests.append([system, LACKING[system], commands, str(folder / "window.png")])
    ended = subprocess.run(
        [sys.executable, "-B", "-c", LIBRARIES + RUNNING, json.dumps(requests)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path_factory.mktemp("home"))},
    )
    assert ended.returncode == 0, ended.stderr
    results = {}
    for (system, folder), line in zip(folders.items(), ended.stdout.splitlines(), strict=True):
        count, keys, answers = json.loads(line)
        results[system] = {
            "system": system,
            "modules": count,
            "keys": keys,
            "picture": folder / "window.png",
            "record": folder / "build.jsonl",
            **dict(zip(("replay", "save", "check", "watch", "pipe"), answers, strict=True)),
        }
    return results


@pytest.fixture(params=LACKING)
def results(request: pytest.FixtureRequest, all_results: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The answers on one system."""
    return all_results[request.param]


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
