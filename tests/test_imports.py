"""Imports between modules: there are no cycles, and a short module has several users or a reason to exist."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "cacheview"
SHORT = 45
LONGEST = 400


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def loaded_by_init(package: str, files: dict[str, ast.Module]) -> set[str]:
    """The modules of a package that its ``__init__`` imports, directly or indirectly."""
    seen: set[str] = set()
    waiting = [package]
    while waiting:
        for name in imported(files[waiting.pop()]):
            for module in (name, name.rpartition(".")[0]):
                if module in files and module.startswith(f"{package}.") and module not in seen:
                    seen.add(module)
                    waiting.append(module)
    return seen


@cache
def imported(tree: ast.Module) -> tuple[str, ...]:
    """The modules, and names in modules, that a file imports, as dotted names."""
    return tuple(_imported(tree))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def import_cycles(files: dict[str, ast.Module]) -> list[str]:
    """The modules that import from their own package while the package imports them."""
    packages = [name for name in files if any(other.startswith(f"{name}.") for other in files)]
    return [
        f"{module} imports from {package}"
        for package in packages
        for module in sorted(loaded_by_init(package, files))
        if any(name.rpartition(".")[0] == package for name in imported(files[module]))
    ]


def users(files: dict[str, ast.Module]) -> dict[str, set[str]]:
    """The modules that import each module or a name from it."""
    found: dict[str, set[str]] = {name: set() for name in files}
    for user, tree in files.items():
        for name in imported(tree):
            module = name if name in files else name.rpartition(".")[0]
            if module in found and module != user:
                found[module].add(user)
    return found


def is_separate(name: str, lines: int, document: str, user_lines: int) -> bool:
    """Whether a short module with one user has a reason to be separate, as listed in ARCHITECTURE.md."""
    is_uniform = name.startswith("cacheview.engine.words.") or name.endswith((".dock", ".head", ".pane", ".__main__"))
    return is_uniform or "No Qt." in document or lines + user_lines > LONGEST


@pytest.fixture(scope="module")
def files() -> dict[str, ast.Module]:
    return {name_of(path): ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def test_a_short_module_with_one_user_has_a_reason(files: dict[str, ast.Module]) -> None:
    modules = {name_of(path): path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"}
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in modules.items()}
    without = [
        name
        for name, by in users(files).items()
        if lines.get(name, SHORT) < SHORT
        and len(by) <= 1
        and not is_separate(
            name, lines[name], ast.get_docstring(files[name]) or "", sum(lines.get(user, 0) for user in by)
        )
    ]
    assert not without, "each should be moved into the module that uses it"


def test_the_check_finds_a_short_module_without_a_reason() -> None:
    assert not is_separate("cacheview.ui.ending", 24, "The end.", 235)
    assert is_separate("cacheview.ui.saving", 29, "Saving.", 392)
    assert users({"p.a": ast.parse("from p import b"), "p.b": ast.parse("x = 1")})["p.b"] == {"p.a"}


def test_packages_have_no_import_cycles(files: dict[str, ast.Module]) -> None:
    """Otherwise, two threads could wait for each other, and Python would give one of them an incomplete module."""
    assert len(files) > 300
    assert import_cycles(files) == []


def test_a_circular_import_is_detected() -> None:
    files = {
        "p": ast.parse("from p.b import f"),
        "p.a": ast.parse("x = 1"),
        "p.b": ast.parse("from p import a\ndef f(): pass"),
    }
    assert import_cycles(files) == ["p.b imports from p"]
