"""Long words wrap, but are read aloud and copied unchanged."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from cacheview.ui.theme import heading_font, small_font
from cacheview.ui.verdict.labels import ElidedLabel, WrappedText
from cacheview.ui.wrapped import Wrapped

pytestmark = pytest.mark.looks

PATH = "/var/lib/docker/overlay2/" + "0123456789abcdef" * 4 + "/diff"


@pytest.fixture
def label(qtbot: QtBot) -> Wrapped:
    label = WrappedText(small_font)
    qtbot.addWidget(label)
    label.show_text(f"It cannot be read: {PATH}")
    label.show()
    return label


def test_a_path_wraps_in_a_narrow_place(label: Wrapped) -> None:
    line = label.fontMetrics().lineSpacing()
    width = label.fontMetrics().horizontalAdvance(PATH) // 4
    assert label.minimumSizeHint().width() < width
    assert label.heightForWidth(width) >= 4 * line


def test_a_height_follows_text_font_and_wrapping(label: Wrapped) -> None:
    width = label.fontMetrics().horizontalAdvance(PATH) // 4
    small = label.heightForWidth(width)
    label.setFont(heading_font())
    large = label.heightForWidth(width)
    assert large > small
    label.setText(PATH + PATH)
    assert label.heightForWidth(width) > large
    label.setWordWrap(False)
    assert label.heightForWidth(width) < large


def test_a_wrapped_label_keeps_its_text_when_copied(label: Wrapped) -> None:
    assert label.text() == f"It cannot be read: {PATH}"
    label.setFocus()
    QTest.keyClick(label, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(label, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert label.selectedText() == label.text()
    assert QGuiApplication.clipboard().text() == label.text()


def test_text_without_word_wrap_is_unchanged(qtbot: QtBot) -> None:
    line = ElidedLabel(small_font)
    qtbot.addWidget(line)
    line.resize(9999, 20)
    line.show_text(PATH)
    assert len(super(Wrapped, line).text()) == len(PATH)


def test_a_short_word_breaks_only_where_it_does_not_fit(label: Wrapped) -> None:
    label.setText("no child of bab3d2a1f793 has this config")
    metrics = label.fontMetrics()
    word = metrics.horizontalAdvance("bab3d2a1f793")
    label.resize(word - 1, 200)
    assert "\u200b" in super(Wrapped, label).text()
    assert label.text() == "no child of bab3d2a1f793 has this config"
    narrow = label.heightForWidth(word - 1)
    label.resize(4 * word, 200)
    assert "\u200b" not in super(Wrapped, label).text()
    assert label.heightForWidth(word - 1) == narrow, "the height for a width does not depend on the current one"
    assert label.minimumSizeHint().width() < word
