"""The README's commands are those that are run, and what it shows is there."""

from __future__ import annotations

import re
from pathlib import Path

from cacheview.cli import main
from cacheview.engine import RULE_SETS, HazardKind
from cacheview.engine.rulesets.table import markdown

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    return re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)


def test_the_test_command_is_run_word_for_word() -> None:
    command = next(command for command in commands() if command.endswith("-m pytest"))
    assert "\n" not in command
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_pictures_are_there() -> None:
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", README)
    assert pictures
    assert [picture for picture in pictures if not (ROOT / picture).is_file()] == []


def test_rule_sets_are_named() -> None:
    assert [name for name in RULE_SETS if name not in README] == []


def test_the_suite_shown_passes(tmp_path: Path) -> None:
    (suite,) = re.findall(r"```json\n(.*?)\n```", README, re.DOTALL)
    file = tmp_path / "suite.jsonl"
    file.write_text(suite + "\n", encoding="utf-8")
    assert main(["check", str(file)]) == 0


def test_the_tables_of_rule_sets_are_those_of_the_code() -> None:
    (shown,) = re.findall(r"<!-- rule sets: begin -->\n(.*?)\n<!-- rule sets: end -->", README, re.DOTALL)
    assert shown == markdown()


def test_every_hazard_is_named() -> None:
    assert [kind.value for kind in HazardKind if kind.value not in README] == []
