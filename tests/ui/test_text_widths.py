"""The widths of texts that a bar keeps."""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from cacheview.ui.text_widths import TextWidths
from cacheview.ui.theme import heading_font, small_font


def test_a_width_follows_the_font(qtbot: QtBot) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    widths = TextWidths(button)
    for font in (small_font(), heading_font(), small_font()):
        button.setFont(font)
        for _ in range(2):
            assert widths.of("Reload") == button.fontMetrics().horizontalAdvance("Reload")


def test_the_mark_of_a_shortcut_takes_no_space(qtbot: QtBot) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    widths = TextWidths(button)
    assert widths.of("&Reload") == widths.of("Reload")
