"""Parsing what the daemon prints during a build, even if a container prints the same."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.watch.outcome import BuildOutcome, OutcomeReader

ID = f"sha256:{'a' * 64}"


def stream(*texts: str) -> bytes:
    return b"".join(json.dumps({"stream": text}).encode() + b"\r\n" for text in texts)


def step(number: int, total: int, text: str) -> tuple[str, str]:
    return (f"Step {number}/{total} : {text}", "\n")


BUILD = (
    *step(1, 4, "FROM base"),
    "# Executing 2 build triggers",
    "\n",
    " ---> Using cache\n",
    " ---> 111111111111\n",
    *step(2, 4, "COPY a /a"),
    " ---> Using cache\n",
    " ---> 222222222222\n",
    *step(3, 4, "RUN make"),
    " ---> Running in 999999999999\n",
    "some output\n",
    " ---> Removed intermediate container 999999999999\n",
    " ---> 333333333333\n",
    *step(4, 4, "CMD x"),
    " ---> Running in 888888888888\n",
    " ---> 444444444444\n",
    "Successfully built 444444444444\n",
)


def read(data: bytes, status: int = 200, *, complete: bool = True) -> BuildOutcome:
    reader = OutcomeReader(clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    reader.response_started(status)
    reader.feed(data)
    reader.end(complete=complete)
    return reader.outcome


def shown(outcome: BuildOutcome) -> list[tuple[int, str, bool | None, str, tuple[bool | None, ...]]]:
    return [(s.number, s.text, s.cached, s.image, s.triggers) for s in outcome.steps]


EXPECTED = [
    (1, "FROM base", False, "1" * 12, (True, False)),
    (2, "COPY a /a", True, "2" * 12, ()),
    (3, "RUN make", False, "3" * 12, ()),
    (4, "CMD x", False, "4" * 12, ()),
]


@given(st.lists(st.integers(0, 2000), max_size=30))
def test_a_build_stream_is_parsed_regardless_of_chunk_boundaries(cuts: list[int]) -> None:
    data = stream(*BUILD) + json.dumps({"aux": {"ID": ID}}).encode() + b"\r\n"
    ends = sorted({cut % len(data) for cut in cuts} | {0, len(data)})
    reader = OutcomeReader()
    reader.response_started(200)
    for start, end in itertools.pairwise(ends):
        reader.feed(data[start:end])
    reader.end(complete=True)
    outcome = reader.outcome
    assert shown(outcome) == EXPECTED
    assert (outcome.total, outcome.image, outcome.is_ok) == (4, ID, True)


@pytest.mark.parametrize(
    "printed",
    [
        ("Step 1/9 : FROM other", "\n", " ---> Using cache\n"),
        (" ---> Using cache\n",),
        ("Step 4/4 : CMD x", "\n", " ---> Using cache\n"),
        ("Step 2/4 : COPY a /a", "\n"),
        ("# Executing 3 build triggers",),
        ('{"stream": "Step 4/4 : x"}\r\n',),
    ],
)
def test_what_a_container_prints_is_not_the_builders(printed: tuple[str, ...]) -> None:
    place = BUILD.index("some output\n")
    assert shown(read(stream(*BUILD[:place], *printed, *BUILD[place:]))) == EXPECTED


def test_an_error_in_the_stream() -> None:
    error = json.dumps({"errorDetail": {"code": 1, "message": "no"}, "error": "no"}).encode() + b"\r\n"
    outcome = read(stream(*BUILD[:8]) + error)
    assert (outcome.error, outcome.is_ok, len(outcome.steps)) == ("no", False, 2)


def test_an_error_in_place_of_the_stream() -> None:
    outcome = read(b'{"message":"dockerfile parse error"}\n', 400)
    assert (outcome.error, outcome.is_ok) == ("dockerfile parse error", False)


def test_a_stream_that_breaks_off() -> None:
    outcome = read(stream(*BUILD[:8]), complete=False)
    assert (outcome.error, outcome.is_ok) == ("the connection to the engine was lost", False)


def test_a_quiet_build_has_an_image_and_no_steps() -> None:
    outcome = read(stream(f"{ID}\n"))
    assert (outcome.image, outcome.steps, outcome.is_ok) == (ID, (), True)


@given(st.binary(max_size=200))
def test_garbage_before_the_output_is_ignored(data: bytes) -> None:
    assert shown(read(data + b"\n" + stream(*BUILD))) == EXPECTED or b"{" in data


def test_an_endless_line_uses_limited_memory() -> None:
    reader = OutcomeReader()
    reader.response_started(200)
    for _ in range(20):
        reader.feed(b"x" * (1 << 20))
    assert len(reader._line) <= 9 << 20
    reader.feed(b"\n" + stream(*BUILD))
    assert shown(reader.outcome) == EXPECTED


def test_progress_reports_of_a_very_long_build_are_throttled() -> None:
    """Each report contains all steps, so together they would take quadratic time."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    reported: list[int] = []
    reader = OutcomeReader(lambda: reported.append(len(reader.outcome.steps)), clock=lambda: now)
    for number in range(1, 3001):
        reader.feed(stream(*step(number, 3000, "RUN x")))
    assert len(reported) == 1001
    now += timedelta(seconds=2)
    reader.feed(stream(" ---> Using cache\n"))
    reader.end(complete=True)
    assert reported[1000:] == [1001, 3000, 3000]


def test_triggers_are_counted_within_a_limit() -> None:
    outcome = read(stream(*step(1, 2, "FROM x"), "# Executing 99999 build triggers"))
    assert [len(each.triggers) for each in outcome.steps] == [1000]
