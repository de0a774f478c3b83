"""The tool bar: menus for store, rules and platform, lists of a suite's cases and probes, and undo, redo and copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QLabel, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from cacheview.ui.actions import Actions
from cacheview.ui.lazy import Lazy
from cacheview.ui.names import shortened
from cacheview.ui.plain import one_line
from cacheview.ui.theme import GRID, look_changed, set_font, small_font

if TYPE_CHECKING:
    from PySide6.QtGui import QAction, QResizeEvent, QShowEvent

    from cacheview.ui.name_list import NameList

__all__ = ["ToolBar"]

_TEXT_BESIDE_ICON = 2  # from Qt.ToolButtonStyle, which the first paint does not import
_MAX_CHARACTERS = 34
_BREVITY_LEVELS = 5
_MIN_CHARACTERS = (17, 9, 5)
"""The minimum characters that the lists of cases and probes show, in a wide, narrow and very narrow tool bar."""
_LIST_HEIGHT = 6 * GRID
"""The height of such a list: reserved, so that the panes keep their size when the first one appears."""


class ToolBar(QToolBar):
    """The tool bar.

    If it is too narrow for everything, texts are shortened step by step, starting with the least important. Every item
    stays available.

    Signals: ``case_chosen(int)``, ``probe_chosen(int)``: the user chose the case or probe with this number.
    """

    case_chosen = Signal(int)
    probe_chosen = Signal(int)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__("Tool bar", parent)
        self._lists: dict[NameList, list[QAction]] = {}
        self._case = Lazy(self._make_case)
        self._probe = Lazy(lambda: self._list("Probe", self.probe_chosen, self._gap))
        self._shown: dict[QToolButton, tuple[str, str]] = {}
        self._brevity = 0
        self.setMovable(False)
        self.setFloatable(False)
        self.setIconSize(QSize(4 * GRID, 4 * GRID))
        store = QMenu(self)
        actions.fill_store_menu(store)
        self.store = self._menu_button("Store", store)
        self.rules = self._menu_button("Rules", actions.rules_menu)
        self.platform = self._menu_button("Platform", actions.platform_menu)
        self.platform.setToolTip("Choose the platform to show for multi-platform images")
        self._reload = self._button(actions.reload)
        self._replay = self._button(actions.replay_dockerfile)
        self._gap_widget = QWidget()
        self._gap_widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._gap_widget.setMinimumHeight(_LIST_HEIGHT)
        self._gap = self.addWidget(self._gap_widget)
        self._button(actions.undo, text=False)
        self._button(actions.redo, text=False)
        look_changed().connect(self._fit)

    @property
    def case(self) -> NameList:
        """The list of the suite's cases.

        It is created when first needed, like `probe`: most stores have no such list.
        """
        return self._case()

    @property
    def probe(self) -> NameList:
        """The list of the case's probes."""
        return self._probe()

    def set_cases(self, count: int, name_of: Callable[[int], str], current: int) -> None:
        """Set the cases of a suite with their names. The list is shown if there are several."""
        if count > 1 or self._case.existing is not None:
            self._fill(self.case, count, name_of, current)

    def set_probes(self, count: int, name_of: Callable[[int], str], current: int) -> None:
        """Set the probes of a case with their names. The list is shown if there are several."""
        if count > 1 or self._probe.existing is not None:
            self._fill(self.probe, count, name_of, current)

    def name_probe(self, number: int) -> None:
        """Update the name of a probe."""
        if self._probe.existing is not None:
            self._probe.existing.renamed(number)

    def show_text(self, button: QToolButton, what: str, value: str) -> None:
        """Show the chosen value on a menu button."""
        self._shown[button] = (what, value)
        self._write(button)
        button.setAccessibleName(f"{what}: {value}" if value else what)
        self._fit()

    def _write(self, button: QToolButton) -> None:
        what, value = self._shown[button]
        shown = shortened(one_line(value), _MAX_CHARACTERS)
        words = f"{what}  {shown}" if shown and self._brevity < 2 else shown or what
        button.setText(f"{words} ▾".replace("&", "&&"))

    def _fit(self) -> None:
        """Shorten as few texts as possible to fit the width."""
        if not self.isVisible():
            return
        for brevity in range(_BREVITY_LEVELS):
            self._abbreviate(brevity)
            if self._needed() <= self.width():
                return

    def _abbreviate(self, brevity: int) -> None:
        """Apply a level of brevity.

        0: all text. 1: none on *Reload*. 2: no names of menus. 3: narrow lists. 4: lists without names.
        """
        if brevity == self._brevity:
            return
        self._brevity = brevity
        from PySide6.QtCore import Qt  # this import creates it, so the first paint does not wait for that

        with_text, icon_only = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
        self._reload.setToolButtonStyle(icon_only if brevity else with_text)
        self._replay.setText("Replay…" if brevity else self._replay.defaultAction().iconText())
        for button in self._shown:
            self._write(button)
        for box, (name, _) in self._lists.items():
            box.setMinimumContentsLength(_MIN_CHARACTERS[max(0, brevity - 2)])
            name.setVisible(brevity < _BREVITY_LEVELS - 1 and box.count() > 1)

    def _needed(self) -> int:
        shown = [self.widgetForAction(action) for action in self.actions() if action.isVisible()]
        return sum(widget.sizeHint().width() + GRID for widget in shown if widget is not self._gap_widget) + 4 * GRID

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def set_case(self, current: int) -> None:
        """Show that another case is the current one."""
        if self._case.existing is not None:
            self._case.existing.setCurrentIndex(current)

    def _fill(self, box: NameList, count: int, name_of: Callable[[int], str], current: int) -> None:
        box.set_names(count, name_of, current)
        for action in self._lists[box]:
            action.setVisible(count > 1)
        self._fit()

    def _menu_button(self, text: str, menu: QMenu) -> QToolButton:
        button = QToolButton()
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.show_text(button, text, "")
        self.addWidget(button)
        return button

    def _button(self, action: QAction, *, text: bool = True) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        if text:
            button.setProperty("toolButtonStyle", _TEXT_BESIDE_ICON)
        button.setAccessibleName(action.text().replace("&", ""))
        self.addWidget(button)
        return button

    def _make_case(self) -> NameList:
        """Create the list of cases, which is to the left of the list of probes."""
        probe = self._probe.existing
        return self._list("Case", self.case_chosen, self._gap if probe is None else self._lists[probe][0])

    def _list(self, name: str, chosen: object, before: QAction) -> NameList:
        from cacheview.ui.name_list import NameList
        from cacheview.ui.tips import set_tip

        label = QLabel(name)
        set_font(label, small_font)
        label.setContentsMargins(2 * GRID, 0, GRID, 0)
        box = NameList()
        box.setMinimumContentsLength(_MIN_CHARACTERS[max(0, self._brevity - 2)])
        box.setAccessibleName(name)
        box.activated.connect(chosen)
        box.currentTextChanged.connect(lambda text: set_tip(box, text))
        label.setBuddy(box)
        self._lists[box] = [self.insertWidget(before, label), self.insertWidget(before, box)]
        return box
