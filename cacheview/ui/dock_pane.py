"""What the panes of docks have in common: a head, content or words in its place, and work off the UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cacheview.ui.content_page import ContentPage
from cacheview.ui.dock_head import DockHead
from cacheview.ui.hairline import Hairline
from cacheview.ui.loading import Loader
from cacheview.ui.patience import Patience

if TYPE_CHECKING:
    from cacheview.ui.session import Session

__all__ = ["AskingPane", "DockPane"]


_Head = TypeVar("_Head", bound=DockHead)
_Question = TypeVar("_Question")


class DockPane(QWidget, Generic[_Head]):
    """A pane as `dock_host.Docked` asks for it; `_lay_out` has to be called once.

    Signals: ``copied(str)``: what was put on the clipboard, in words.
    """

    copied = Signal(str)

    def __init__(self, head: _Head, parent: QWidget | None = None) -> None:
        """``head``: stands over the pane, as the title of its dock."""
        super().__init__(parent)
        self.head: Final = head

    def _lay_out(self, content: QWidget, *rows: QWidget) -> QVBoxLayout:
        """Let the content, or words, fill the pane.

        Args:
            content: a `ContentPage`, or what is to stand in one.
            rows: what stands below each other, the one with the content among them; none: the content alone.
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
        """What is shown: the content, or the words in its place."""
        return self._content.currentWidget()

    def attach(self, session: Session) -> None:
        """Show this session from now on."""
        raise NotImplementedError

    def take_focus(self) -> None:
        """Move the keyboard focus to the content, or to what is shown instead of it."""
        first = self._first() if self._content.has_content else self._instead()
        first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def stop(self) -> None:
        """End what is under way, and wait for it."""

    def _first(self) -> QWidget:
        """What has the keyboard first, of the content."""
        raise NotImplementedError

    def _instead(self) -> QWidget:
        """What has it where there are words instead of the content."""
        return self.head.close_button

    def _put(self, text: str, what: str) -> None:
        """Put a text on the clipboard; ``what`` it is, in words."""
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(what)


class AskingPane(DockPane[_Head], Generic[_Head, _Question]):
    """Asks while it is to be seen: when it is shown, and whenever what it asks about changes.

    Signals: ``settled()``: what was asked last is shown, or why it is not.
    """

    settled = Signal()

    def __init__(self, head: _Head, parent: QWidget | None = None, *, patience: int | None = None) -> None:
        """``patience``: milliseconds before `_lose_patience`; None: as usual."""
        super().__init__(head, parent)
        self._session: Session | None = None
        self._question: _Question | None = None
        self._loader = Loader(self)
        self._patience = Patience(self, patience)
        self._patience.timeout.connect(self._lose_patience)

    def attach(self, session: Session) -> None:
        """Ask about what is open in a session, from now on."""
        if session is not self._session:
            self._session = session
            self._hear(session)
            self.ask()

    def ask(self) -> None:
        """Ask, if the pane is to be seen and does not show just this."""
        raise NotImplementedError

    def again(self) -> None:
        """Ask, as something may have changed that is not heard of."""
        self._question = None
        self.ask()

    def stop(self) -> None:
        self._patience.stop()
        self._loader.close()

    def _hear(self, session: Session) -> None:
        """Connect what a session reports with `ask`."""
        raise NotImplementedError

    def _lose_patience(self) -> None:
        """It takes long: say so."""
        raise NotImplementedError

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.ask()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._loader.is_busy:
            self._loader.cancel()
            self._question = None
        self._patience.stop()
