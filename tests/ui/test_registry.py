"""Registry images in the window: opened by name, for the chosen rules and platform."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from registry_kit import FakeRegistry, Reply, Request, serving
from store_builder import config
from window_kit import OpenWindow

from cacheview.model import StoreKind
from cacheview.stores.registry import opening
from cacheview.ui.stores.by_name import ByNameDialog
from cacheview.ui.window import MainWindow

AMD64, ARM64 = ({"os": "linux", "architecture": architecture} for architecture in ("amd64", "arm64"))


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRegistry]:
    """A registry with an image for two platforms."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_AUTH_CONFIG", raising=False)
    monkeypatch.setattr(opening, "tls_context", lambda _: (ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ()))
    fake = FakeRegistry()
    made = [{**fake.layout.manifest(config(1, **each)), "platform": each} for each in (AMD64, ARM64)]
    fake.tag("1", fake.layout.index(made))
    with serving(fake):
        yield fake


@pytest.fixture
def window(lent_window: MainWindow) -> MainWindow:
    return lent_window


def open_by_name(window: MainWindow, qtbot: QtBot, name: str) -> None:
    window.commands.open_by_name.trigger()
    dialog = window.findChild(ByNameDialog)
    assert dialog is not None
    dialog.name.clear()
    qtbot.keyClicks(dialog.name, name)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        dialog.accept()


def test_a_registry_image_is_opened_by_name_and_listed_as_recent(
    registry: FakeRegistry, window: MainWindow, qtbot: QtBot
) -> None:
    name = f"registry:{registry.host}/shop/app:1"
    open_by_name(window, qtbot, name)
    assert window.windowTitle() == f"registry {registry.host}/shop/app:1 — cacheview"
    assert window.session is not None
    assert [image.title for image in window.session.store.images] == [f"{registry.host}/shop/app:1"]
    window.commands.recent_menu.aboutToShow.emit()
    assert [action.text() for action in window.commands.recent_menu.actions()][:1] == [name]


def test_rules_of_the_other_store_kind_switch_to_its_image_ids(
    registry: FakeRegistry, window: MainWindow, qtbot: QtBot
) -> None:
    open_by_name(window, qtbot, f"registry:{registry.host}/shop/app:1")
    assert window.session is not None
    (before,) = window.session.store.images
    assert before.id == registry.tags["1"]
    chosen = next(
        action for action in window.commands.rules_menu.actions() if str(action.data()).startswith("graphdriver")
    )
    with qtbot.waitSignal(window.settled, timeout=20_000):
        chosen.trigger()
    (after,) = window.session.store.images
    assert after.id == after.config_digest == before.config_digest
    assert window.session.daemon.rules.store is StoreKind.GRAPH_DRIVER
    printed = " ".join(label.text() for label in window.notice.findChildren(QLabel) if label.isVisible())
    assert "you are using the rules of" not in printed


def test_a_second_attempt_uses_the_rules_that_were_chosen_for_the_first(
    registry: FakeRegistry, window: MainWindow, qtbot: QtBot
) -> None:
    open_by_name(window, qtbot, f"registry:{registry.host}/shop/app:1")
    assert window.session is not None
    digest = registry.tags.pop("1")
    chosen = next(
        action for action in window.commands.rules_menu.actions() if str(action.data()).startswith("graphdriver")
    )
    with qtbot.waitSignal(window.settled, timeout=20_000):
        chosen.trigger()
    assert window.session.daemon.rules.store is StoreKind.CONTAINERD
    registry.tags["1"] = digest
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.opener.try_again()
    assert window.session.daemon.rules.store is StoreKind.GRAPH_DRIVER


def test_a_platform_chosen_in_the_menu_is_read(registry: FakeRegistry, window: MainWindow, qtbot: QtBot) -> None:
    open_by_name(window, qtbot, f"registry:{registry.host}/shop/app:1")
    chosen = next(action for action in window.commands.platform_menu.actions() if action.text() == "linux/arm64")
    with qtbot.waitSignal(window.settled, timeout=20_000):
        chosen.trigger()
    assert window.session is not None
    (image,) = window.session.store.images
    assert image.config.architecture == "arm64"


def test_a_missing_registry_image_is_reported_on_the_start_page(
    registry: FakeRegistry, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window()
    open_by_name(window, qtbot, f"registry:{registry.host}/shop/app:2")
    assert "the registry has no such image (manifest unknown). Check the name and tag" in window.center.last_error
    assert window.center.start_page.isVisible()


def test_waiting_for_a_silent_registry_can_be_canceled(
    registry: FakeRegistry, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window()
    ending = threading.Event()

    def silent(_: Request) -> Reply:
        ending.wait(20)
        return Reply(500)

    registry.hook = silent
    with qtbot.waitSignal(window.opener.progressed, timeout=20_000):
        window.open(f"registry:{registry.host}/shop/app:1")
    assert window.center.busy_page.text == f"Requesting {registry.host}/shop/app:1 from {registry.host}"
    with qtbot.waitSignal(window.opener.canceled, timeout=20_000):
        window.center.busy_page.cancel.click()
    ending.set()
    assert not window.opener.is_busy
