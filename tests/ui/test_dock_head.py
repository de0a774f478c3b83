"""The head of a dock at every width: its texts fit and do not flicker."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QToolButton, QWidget
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
