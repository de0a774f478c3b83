"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-screenshots", action="store_true", help="write the pictures of the README anew")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Windows first: after each, all that is alive is searched for what is left of it, and that is little as yet."""
    windows = Path(__file__).parent / "ui"
    items.sort(key=lambda item: windows not in item.path.parents)
