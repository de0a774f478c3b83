"""The menu *Rules*, except for the rule sets themselves. Its dialogs are created on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from cacheview.cases import Daemon, DaemonBasis, daemon_known
from cacheview.ui.actions import Actions, connect
from cacheview.ui.lazy import Lazy
from cacheview.ui.plain import one_line
from cacheview.ui.session import Session
from cacheview.ui.tips import set_tip

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QDialog, QWidget

    from cacheview.ui.rules.dialog import RulesDialog

__all__ = ["RulesMenu", "own_rules", "owner"]

_OWNER_WORDS: Final = {DaemonBasis.CASE: "case", DaemonBasis.ENGINE: "engine"}


def own_rules(session: Session) -> Daemon | None:
    """Return the daemon that the case names, or that the store belongs to; None if neither is known."""
    own = daemon_known(session.case)
    is_known = own.basis is not DaemonBasis.NEWEST or session.store.release is not None
    return own if is_known else None


def owner(own: Daemon) -> str:
    """Return a word for what a session's own rules come from."""
    return _OWNER_WORDS.get(own.basis, "store")


class RulesMenu(QObject):
    """The entries of the menu. Signals: ``copied(str)``: what was put on the clipboard, in words."""

    copied = Signal(str)

    def __init__(self, session: Session, commands: Actions, choose: Callable[[str], object], window: QWidget) -> None:
        super().__init__(session)
        self._session = session
        self._choose = choose
        self._window = window
        self._dialog = Lazy(self._make_dialog)
        menu = commands.rules_menu
        self.own = menu.addAction("")
        self.own.setCheckable(True)
        self._gap = menu.addSeparator()
        menu.addActions([commands.rules_by_version, commands.about_rules, commands.changed_rules])
        menu.addSeparator()
        connect(self.own, self.choose_own)
        connect(commands.rules_by_version, self._ask_version)
        connect(commands.about_rules, self._show_rules)
        connect(commands.changed_rules, self._show_changes)
        for changed in (session.rules_changed, session.store_changed, session.probe_loaded):
            changed.connect(self._show_choices)

    @property
    def dialog(self) -> RulesDialog:
        """The dialog with a rule set in full, or the changes between two. It is created on first use."""
        return self._dialog()

    def _make_dialog(self) -> RulesDialog:
        from cacheview.ui.rules.dialog import RulesDialog

        dialog = RulesDialog(self._window)
        dialog.chosen.connect(self._choose)
        dialog.copied.connect(self.copied)
        return dialog

    def choose_own(self) -> None:
        """Use the rules of the case, or of its engine."""
        self._choose("")
        self._show_choices()

    def _ask_version(self) -> None:
        from cacheview.ui.rules.by_version import ByVersionDialog

        dialog = ByVersionDialog(self._session.store.release, self._window)
        dialog.chosen.connect(self._choose)
        dialog.open()

    def _show_rules(self) -> None:
        self.dialog.show_rules(self._session.cache.rules.name)
        self._open_dialog(self.dialog)

    def _show_changes(self) -> None:
        self.dialog.show_changes(self._session.cache.rules.name)
        self._open_dialog(self.dialog)

    def _open_dialog(self, dialog: QDialog) -> None:
        self._show_choices()
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def _show_choices(self) -> None:
        current, own = self._session.daemon, own_rules(self._session)
        for action in (self.own, self._gap):
            action.setVisible(own is not None)
        if own is not None:
            self.own.setText(f"The &{owner(own)}'s rules: {one_line(own.rules.title).replace('&', '&&')}")
            set_tip(self.own, "\n".join(filter(None, (own.sentence, own.note))))
            self.own.setStatusTip(one_line(own.note) or "Use this store's own rules")
            self.own.setChecked(own.answers_as(current))
        if self._dialog.existing is not None:
            self._dialog.existing.set_in_use(current.rules.name)
