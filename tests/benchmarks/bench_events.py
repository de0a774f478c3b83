"""The memory of the window after an hour of an engine's events: two per second, in streams that are closed.

pytest tests/benchmarks/bench_events.py -s
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EVENTS = 7_200
LIMIT = 1.2
SCRIPT = Path(__file__).parents[1] / "ui" / "events_hour.py"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_events_of_an_hour_do_not_leak_memory(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(root)}
    output = subprocess.check_output([sys.executable, SCRIPT, str(EVENTS), tmp_path], env=environment, text=True)
    found = json.loads(output)
    second, last = found["second"][0], found["last"][0]
    print(
        f"\n{found['events']:,} events in {found['streams']:,} streams, {found['reloads']:,} reloads in "
        f"{found['seconds']} s: {second / 1e6:.0f} MB after the second, {last / 1e6:.0f} MB after the last"
    )
    assert last <= LIMIT * second
