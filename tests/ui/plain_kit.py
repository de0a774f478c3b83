"""Requirements for every widget: nothing that it shows or reads out is treated as markup or as a command."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QAbstractListModel, QModelIndex
from PySide6.QtCore import Qt as Core
from PySide6.QtGui import QAction, Qt, QTextDocumentFragment
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox, QLabel, QWidget

from cacheview.ui.probe.rows_model import ConfigRowsModel
from cacheview.visible import is_unprintable

__all__ = ["NASTY", "demand_all_plain", "demand_plain", "shown_by_tip"]

NASTY: Final = "<img src=/x.png><b>hi</b>&amp;&copy;\x1b[31m\u202e\u2066\u200b|`*_\r"


def shown_by_tip(tip: str) -> str:
    return QTextDocumentFragment.fromHtml(tip).toPlainText() if Qt.mightBeRichText(tip) else tip


def demand_plain(text: str, where: object) -> None:
    assert not [character for character in text if is_unprintable(character) and character not in "\n\u2028"], (
        where,
        text,
    )


def demand_all_plain(root: QWidget) -> None:
    """Check the text, tool tip and accessible text of every widget and action."""
    for label in root.findChildren(QLabel):
        assert label.textFormat() is Core.TextFormat.PlainText or not Qt.mightBeRichText(label.text()), label.text()
        demand_plain(label.text(), label)
    for widget in (root, *root.findChildren(QWidget)):
        tip = widget.toolTip()
        assert "<img" not in tip
        assert not Qt.mightBeRichText(tip) or tip.startswith('<p style="white-space: pre-wrap')
        for text in (shown_by_tip(tip), widget.accessibleName(), widget.accessibleDescription(), widget.statusTip()):
            demand_plain(text, widget)
            assert "<p style" not in text
            assert "&lt;" not in text
    for button in root.findChildren(QAbstractButton):
        demand_plain(button.text(), button)
    for box in root.findChildren(QComboBox):
        for row in range(box.count()):
            demand_plain(box.itemText(row), box)
    demand_plain(root.windowTitle(), root)
    for action in root.findChildren(QAction):
        assert "<img" not in action.toolTip()
        for text in (action.text(), shown_by_tip(action.toolTip()), action.statusTip()):
            demand_plain(text, action.text())
        words = action.text().replace("&&", "")
        assert words.count("&") <= 1, action.text()
    for view in root.findChildren(QAbstractItemView):
        if view.model() is not None:
            _demand_rows_plain(view, QModelIndex(), 3)


def _demand_rows_plain(view: QAbstractItemView, parent: QModelIndex, depth: int) -> None:
    model = view.model()
    for row in range(min(model.rowCount(parent), 50)):
        for column in range(1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)):
            index = model.index(row, column, parent)
            tip = index.data(Core.ItemDataRole.ToolTipRole)
            if isinstance(tip, str):
                assert "<img" not in tip
                demand_plain(shown_by_tip(tip), view)
            drawn = index.data(Core.ItemDataRole.DisplayRole)
            # The rows of a probe are edited, so they stay as they are; their delegate makes special characters visible.
            if isinstance(drawn, str) and not isinstance(model, ConfigRowsModel):
                demand_plain(drawn, (view, row, column))
                assert "\n" not in drawn, (view, drawn)
            for role in (Core.ItemDataRole.AccessibleTextRole, Core.ItemDataRole.AccessibleDescriptionRole):
                reported = index.data(role)
                if isinstance(reported, str):
                    demand_plain(reported, (view, role))
        if depth:
            _demand_rows_plain(view, model.index(row, 0, parent), depth - 1)
