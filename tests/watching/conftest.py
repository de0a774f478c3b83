"""What the tests of the process that watches share."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "ui" / "watch"))  # builds that were watched
sys.path.append(str(Path(__file__).parents[1] / "stores" / "docker_engine"))  # what plays an engine


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose name is short enough for a socket in it."""
    with tempfile.TemporaryDirectory(prefix="cacheview-") as name:
        yield Path(name)
