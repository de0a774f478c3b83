"""The window shows which files differ, and which files a layer contains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from files_kit import DOCKERFILE, save_build
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cacheview.layers.engine import EngineLayers
from cacheview.model import Image
from cacheview.stores.opened_location import OpenedKind
from cacheview.ui.docks import FILES, REPLAY
from cacheview.ui.files.model import FilesColumn
from cacheview.ui.files.pane import FilesPane
from cacheview.ui.window import MainWindow


def replay(window: MainWindow, qtbot: QtBot, context: Path) -> None:
    pane = window.docks.get(REPLAY).pane
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        window.docks.get(REPLAY).open(str(context))


def shown(qtbot: QtBot, pane: FilesPane, do: Callable[[], object]) -> dict[str, str]:
    """Run an action and wait for the files. Returns the kind of change by path."""
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        do()
    return {
        node.path: pane.model.index_of(node.path).siblingAtColumn(FilesColumn.CHANGE).data()
        for node in pane.model.root.below()
        if node.change is not None
    }


def differing(window: MainWindow, qtbot: QtBot, context: Path) -> dict[str, str]:
    replay(window, qtbot, context)
    return shown(qtbot, window.docks.get(FILES).pane, window.docks.get(REPLAY).pane.detail.files_button.click)


def edit(context: Path) -> None:
    source = context / "src"
    (source / "main.c").write_bytes(b"int main() {\n    return 1;\n}\n")
    (source / "conf" / "app.ini").chmod(0o600)
    (source / "lib" / "00.c").unlink()
    (source / "new.c").write_bytes(b"")
    (source / "new.c").chmod(0o644)


EDITED = {
    "src/conf/app.ini": "changed: mode 600, was 644",
    "src/lib/00.c": "removed",
    "src/main.c": "changed: content",
    "src/new.c": "added",
}


def test_the_step_detail_opens_the_file_differences(window: MainWindow, qtbot: QtBot, context: Path) -> None:
    edit(context)
    assert differing(window, qtbot, context) == EDITED
    pane = window.docks.get(FILES).pane
    assert pane.notes == ("Proven: the files in the image's layer produce the stored checksum.",)
    assert pane.head.text == "Step 2, COPY src /app/ compared with shop:1"
    assert not window.docks.get(FILES).dock.isHidden()
    assert pane.tree.hasFocus()


def test_the_verdict_banner_of_a_step_opens_the_file_differences(
    window: MainWindow, qtbot: QtBot, context: Path
) -> None:
    edit(context)
    replay(window, qtbot, context)
    assert window.workspace is not None
    button = window.workspace.verdict.banner.files_button
    assert button.isVisible()
    assert shown(qtbot, window.docks.get(FILES).pane, button.click) == EDITED


def test_the_action_shows_the_files_of_the_step_that_is_selected(
    window: MainWindow, qtbot: QtBot, context: Path
) -> None:
    edit(context)
    replay(window, qtbot, context)
    assert window.docks.get(REPLAY).pane.miss is not None
    assert shown(qtbot, window.docks.get(FILES).pane, window.commands.files.trigger) == EDITED
    window.commands.files.trigger()
    qtbot.waitUntil(window.docks.get(FILES).dock.isHidden)


def test_a_probe_without_a_context_says_what_to_do(window: MainWindow, qtbot: QtBot, context: Path) -> None:
    edit(context)
    replay(window, qtbot, context)
    assert window.session is not None
    window.session.release()
    assert window.workspace is not None
    assert shown(qtbot, window.docks.get(FILES).pane, window.workspace.verdict.banner.files_button.click) == {}
    reported = [
        button.text() for button in window.docks.get(FILES).pane.findChildren(QPushButton) if button.isVisible()
    ]
    assert reported == ["Replay Dockerfile…"]


def test_contents_stand_side_by_side(window: MainWindow, qtbot: QtBot, context: Path) -> None:
    edit(context)
    differing(window, qtbot, context)
    pane = window.docks.get(FILES).pane
    pane.tree.setCurrentIndex(pane.model.index_of("src/main.c"))
    qtbot.keyClick(pane.tree, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: pane.contents.texts[0] != "")
    before, now = pane.contents.texts
    assert before.split("\n")[1] == "    return 0;"
    assert now.split("\n")[1] == "    return 1;"
    pane.tree.setCurrentIndex(pane.model.index_of("src/new.c"))
    qtbot.waitUntil(lambda: pane.contents.texts == ("", ""))
    qtbot.keyClick(pane.contents, Qt.Key.Key_Escape)
    assert not pane.contents.isVisible()
    assert pane.tree.hasFocus()


def test_the_files_pane_filters_and_shows_unchanged_files(window: MainWindow, qtbot: QtBot, context: Path) -> None:
    edit(context)
    differing(window, qtbot, context)
    pane = window.docks.get(FILES).pane
    assert shown(qtbot, pane, lambda: pane._box.setText("mode")) == {"src/conf/app.ini": EDITED["src/conf/app.ini"]}
    assert shown(qtbot, pane, pane._box.clear) == EDITED
    everything = shown(qtbot, pane, pane.head.same_button.click)
    assert everything.keys() > EDITED.keys()
    assert everything["src/lib/01.c"] == "same"


def test_rows_and_all_are_copied(window: MainWindow, qtbot: QtBot, context: Path) -> None:
    edit(context)
    differing(window, qtbot, context)
    pane = window.docks.get(FILES).pane
    pane.tree.setCurrentIndex(pane.model.index_of("src/lib/00.c"))
    qtbot.keyClick(pane.tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "src/lib/00.c\tremoved"
    pane.head.copy_button.click()
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines[0] == "Step 2, COPY src /app/ compared with shop:1"
    assert "src/main.c\tchanged: content\t29 B" in lines


def test_replaying_again_shows_the_current_files(window: MainWindow, qtbot: QtBot, context: Path) -> None:
    edit(context)
    differing(window, qtbot, context)
    (context / "src" / "conf" / "app.ini").chmod(0o644)
    shown(
        qtbot, window.docks.get(FILES).pane, window.docks.get(REPLAY).pane.detail.files_button.click
    )  # a second request for the same files
    again = shown(qtbot, window.docks.get(FILES).pane, window.docks.get(FILES).pane.head.again_button.click)
    assert again == {path: words for path, words in EDITED.items() if path != "src/conf/app.ini"}


def test_the_files_of_a_layer(window: MainWindow, qtbot: QtBot) -> None:
    assert window.session is not None
    assert window.workspace is not None
    (image,) = window.session.store.images
    menu = window.workspace.images.menu_for(image)
    action = next(action for action in menu.actions() if action.text().replace("&", "") == "Files in this layer")
    assert not window.workspace.verdict.banner.files_button.isVisible()
    files = shown(qtbot, window.docks.get(FILES).pane, action.trigger)
    menu.deleteLater()
    assert files["app/main.c"] == "added"
    assert window.docks.get(FILES).pane.notes == ("14 files: 14 added; 115 bytes in the layer.",)
    assert window.docks.get(FILES).pane.head.text.startswith("Layer of shop:1: COPY dir:")


def test_the_files_stay_when_the_store_is_read_again(window: MainWindow, qtbot: QtBot, context: Path) -> None:
    edit(context)
    differing(window, qtbot, context)
    window.docks.get(REPLAY).dock.hide()
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.commands.reload.trigger()
    assert window.docks.get(FILES).pane.shown is not None
    assert window.docks.get(FILES).pane.tree.isVisible()


def test_opening_another_store_clears_the_file_differences(
    window: MainWindow, qtbot: QtBot, context: Path, tmp_path: Path
) -> None:
    edit(context)
    differing(window, qtbot, context)
    window.docks.get(REPLAY).dock.hide()
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open("demo:")
    assert window.docks.get(FILES).pane.shown is None
    assert window.docks.get(FILES).pane.model.rowCount() == 0


def test_contents_that_are_not_text_are_reported(window: MainWindow, qtbot: QtBot, context: Path) -> None:
    names = ("logo.png", "link")
    for name in names:
        (context / "src" / name).unlink()
    differing(window, qtbot, context)
    pane = window.docks.get(FILES).pane
    pane.show_contents(True)
    for name in names:
        pane.tree.setCurrentIndex(pane.model.index_of(f"src/{name}"))
        qtbot.waitUntil(partial(lambda name: f"src/{name}" in pane.contents.note, name))
        assert pane.contents.texts == ("", "")


def test_an_engine_gives_its_image_only_when_asked(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert window.session is not None
    opened = window.session.opened
    store = replace(opened.cases[0].store, location="engine:x", layers_at="")
    engine = replace(
        opened, location="engine:x", kind=OpenedKind.ENGINE, cases=(replace(opened.cases[0], store=store),)
    )
    monkeypatch.setattr("cacheview.stores.open.open_store", lambda *_, **__: engine)
    downloaded: list[str] = []

    def download(_: object, image: Image, _report: object) -> Path:
        downloaded.append(image.id)
        return tmp_path / "shop.tar"

    monkeypatch.setattr(EngineLayers, "_download", download)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open("engine:x")
    image = store.images[0]
    pane = window.docks.get(FILES).pane
    assert shown(qtbot, pane, lambda: window.docks.get(FILES).show_layer(image, store)) == {}
    assert downloaded == []
    button = next(each for each in pane.findChildren(QPushButton) if each.text().startswith("Download the image"))
    files = shown(qtbot, pane, button.click)
    assert downloaded == [image.id]
    assert files["app/main.c"] == "added"


def test_a_suite_has_no_layers_to_look_into(
    window: MainWindow, qtbot: QtBot, context: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert window.session is not None
    assert window.workspace is not None
    opened = window.session.opened
    store = replace(opened.cases[0].store, location="a.suite.jsonl", layers_at="")
    suite = replace(
        opened, location="a.suite.jsonl", kind=OpenedKind.SUITE, cases=(replace(opened.cases[0], store=store),)
    )
    monkeypatch.setattr("cacheview.stores.open.open_store", lambda *_, **__: suite)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open("a.suite.jsonl")
    menu = window.workspace.images.menu_for(store.images[0])
    layer = next(action for action in menu.actions() if "layer" in action.text())
    assert layer.text() == "Files in this &layer (a suite has no layers: open the store that the suite was saved from)"
    assert not layer.isEnabled()
    menu.deleteLater()
    edit(context)
    replay(window, qtbot, context)
    buttons = (window.workspace.verdict.banner.files_button, window.docks.get(REPLAY).pane.detail.files_button)
    for button in buttons:
        assert button.isVisible()
        assert not button.isEnabled()
        assert "A suite has no layers: open the store that the suite was saved from." in button.toolTip()
    (context / "src" / "new.c").write_text("more")  # a previous replay knows what has changed since
    with qtbot.waitSignal(window.docks.get(REPLAY).pane.settled, timeout=9_000):
        window.docks.get(REPLAY).pane.look_up_again()
    assert all(button.isEnabled() for button in buttons)


def test_file_differences_that_are_only_likely_state_the_reason(
    window: MainWindow, qtbot: QtBot, context: Path, tmp_path: Path
) -> None:
    (context / "src" / "out").symlink_to("../Dockerfile")
    archive = save_build(context, tmp_path / "likely.tar")
    with qtbot.waitSignal(window.settled, timeout=9_000):
        window.open(str(archive))
    (context / "Dockerfile").write_bytes(DOCKERFILE + b"# what the link leads to\n")
    edit(context)
    found = differing(window, qtbot, context)
    assert found == EDITED
    (note,) = window.docks.get(FILES).pane.notes
    assert note.startswith("Likely: the files in the image's layer do not produce the stored checksum; ")
    assert "the target of src/out was not copied" in note
    everything = shown(qtbot, window.docks.get(FILES).pane, window.docks.get(FILES).pane.head.same_button.click)
    assert everything["src/out"] == "not compared: the target of the link is not in the layer"
