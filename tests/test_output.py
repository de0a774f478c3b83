"""Output never controls a terminal, and the program exits properly if it cannot print."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from every_command import hostile_suite, quiet
from forked import COMMANDS, PROGRAM, run_forked

from cacheview.output import Stream, print_json

pytestmark = pytest.mark.slow

LIMITS = "ulimit -t 50; ulimit -v 1000000; "
"""The CPU seconds and kB of address space that a process of these tests may use."""


def run(
    *arguments: str | bytes, encoding: str = "utf-8", cwd: Path | None = None, **streams: object
) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a separate process."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        ["sh", "-c", f'{LIMITS} exec "$@"', "sh", sys.executable, "-m", "cacheview", *arguments],
        env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
        timeout=60,
        cwd=cwd,
        **streams,
    )


def shell(script: str) -> subprocess.CompletedProcess[bytes]:
    """Run a shell script in which ``$@`` is the program."""
    return subprocess.run(
        ["sh", "-c", LIMITS + script, "sh", sys.executable, "-m", "cacheview"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


def printed(
    *arguments: str, encoding: str = "utf-8", stdout: int | None = None, stderr: int | None = None, closed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the program in a process that has already loaded its modules.

    ``closed``: the name of a standard stream that is closed before, as Python finds it when it starts.
    """
    close = f"import os, sys; os.close(sys.{closed}.fileno()); sys.{closed} = None\n" if closed else ""
    return run_forked(close + PROGRAM, *arguments, modules=COMMANDS, encoding=encoding, streams=(None, stdout, stderr))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("more", [[], ["--json"], ["--help"]])
def test_every_terminal_can_print_it(encoding: str, more: list[str]) -> None:
    ended = printed("explain", "demo:", "--probe", "1", *more, encoding=encoding)
    assert ended.returncode == (0 if more == ["--help"] else 1)
    assert ended.stderr == ""
    assert "\ufffd" not in ended.stdout
    if more == ["--json"]:
        assert json.loads(ended.stdout) == json.loads(printed("explain", "demo:", "--probe", "1", "--json").stdout)


def test_a_process_prints_in_the_encoding_of_its_environment() -> None:
    ended = run("explain", "demo:", "--probe", "1", encoding="ascii")
    assert (ended.returncode, ended.stderr) == (1, b"")
    assert ended.stdout.isascii()
    assert ended.stdout.decode() == printed("explain", "demo:", "--probe", "1", encoding="ascii").stdout


def test_json_is_escaped_for_a_limited_output_encoding() -> None:
    behind = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    document = {"é…": "\U0001f600 – \x1b"}
    stream = Stream(behind)
    stream_before, sys.stdout = sys.stdout, stream
    try:
        print_json(json.dumps(document, ensure_ascii=False).replace("\x1b", "\\u001b"))
    finally:
        sys.stdout = stream_before
    behind.flush()
    assert json.loads(behind.buffer.getvalue()) == document  # type: ignore[attr-defined]


def test_a_file_name_that_is_not_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x9b.jsonl")
    Path(name).write_bytes(hostile_suite(tmp_path).read_bytes())
    for more in ([], ["--json"]):
        ended = printed("explain", name, "--probe", "1", *more)
        assert ended.returncode in (0, 1, 2)
        assert quiet(ended.stdout + ended.stderr)
        assert "\ufffd" not in ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
    assert rb"\xff\x9b" in run("check", os.fsencode(name)).stdout
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY * /x/\n")
    ended = printed("replay", str(tmp_path), "--store", "demo:", "--json")
    assert ended.returncode in (1, 3)
    assert quiet(ended.stdout)
    json.loads(ended.stdout)


FULL = Path("/dev/full")
FILLING = [["explain", "demo:", "--probe", "1"], ["--help"]]
"""Other commands are tested in this process."""


@pytest.mark.skipif(not FULL.exists(), reason="the machine has no /dev/full")
@pytest.mark.parametrize("arguments", FILLING)
def test_a_full_device_is_reported_in_one_line(arguments: list[str]) -> None:
    with FULL.open("wb") as full:
        ended = printed(*arguments, stdout=full.fileno())
    assert ended.returncode == 74
    assert ended.stderr == "cacheview: standard output: No space left on device\n"


@pytest.mark.skipif(not FULL.exists(), reason="the machine has no /dev/full")
def test_the_exit_status_is_kept_if_stderr_is_not_writable() -> None:
    with FULL.open("wb") as full:
        refused = printed("explain", "demo:", "--parent", "nowhere", "--config", "-", stderr=full.fileno())
        assert refused.returncode == 2
        assert printed("explain", "demo:", "--probe", "2", stderr=full.fileno()).returncode == 0


def test_a_closed_output_pipe_exits_with_the_sigpipe_status() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = run("explain", "demo:", "--probe", "1", "--all", stdout=writing)
    finally:
        os.close(writing)
    assert ended.returncode == 128 + signal.SIGPIPE
    assert ended.stderr == b""


def test_closed_streams() -> None:
    assert shell('"$@" explain demo: --probe 1 >&- 2>&-').returncode == 1
    ended = shell('"$@" explain demo: --parent "" --config - <&-')
    assert (ended.returncode, ended.stderr) == (2, b"cacheview: --config: standard input is closed\n")


def test_one_closed_output_stream() -> None:
    ended = printed("explain", "demo:", "--probe", "2", closed="stdout")
    assert (ended.returncode, ended.stderr) == (0, "")
    ended = printed("explain", "nowhere:", "--probe", "1", closed="stderr")
    assert (ended.returncode, ended.stdout) == (2, "")


def test_a_stream_is_closed_after_its_underlying_stream_was_closed() -> None:
    behind = io.StringIO()
    stream = Stream(behind)
    stream.write("text")
    behind.close()
    stream.flush()
    stream.close()
    with pytest.raises(ValueError, match="closed"):
        Stream(behind).write("more")
