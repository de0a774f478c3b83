"""Colors, text size and layout are as the user chose them, in this session and in the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot
from window_kit import OpenWindow

from cacheview.ui.appearance import apply_look
from cacheview.ui.docks import AUDIT, COMPARE
from cacheview.ui.names import DEMO
from cacheview.ui.settings import Settings
from cacheview.ui.theme import DARK, apply_theme, current_tokens, set_zoom
from cacheview.ui.window import MainWindow

SIZE = (1100, 800)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.ini"


@pytest.fixture(autouse=True)
def usual_look(qapp: QApplication) -> Iterator[None]:
    yield
    set_zoom(qapp, 100)
    apply_theme(qapp)


@pytest.fixture
def window(open_window: OpenWindow) -> MainWindow:
    return open_window(DEMO, size=SIZE)


def heights(window: MainWindow) -> list[int]:
    """The text heights of all visible labels."""
    assert window.workspace is not None
    return [label.fontMetrics().height() for label in window.findChildren(QLabel) if label.text() and label.isVisible()]


class StyleChanges(QObject):
    """Counts how often Qt sets the style of a widget, for which it matches the style sheet against the widget."""

    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.StyleChange and watched.isWidgetType():
            self.count += 1
        return False


@pytest.mark.looks
def test_qt_matches_the_style_sheet_about_once_against_each_widget_of_the_panes(
    open_window: OpenWindow, qapp: QApplication, qtbot: QtBot
) -> None:
    window = open_window(size=SIZE)
    changes = StyleChanges()
    qapp.installEventFilter(changes)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open(DEMO)
    qapp.removeEventFilter(changes)
    assert window.workspace is not None
    assert changes.count < 1.5 * len(window.workspace.findChildren(QWidget))


@pytest.mark.looks
def test_the_verdict_has_its_color_in_the_window(window: MainWindow) -> None:
    assert window.workspace is not None
    word = next(label for label in window.workspace.verdict.banner.findChildren(QLabel) if label.text() == "MISS")
    assert word.palette().color(word.foregroundRole()).name() == current_tokens().miss


@pytest.mark.looks
def test_zooming_enlarges_all_text_and_can_be_reset(window: MainWindow, qtbot: QtBot) -> None:
    before = heights(window)
    assert len(before) > 20
    for _ in range(3):
        qtbot.keyClick(window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    larger = heights(window)
    assert len(larger) > 20
    assert [height for height in larger if height < 1.3 * min(before)] == []
    qtbot.keyClick(window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert heights(window) == before


@pytest.mark.looks
def test_icons_and_tool_bar_follow_the_look(window: MainWindow) -> None:
    """They are part of the first paint, so they follow `theme.look_changed` rather than events."""

    def drawn() -> set[str]:
        image = window.commands.reload.icon().pixmap(16).toImage()
        pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
        return {pixel.name() for pixel in pixels if pixel.alpha() == 255}

    window.commands.schemes["light"].trigger()
    light = drawn()
    window.commands.schemes["dark"].trigger()
    assert drawn()
    assert not drawn() & light
    window.resize(1366, 768)
    words = window.tool_bar.rules.text()
    for _ in range(4):
        window.commands.zoom_in.trigger()
    assert len(window.tool_bar.rules.text()) < len(words)  # there is less space for the text
    wide = window.status._labels["time"].minimumWidth()
    window.commands.zoom_reset.trigger()
    assert window.tool_bar.rules.text() == words
    assert window.status._labels["time"].minimumWidth() < wide


def test_zoom_is_limited_in_both_directions(open_window: OpenWindow) -> None:
    window = open_window(size=SIZE)
    for action, least, most in ((window.commands.zoom_in, 200, 250), (window.commands.zoom_out, 70, 80)):
        for _ in range(20):
            action.trigger()
        assert least <= window._settings.zoom <= most


@pytest.mark.looks
def test_color_scheme_and_zoom_are_restored(open_window: OpenWindow, qapp: QApplication, file: Path) -> None:
    window = open_window(size=SIZE)
    window.commands.schemes["dark"].trigger()
    window.commands.zoom_in.trigger()
    assert current_tokens() is DARK
    window.close()
    apply_theme(qapp, Qt.ColorScheme.Light)
    set_zoom(qapp, 100)
    settings = Settings(file)
    apply_look(qapp, settings)
    assert (current_tokens(), settings.zoom) == (DARK, 110)
    again = open_window(size=SIZE, settings=Settings(file))
    assert again.commands.schemes["dark"].isChecked()
    again.commands.schemes[""].trigger()
    assert Settings(file).scheme == ""


@pytest.mark.parametrize("kept", ["", "x", "-5", "9999", "69", "1e2", "²"])
def test_an_invalid_zoom_or_scheme_falls_back_to_the_default(file: Path, kept: str) -> None:
    file.write_text(f"[window]\nzoom={kept}\nscheme=pink\n", encoding="utf-8")
    settings = Settings(file)
    assert (settings.zoom, settings.scheme) == (100, "")


def test_docks_are_open_again_where_they_were(
    window: MainWindow, open_window: OpenWindow, qtbot: QtBot, file: Path
) -> None:
    compare, audit = window.docks.get(COMPARE).dock, window.docks.get(AUDIT).dock
    for dock in (compare, audit):
        dock.show_quietly()
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, audit)
    window.commands.watch.trigger()
    qtbot.waitUntil(lambda: window.commands.watch.isChecked())
    window.close()
    again = open_window(DEMO, size=SIZE, settings=Settings(file))
    assert again.docks.existing(COMPARE) is None  # the first paint does not wait for docks
    right = Qt.DockWidgetArea.RightDockWidgetArea
    qtbot.waitUntil(
        lambda: again.docks.existing(AUDIT) is not None and again.dockWidgetArea(again.docks.get(AUDIT).dock) is right
    )
    assert not again.docks.get(COMPARE).dock.isHidden()
    assert not again.commands.watch.isChecked()


def test_closing_before_a_store_is_open_keeps_the_saved_docks(window: MainWindow, qtbot: QtBot, file: Path) -> None:
    window.docks.get(COMPARE).dock.show_quietly()
    window.close()
    early = MainWindow(Settings(file))
    qtbot.addWidget(early)
    early.close()
    assert Settings(file).docks == ["compare"]


@pytest.mark.looks
def test_the_layout_is_reset(window: MainWindow) -> None:
    assert window.workspace is not None
    first = window.workspace.widths
    dock = window.docks.get(COMPARE).dock
    dock.show_quietly()
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    window.workspace.widths = [300, 300, 500]
    window.workspace.images.tree.columns.set_hidden(["created"])
    window.commands.reset_layout.trigger()
    assert dock.isHidden()
    assert window.dockWidgetArea(dock) is Qt.DockWidgetArea.BottomDockWidgetArea
    assert window.workspace.images.tree.columns.hidden == ["id", "size"]
    assert window.workspace.widths == first
