"""Features that only Linux has are not required: macOS and Windows give the same answers without them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

pytestmark = pytest.mark.slow

WITHOUT = """\
import os, socket, stat, sys, time
import platformdirs  # which has a module of its own for each system
platformdirs.user_cache_dir("any")
gone = {
    os: "getxattr listxattr setxattr removexattr sched_getaffinity sched_setaffinity O_NOFOLLOW O_CLOEXEC O_NONBLOCK "
        "O_DIRECTORY major minor makedev getuid geteuid getgid getegid getgroups fchmod fchown lchown chown umask "
        "mkfifo mknod fork statvfs uname getpgid setsid pread pwrite posix_fadvise fdatasync",
    socket: "AF_UNIX",
}
for module, names in gone.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
for name in ("fcntl", "grp", "pwd", "resource", "termios", "syslog"):
    sys.modules[name] = None
"""
RUNNING = """\
import contextlib, io, json, sys
from cacheview.cli import main
answers = []
for arguments in json.loads(sys.argv[1]):
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        status = main(arguments)
    answers.append([status, out.getvalue(), error.getvalue()])
print(json.dumps(answers))
"""
ALIKE = (
    ("explain", "demo:", "--probe", "1"),
    ("audit", "demo:"),
    ("explain", "demo:", "--probe", "1", "--rules", "all"),
)
AT_A_SOCKET = ("explain", "engine:unix:///nowhere/docker.sock", "--parent", "scratch", "--config", "-")


@dataclass(frozen=True)
class CommandResult:
    """The result of a command line."""

    status: int
    output: str
    complaint: str


Answers = dict[tuple[str, ...], CommandResult]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """A command line that reads a context."""
    folder = tmp_path_factory.mktemp("context")
    (folder / "sub").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    (folder / "sub" / "a").write_bytes(b"1\r\n\x1a2\n")
    (folder / "link").symlink_to("sub/a")
    records = tmp_path_factory.mktemp("none") / "records"
    return ("replay", "--json", "--store", "demo:", "--records", str(records), str(folder))


def answers_of(script: str, commands: Sequence[tuple[str, ...]]) -> Answers:
    """The answers to these command lines from a process that runs the script first."""
    ended = subprocess.run(
        [sys.executable, "-B", "-c", script + RUNNING, json.dumps(commands)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return {command: CommandResult(*each) for command, each in zip(commands, json.loads(ended.stdout), strict=True)}


@pytest.fixture(scope="module")
def usual_answers(replayed: tuple[str, ...]) -> Answers:
    return answers_of("", (replayed, *ALIKE))


@pytest.fixture(scope="module")
def reduced_answers(replayed: tuple[str, ...]) -> Answers:
    """The answers when Python lacks everything that only Linux has."""
    return answers_of(WITHOUT, (replayed, *ALIKE, AT_A_SOCKET))


def test_a_context_has_the_same_sums(
    replayed: tuple[str, ...], usual_answers: Answers, reduced_answers: Answers
) -> None:
    assert reduced_answers[replayed] == usual_answers[replayed]
    assert '"path": "sub/a"' in reduced_answers[replayed].output


@pytest.mark.parametrize("arguments", ALIKE, ids=lambda arguments: " ".join(arguments[::2]))
def test_a_command_gives_the_same_output_on_the_other_system(
    arguments: tuple[str, ...], usual_answers: Answers, reduced_answers: Answers
) -> None:
    assert reduced_answers[arguments] == usual_answers[arguments]
    assert reduced_answers[arguments].output


def test_an_engine_at_a_unix_socket_is_reported_as_unreachable(reduced_answers: Answers) -> None:
    reported = reduced_answers[AT_A_SOCKET]
    assert reported.status == 2
    assert "Unix sockets" in reported.complaint
    assert "Traceback" not in reported.complaint
