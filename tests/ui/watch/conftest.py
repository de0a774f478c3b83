"""Setup that the tests of watching in the window share."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "replay"))  # for the module that acts as a daemon
