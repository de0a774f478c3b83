"""`cacheview check` on the vectors of all rule sets, compared with decompressing and parsing the same files.

pytest tests/benchmarks/bench_check.py -s

Both are measured in the same run, alternately, in processor time, so that other work on the machine affects both.
"""

from __future__ import annotations

import gc
import gzip
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cacheview.cli import main
from cacheview.model import SuiteCase, Timestamp

DATA = Path(__file__).parents[1] / "data"
FILES = sorted(str(file) for folder in ("vectors", "quirks") for file in (DATA / folder).glob("*.jsonl.gz"))
ROUNDS = 3
LIMIT = 4.0


def parsed_alone() -> int:
    """Return the number of probes in all files. pydantic-core parses each decompressed line, and nothing is kept."""
    probes = 0
    for file in FILES:
        with gzip.open(file) as stream:
            for line in stream:
                probes += len(SuiteCase.__pydantic_validator__.validate_json(line).probes)
    return probes


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    Timestamp.parse.cache_clear()  # as in a program that has just started
    start = time.process_time()
    work()
    return time.process_time() - start


def test_check_against_parsing(capsys: pytest.CaptureFixture[str]) -> None:
    probes = parsed_alone()
    assert main(["check", *FILES]) == 0
    assert capsys.readouterr().out == f"{probes} passed, 0 failed\n"
    rounds = [(seconds(parsed_alone), seconds(lambda: main(["check", *FILES]))) for _ in range(ROUNDS)]
    capsys.readouterr()
    parsing, checking = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(checked / parsed for parsed, checked in rounds)
    with capsys.disabled():
        print(
            f"\ncheck of {probes:,} probes: {checking:.2f} s, decompressing and parsing alone {parsing:.2f} s, "
            f"ratio {ratio:.2f}"
        )
    assert ratio <= LIMIT
