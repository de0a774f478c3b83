"""The tool bar: store, rules and platform as menus, cases and probes of a suite as lists, undo, redo and copy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from cacheview.ui.actions import Actions
from cacheview.ui.plain import one_line, tool_tip
from cacheview.ui.theme import GRID, small_font

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

__all__ = ["ToolBar"]

_LONGEST = 34


class ToolBar(QToolBar):
    """``case_chosen(int)`` and ``probe_chosen(int)``: by the person alone."""

    case_chosen = Signal(int)
    probe_chosen = Signal(int)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__("Tool bar", parent)
        self._lists: dict[QComboBox, list[QAction]] = {}
        self.setMovable(False)
        self.setFloatable(False)
        self.setIconSize(QSize(4 * GRID, 4 * GRID))
        store = QMenu(self)
        actions.fill_store_menu(store)
        self.store = self._menu_button("Store", store)
        self.rules = self._menu_button("Rules", actions.rules_menu)
        self.platform = self._menu_button("Platform", actions.platform_menu)
        self.platform.setToolTip("Which manifest of a multi-platform image is shown")
        self._button(actions.reload)
        self._button(actions.replay_dockerfile)
        gap = QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._gap = self.addWidget(gap)
        self._button(actions.undo, text=False)
        self._button(actions.redo, text=False)
        self.copy = self._menu_button("Copy", actions.copy_menu)
        self.copy.setToolTip("Copy the verdict with its reasons")

    @cached_property
    def case(self) -> QComboBox:
        """The cases of the suite. Made when first needed, as is `probe`: most stores have no such list."""
        return self._list("Case", self.case_chosen)

    @cached_property
    def probe(self) -> QComboBox:
        """The probes of the case."""
        return self._list("Probe", self.probe_chosen)

    def set_cases(self, names: Sequence[str], current: int) -> None:
        """The cases of a suite; the list is shown when there are several."""
        if len(names) > 1 or "case" in self.__dict__:
            self._fill(self.case, names, current)

    def set_probes(self, names: Sequence[str], current: int) -> None:
        """The probes of a case; the list is shown when there are several."""
        if len(names) > 1 or "probe" in self.__dict__:
            self._fill(self.probe, names, current)

    @staticmethod
    def say(button: QToolButton, what: str, value: str) -> None:
        """Write what is chosen on a menu button."""
        shown = one_line(value)
        if len(shown) > _LONGEST:
            shown = shown[: _LONGEST - 1] + "…"
        button.setText(f"{what}  {shown} ▾".replace("&", "&&") if shown else f"{what} ▾")
        button.setAccessibleName(f"{what}: {value}" if value else what)

    def set_case(self, current: int) -> None:
        """Another case was chosen, by whatever way."""
        if "case" in self.__dict__:
            self.case.setCurrentIndex(current)

    def _fill(self, box: QComboBox, names: Sequence[str], current: int) -> None:
        box.blockSignals(True)
        box.clear()
        box.addItems([one_line(name) for name in names])
        box.setCurrentIndex(current)
        box.blockSignals(False)
        for action in self._lists[box]:
            action.setVisible(len(names) > 1)

    def _menu_button(self, text: str, menu: QMenu) -> QToolButton:
        button = QToolButton()
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.say(button, text, "")
        self.addWidget(button)
        return button

    def _button(self, action: QAction, *, text: bool = True) -> None:
        button = QToolButton()
        button.setDefaultAction(action)
        if text:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setAccessibleName(action.text().replace("&", ""))
        self.addWidget(button)

    def _list(self, name: str, chosen: object) -> QComboBox:
        label = QLabel(name)
        label.setFont(small_font())
        label.setContentsMargins(2 * GRID, 0, GRID, 0)
        box = QComboBox()
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(17)
        box.setMaxVisibleItems(24)
        box.setAccessibleName(name)
        box.activated.connect(chosen)
        box.currentTextChanged.connect(lambda text: box.setToolTip(tool_tip(text)))
        label.setBuddy(box)
        before = self._gap if name == "Probe" or "probe" not in self.__dict__ else self._lists[self.probe][0]
        self._lists[box] = [self.insertWidget(before, label), self.insertWidget(before, box)]
        return box
