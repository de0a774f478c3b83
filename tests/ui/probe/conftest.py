"""A document, and a pane that shows it."""

from __future__ import annotations

import pytest
from probe_kit import BASE, STORE
from pytestqt.qtbot import QtBot

from cacheview.model import ContainerConfig, Probe
from cacheview.ui.document import ProbeDocument
from cacheview.ui.probe.pane import ProbePane


@pytest.fixture
def document(qapp: object) -> ProbeDocument:
    return ProbeDocument(
        Probe(
            parent=BASE.id,
            config=ContainerConfig(
                Cmd=("/bin/sh", "-c", "echo"), Env=("A=1", "B=2", "C=3"), Labels={"a": "1", "b": "2"}
            ),
        )
    )


@pytest.fixture
def pane(document: ProbeDocument, qtbot: QtBot) -> ProbePane:
    pane = ProbePane(document)
    qtbot.addWidget(pane)
    pane.set_store(STORE)
    pane.resize(420, 900)
    with qtbot.waitActive(pane):
        pane.show()
        pane.activateWindow()
    return pane
