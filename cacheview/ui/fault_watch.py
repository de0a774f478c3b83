"""Unexpected exceptions while the window is open: printed in one line, shown, and reflected in the exit status."""

from __future__ import annotations

import sys
import threading
import traceback
from types import TracebackType
from typing import TYPE_CHECKING

from cacheview.faults import report_fault
from cacheview.ui.plain import error_words

if TYPE_CHECKING:
    from cacheview.ui.dock_host import DockHost

__all__ = ["FaultWatch"]


class FaultWatch:
    """Handles exceptions that nothing else caught, from any thread, while the program runs.

    The window stays open, so that the user's work can still be saved.

    Attributes:
        any: whether there has been an exception.
    """

    def __init__(self, host: DockHost, *, with_traceback: bool) -> None:
        self.any = False
        self._host = host
        self._with_traceback = with_traceback
        self._showing = False
        sys.excepthook = self._uncaught
        threading.excepthook = lambda value: self.note(value.exc_value or value.exc_type())

    def note(self, fault: BaseException) -> None:
        """Report an exception."""
        self.any = True
        report_fault(fault, with_traceback=self._with_traceback)

    def _uncaught(self, kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        del kind, trace  # the exception contains both
        self.note(fault)
        if self._showing or threading.current_thread() is not threading.main_thread():
            return
        self._showing = True  # showing the exception may raise another one
        notice = self._host.notice
        text = f"{error_words(fault)} with the details."
        notice.show_text("error", text, "".join(traceback.format_exception(fault)).splitlines())
        notice.show()
        self._showing = False
