"""The members of rule enumerations are named only where rules are defined and described."""

import ast
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import cacheview
from cacheview.engine import ruleset

PACKAGE = Path(cacheview.__file__).parent
HOME = (
    PACKAGE / "engine" / "ruleset.py",
    PACKAGE / "engine" / "words" / "rules.py",
    *(PACKAGE / "engine" / "rulesets").glob("*.py"),
)
ENUMERATIONS = frozenset(
    name for name, value in vars(ruleset).items() if isinstance(value, type) and issubclass(value, Enum)
) - {"Enum", "StoreKind"}


def members_named(source: str) -> Iterator[tuple[int, str]]:
    if not any(f"{name}." in source for name in ENUMERATIONS):
        return  # true for most modules, which need not be parsed
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ENUMERATIONS:
            yield node.lineno, f"{node.value.id}.{node.attr}"


def test_the_enumerations_of_a_rule_set_are_found() -> None:
    assert {"Candidates", "Sources", "Descent", "SourceHit", "MissingTime", "Tie"} == ENUMERATIONS


def test_the_check_finds_a_named_enum_member() -> None:
    assert list(members_named("x = 1\nif rules.tie is Tie.NEWEST: pass")) == [(2, "Tie.NEWEST")]


def test_no_module_outside_of_the_rule_sets_names_a_member() -> None:
    found = {
        str(path.relative_to(PACKAGE)): named
        for path in PACKAGE.rglob("*.py")
        if path not in HOME and (named := list(members_named(path.read_text(encoding="utf-8"))))
    }
    assert found == {}
