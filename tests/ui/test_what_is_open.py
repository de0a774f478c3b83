"""The title and the status bar name what is open: store, What if, build context."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from window_kit import drop

from cacheview.model import ContainerConfig, Image, ImageConfig, ImageStore, Release, StoreKind
from cacheview.stores.locations import LOCATION_KINDS, parse_location
from cacheview.stores.opened_location import OpenedCase, OpenedLocation
from cacheview.ui.docks import REPLAY
from cacheview.ui.names import shortened
from cacheview.ui.window import MainWindow

BASE = Image(id="sha256:" + "b" * 64, names=("docker.io/library/base:1",), config=ImageConfig())
BUILT = Image(
    id="sha256:" + "c" * 64,
    parent=BASE.id,
    config=ImageConfig(container_config=ContainerConfig(User="me")),
)
LONG = "/run/" + "very-long-name/" * 20 + "docker.sock"


def opened(title: str, location: str, **more: str) -> OpenedLocation:
    release = Release(StoreKind.GRAPH_DRIVER, "26.1.5")
    store = ImageStore((BASE, BUILT), title, location, release=release, engine_os="linux")
    return OpenedLocation(title, location, "some", (OpenedCase("", store, ""),), **more)  # type: ignore[arg-type]


ENGINE = opened(
    "Docker Engine 26.1.5, graph-driver store",
    "engine:",
    address="unix:///run/docker.sock",
    name="build-1",
    context="ci",
)

KINDS = [
    (
        ENGINE,
        "Docker Engine 26.1.5 on build-1 (context ci) at unix:///run/docker.sock",
        "Docker Engine 26.1.5, graph-driver store on build-1 (context ci), at unix:///run/docker.sock",
    ),
    (
        replace(ENGINE, name="", context=""),
        "Docker Engine 26.1.5 at unix:///run/docker.sock",
        "Docker Engine 26.1.5, graph-driver store, at unix:///run/docker.sock",
    ),
    (
        opened("containerd, namespace moby", "containerd:", path="/run/containerd/containerd.sock"),
        "containerd at /run/containerd/containerd.sock",
        "containerd, namespace moby, at /run/containerd/containerd.sock",
    ),
    (
        opened("containerd root folder", "containerd:/srv/c#moby", path="/srv/c"),
        "containerd /srv/c#moby",
        "containerd root folder, at /srv/c",
    ),
    (
        opened("Docker data root, graph-driver store overlay2", "data-root:", path="/var/lib/docker"),
        "Docker data root at /var/lib/docker",
        "Docker data root, graph-driver store overlay2, at /var/lib/docker",
    ),
    (
        opened("registry images as pulled into a containerd store", "registry:localhost:5000/shop/app:1"),
        "registry localhost:5000/shop/app:1",
        "localhost:5000/shop/app:1, registry images as pulled into a containerd store",
    ),
    (opened("the demo store", "demo:"), "demo", "the demo store"),
    (opened("docker save archive", "/srv/images/app.tar"), "app.tar", "app.tar, docker save archive"),
    (opened("OCI image layout", "/srv/layout/"), "layout", "layout, OCI image layout"),
]


@pytest.fixture
def show(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Callable[[OpenedLocation], None]:
    def show(what: OpenedLocation) -> None:
        monkeypatch.setattr("cacheview.stores.open.open_store", lambda *_, **__: what)
        with qtbot.waitSignal(window.settled, timeout=20_000):
            window.open(what.location)

    return show


def test_every_kind_of_store_one_after_the_other(window: MainWindow, show: Callable[[OpenedLocation], None]) -> None:
    for what, title, words in KINDS:
        show(what)
        assert window.windowTitle() == f"{title} — cacheview"
        assert window.status.text("store") == words
    assert {parse_location(what.location).source for what, _, _ in KINDS} == set(LOCATION_KINDS)


def test_the_window_title_names_store_what_if_and_context(
    window: MainWindow, show: Callable[[OpenedLocation], None], qtbot: QtBot, tmp_path: Path
) -> None:
    show(ENGINE)
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM base:1\nUSER me\n")
    pane = window.docks.get(REPLAY).pane
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        drop(window, folder)
    engine = "Docker Engine 26.1.5 on build-1 (context ci) at unix:///run/docker.sock"
    assert window.windowTitle() == f"shop/Dockerfile · {engine} — cacheview"
    assert window.status.text("context") == f"context {folder}"
    assert window.session is not None
    with qtbot.waitSignal(window.session.supposed_changed, timeout=20_000):
        window.what_if.suppose("upgrade:27.0.1")
    assert window.windowTitle().startswith(f"shop/Dockerfile · {engine} (What if: ")
    assert "27.0.1" in window.windowTitle()
    assert "(What if: " in window.status.text("store")
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        window.what_if.leave()
    assert window.windowTitle() == f"shop/Dockerfile · {engine} — cacheview"
    window.commands.replay.trigger()
    qtbot.waitUntil(lambda: window.windowTitle() == f"{engine} — cacheview")
    assert window.status.text("context") == ""


def test_a_dockerfile_is_named_before_there_is_a_store(window: MainWindow, tmp_path: Path) -> None:
    window.show_build("shop/Dockerfile", "/shop/Dockerfile", "/shop")
    assert window.windowTitle() == "shop/Dockerfile — cacheview"
    window.show_build("", "", "")
    assert window.windowTitle() == "cacheview"


@pytest.mark.looks
def test_long_names_are_shortened_in_the_middle_with_a_full_tip(
    window: MainWindow, show: Callable[[OpenedLocation], None]
) -> None:
    show(replace(ENGINE, address=f"unix://{LONG}"))
    window.show_build("shop/Dockerfile", f"/srv{LONG}/Dockerfile", f"/srv{LONG}")
    window.resize(900, 600)
    labels = {label.accessibleName(): label for label in window.status.findChildren(QLabel)}
    for name, end in (("store", "docker.sock"), ("context", "docker.sock")):
        label = labels[window.status.text(name)]
        assert label.text() != label.accessibleName()
        assert label.text().endswith(end[-4:])
        assert "…" in label.text()
        assert LONG in label.toolTip()
        assert label.geometry().right() <= window.status.width()
    assert len(window.windowTitle()) < 200
    assert window.windowTitle().endswith("docker.sock — cacheview")


def test_a_text_is_shortened_in_the_middle() -> None:
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("abcdefg", 6) == "ab…efg"
    assert [len(shortened("x" * 50, most)) for most in range(1, 60)] == [min(most, 50) for most in range(1, 60)]


def test_a_context_in_the_home_folder_is_shown_with_a_tilde(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me/")
    for path, words in {"/home/me/shop": "~/shop", "/home/me": "~", "/home/meg/shop": "/home/meg/shop"}.items():
        window.show_build("shop/Dockerfile", f"{path}/Dockerfile", path)
        assert window.status.text("context") == f"context {words}"
        (label,) = (
            label for label in window.status.findChildren(QLabel) if label.accessibleName().startswith("context")
        )
        assert f"Context: {path}<br>" in label.toolTip()
    monkeypatch.setenv("HOME", "/")
    window.show_build("shop/Dockerfile", "/shop/Dockerfile", "/shop")
    assert window.status.text("context") == "context /shop"
