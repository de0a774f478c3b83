"""Suites to run, and access to the pane that runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from cacheview.ui.docks import SUITES
from cacheview.ui.suites.pane import SuitesPane
from cacheview.ui.suites.rows import ChecksRow
from cacheview.ui.window import MainWindow

DATA = Path(__file__).parents[2] / "data"
HAZARDS = DATA / "hazards.jsonl"
RULES = "containerd-71ebfc7"


def image(letter: str, parent: str = "", **config: Any) -> dict[str, Any]:
    """An image with the id ``sha256:aaa…`` and this container config."""
    made: dict[str, Any] = {
        "id": f"sha256:{letter * 64}",
        "built_locally": True,
        "config": {
            "created": "2024-01-01T00:00:00Z",
            "os": "linux",
            "architecture": "amd64",
            "rootfs": {"type": "layers", "diff_ids": []},
        },
        "container_config": config,
    }
    if parent:
        made["parent"] = f"sha256:{parent * 64}"
    return made


def case(name: str, *probes: dict[str, Any], rules: str = RULES) -> dict[str, Any]:
    """A case with a base image `a`, and an image `b` built on it."""
    images = [image("a", Cmd=["base"]), image("b", "a", Cmd=["x"])]
    return {"rules": rules, "name": name, "images": images, "probes": list(probes)}


def probe(command: str, outcome: str, hit: str = "", **more: Any) -> dict[str, Any]:
    expect = {"outcome": outcome} | ({"image": f"sha256:{hit * 64}"} if hit else {})
    return {"parent": f"sha256:{'a' * 64}", "config": {"Cmd": [command]}, "expect": expect} | more


GOOD = case("good", probe("x", "hit", "b", name="the step"), probe("y", "miss", name="another step"))
WRONG = case("wrong", probe("x", "miss", name="not so", note="as it was once"))


def suite(path: Path, *lines: dict[str, Any] | str) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def ran(pane: SuitesPane, qtbot: QtBot, *files: Path | str) -> None:
    with qtbot.waitSignal(pane.finished, timeout=20_000):
        pane.run([str(file) for file in files])


def rows(pane: SuitesPane) -> list[ChecksRow]:
    """The rows that are shown."""
    found = [pane.model.row_at(pane.model.index(i, 0)) for i in range(pane.model.rowCount())]
    return [row for row in found if row is not None]


def cells(table: QTableView, row: int) -> list[str]:
    model = table.model()
    return [str(model.index(row, column).data()) for column in range(model.columnCount())]


def pane_of(window: MainWindow) -> SuitesPane:
    """Shows the pane if it is hidden, and returns it."""
    if window.docks.get(SUITES).dock.isHidden():
        window.docks.get(SUITES).show_or_hide()
    return window.docks.get(SUITES).pane


def choose_rules(window: MainWindow, name: str) -> None:
    next(action for action in window.commands.rules_menu.actions() if action.data() == name).trigger()


class Silent:
    """A report for work that runs directly in a test: it ignores all progress."""

    def __call__(self, done: int, total: int | None, what: str) -> None: ...

    def part(self, make: Callable[[], object], *, last: bool = False) -> None: ...

    def commit(self) -> None: ...

    def fault(self, error: Exception) -> None: ...
