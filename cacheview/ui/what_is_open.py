"""The names in the title bar and status bar: the open store, What if, and the build context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject

from cacheview.ui.names import described, shortened, title_of, with_tilde
from cacheview.ui.plain import one_line

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMainWindow

    from cacheview.ui.session import Session
    from cacheview.ui.status import StatusBar

__all__ = ["WhatIsOpen"]

_MAX_TITLE_CHARACTERS: Final = 90
"""The maximum characters of each part of the title, since title bars and window lists cut it off without a tool tip."""


class WhatIsOpen(QObject):
    """Keeps the title and the status bar in sync with the session and the replayed build."""

    def __init__(self, window: QMainWindow, status: StatusBar) -> None:
        super().__init__(window)
        self._window = window
        self._status = status
        self._session: Session | None = None
        self._build = self._dockerfile = self._context = ""

    def attach(self, session: Session) -> None:
        """From now on, show the names of this session."""
        self._session = session
        for changed in (session.opened_changed, session.store_changed, session.supposed_changed):
            changed.connect(self._show)

    def show_build(self, title: str, dockerfile: str, context: str) -> None:
        """Show the replayed build; all empty: none.

        Args:
            title: its name on one line.
            dockerfile, context: the paths.
        """
        self._build, self._dockerfile, self._context = title, dockerfile, context
        self._show()

    def _show(self) -> None:
        session = self._session
        names = [self._build]
        if session is not None:
            what_if = self._what_if(session)
            names.append(f"{shortened(one_line(title_of(session.opened)), _MAX_TITLE_CHARACTERS)}{what_if}")
            words = f"{described(session.opened)}{what_if}"
            self._status.show_store(words, session.opened.location, len(session.store.images))
        paths = f"Context: {self._context}\nDockerfile: {self._dockerfile}" if self._context else ""
        self._status.show_context(f"context {with_tilde(self._context)}" if self._context else "", paths)
        shown = [shortened(one_line(name), 2 * _MAX_TITLE_CHARACTERS) for name in names if name]
        self._window.setWindowTitle(" — ".join((" · ".join(shown), "cacheview") if shown else ("cacheview",)))

    def _what_if(self, session: Session) -> str:
        if session.supposed is None:
            return ""
        from cacheview.whatif.words import change_title

        titles = "; then ".join(change_title(applied.change) for applied in session.supposed.applied)
        return f" (What if: {shortened(one_line(titles), _MAX_TITLE_CHARACTERS)})"
