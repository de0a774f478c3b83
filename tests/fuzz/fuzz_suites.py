"""Suites of real cases, with damaged JSON or bytes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from fuzzing import Fuzz, damaged, damaged_json, examine, fuzz, refused

from cacheview.engine.case_results import probe_results
from cacheview.model import DataError
from cacheview.stores.open import open_store
from cacheview.stores.suite import read_suite

DATA = Path(__file__).parents[1] / "data"


def lines() -> list[bytes]:
    """Return small cases of every rule set."""
    found: list[bytes] = []
    for file in sorted(DATA.glob("quirks/*.jsonl.gz")):
        found += sorted(gzip.decompress(file.read_bytes()).splitlines(), key=len)[:10]
    return found + sorted((DATA / "hazards.jsonl").read_bytes().splitlines(), key=len)[:10]


def test_suites(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    whole = lines()
    parsed = [json.loads(line) for line in whole]
    file = tmp_path / "suite.jsonl"

    def one(run: Fuzz) -> None:
        source = run.random
        if source.randrange(4):
            data = json.dumps(damaged_json(source.choice(parsed), source), ensure_ascii=bool(source.randrange(2)))
            content = data.encode("utf-8", "surrogatepass")
        else:
            content = damaged(source.choice(whole), source)
        file.write_bytes(content)
        with run.given(content):
            try:
                opened = open_store(file)
            except DataError as error:
                refused(error)
            else:
                examine(opened, run)
            if source.randrange(4) == 0:
                for case in read_suite(file):
                    if not isinstance(case, DataError):
                        assert all(
                            " " in reported or reported
                            for found in probe_results(case, None)
                            for reported in found.differences
                        )

    fuzz(request, one)
