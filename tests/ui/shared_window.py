"""A window that tests use one after another, since creating its panes takes longer than most tests.

`SharedWindow.put_back` removes what a test has done. The fixtures are in ``conftest.py``: `shared_window` owns the
window of a module, and `lent_window` lends it to a test.
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSettings, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from window_kit import LAPTOP

from cacheview.ui.docks import DOCKS, DockSpec
from cacheview.ui.lazy import Lazy
from cacheview.ui.rules.menu import RulesMenu
from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow

__all__ = ["SharedWindow", "ShowStore", "nothing_left"]

ShowStore = Callable[[str], MainWindow]
"""Opens a store in the shared window, waits until it is shown, and returns the window."""


@contextmanager
def nothing_left(app: QApplication) -> Iterator[None]:
    """Fail if the block leaves a window open or a timer running (a running timer fires into later tests)."""
    before = set(QApplication.topLevelWidgets())
    yield
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if set(QApplication.topLevelWidgets()) - before:
        gc.collect()  # a closed window may wait in a cycle, with what it owns
    left = [widget for widget in QApplication.topLevelWidgets() if widget not in before and widget.isVisible()]
    ticking = [timer for timer in app.findChildren(QTimer) if timer.isActive()]
    described = [f"{widget.metaObject().className()} {widget.windowTitle()!r}" for widget in left]
    for widget in left:
        widget.close()
        widget.deleteLater()
    assert not described, f"left open: {described}"
    assert not ticking, f"left running: {ticking}"


class SharedWindow:
    """A shown window without docks, whose settings are empty.

    Whatever store an earlier test has opened is still shown, but a test that opens it gets it as if for the first time.
    A test that needs a window without a store, or that closes its window, opens its own.

    Args:
        folder: for the settings, and for the records of contexts.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "settings.ini"
        self.settings = Settings(self._file)
        self.window = MainWindow(self.settings)
        self.window.resize(*LAPTOP)
        self.window.show()
        assert QTest.qWaitForWindowExposed(self.window)

    def lend(self, *, is_painted: bool) -> MainWindow:
        """Return the window, which is the active one, even if another was open in between.

        Args:
            is_painted: whether it is painted, which takes a fifth of the time of a test.
        """
        self.window.setUpdatesEnabled(is_painted)
        self.window.activateWindow()
        assert QTest.qWaitForWindowActive(self.window)
        return self.window

    def put_back(self) -> None:
        """Remove docks, dialogs, supposed changes, edited probes, choices and settings."""
        window = self.window
        assert window.isVisible(), "a test that closes its window has to open its own"
        self._remove_dialogs()
        if window.opener.is_busy:
            window.opener.cancel()
        for spec in DOCKS:
            self._remove(spec)
        self._forget_store()
        window.commands.follow.setChecked(False)
        window.resize(*LAPTOP)
        window.center.reset_layout()
        window.notice.hide()
        window.status.clearMessage()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()  # what was to happen in the next turn
        QSettings(str(self._file), QSettings.Format.IniFormat).clear()  # the window's own object sees this, too
        if self.settings.records is not None:
            shutil.rmtree(self.settings.records, ignore_errors=True)

    def _remove_dialogs(self) -> None:
        for dialog in self.window.findChildren(QDialog):
            dialog.close()
            dialog.deleteLater()
        for menu in self.window.findChildren(RulesMenu):
            menu._dialog = Lazy(menu._make_dialog)  # it keeps its dialog

    def _remove(self, spec: DockSpec[Any]) -> None:
        """Remove a dock, and all that its controller has created in the window, so that its next use creates it."""
        window, docks = self.window, self.window.docks
        controller = docks.existing(spec)
        if controller is None:
            return
        controller.stop()
        if controller.has_dock:
            controller.dock.hide()
            window.removeDockWidget(controller.dock)
            controller.dock.deleteLater()
        controller.pane.deleteLater()
        for value in vars(controller).values():
            if isinstance(value, QObject) and value.parent() is window:
                value.deleteLater()
        controller.deleteLater()
        docks._docks[spec.name] = Lazy(partial(spec.make, docks, spec.name))

    def _forget_store(self) -> None:
        """Forget what the window keeps of a store, so that opening it again is not a reload."""
        opener, session, workspace = self.window.opener, self.window.session, self.window.workspace
        opener.location = opener.requested_location = opener.platform = ""
        if session is None or workspace is None:
            return
        session.end_supposing()
        session.release()
        session.edits._edited = {}
        session.edits._elsewhere.clear()
        workspace.images.clear_filter()
        workspace.images.intermediate = True
        workspace.focus_pane(0)

    def close(self) -> None:
        """Close the window, and end what runs in it."""
        self.window.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
