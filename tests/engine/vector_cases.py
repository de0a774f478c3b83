"""Reads cases from the vectors, for tests that use some of them."""

from __future__ import annotations

import gzip
from pathlib import Path

from cacheview.model import SuiteCase, decode

__all__ = ["VECTORS", "rule_set_of", "some_cases"]

VECTORS = sorted((Path(__file__).parents[1] / "data" / "vectors").glob("*.jsonl.gz"))


def rule_set_of(path: Path) -> str:
    """Return the name of the rule set that a vector file belongs to."""
    return path.name.removesuffix(".jsonl.gz")


def some_cases(path: Path, every: int) -> list[SuiteCase]:
    """Return every n-th case of a file. The others are not decoded."""
    with gzip.open(path) as lines:
        return [decode(SuiteCase, line, where=path.name) for line in list(lines)[::every]]
