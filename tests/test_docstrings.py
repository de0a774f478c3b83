"""Every public module, class and function says what it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "cacheview"


def without_docstring(source: str) -> Iterator[str]:
    """The public names of a module that have no docstring; ``module`` for its own."""
    tree = ast.parse(source)
    if ast.get_docstring(tree) is None:
        yield "module"
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None:
            yield node.name


@pytest.mark.slow
def test_every_public_name_has_a_docstring() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > 100
    missing = {
        f"{file.relative_to(PACKAGE)}: {name}" for file in files for name in without_docstring(file.read_text("utf-8"))
    }
    assert not missing


def test_what_has_none_is_seen() -> None:
    source = '"""Here."""\nclass A:\n    pass\ndef f(): pass\ndef _g(): pass\nclass B:\n    """There."""\n'
    assert list(without_docstring(source)) == ["A", "f"]
    assert list(without_docstring("x = 1")) == ["module"]
