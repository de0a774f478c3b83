"""The base of the panes in docks: a header, content or a message instead, and work off the UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cacheview.ui.busy_timer import BusyTimer
from cacheview.ui.content_page import ContentPage
from cacheview.ui.dock_head import DockHead
from cacheview.ui.hairline import Hairline
from cacheview.ui.loading import Loader

if TYPE_CHECKING:
    from cacheview.ui.session import Session

__all__ = ["DockPane", "LookupPane"]


_Head = TypeVar("_Head", bound=DockHead)
_Subject = TypeVar("_Subject")


class DockPane(QWidget, Generic[_Head]):
    """A pane with the interface `dock_host.Docked`. Subclasses must call `_lay_out` once.

    Args:
        head: the title bar of its dock.

    Signals: ``copied(str)``: what was put on the clipboard, in words.
    """

    copied = Signal(str)

    def __init__(self, head: _Head, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head: Final = head

    def _lay_out(self, content: QWidget, *rows: QWidget) -> QVBoxLayout:
        """Fill the pane with the content, which messages can replace.

        Args:
            content: a `ContentPage`, or the widget to put in one.
            rows: the widgets from top to bottom, including the one that contains the content; none: only the content.
        """
        self._content = content if isinstance(content, ContentPage) else ContentPage(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(Hairline())
        for row in rows or (self._content,):
            layout.addWidget(row, int(row is self._content or row.isAncestorOf(self._content)))
        return layout

    @property
    def widget(self) -> QWidget:
        """The pane itself."""
        return self

    @property
    def close_requested(self) -> SignalInstance:
        """``close_requested()``: the dock should be hidden."""
        return self.head.closed

    @property
    def page(self) -> QWidget | None:
        """The current page: the content, or the message instead."""
        return self._content.currentWidget()

    def attach(self, session: Session) -> None:
        """From now on, show this session."""
        raise NotImplementedError

    def take_focus(self) -> None:
        """Move the keyboard focus to the content, or to another widget while there is a message."""
        first = self._content_focus() if self._content.has_content else self._message_focus()
        first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def stop(self) -> None:
        """Stop running work, and wait for it."""

    def _content_focus(self) -> QWidget:
        """Return the widget of the content that gets the focus first."""
        raise NotImplementedError

    def _message_focus(self) -> QWidget:
        """Return the widget that gets the focus if there is a message instead of the content."""
        return self.head.close_button

    def _copy_to_clipboard(self, text: str, what: str) -> None:
        """Put a text on the clipboard. ``what``: its description."""
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(what)


class LookupPane(DockPane[_Head], Generic[_Head, _Subject]):
    """A pane that looks something up while it is visible: when it is shown, and whenever its subject changes.

    Args:
        busy_after: milliseconds before `_show_busy`; None: the usual.

    Signals: ``settled()``: the last result is shown, or why there is none.
    """

    settled = Signal()

    def __init__(self, head: _Head, parent: QWidget | None = None, *, busy_after: int | None = None) -> None:
        super().__init__(head, parent)
        self._session: Session | None = None
        self._subject: _Subject | None = None
        self._loader = Loader(self)
        self._busy_timer = BusyTimer(self, busy_after)
        self._busy_timer.timeout.connect(self._show_busy)

    def attach(self, session: Session) -> None:
        """From now on, look up the subject of this session."""
        if session is not self._session:
            self._session = session
            self._connect_session(session)
            self.look_up()

    def look_up(self) -> None:
        """Start a lookup if the pane is visible and does not already show the result."""
        raise NotImplementedError

    def look_up_again(self) -> None:
        """Repeat the lookup, since something may have changed unnoticed."""
        self._subject = None
        self.look_up()

    def stop(self) -> None:
        self._busy_timer.stop()
        self._loader.close()

    def _connect_session(self, session: Session) -> None:
        """Connect the signals of a session to `look_up`."""
        raise NotImplementedError

    def _show_busy(self) -> None:
        """Show that the lookup is taking long."""
        raise NotImplementedError

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look_up()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._loader.is_busy:
            self._loader.cancel()
            self._subject = None
        self._busy_timer.stop()
