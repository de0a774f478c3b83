"""Starts the editor that the user chose, or else the one set in the environment or by the desktop."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from cacheview.model import DataError
from cacheview.ui.editor.commands import EditorCommand, command_of_environment, command_of_program, command_of_template
from cacheview.ui.editor.default import default_editor
from cacheview.ui.plain import one_line

if TYPE_CHECKING:
    from cacheview.ui.settings import Settings

__all__ = ["Editor"]

_EDITOR_MENU: Final = "Edit ▸ Editor for Dockerfiles"


class Editor(QObject):
    """Opens the user's files at a line.

    Signals:
        opened(str): what was started, in words.
        failed(str): why nothing was started, in a sentence.
    """

    opened = Signal(str)
    failed = Signal(str)

    def __init__(
        self, settings: Settings, parent: QObject | None = None, *, environment: Mapping[str, str] = os.environ
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._environment = environment

    def open(self, path: str, line: int = 0) -> None:
        """Open a file at a line, counted from 1; 0: at none in particular."""
        path = os.path.abspath(path)
        name = one_line(PurePath(path).name)
        try:
            if not os.path.isfile(path):
                raise DataError("the file no longer exists", where=one_line(path))
            command = self._command(path, line)
            if command is None:
                self._open_by_desktop(path)
            else:
                _start(command)
        except DataError as error:
            self.failed.emit(f"{name} was not opened: {error}")
            return
        if command is not None and command.has_line:
            self.opened.emit(f"Opening {name} at line {max(line, 1)} in {one_line(_program(command))}")
        elif command is not None:
            self.opened.emit(f"Opening {name} in {one_line(_program(command))}")
        else:
            hint = f"; to open files at a line, choose an editor under {_EDITOR_MENU}" if line else ""
            self.opened.emit(f"Opening {name} with the desktop's default program{hint}")

    def _command(self, path: str, line: int) -> EditorCommand | None:
        """Return the command; None: the desktop must find a program."""
        if self._settings.editor:
            return command_of_template(self._settings.editor, path, line)
        command = command_of_environment(self._environment, path, line)
        if command is None and sys.platform not in ("win32", "darwin"):
            words = default_editor(self._environment, os.path.expanduser("~"))
            command = command_of_program(words, path, line) if words else None
        return command

    def _open_by_desktop(self, path: str) -> None:
        url = QUrl.fromLocalFile(path)
        if url.toLocalFile() != path:
            raise DataError(
                "the path is not valid UTF-8, so the desktop cannot open the file. Choose an editor under "
                f"{_EDITOR_MENU}"
            )
        if not QDesktopServices.openUrl(url):
            raise DataError(f"no application is associated with this file. Choose an editor under {_EDITOR_MENU}")


def _program(command: EditorCommand) -> str:
    return PurePath(command.arguments[0]).name


def _start(command: EditorCommand) -> None:
    """Start the editor, independently of this program. Raises `DataError` if it cannot be started."""
    null = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            command.arguments, stdin=null, stdout=null, stderr=null, start_new_session=True, close_fds=True
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        what = f"{one_line(command.arguments[0])} could not be started: {why[:1].lower()}{why[1:]}"
        raise DataError(f"{what}; choose a different editor under {_EDITOR_MENU}") from None
    # Reaps the editor's process when it ends. The process may outlive the window, which does not wait for it.
    threading.Thread(target=process.wait, daemon=True, name="editor").start()
