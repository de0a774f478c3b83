"""Reading and writing suites of two sizes: the time, compared with parsing the same JSON, and the memory.

Each is measured in a separate process: its processor time, and its largest resident set as reported by Linux.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

SIZES = (2_000, 8_000)
MIB = 1 << 20

CHECK_OVER_PARSING = 12.0  # each line is also looked up in a separate cache
READ_OVER_PARSING = 6.0
OPEN_OVER_PARSING = 10.0
SAVE_OVER_WRITING = 3.0
GROWTH = 8 * MIB
"""How much the memory may grow if it does not depend on the size: the index of cases takes some."""

START = """
import json, psutil, sys, time
from pathlib import Path
path, out = Path(sys.argv[1]), Path(sys.argv[2])
def resident():
    # What getrusage reports begins with the size of the process that started this one.
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1024
from cacheview.cli import main
from cacheview.model import SuiteCase
from cacheview.stores.limits import Limits
from cacheview.stores.open import open_store
from cacheview.stores.save import suite_line, write_suite
from cacheview.stores.suite import read_suite
from cacheview.collector import rare_searches
"""
END = """
seconds = time.process_time() - begun
print(seconds, resident() - before, resident() - psutil.Process().memory_info().rss)
"""
DO = {
    "parse": "for line in path.open('rb'): json.loads(line)",
    "read": "for case in read_suite(path): assert isinstance(case, SuiteCase)",
    "check": "assert main(['check', str(path)]) == 0",
    "open": "opened = open_store(path, limits=Limits(held=1 << 20)); assert opened.cases[-1].store.images",
    "save": "write_suite(out, suite_line(opened.cases[0]))",
}
BEFORE = {
    "save": "opened = open_store(path)",
    "write": "opened = open_store(path)\ntext = path.read_text()\ndocument = json.loads(text)",
}
DO["write"] = "with out.open('w') as file: file.write(json.dumps(document))"


def image(number: int) -> dict[str, object]:
    """Return an image as in a real store: 2 KB, with twenty images in a chain."""
    row = range(number - number % 20, number + 1)
    history = [{"created": "2024-01-01T00:00:00Z", "created_by": f"/bin/sh -c #(nop)  ENV A={each}"} for each in row]
    config = {
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin", f"A={number}"],
        "Cmd": ["sh"],
        "Labels": {"n": str(number)},
    }
    return {
        "id": f"sha256:{number:064x}",
        "names": [f"app:{number}"],
        **({"parent": f"sha256:{number - 1:064x}"} if number % 20 else {}),
        "config": {
            "architecture": "amd64",
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{each:064x}" for each in row]},
            "history": history,
        },
    }


def many_lines(path: Path, count: int) -> Path:
    """Write a suite with this many cases of one image each."""
    probe = {"config": {"Cmd": ["x"]}, "expect": {"outcome": "miss"}}
    with path.open("w") as file:
        for number in range(count):
            case = {
                "rules": "containerd-71ebfc7",
                "name": f"case {number}",
                "images": [image(number)],
                "probes": [probe],
            }
            file.write(json.dumps(case, separators=(",", ":")) + "\n")
    return path


def one_line(path: Path, count: int) -> Path:
    """Write a suite of one case with this many images."""
    with path.open("w") as file:
        file.write('{"rules":"containerd-71ebfc7","images":[')
        for number in range(count):
            file.write("," * bool(number) + json.dumps(image(number), separators=(",", ":")))
        file.write("]}\n")
    return path


@dataclass(frozen=True)
class Measured:
    """Seconds of processor time; bytes by which the resident set grew; and those that were free again at the end."""

    seconds: float
    memory: int
    passing: int


def measured(what: str, path: Path) -> Measured:
    """Measure something once, in a separate process."""
    code = f"{START}\n{BEFORE.get(what, '')}\nbefore = resident()\nbegun = time.process_time()\n"
    code += f"with rare_searches():\n    {DO[what]}\n{END}"
    ended = subprocess.run(
        [sys.executable, "-c", code, path, path.with_suffix(".out")], capture_output=True, text=True, check=True
    )
    seconds, memory, passing = ended.stdout.split()[-3:]
    return Measured(float(seconds), int(memory), int(passing))


def report(what: str, path: Path, baseline: str = "parse") -> tuple[float, Measured]:
    """Return the ratio of the times, the smaller of two pairs, and the smallest of each measure."""
    pairs = [(measured(what, path), measured(baseline, path)) for _ in range(2)]
    ratio = min(ours.seconds / theirs.seconds for ours, theirs in pairs)
    least = Measured(*(min(getattr(ours, field.name) for ours, _ in pairs) for field in fields(Measured)))
    size = path.stat().st_size
    print(
        f"\n{what} {path.stem}, {size / 1e6:,.0f} MB: {size / least.seconds / 1e6:,.0f} MB/s, "
        f"{ratio:.1f} times {baseline}, {least.memory / MIB:,.0f} MiB more, {least.passing / MIB:,.0f} in passing"
    )
    return ratio, least


@pytest.mark.parametrize(
    ("what", "most"), [("read", READ_OVER_PARSING), ("check", CHECK_OVER_PARSING), ("open", OPEN_OVER_PARSING)]
)
def test_many_cases(what: str, most: float, benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    paths = [many_lines(tmp_path / f"{count}-lines.jsonl", count) for count in SIZES]
    (_, small), (ratio, large) = (report(what, path) for path in paths)
    benchmark.pedantic(measured, (what, paths[0]), rounds=1)
    assert ratio <= most
    assert large.memory - small.memory <= GROWTH


def test_a_one_line_store_opens_and_saves_in_limited_time_and_memory(
    benchmark: BenchmarkFixture, tmp_path: Path
) -> None:
    paths = [one_line(tmp_path / f"{count}-images.jsonl", count) for count in SIZES]
    (_, small), (ratio, large) = (report("open", path) for path in paths)
    benchmark.pedantic(measured, ("open", paths[0]), rounds=1)
    assert ratio <= OPEN_OVER_PARSING
    assert large.passing - small.passing <= GROWTH  # the line itself is never in memory
    (_, small), (ratio, large) = (report("save", path, "write") for path in paths)
    assert ratio <= SAVE_OVER_WRITING
    assert large.memory - small.memory <= GROWTH
