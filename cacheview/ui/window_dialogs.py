"""The dialogs of the window that do not depend on the open store."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cacheview.ui.actions import Actions, connect

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from cacheview.ui.settings import Settings

__all__ = ["WindowDialogs"]


class WindowDialogs(QObject):
    """Opens dialogs from their actions.

    Args:
        location: returns the open location.

    Signals: ``store_chosen(str)``: the location typed in *Open by name*.
    """

    store_chosen = Signal(str)

    def __init__(self, commands: Actions, settings: Settings, location: Callable[[], str], parent: QWidget) -> None:
        super().__init__(parent)
        self._commands = commands
        self._settings = settings
        self._location = location
        self._parent = parent
        connect(commands.open_by_name, self.ask_name)
        connect(commands.editor, self.choose_editor)
        connect(commands.shortcuts, self._show_shortcuts)
        connect(commands.documentation, self._show_documentation)
        connect(commands.about, self._show_about)

    def ask_name(self) -> None:
        """Prompt for the name of a store."""
        from cacheview.ui.stores.by_name import ByNameDialog

        dialog = ByNameDialog(self._location(), self._parent)
        dialog.chosen.connect(self.store_chosen)
        dialog.open()

    def choose_editor(self) -> None:
        """Prompt for the command that opens Dockerfiles."""
        from cacheview.ui.editor.dialog import EditorDialog

        dialog = EditorDialog(self._settings.editor, self._parent)
        dialog.chosen.connect(lambda command: setattr(self._settings, "editor", command))
        dialog.open()

    def _show_shortcuts(self) -> None:
        from cacheview.ui.help import ShortcutsDialog

        ShortcutsDialog(self._commands.listed(), self._parent).open()

    def _show_documentation(self) -> None:
        from cacheview.ui.documentation import DocumentationDialog

        DocumentationDialog(self._parent).show()  # the window can be used while it is open

    def _show_about(self) -> None:
        from cacheview.ui.help import AboutDialog

        AboutDialog(self._parent).open()
