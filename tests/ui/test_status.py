"""The status bar: a message temporarily replaces the other texts."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from cacheview.ui.status import StatusBar


def test_a_status_message_hides_the_other_texts(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    bar = StatusBar(window)
    window.setStatusBar(bar)
    window.resize(800, 200)
    window.show()

    def shown() -> list[str]:
        QApplication.processEvents()
        return [label.text() for label in bar.findChildren(QLabel) if label.isVisible() and label.text()]

    QApplication.processEvents()
    bar.show_store("an engine", "engine:", 1)
    bar.show_text("Following the engine's events")
    assert shown() == []
    bar.show_store("another engine", "engine:", 2)
    assert shown() == ["another engine", "2 images"]
