"""What is printed never acts on a terminal, and the program ends rightly where it cannot be printed."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cacheview.cli import main
from cacheview.output import Stream, print_json
from cacheview.visible import acts

pytestmark = pytest.mark.slow

LIMITS = "ulimit -t 50; ulimit -v 1000000; "
"""Seconds of the processor and kB of address space that a process of these tests may take."""

HOSTILE = "a\x1b[2J\x07\x9b31m\x7f\u202e\u2066\u2028\u200b\r\ttext"


def run(
    *arguments: str | bytes, encoding: str = "utf-8", cwd: Path | None = None, **streams: object
) -> subprocess.CompletedProcess[bytes]:
    """The program as a process of its own."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        ["sh", "-c", f'{LIMITS} exec "$@"', "sh", sys.executable, "-m", "cacheview", *arguments],
        env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
        timeout=60,
        cwd=cwd,
        **streams,
    )


def shell(script: str) -> subprocess.CompletedProcess[bytes]:
    """A script of the shell in which ``$@`` is the program."""
    return subprocess.run(
        ["sh", "-c", LIMITS + script, "sh", sys.executable, "-m", "cacheview"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


def quiet(printed: bytes) -> bool:
    text = printed.decode("utf-8", "surrogateescape")
    return not any(acts(character) for character in text if character != "\n")


def suite(folder: Path, text: str = HOSTILE) -> Path:
    """A suite with a hostile text in every place that is printed."""
    image = {
        "id": "sha256:" + "a" * 64,
        "names": [f"app:{text}"],
        "config": {
            "created": "2024-01-01T00:00:00Z",
            "docker_version": text,
            "container_config": {"Cmd": [text], "Labels": {text: text}},
            "history": [{"created_by": text, "comment": text}],
        },
        "doubts": [{"aspect": "container_config", "reason": text, "remedy": text}],
    }
    probe = {
        "name": text,
        "note": text,
        "parent": "",
        "config": {"Cmd": ["x"], "User": text},
        "cache_from": [text],
        "expect": {"outcome": "hit", "error": text},
    }
    file = folder / "hostile.jsonl"
    file.write_text(
        json.dumps({"rules": "containerd-71ebfc7", "name": text, "images": [image], "probes": [probe]})
        + "\n"
        + json.dumps({"rules": text, "images": [{"id": text, text: 1, "config": []}]})
    )
    return file


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "FILE", "--probe", "1"],
        ["explain", "FILE", "--probe", "1", "--all", "--rules", "all"],
        ["explain", "FILE", "--probe", "1", "--json", "--all"],
        ["explain", "FILE", "--probe", "1", "--json", "--rules", "all"],
        ["explain", "FILE", "--probe", HOSTILE + "\n"],
        ["explain", "FILE", "--parent", HOSTILE, "--config", "FILE"],
        ["explain", "FILE", "--case", HOSTILE],
        ["explain", HOSTILE, "--probe", "1"],
        ["explain", "FILE", HOSTILE],
        [f"--size={HOSTILE}"],
        ["audit", "FILE"],
        ["audit", "FILE", "--json"],
        ["audit", "FILE", "--rules", HOSTILE],
        ["check", "FILE"],
        ["check", HOSTILE],
    ],
)
def test_nothing_printed_acts(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(suite(tmp_path))
    main([file if argument == "FILE" else argument for argument in arguments])
    out, error = capsys.readouterr()
    assert out + error
    assert quiet((out + error).encode("utf-8", "surrogatepass"))
    if "--json" in arguments:
        json.loads(out)


def test_a_name_cannot_look_like_a_line_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(suite(tmp_path, "x\n9 passed, 0 failed\ncacheview: fine"))
    for arguments in (
        ["check", file],
        ["audit", file],
        ["explain", file, "--probe", "1"],
        ["explain", "a\ncacheview: fine"],
    ):
        main(arguments)
        out, error = capsys.readouterr()
        lines = [*out.splitlines(), *error.splitlines()]
        assert "9 passed, 0 failed" not in lines
        assert "cacheview: fine" not in lines


def test_a_replayed_dockerfile_with_hostile_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\nLABEL a='{HOSTILE}'\nENV {HOSTILE}=b\nFOO{HOSTILE} x\n")
    for more in ([], ["--json"], ["--target", HOSTILE], ["--platform", HOSTILE], ["--build-arg", HOSTILE]):
        main(["replay", str(tmp_path), "--store", "demo:", *more])
        out, error = capsys.readouterr()
        assert out + error
        assert quiet((out + error).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8:strict"])
@pytest.mark.parametrize("more", [[], ["--json"], ["--help"]])
def test_every_terminal_can_print_it(encoding: str, more: list[str]) -> None:
    ended = run("explain", "demo:", "--probe", "1", *more, encoding=encoding)
    assert ended.returncode == (0 if more == ["--help"] else 1)
    assert ended.stderr == b""
    ended.stdout.decode(encoding.partition(":")[0])
    if more == ["--json"]:
        assert json.loads(ended.stdout) == json.loads(run("explain", "demo:", "--probe", "1", "--json").stdout)


def test_json_keeps_what_the_encoding_lacks() -> None:
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
    name = os.fsencode(tmp_path) + b"/\xff\x9b.jsonl"
    Path(os.fsdecode(name)).write_bytes(suite(tmp_path).read_bytes())
    for more in ([], ["--json"]):
        ended = run("explain", name, "--probe", "1", *more)
        assert ended.returncode in (0, 1, 2)
        assert quiet(ended.stdout + ended.stderr)
        assert b"Traceback" not in ended.stderr
    assert rb"\xff\x9b" in run("check", name).stdout
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY * /x/\n")
    ended = run("replay", str(tmp_path), "--store", "demo:", "--json")
    assert ended.returncode in (1, 3)
    assert quiet(ended.stdout)
    json.loads(ended.stdout)


FULL = Path("/dev/full")
HAZARDS = str(Path(__file__).parent / "data" / "hazards.jsonl")
FILLING = [
    ["explain", "demo:", "--probe", "1"],
    ["audit", "demo:", "--json"],
    ["check", HAZARDS],
    ["replay", "FOLDER", "--store", "demo:"],
    ["--help"],
]


@pytest.mark.skipif(not FULL.exists(), reason="the machine has no /dev/full")
@pytest.mark.parametrize("arguments", FILLING)
def test_a_full_device_is_said_in_one_line(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nENV A=b\n")
    with FULL.open("wb") as full:
        ended = run(*(str(tmp_path) if each == "FOLDER" else each for each in arguments), stdout=full)
    assert ended.returncode == 74
    assert ended.stderr == b"cacheview: standard output: No space left on device\n"


@pytest.mark.skipif(not FULL.exists(), reason="the machine has no /dev/full")
def test_where_nothing_can_be_complained_the_status_still_holds() -> None:
    with FULL.open("wb") as full:
        assert run("explain", "demo:", "--parent", "nowhere", "--config", "-", stderr=full).returncode == 2
        assert run("explain", "demo:", "--probe", "2", stderr=full).returncode == 0


def test_a_reader_that_goes_away_is_no_answer() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = run("explain", "demo:", "--probe", "1", "--all", stdout=writing)
    finally:
        os.close(writing)
    assert ended.returncode == 128 + signal.SIGPIPE
    assert ended.stderr == b""


def test_closed_streams() -> None:
    assert shell('"$@" explain demo: --probe 2 >&-').returncode == 0
    assert shell('"$@" explain demo: --probe 1 >&- 2>&-').returncode == 1
    ended = shell('"$@" explain demo: --parent "" --config - <&-')
    assert (ended.returncode, ended.stderr) == (2, b"cacheview: --config: standard input is closed\n")
    ended = shell('"$@" explain nowhere: --probe 1 2>&-')
    assert (ended.returncode, ended.stdout) == (2, b"")
