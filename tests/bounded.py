"""Runs the program in a separate process with limited memory and time."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from forked import COMMANDS, PROGRAM, run_forked

__all__ = ["MIB", "Run", "run_bounded"]

MIB = 1024 * 1024


@dataclass(frozen=True)
class Run:
    """How a process ended. ``peak``: the most memory that it used, in bytes."""

    status: int
    output: str
    peak: int


_RUNNER: Final = """
import atexit, importlib, json, re, resource, sys
from cacheview.stores.limits import DEFAULT_LIMITS
peak, seconds, space, limits, *sys.argv[1:] = sys.argv[1:]
for name, limit in json.loads(limits).items():
    module, _, name = name.rpartition(".")
    holder = importlib.import_module("cacheview." + module) if module else DEFAULT_LIMITS
    getattr(holder, name)
    object.__setattr__(holder, name, limit)
resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
resource.setrlimit(resource.RLIMIT_AS, (int(space), int(space)))
def report():
    with open("/proc/self/status") as status, open(peak, "w") as file:
        file.write(re.search(r"VmHWM:\\s+([0-9]+) kB", status.read())[1])
atexit.register(report)
"""


def run_bounded(
    *arguments: str | Path, seconds: int = 100, memory: int = 1024 * MIB, limits: Mapping[str, int] | None = None
) -> Run:
    """Run cacheview, with some `Limits` changed: smaller limits are reached with less input.

    A limit with dots in its name is a constant of a module, such as ``model.decode._MAX_VALUES``. The system ends the
    process after ``seconds`` of processor time, however busy the machine is. This function asserts that the process
    used less than ``memory``.
    """
    if sys.platform != "linux":
        pytest.skip("the peak of a process is read from /proc")
    with tempfile.TemporaryDirectory() as folder:
        peak = Path(folder, "peak")
        bounds = (str(peak), str(seconds), str(4 * memory), json.dumps(limits or {}))
        process = run_forked(
            _RUNNER + PROGRAM, *bounds, *map(str, arguments), modules=COMMANDS, merged=True, seconds=1200
        )
        output = process.stdout
        assert process.returncode >= 0, f"ended by signal {-process.returncode}: {output[-2000:]}"
        taken = int(peak.read_text()) * 1024
    assert taken < memory, f"{taken // MIB} MiB: {output[-2000:]}"
    return Run(process.returncode, output, taken)
