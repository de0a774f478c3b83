"""The README's commands are those that CI runs, and the documentation matches the program."""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path

import pytest

from cacheview.bundled import PAGES, page_text
from cacheview.cli import main
from cacheview.dockerfile.context import CLIENTS
from cacheview.engine import HAZARD_TITLES, RULE_SETS, HazardKind
from cacheview.engine.rulesets.table import markdown

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_runs_the_test_command_word_for_word() -> None:
    commands = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)
    assert len(commands) == 2
    command = commands[1]
    assert "\n" not in command
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("file", ["README.md", ".github/CONTRIBUTING.md", "cacheview/ARCHITECTURE.md"])
def test_links_and_pictures_are_there(file: str) -> None:
    source = ROOT / file
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", source.read_text(encoding="utf-8"))
    inside = [link for link in links if "://" not in link]
    assert inside
    assert [link for link in inside if not (source.parent / link).exists()] == []


@functools.cache
def code() -> tuple[list[Path], set[str]]:
    """All modules and the words in them."""
    modules = [path for folder in ("cacheview", "tests", ".ci") for path in (ROOT / folder).rglob("*.py")]
    return modules, {word for path in modules for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("file", [".github/CONTRIBUTING.md", "cacheview/ARCHITECTURE.md"])
def test_modules_and_names_of_the_code_exist(file: str) -> None:
    """A name is anything in backquotes that looks like a Python name."""
    modules, words = code()
    text = (ROOT / file).read_text(encoding="utf-8")
    paths = re.findall(r"`(?:\.\./)?([\w./]+\.py)`", text)
    assert paths
    assert [path for path in paths if not any(module.as_posix().endswith(f"/{path}") for module in modules)] == []
    names = re.findall(r"`(_?[A-Z]\w{3,}|[a-z]+_\w+|_\w+)(?:\(\))?`", text)
    assert names
    assert [name for name in names if name not in words] == []


def test_all_pages_are_listed_and_begin_with_their_title() -> None:
    assert {file.name for file in (ROOT / "resources" / "docs").iterdir()} == set(PAGES)
    assert {name: page_text(name).splitlines()[0] for name in PAGES} == {n: f"# {title}" for n, title in PAGES.items()}


def test_the_suite_shown_passes(tmp_path: Path) -> None:
    (suite,) = re.findall(r"```json\n(.*?)\n```", page_text("suites.md"), re.DOTALL)
    file = tmp_path / "suite.jsonl"
    file.write_text(suite + "\n", encoding="utf-8")
    assert main(["check", str(file)]) == 0


def test_the_tables_of_rule_sets_are_generated_from_the_code() -> None:
    page = page_text("rule-sets.md")
    (shown,) = re.findall(r"<!-- rule sets: begin -->\n(.*?)\n<!-- rule sets: end -->", page, re.DOTALL)
    assert shown == markdown()
    assert [name for name in RULE_SETS if f"`{name}`" not in page] == []


def test_every_hazard_is_documented() -> None:
    rows = {kind: f"| {HAZARD_TITLES[kind]} | `{kind.value}` | " for kind in HazardKind}
    assert [kind for kind, row in rows.items() if row not in page_text("rules.md")] == []
    assert len(set(HAZARD_TITLES.values())) == len(HazardKind)


def test_the_license_comes_with_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    assert [file for file in project["license-files"] if not (ROOT / file).is_file()] == []


def test_every_client_is_documented() -> None:
    assert [name for name in CLIENTS if f"`{name}`" not in page_text("replay.md")] == []
