"""Text from a store is never treated as markup or as a command, anywhere in the window."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from plain_kit import NASTY, demand_all_plain, demand_plain, shown_by_tip
from PySide6.QtGui import QAction, QGuiApplication
from pytestqt.qtbot import QtBot
from shared_window import ShowStore

from cacheview.model import Image, decode
from cacheview.report.explanations import as_markdown
from cacheview.report.images import image_as_markdown
from cacheview.ui.plain import tool_tip
from cacheview.ui.tips import set_tip
from cacheview.ui.window import MainWindow

UI = Path(__file__).parents[2] / "cacheview" / "ui"


def suite(folder: Path) -> Path:
    def image(number: int, parent: str) -> dict[str, object]:
        config = {"Cmd": [f"{NASTY}{number}"], "Env": [f"A={NASTY}"], "Labels": {NASTY: NASTY}, "User": NASTY}
        return {
            "id": f"sha256:{number:064x}",
            "names": [f"{NASTY}:{number}"],
            **({"parent": parent} if parent else {}),
            "config": {
                "created": "2024-01-01T00:00:00Z",
                "os": "linux",
                "container_config": config,
                "history": [{"created_by": NASTY, "comment": NASTY}],
            },
            "doubts": [{"aspect": "container_config", "reason": NASTY, "remedy": NASTY}] if number == 3 else [],
        }

    images = [image(1, ""), image(2, f"sha256:{1:064x}"), image(3, f"sha256:{1:064x}")]
    probe = {"name": NASTY, "note": NASTY, "parent": f"sha256:{1:064x}", "config": {"Cmd": [NASTY], "User": "x"}}
    file = folder / "nasty<b>.jsonl"
    case = {"rules": "containerd-71ebfc7", "name": NASTY, "images": images, "probes": [probe, {**probe, "note": ""}]}
    file.write_text(json.dumps(case) + "\n" + json.dumps({**case, "name": NASTY + "2"}) + "\n{}\n")
    return file


@pytest.fixture
def window(show_store: ShowStore, tmp_path: Path) -> MainWindow:
    return show_store(str(suite(tmp_path)))


def test_a_store_full_of_markup_is_shown_as_plain_text(window: MainWindow) -> None:
    demand_all_plain(window)


def test_undo_names_an_image_as_it_is(window: MainWindow) -> None:
    assert window.session is not None
    assert window.workspace is not None
    image = window.session.store.images[1]
    window.workspace.probe.load_from_image(image)
    undo = window.commands.undo
    assert undo.isEnabled()
    assert "<img src=/x.png>" in undo.text()
    assert "<img src=/x.png>" in shown_by_tip(undo.toolTip())
    demand_all_plain(window)
    window.commands.undo.trigger()
    assert "<img src=/x.png>" in shown_by_tip(window.commands.redo.toolTip())
    demand_all_plain(window)


def test_docks_opened_later_are_shown_as_plain_text(window: MainWindow, qtbot: QtBot) -> None:
    do = window.commands
    for action in (do.audit, do.compare):
        action.trigger()
    qtbot.waitUntil(lambda: window.session is not None and window.session.answer is not None)
    demand_all_plain(window)
    for copied in (do.copy_text, do.copy_json, do.copy_markdown):
        copied.trigger()
        demand_plain(QGuiApplication.clipboard().text(), copied.text())


def test_tips_of_actions_are_their_descriptions(qapp: object) -> None:
    action = QAction("x")
    for text in ("Undo: set A", "a <b>b</b> &amp;", "two\nlines"):
        set_tip(action, text)
        assert shown_by_tip(action.toolTip()) == text
    assert shown_by_tip(tool_tip("a\n<i>b")) == "a\n<i>b"


def test_markdown_tables_escape_foreign_text(window: MainWindow) -> None:
    assert window.session is not None
    assert window.session.answer is not None
    text = as_markdown(window.session.answer.explanation)
    rows = [line for line in text.split("\n") if line.startswith("| ")]
    assert rows
    for row in rows:
        assert row.replace("\\|", "").count("|") == 5, row
    reported = image_as_markdown(decode(Image, json.dumps({"id": "a|b\rc\n|x", "config": {}})))
    assert all(line.replace("\\|", "").count("|") == 3 for line in reported.split("\n"))
    assert "\r" not in reported


def test_tips_of_foreign_text_are_set_only_by_the_tips_module() -> None:
    """Qt guesses whether a tool tip is markup, so other modules may only set tips of their own fixed text."""
    for file in sorted(UI.rglob("*.py")):
        text = file.read_text()
        if file.name == "tips.py" or "setToolTip" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setToolTip":
                own = (
                    isinstance(node.args[0], ast.Constant | ast.IfExp) or ast.unparse(node) == "action.setToolTip(tip)"
                )
                assert own, f"{file.name}: {ast.unparse(node)}"
