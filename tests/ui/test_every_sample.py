"""Every sample archive, in the window and on the command line, compared with the recorded facts next to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cacheview.cli import main
from cacheview.engine import CONTAINERD_71EBFC7, ImageCache, VerdictOutcome
from cacheview.model import SCRATCH, Probe
from cacheview.stores.open import open_store
from cacheview.ui.images.model import ImagesColumn
from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
ARCHIVES = sorted(SAMPLES.glob("*/*.tar.gz"))
each = pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: f"{path.parent.name}/{path.name[:-7]}")


def truth_of(archive: Path) -> dict[str, dict[str, Any]]:
    images = json.loads((archive.parent / "truth.json").read_text())["images"]
    return {image["id"]: image for image in images}


def test_there_are_samples_of_five_engines() -> None:
    assert len(ARCHIVES) == 5 * 7


def rows(model: QAbstractItemModel, parent: QModelIndex) -> list[QModelIndex]:
    found = []
    for row in range(model.rowCount(parent)):
        index = model.index(row, ImagesColumn.IMAGE, parent)
        found += [index, *rows(model, index)]
    return found


@pytest.fixture(scope="module")
def window(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    """A single window that opens all archives in turn."""
    window = MainWindow(Settings(tmp_path_factory.mktemp("window") / "settings.ini"))
    window.setUpdatesEnabled(False)  # nothing here looks at what it paints
    window.show()
    yield window
    window.close()
    window.deleteLater()


@each
def test_the_window_shows_each_image_once_as_it_is(archive: Path, qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.settled, timeout=20_000) as settled:
        window.open(str(archive))
    assert settled.args == [True]
    assert window.session is not None
    assert window.workspace is not None
    store = window.session.store
    assert store.problems == ()
    model = window.workspace.images.model
    nodes = [model.node(index) for index in rows(model, QModelIndex())]
    ids = [node.image.id for node in nodes if node is not None and node.image is not None]
    assert sorted(ids) == sorted(image.id for image in store.images)
    truth = truth_of(archive)
    for image in store.images:
        if image.id in truth:  # if another tool converted the layout, its images have different ids
            assert set(image.names) <= {name.partition("@")[0] for name in truth[image.id]["names"]}
            assert [entry.created_by for entry in image.history] == [
                entry.get("created_by", "") for entry in truth[image.id]["config"].get("history") or ()
            ]
    assert set(ids) <= set(truth) or archive.name.startswith("oci")


@each
def test_explain_hits_every_image_with_its_own_config(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (case,) = open_store(archive).cases
    cache = ImageCache(case.store, CONTAINERD_71EBFC7)
    truth = truth_of(archive)
    config = tmp_path / "config.json"
    for image in case.store.images[:4]:
        made = image.config.container_config
        config.write_text(made.model_dump_json() if made is not None else "{}")
        parent = image.parent or "scratch"
        rules = ("--rules", CONTAINERD_71EBFC7.name)
        main(["explain", str(archive), "--parent", parent, "--config", str(config), *rules, "--json"])
        document = json.loads(capsys.readouterr().out)
        if made is None:
            continue
        if made.OpenStdin or made.Tty or made.AttachStdout or made.AttachStderr:
            continue  # this store reads these as false
        assert document["verdict"]["outcome"] == "hit"
        # The image itself, or a later one with the same config.
        hit = case.store.by_id[document["verdict"]["image"]["id"]]
        assert hit.parent == image.parent
        assert hit.created is not None
        assert image.created is not None
        assert not hit.created.before(image.created)
        assert image.id in truth
    for image in case.store.images:
        made = image.config.container_config
        if made is not None and image.parent is not None and not (made.Tty or made.OpenStdin or made.AttachStdout):
            verdict = cache.verdict(Probe(parent=image.parent or SCRATCH, config=made))
            assert verdict.outcome is VerdictOutcome.HIT
