"""The head of a dock at every width: its texts fit and do not flicker."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QProgressBar, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from cacheview.ui.replay.head import ReplayHead

pytestmark = pytest.mark.looks


def test_button_texts_fit_at_every_width(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(1300, 100)
    head = ReplayHead(host)
    host.show()
    for busy in (True, False):
        head.set_busy(busy)
        for width in (*range(480, 1200, 9), *range(1200, 480, -9)):
            head.setGeometry(0, 0, max(width, head.minimumSizeHint().width()), 40)
            seen = []
            for _ in range(4):
                QApplication.processEvents()
                seen.append(head.continue_button.text())
            assert seen[-1] == seen[-2]
            for button in head.findChildren(QToolButton):
                assert button.isHidden() or button.width() >= button.sizeHint().width(), (width, button.text())
    assert head.continue_button.text() == "Continue"
    assert head.continue_button.accessibleName() == "Continue past the miss"


def test_a_busy_head_fits_on_the_smallest_screen(qtbot: QtBot) -> None:
    """Otherwise, the dock is wider than the window while the work runs. The screen is 640 logical pixels wide."""
    head = ReplayHead()
    qtbot.addWidget(head)
    head.set_busy(True)
    head.show_text("Finding out why steps miss…")
    assert head.minimumSizeHint().width() <= 640
    with qtbot.waitExposed(head):
        head.show()
    (progress,) = head.findChildren(QProgressBar)
    head.resize(head.minimumSizeHint().width(), head.height())
    qtbot.waitUntil(lambda: progress.minimumSizeHint().width() <= progress.width() < progress.sizeHint().width())
    assert progress.geometry().right() < head.cancel_button.x()
    assert head.close_button.geometry().right() < head.width()
    head.resize(1400, head.height())
    qtbot.waitUntil(lambda: progress.width() == progress.sizeHint().width())
