"""Replay files of real builds, with damaged JSON or bytes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from fuzzing import Fuzz, damaged, damaged_json, fuzz, refused

from cacheview.model import DataError, SuiteCase
from cacheview.replay.check import build_result
from cacheview.replay.file import ReplayCase
from cacheview.stores.lines import read_lines

DATA = Path(__file__).parents[1] / "data" / "replay"


def test_replays(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    whole = [line for file in sorted(DATA.glob("*.gz")) for line in gzip.decompress(file.read_bytes()).splitlines()]
    whole = sorted(whole, key=len)[: max(10, len(whole) // 2)]
    parsed = [json.loads(line) for line in whole]
    file = tmp_path / "replay.jsonl"

    def one(run: Fuzz) -> None:
        source = run.random
        if source.randrange(4):
            content = json.dumps(damaged_json(source.choice(parsed), source)).encode("utf-8", "surrogatepass")
        else:
            content = damaged(source.choice(whole), source)
        file.write_bytes(content)
        with run.given(content):
            for _, case in read_lines(file, ReplayCase):
                if isinstance(case, SuiteCase):
                    continue  # the damage left no Dockerfile
                if isinstance(case, DataError):
                    refused(case)
                    continue
                try:
                    judged = build_result(case)
                except DataError as error:
                    refused(error)
                else:
                    run.read += 1
                    assert judged.passed == (not judged.differences)

    fuzz(request, one)
