"""What the Rules menu has beside the rule sets themselves. The dialogs are made when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cacheview.ui.actions import Actions, connect
from cacheview.ui.session import Session

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog, QWidget

    from cacheview.ui.rules.dialog import RulesDialog

__all__ = ["RuleWays"]


class RuleWays(QObject):
    """``copied(str)``: what was put on the clipboard, in words."""

    copied = Signal(str)

    def __init__(self, session: Session, commands: Actions, choose: Callable[[str], object], window: QWidget) -> None:
        """``choose``: asks by the rules of a name from now on."""
        super().__init__(session)
        self._session = session
        self._choose = choose
        self._window = window
        commands.rules_menu.addActions([commands.about_rules, commands.changed_rules])
        commands.rules_menu.addSeparator()
        connect(commands.about_rules, self._show_rules)
        connect(commands.changed_rules, self._show_changes)
        for changed in (session.rules_changed, session.store_changed):
            changed.connect(self._tell)

    @cached_property
    def dialog(self) -> RulesDialog:
        """A rule set whole, and what changed between two."""
        from cacheview.ui.rules.dialog import RulesDialog

        dialog = RulesDialog(self._window)
        dialog.chosen.connect(self._choose)
        dialog.copied.connect(self.copied)
        return dialog

    def _show_rules(self) -> None:
        self.dialog.show_rules(self._session.cache.rules.name)
        self._bring(self.dialog)

    def _show_changes(self) -> None:
        self.dialog.show_changes(self._session.cache.rules.name)
        self._bring(self.dialog)

    def _bring(self, dialog: QDialog) -> None:
        self._tell()
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def _tell(self) -> None:
        if "dialog" in self.__dict__:
            self.dialog.set_in_use(self._session.cache.rules.name)
