"""The header of the verdict pane: whether everything is shown, and the order of the candidates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QLabel, QMenu, QToolButton, QWidget

from cacheview.ui.bar import TitleBar
from cacheview.ui.theme import set_font, small_font, strong_font

__all__ = ["VerdictHead"]

_SHOW_TEXTS: Final = {
    True: ("Show: differences ▾", "Differences ▾", "Show ▾"),
    False: ("Show: everything ▾", "Everything ▾", "Show ▾"),
}
_ORDER_TEXTS: Final = {
    True: ("Order: nearest first ▾", "Nearest ▾", "Order ▾"),
    False: ("Order: the daemon's ▾", "Order ▾", "Order ▾"),
}
"""The texts of the buttons, and shorter ones for narrow widths."""


class VerdictHead(TitleBar):
    """The title, and two buttons with a menu each.

    Signals:
        differences_chosen(bool): whether to show only the differences.
        nearest_chosen(bool): whether to show the nearest candidates first, or the daemon's order.
    """

    differences_chosen = Signal(bool)
    nearest_chosen = Signal(bool)

    def __init__(self, parent: QWidget) -> None:
        title = QLabel("Verdict", parent)
        title.setTextFormat(Qt.TextFormat.PlainText)
        set_font(title, strong_font)
        self.show_button, self._show_actions = _choice(
            parent,
            "Show",
            ("Differences only", "Everything"),
            lambda i: self.differences_chosen.emit(i == 0),
        )
        self.order_button, self._order_actions = _choice(
            parent, "Order of candidates", ("The daemon's", "Nearest first"), lambda i: self.nearest_chosen.emit(i == 1)
        )
        super().__init__(parent, title, self.show_button, self.order_button)
        self.show_differences_only(True)
        self.show_nearest_first(False)

    def show_differences_only(self, only: bool) -> None:
        """Show which of the two is chosen."""
        self._show_actions[0 if only else 1].setChecked(True)
        self.show_text(self.show_button, *_SHOW_TEXTS[only])

    def show_nearest_first(self, nearest: bool) -> None:
        """Show which order is chosen."""
        self._order_actions[1 if nearest else 0].setChecked(True)
        self.show_text(self.order_button, *_ORDER_TEXTS[nearest])


def _choice(
    parent: QWidget, name: str, texts: tuple[str, ...], choose: Callable[[int], None]
) -> tuple[QToolButton, list[QAction]]:
    """Return a button with a menu of exclusive choices, initially the first."""
    button = QToolButton(parent)
    set_font(button, small_font)
    button.setAccessibleName(name)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    menu = QMenu(button)
    group = QActionGroup(menu)
    actions = []
    for i, text in enumerate(texts):
        action = group.addAction(text)
        action.setCheckable(True)
        action.setChecked(i == 0)
        action.triggered.connect(lambda _=False, i=i: choose(i))
        menu.addAction(action)
        actions.append(action)
    button.setMenu(menu)
    return button, actions
