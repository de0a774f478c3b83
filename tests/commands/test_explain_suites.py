"""``cacheview explain`` answers a probe of a suite as ``cacheview check`` does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from missing_layer import OTHER, check_answer, missing_layer, write_missing_layer

from cacheview.cli import main
from cacheview.engine import RULE_SETS
from cacheview.engine.verdict import Verdict, VerdictOutcome
from cacheview.stores.suite import read_suite


def answer_of(verdict: Verdict) -> tuple[str, str]:
    return verdict.outcome.value, verdict.error


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return write_missing_layer(tmp_path / "layer.jsonl", walk=False)


@pytest.mark.parametrize("probe", [0, 1])
@pytest.mark.parametrize("changes", [(), ("--what-if", f"remove:{OTHER}", "--no-containers")], ids=["", "what-if"])
def test_a_missing_layer_is_reported(
    suite: Path, probe: int, changes: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    expected = check_answer(missing_layer(walk=False), probe)
    main(["explain", str(suite), "--probe", str(probe + 1), *changes, "--json"])
    reported = json.loads(capsys.readouterr().out)["verdict"]
    assert (reported["outcome"], reported.get("error") or "") == answer_of(expected)
    assert (expected.outcome is VerdictOutcome.ERROR) == (probe == 1)


def test_so_it_is_with_all_rules(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = missing_layer(walk=False)
    main(["explain", str(suite), "--probe", "2", "--rules", "all", "--json"])
    groups = json.loads(capsys.readouterr().out)["groups"]
    expected = {name: check_answer(case, 1, rules).outcome.value for name, rules in RULE_SETS.items()}
    assert {rules: group["outcome"] for group in groups for rules in group["rules"]} == expected
    assert {"hit", "error"} <= set(expected.values()), "only some rules need the content"


def test_the_layers_are_saved(suite: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.jsonl"
    assert main(["save", str(suite), str(saved), "--redact", "env"]) == 0
    (case,) = read_suite(saved)
    assert getattr(case, "layer_content", None) == missing_layer(walk=False).layer_content
