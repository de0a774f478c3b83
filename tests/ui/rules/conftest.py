"""A window with a suite of one case, under the case's own rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shared_window import ShowStore

from cacheview.ui.window import MainWindow

BASE, CHILD = (f"sha256:{number:064x}" for number in (1, 2))


def image(image_id: str, parent: str | None = None, **config: object) -> dict[str, object]:
    """An image of a suite, created by the command ``make``."""
    known: dict[str, object] = {
        "created": "2024-01-01T00:00:00Z",
        "history": [{"created_by": "make", "empty_layer": True}],
        "container_config": {"Cmd": ["make"]},
    }
    parents = {"parent": parent} if parent is not None else {}
    return {"id": image_id, **parents, "config": {**known, **config}}


def write_suite(path: Path, *images: dict[str, object], rules: str = "containerd-71ebfc7") -> Path:
    case = {"rules": rules, "name": "case", "images": images, "probes": [{"parent": BASE, "config": {"Cmd": ["make"]}}]}
    path.write_text(json.dumps(case) + "\n")
    return path


@pytest.fixture
def window(lent_window: MainWindow) -> MainWindow:
    return lent_window


@pytest.fixture
def filled(show_store: ShowStore, tmp_path: Path) -> MainWindow:
    """Shows a base image and its child under the rules containerd-71ebfc7."""
    return show_store(str(write_suite(tmp_path / "suite.jsonl", image(BASE), image(CHILD, BASE))))
