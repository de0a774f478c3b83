"""The window names the builder that uses the shown cache, and the engine that this builder belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageConfig, ImageStore, Release, StoreKind
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation
from cacheview.ui.images.origin import came_from
from cacheview.ui.images.texts import tip_text
from cacheview.ui.window import MainWindow

MADE = Image(
    id="sha256:" + "b" * 64,
    names=("docker.io/shop/app:1.4.2",),
    config=ImageConfig(history=(HistoryEntry(created_by="RUN make", comment="buildkit.dockerfile.v0"),)),
)
BUILT = Image(
    id="sha256:" + "c" * 64,
    parent=MADE.id,
    config=ImageConfig(
        history=(*(MADE.config.history or ()), HistoryEntry(created_by="/bin/sh -c #(nop)  USER me")),
        container_config=ContainerConfig(User="me"),
    ),
)


def opened(version: str = "29.1.3") -> OpenedLocation:
    release = Release(StoreKind.GRAPH_DRIVER, version)
    store = ImageStore((MADE, BUILT), f"Docker Engine {version}", "engine:", release=release, engine_os="linux")
    return OpenedLocation(
        store.title, "engine:", OpenedKind.ENGINE, (OpenedCase("", store, ""),), (), "unix:///run/some.sock"
    )


@pytest.fixture
def window(lent_window: MainWindow) -> MainWindow:
    return lent_window


@pytest.fixture
def show(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Callable[[OpenedLocation], None]:
    def show(what: OpenedLocation) -> None:
        monkeypatch.setattr("cacheview.stores.open.open_store", lambda *_, **__: what)
        with qtbot.waitSignal(window.settled, timeout=20_000):
            window.open("engine:")

    return show


def test_the_buildkit_notice_stays_closed(window: MainWindow, show: Callable[[OpenedLocation], None]) -> None:
    show(opened())
    assert window.notice.isVisible()
    assert "docker build uses BuildKit by default" in window.notice.text
    close = next(b for b in window.notice.findChildren(QToolButton) if b.accessibleName() == "Close this notice")
    close.click()
    assert not window.notice.isVisible()
    assert window.session is not None
    window.session.choose_rules("graphdriver-24.0.7")
    window.session.choose_rules("graphdriver-28.5.2")
    assert "BuildKit" not in window.notice.text or not window.notice.isVisible()


def test_the_engine_is_named(window: MainWindow, show: Callable[[OpenedLocation], None]) -> None:
    show(opened())
    assert window.windowTitle() == "Docker Engine 29.1.3 at unix:///run/some.sock — cacheview"
    assert window.status.text("store") == "Docker Engine 29.1.3, at unix:///run/some.sock"


def test_an_image_built_by_buildkit_has_no_probe(
    window: MainWindow, qtbot: QtBot, show: Callable[[OpenedLocation], None]
) -> None:
    show(opened())
    workspace, session = window.workspace, window.session
    assert workspace is not None
    assert session is not None
    node = workspace.images.model.node(workspace.images.model.index_of_image(MADE.id))
    assert node is not None
    assert node.word == "by BuildKit"
    before = session.document.probe
    tree = workspace.images.tree
    workspace.images.reveal(MADE.id)
    tree.setFocus()
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    assert session.document.probe == before
    title, why = workspace.verdict.nothing
    assert title == "Image shop/app:1.4.2 has no probe"
    assert "never uses the classic builder's cache" in why
    # An image that the classic builder created on it has a probe.
    workspace.images.reveal(BUILT.id)
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    assert session.document.probe.config.User == "me"
    assert workspace.verdict.nothing == ("", "")
    assert workspace.verdict.subject.text == ""


def test_an_edit_clears_the_message_of_an_image_without_a_probe(
    window: MainWindow, show: Callable[[OpenedLocation], None]
) -> None:
    show(opened())
    workspace, session = window.workspace, window.session
    assert workspace is not None
    assert session is not None
    workspace.probe.load_from_image(MADE)
    assert workspace.verdict.nothing[0]
    session.document.set_field("User", "you")
    assert workspace.verdict.nothing == ("", "")
    assert workspace.verdict.subject.text == ""


@pytest.mark.parametrize(
    ("image", "word"),
    [
        (MADE, "BuildKit built this image"),
        (MADE.model_copy(update={"names": ("docker.io/a/b@sha256:1",)}), "A pull does not fetch parent images"),
        (BUILT.model_copy(update={"parent": None}), "This image has no recorded parent"),
        (BUILT, ""),
    ],
)
def test_the_origin_of_an_image_is_in_its_tool_tip(image: Image, word: str) -> None:
    printed = came_from(image)
    assert word in printed
    assert bool(word) == bool(printed)
    assert printed in tip_text(image)


def test_a_loaded_image_without_a_parent_has_no_probe(
    window: MainWindow, show: Callable[[OpenedLocation], None]
) -> None:
    show(opened())
    workspace, session = window.workspace, window.session
    assert workspace is not None
    assert session is not None
    before = session.document.probe
    loaded = BUILT.model_copy(update={"parent": None, "names": ("docker.io/shop/web:2",)})
    workspace.probe.load_from_image(loaded)
    assert session.document.probe == before
    assert workspace.verdict.nothing[0] == "Image shop/web:2 has no probe"
    assert "This image has no recorded parent" in workspace.verdict.nothing[1]


@pytest.mark.looks
def test_a_long_address_does_not_shorten_other_status_texts(
    window: MainWindow, show: Callable[[OpenedLocation], None]
) -> None:
    show(replace(opened(), address="unix:///run/" + "very-long-name/" * 12 + "docker.sock"))
    window.resize(800, 600)
    status = window.status
    whole = status.text("store")
    assert whole.endswith("docker.sock")
    labels = {label.accessibleName(): label for label in status.findChildren(QLabel)}
    assert labels[whole].text() != whole
    assert "docker.sock" in labels[whole].toolTip()
    for name, label in labels.items():
        assert label.geometry().right() <= status.width()
        assert name == whole or label.width() >= label.sizeHint().width()
