"""``cacheview explain`` answers a probe of a suite as ``cacheview check`` does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from long_walk import long_walk
from missing_layer import OTHER, check_answer, missing_layer, write_missing_layer

from cacheview.cli import main
from cacheview.engine import RULE_SETS
from cacheview.engine.verdict import Verdict, VerdictOutcome
from cacheview.engine.walk import Walk
from cacheview.model import SuiteCase, effort
from cacheview.stores.suite import read_suite


def answer_of(verdict: Verdict) -> tuple[str, str]:
    return verdict.outcome.value, verdict.error


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return write_missing_layer(tmp_path / "layer.jsonl", walk=False)


@pytest.mark.parametrize(("walk", "count"), [(False, 2), (True, 3)], ids=["alone", "walk"])
@pytest.mark.parametrize("changes", [(), ("--what-if", f"remove:{OTHER}", "--no-containers")], ids=["", "what-if"])
def test_each_probe_with_a_missing_layer(
    tmp_path: Path, walk: bool, count: int, changes: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    case, suite = missing_layer(walk=walk), write_missing_layer(tmp_path / "layer.jsonl", walk=walk)
    for probe in range(count):
        expected = check_answer(case, probe)
        main(["explain", str(suite), "--probe", str(probe + 1), *changes, "--json"])
        reported = json.loads(capsys.readouterr().out)["verdict"]
        assert (reported["outcome"], reported.get("error") or "") == answer_of(expected)
        assert (expected.outcome is VerdictOutcome.ERROR) == (probe == count - 1)


@pytest.mark.parametrize("rules", ["containerd-29", "graphdriver-29"])
def test_a_later_probe_of_a_walk_continues_from_the_earlier_ones(
    tmp_path: Path, rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case, suite = missing_layer(walk=True), write_missing_layer(tmp_path / "layer.jsonl", walk=True)
    main(["explain", str(suite), "--probe", "2", "--rules", rules, "--json"])
    reported = json.loads(capsys.readouterr().out)
    assert reported["verdict"]["outcome"] == check_answer(case, 1, RULE_SETS[rules]).outcome.value == "hit"
    assert reported["probe"]["parent"] == "new:0"


def test_all_rules_answer_a_later_probe_of_a_walk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = write_missing_layer(tmp_path / "layer.jsonl", walk=True)
    assert main(["explain", str(suite), "--probe", "3", "--rules", "all", "--json"]) == 2
    groups = json.loads(capsys.readouterr().out)["groups"]
    outcomes = {rules: group["outcome"] for group in groups for rules in group["rules"]}
    assert (outcomes["containerd-29"], outcomes["graphdriver-29"]) == ("error", "hit")


def test_all_rules_also_take_account_of_the_missing_layer(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
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


@pytest.mark.parametrize("case", [long_walk(3), missing_layer(walk=True)], ids=["restored", "missing layer"])
@pytest.mark.parametrize("number", range(3))
def test_all_rules_answer_in_a_walk_as_each_alone(
    tmp_path: Path, case: SuiteCase, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = tmp_path / "walk.jsonl"
    suite.write_text(case.model_dump_json(exclude_defaults=True) + "\n")
    main(["explain", str(suite), "--probe", str(number + 1), "--rules", "all", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["earlier_probes"] == number
    groups = document["groups"]
    reported = {
        rules: (group["outcome"], group["image"] and group["image"]["id"].replace("new", f"new:{number}"))
        for group in groups
        for rules in group["rules"]
    }
    expected = {name: check_answer(case, number, rules) for name, rules in RULE_SETS.items()}
    assert reported == {
        name: (verdict.outcome.value, verdict.image and verdict.image.id) for name, verdict in expected.items()
    }
    sentences = {rules: group["sentence"] for group in groups for rules in group["rules"]}
    for name in ("containerd-71ebfc7", "graphdriver-29", case.rules):
        main(["explain", str(suite), "--probe", str(number + 1), "--rules", name, "--json"])
        assert json.loads(capsys.readouterr().out)["sentence"] == sentences[name]


@pytest.mark.parametrize("walk", [False, True], ids=["alone", "walk"])
def test_the_table_says_how_many_earlier_probes_were_looked_up(
    tmp_path: Path, walk: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = write_missing_layer(tmp_path / "layer.jsonl", walk=walk)
    line = "Each rule set first looked up 1 earlier probe of the walk"
    main(["explain", str(suite), "--probe", "2", "--rules", "all"])
    assert (line in capsys.readouterr().out.splitlines()) == walk
    main(["explain", str(suite), "--probe", "1", "--rules", "all"])
    assert "Each rule set" not in capsys.readouterr().out


def test_options_replace_the_parent_of_a_walk_for_all_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = long_walk(3)
    suite = tmp_path / "walk.jsonl"
    suite.write_text(case.model_dump_json(exclude_defaults=True) + "\n")
    main(["explain", str(suite), "--probe", "3", "--parent", "app:1", "--rules", "all", "--json"])
    groups = json.loads(capsys.readouterr().out)["groups"]
    chosen = case.probes[2].model_copy(update={"parent": case.images[0].id})
    edited = case.model_copy(update={"probes": (*case.probes[:2], chosen)})
    assert {rules: group["outcome"] for group in groups for rules in group["rules"]} == {
        name: check_answer(edited, 2, rules).outcome.value for name, rules in RULE_SETS.items()
    }


def test_the_earlier_probes_of_a_walk_have_a_time_limit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def walk_on(*_: object) -> None:
        for _step in range(1_000_000):
            effort.go_on()
        pytest.fail("nothing stopped the walk")

    suite = write_missing_layer(tmp_path / "suite.jsonl", walk=True)
    monkeypatch.setattr(effort, "QUESTION_SECONDS", 0.01)
    monkeypatch.setattr(Walk, "at", walk_on)
    assert main(["explain", str(suite), "--probe", "2"]) == 2
    assert "seconds of CPU time" in capsys.readouterr().err
