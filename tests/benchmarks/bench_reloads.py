"""The memory of the window after a hundred reloads of 3,000 images, half of them after events of the engine.

pytest tests/benchmarks/bench_reloads.py -s
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

IMAGES = 3_000
RELOADS = 100
LIMIT = 1.2
SCRIPT = Path(__file__).parents[1] / "ui" / "reloading.py"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_hundred_reloads_do_not_leak_memory(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(root)}
    output = subprocess.check_output(
        [sys.executable, SCRIPT, str(IMAGES), str(RELOADS), tmp_path], env=environment, text=True
    )
    second, last = map(int, output.split())
    print(f"\nafter the second reload of {IMAGES:,} images {second / 1e6:.0f} MB, after {RELOADS} {last / 1e6:.0f} MB")
    assert last <= LIMIT * second
