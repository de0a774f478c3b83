"""What only Linux has is not needed: the same answers on macOS and Windows, where Python lacks it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
from cacheview.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run(*arguments: str, script: str = WITHOUT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", "-c", script, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


WITH = "import sys\nfrom cacheview.cli import main\nsys.exit(main(sys.argv[1:]))"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    (folder / "sub").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    (folder / "sub" / "a").write_bytes(b"1\r\n\x1a2\n")
    (folder / "link").symlink_to("sub/a")
    return folder


def test_a_context_has_the_same_sums(context: Path, tmp_path: Path) -> None:
    arguments = ("replay", "--json", "--store", "demo:", "--records", str(tmp_path / "records"), str(context))
    here, there = run(*arguments, script=WITH), run(*arguments)
    assert (there.returncode, there.stdout) == (here.returncode, here.stdout), there.stderr
    assert '"path": "sub/a"' in there.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "demo:", "--probe", "1"),
        ("audit", "demo:"),
        ("explain", "demo:", "--probe", "1", "--rules", "all"),
    ],
    ids=lambda arguments: " ".join(arguments[::2]),
)
def test_a_command_answers_alike(arguments: tuple[str, ...]) -> None:
    here, there = run(*arguments, script=WITH), run(*arguments)
    assert (there.returncode, there.stdout) == (here.returncode, here.stdout), there.stderr


def test_an_engine_at_a_unix_socket_is_told_to_be_out_of_reach() -> None:
    told = run("explain", "engine:unix:///nowhere/docker.sock", "--parent", "scratch", "--config", "-")
    assert told.returncode == 2
    assert "Unix sockets" in told.stderr
    assert "Traceback" not in told.stderr
