"""Threads may import at the same time: no module waits for the package that waits for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "cacheview"


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def loaded_by_init(package: str, files: dict[str, ast.Module]) -> set[str]:
    """The modules of a package that its ``__init__`` imports, directly or through each other."""
    seen: set[str] = set()
    waiting = [package]
    while waiting:
        for name in imported(files[waiting.pop()]):
            for module in (name, name.rpartition(".")[0]):
                if module in files and module.startswith(f"{package}.") and module not in seen:
                    seen.add(module)
                    waiting.append(module)
    return seen


def imported(tree: ast.Module) -> Iterator[str]:
    """What a file imports, as dotted names: modules, and names in modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def circles(files: dict[str, ast.Module]) -> list[str]:
    """The modules that import from their own package, while the package imports them."""
    packages = [name for name in files if any(other.startswith(f"{name}.") for other in files)]
    return [
        f"{module} imports from {package}"
        for package in packages
        for module in sorted(loaded_by_init(package, files))
        if any(name.rpartition(".")[0] == package for name in imported(files[module]))
    ]


def test_no_module_imports_from_the_package_that_imports_it() -> None:
    """Else two threads, one in each, wait for each other, and Python gives one of them half a module."""
    files = {name_of(path): ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    assert len(files) > 300
    assert circles(files) == []


def test_such_a_circle_is_seen() -> None:
    files = {
        "p": ast.parse("from p.b import f"),
        "p.a": ast.parse("x = 1"),
        "p.b": ast.parse("from p import a\ndef f(): pass"),
    }
    assert circles(files) == ["p.b imports from p"]
