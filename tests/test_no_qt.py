"""Modules that say "No Qt" load without it, so their logic can be used and tested without a window."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "cacheview"

LOAD = """
import importlib, sys

class WithoutQt:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6"):
            raise ImportError(f"{name} is Qt")

sys.meta_path.insert(0, WithoutQt())
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(f"{name}: {error}")
"""


def load(*names: str) -> str:
    """The modules that cannot be loaded without Qt, one per line."""
    arguments = (sys.executable, "-c", LOAD, *names)
    return subprocess.run(arguments, cwd=PACKAGE.parent, capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.mark.slow
def test_modules_documented_as_qt_free_do_not_load_qt() -> None:
    files = (path for path in sorted(PACKAGE.rglob("*.py")) if "No Qt." in path.read_text("utf-8").partition("\n\n")[0])
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in files]
    assert len(names) > 30
    assert load(*names) == ""


def test_the_check_detects_an_imported_qt_module() -> None:
    assert load("cacheview.ui.theme").startswith("cacheview.ui.theme: PySide6")
