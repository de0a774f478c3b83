"""Every command, with hostile texts and failing streams: its output affects nothing and imitates nothing."""

from __future__ import annotations

import errno
import functools
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from every_command import PRETENDS, Hostile, hostile, printed, quiet, watching

pytestmark = pytest.mark.slow

ENCODINGS = ("utf-8", "ascii", "latin-1")


@pytest.fixture(scope="module")
def all_hostile() -> Iterator[Hostile]:
    with tempfile.TemporaryDirectory(prefix="cacheview-") as folder, hostile(Path(folder)) as made:
        yield made


@functools.cache
def usual(*arguments: str) -> tuple[int, str, str]:
    """The status and output of a command with working streams."""
    return printed([*arguments])


def problem_with(arguments: list[str], encoding: str) -> str:
    """What is wrong with a command's output, or ""."""
    status, out, error = usual(*arguments) if encoding == "utf-8" else printed(arguments, encoding)
    if status not in range(5) or "Traceback" in error or not out + error:
        return f"status {status}: {error}"
    for text in (out, error):
        if not quiet(text) or set(PRETENDS) & set(text.split("\n")):
            return ascii(text)
    if "--json" in arguments and status != 2:
        json.loads(out)
    return ""


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_command_prints_unprintable_characters(all_hostile: Hostile, encoding: str) -> None:
    wrong = {name: problem_with(arguments, encoding) for name, arguments in all_hostile.commands.items()}
    assert {name: why for name, why in wrong.items() if why} == {}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_unprintable_characters_are_printed_while_watching(encoding: str) -> None:
    with watching() as arguments:
        assert problem_with(arguments, encoding) == ""


# Failing streams

FULL = "cacheview: standard output: No space left on device"


def everything(all_hostile: Hostile) -> Iterator[tuple[str, list[str]]]:
    yield from all_hostile.commands.items()
    with watching() as arguments:
        yield "watch", arguments
    yield "help", ["replay", "--help"]


def test_failed_output_gives_an_error_status(all_hostile: Hostile) -> None:
    for name, arguments in everything(all_hostile):
        status, out, error = usual(*arguments)
        full = printed(arguments, failing=OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        gone = printed(arguments, failing=BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)))
        assert full[0] == (74 if out else status), name
        assert gone[0] == (141 if out else status), name
        assert full[2].count(FULL) == bool(out), name
        for reported in (full, gone):
            assert set(reported[2].splitlines()) <= {*error.splitlines(), FULL}, name


def test_streams_that_are_closed_change_no_answer(all_hostile: Hostile) -> None:
    for name, arguments in everything(all_hostile):
        status, out, error = printed(arguments)  # now, since some commands print the time
        reads_input = "-" in arguments
        unused = () if reads_input else ("stdin",)
        assert printed(arguments, closed=("stdout", *unused)) == (status, "", error), name
        assert printed(arguments, closed=("stderr", *unused)) == (status, out, ""), name
        if reads_input:
            assert "standard input is closed" in printed(arguments, closed=("stdin",))[2], name


def test_arguments_that_are_not_utf8_are_shown_as_bytes(all_hostile: Hostile) -> None:
    name = os.fsdecode(b"\xff\x9b")
    for command, arguments in all_hostile.commands.items():
        given = [argument.replace(all_hostile.text, name) for argument in arguments]
        if given != arguments:
            status, out, error = printed(given)
            assert status in range(5), (command, error)
            assert quiet(out), command
            assert quiet(error), command
