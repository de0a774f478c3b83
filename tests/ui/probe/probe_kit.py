"""A small store, and ways to find and use the editors."""

from __future__ import annotations

from model_kit import checked_by_qt
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageConfig, ImageStore
from cacheview.ui.probe.fields import RowsField
from cacheview.ui.probe.pane import ProbePane
from cacheview.ui.probe.rows_view import RowsView


def image(number: int, name: str = "", parent: str | None = None, by: str = "ENV MODE=prod") -> Image:
    return Image(
        id=f"sha256:{number:064x}",
        names=(f"docker.io/{name}",) if name else (),
        parent=parent,
        config=ImageConfig(
            history=(HistoryEntry(created_by=f"/bin/sh -c #(nop)  {by}"),),
            container_config=ContainerConfig(Cmd=("/bin/sh", "-c", "#(nop) ", by), User=str(number)),
        ),
    )


BASE = image(1, "shop/base:1", by="LABEL one=1")
WEB = image(2, "shop/web:1.1", BASE.id)
WORKDIR = image(3, "", BASE.id, "WORKDIR /app")
STORE = ImageStore((BASE, WEB, WORKDIR))


def rows(pane: ProbePane, name: str) -> RowsField:
    """The editor of a list or map. Its model is checked from now on: a wrong signal aborts the run."""
    field = pane.form.row(name).editor if name != "cache_from" else pane.cache_from_field
    assert isinstance(field, RowsField)
    if field.model.findChild(QAbstractItemModelTester) is None:
        checked_by_qt(field.model, field.model)
    return field


def go_to(view: RowsView, row: int) -> None:
    """Select a row and give the view the keyboard focus."""
    view.select(row)
    view.setFocus()


def press(qtbot: QtBot, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key in the widget that has the focus."""
    qtbot.keyClick(focused(), key, modifier)


def type_text(qtbot: QtBot, text: str) -> None:
    """Type a text, each letter into the widget that has the focus at that time."""
    for letter in text:
        qtbot.keyClicks(focused(), letter)


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None, "nothing has the focus"
    return widget
