"""The window asks the engine and compares nothing itself, as its imports show."""

from __future__ import annotations

import ast
from pathlib import Path

import cacheview.ui

RULES = {"comparison", "history", "lineage", "nearness", "edit", "ruleset", "cache"}
"""The engine's modules that do the matching. ``cacheview.engine`` itself exports their results."""


def test_ui_modules_do_not_import_rule_modules() -> None:
    folder = Path(cacheview.ui.__file__).parent
    seen, reached = 0, []
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cacheview.engine"):
                seen += 1
                if (node.module or "").removeprefix("cacheview.engine").strip(".") in RULES:
                    reached.append(f"{file.relative_to(folder)}: {node.module}")
    assert seen > 10
    assert reached == []
