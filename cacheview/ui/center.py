"""The central widget of the window.

It shows the panes of an open store, the progress of opening one, or the ways to open one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from cacheview.ui.busy_page import BusyPage
from cacheview.ui.busy_timer import BusyTimer
from cacheview.ui.lazy import Lazy
from cacheview.ui.names import DEMO, name_of
from cacheview.ui.painting import paint_later, paint_now
from cacheview.ui.plain import error_words, one_line

if TYPE_CHECKING:
    from cacheview.ui.document import ProbeDocument
    from cacheview.ui.loaded import NextPaneRequest, OpenedStore, StorePart
    from cacheview.ui.notice import Notice
    from cacheview.ui.opener import Opener
    from cacheview.ui.session import Session
    from cacheview.ui.settings import Settings
    from cacheview.ui.start_page import StartPage
    from cacheview.ui.workspace import Workspace

__all__ = ["Center"]

_PAUSE_MS: Final = 10  # between two pieces of the panes that are created while a store is being read


class Center(QWidget):
    """Shows the open store, or the progress of opening one. An open store stays until the next one has been read.

    The first opening creates the session and its panes. The panes, the engine and the models are imported with the
    first store, so that the first paint does not wait for them.

    Args:
        rules: name of the rule set to start with; empty: the one that the store reports.

    Signals:
        announced(): a location is being opened, or is about to be.
        session_made(): the session and its panes exist, and the session has not reported anything yet.
        opened(again): a store is shown; ``again``: it was open before and was reloaded.
        failed(): ``last_error`` is the reason.
        record_found(path): the opened location is a build record without a store.
        canceled(): the user canceled the opening.
        ended(): after ``opened``, ``failed`` or ``canceled``.
        copied(str): what was put on the clipboard, in words.
        name_requested(): the user wants to open a store by name.

    Attributes:
        busy_page: the page shown while the first store is being read.
        session, workspace: the session and the panes of the open store; the panes exist slightly earlier.
        last_error: why the last opening failed; empty: it did not fail.
    """

    announced = Signal()
    session_made = Signal()
    opened = Signal(bool)
    failed = Signal()
    record_found = Signal(str)
    canceled = Signal()
    ended = Signal()
    copied = Signal(str)
    name_requested = Signal()

    def __init__(self, settings: Settings, rules: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._rules = rules
        self._preparing = False
        self._opener = Lazy(self._make_opener)
        self._start_page = Lazy(self._make_start_page)
        self._notice = Lazy(self._make_notice)
        self._mode = Lazy(self._make_mode)
        self.last_error = ""
        self.session: Session | None = None
        self.workspace: Workspace | None = None
        self._pages = QStackedWidget(self)
        self.busy_page = BusyPage(self._pages)
        self.busy_page.cancel_requested.connect(lambda: self.opener.cancel())
        self._pages.addWidget(self.busy_page)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._pages, 1)
        self._busy_timer = BusyTimer(self)
        self._busy_timer.timeout.connect(self._show_busy_notice)

    @property
    def page(self) -> QWidget | None:
        """The current page: the panes, or the page shown while nothing is open."""
        return self._pages.currentWidget()

    @property
    def opener(self) -> Opener:
        """The reader of stores. Created when first needed, like the next two."""
        return self._opener()

    @property
    def start_page(self) -> StartPage:
        """The page with the ways to open a store."""
        return self._start_page()

    @property
    def notice(self) -> Notice:
        """The notice line above the panes, hidden while it is empty."""
        return self._notice()

    @property
    def mode(self) -> Notice:
        """The notice line at the very top that shows the window's mode, hidden while the window is in none."""
        return self._mode()

    def _make_opener(self) -> Opener:
        from cacheview.ui.opener import Opener

        opener = Opener(self._settings, self._rules, self.window(), _load_panes, self._is_at_rest)
        opener.announced.connect(self.announce)
        opener.progressed.connect(self._progress)
        opener.parted.connect(self._show_part)
        opener.panes_requested.connect(self._show_next_piece)
        opener.opened.connect(self._opened)
        opener.failed.connect(self._failed)
        opener.canceled.connect(self._canceled)
        opener.ended.connect(self._ended)
        return opener

    def _is_at_rest(self) -> bool:
        return self.session is None or not self.session.is_discarding

    def _make_start_page(self) -> StartPage:
        from cacheview.ui.start_page import StartPage

        page = StartPage(self._pages)
        page.file_requested.connect(lambda: self.opener.choose_file())
        page.folder_requested.connect(lambda: self.opener.choose_folder())
        page.demo_requested.connect(lambda: self.opener.open(DEMO))
        page.again_requested.connect(lambda: self.opener.try_again())
        page.recent_requested.connect(lambda location: self.opener.open(location))
        self._pages.addWidget(page)
        return page

    def _make_notice(self) -> Notice:
        notice = self._make_line()
        notice.closed.connect(notice.hide)
        self._column.insertWidget(self._column.count() - 1, notice)
        return notice

    def _make_mode(self) -> Notice:
        notice = self._make_line()
        self._column.insertWidget(0, notice)
        return notice

    def add_line(self) -> Notice:
        """Add another hidden notice line above the panes, for background work."""
        notice = self._make_line()
        self._column.insertWidget(self._column.indexOf(self._pages), notice)
        return notice

    def _make_line(self) -> Notice:
        from cacheview.ui.notice import Notice

        notice = Notice(self)
        notice.hide()
        notice.visibility_changed.connect(self.paint_panes_later)
        notice.copied.connect(self.copied)
        return notice

    def paint_panes_later(self, wait: int = 0) -> None:
        """Paint the panes with a delay after their size has changed. ``wait``: in milliseconds."""
        paint_later(self._panes, wait)

    def paint_panes_now(self) -> None:
        """Paint the panes now, without further delay."""
        paint_now(self._panes)

    @property
    def _panes(self) -> Sequence[QWidget]:
        return self.workspace.shown_panes if self.workspace is not None and self.page is self.workspace else ()

    def welcome(self) -> None:
        """Show the start page, while nothing is open."""
        self._pages.setCurrentWidget(self.start_page)
        self.start_page.show_welcome(self._settings.recent)

    def stop(self) -> None:
        """Stop reading, and wait until it has stopped."""
        self._busy_timer.stop()
        self.opener.close()
        if self.session is not None:
            # Otherwise the undo stack would report its end when half of the window no longer exists.
            self.session.document.forget_steps()

    def keep_choices(self, secrets: Iterable[str] = ()) -> None:
        """Save the layout of the panes and the edited probes to the settings, except probes with secrets."""
        if self.session is not None:
            from cacheview.ui.drafts import keep_drafts

            keep_drafts(self._settings, self.session.edits.drafts(), secrets)
        if self.workspace is not None:
            self._settings.splitter = self.workspace.widths
            self._settings.hidden_columns = self.workspace.images.tree.columns.hidden
            self._settings.intermediate = self.workspace.images.intermediate

    def reset_layout(self) -> None:
        """Reset the panes and the columns to their initial layout."""
        if self.workspace is not None:
            self.workspace.reset_layout()

    # Opening

    def announce(self, location: str) -> None:
        """Announce that a location is being opened, or is about to be."""
        if self.session is None:
            self.busy_page.show_name(name_of(location))
            self._pages.setCurrentWidget(self.busy_page)
        elif not self.opener.quietly:
            self._busy_timer.start()
        self.announced.emit()

    def _progress(self, done: int, total: int | None, what: str) -> None:
        if self.session is None:
            self.busy_page.show_progress(done, total, what)
        else:
            self.notice.show_progress(done, total)

    def _show_part(self, part: StorePart) -> None:
        """Show the part of the first store that has been read so far: its images, next to the busy page."""
        if self.session is not None:
            # The open store stays until the other one has been read.
            part.shown_store = self.session.store
            return
        if self.workspace is None:
            self.workspace = self._make_workspace()
            if part.in_pieces:
                part.has_more = True
                return
        if self._pages.currentWidget() is not self.workspace:
            self.workspace.set_busy(self.busy_page)
            self._pages.setCurrentWidget(self.workspace)
            self._preparing = True
            QTimer.singleShot(_PAUSE_MS, self.workspace, self._prepare)
        self.workspace.show_part(part)

    def _prepare(self) -> None:
        """Create the other panes piece by piece, since creating them in one turn would cause a noticeable delay."""
        if self._preparing and self.workspace is not None and self.session is None and self._make_next():
            QTimer.singleShot(_PAUSE_MS, self.workspace, self._prepare)

    def _show_next_piece(self, panes: NextPaneRequest) -> None:
        """Create the remaining panes piece by piece, since everything has been read."""
        self._preparing = False  # otherwise two pieces would be created in one turn
        if self.workspace is not None and self.session is None:
            panes.has_more = self._make_next() or self.workspace.show_next_piece(panes)

    def _make_next(self) -> bool:
        """Create the notice, which Tab reaches before the probe, or one more piece of the panes.

        Returns whether there is more to do.
        """
        assert self.workspace is not None
        if self._notice.existing is None:
            return not self.notice.isVisible()  # accessing it creates it
        return self.workspace.prepare()

    def _discard_part(self) -> None:
        """Discard the part of a store that was shown, since the rest will not follow."""
        if self.workspace is not None and self.session is None:
            self.workspace.release_busy()
            self._pages.insertWidget(0, self.busy_page)
            self._pages.removeWidget(self.workspace)
            self.workspace.deleteLater()
            self.workspace = None

    def _show_busy_notice(self) -> None:
        name = one_line(name_of(self.opener.requested_location))
        if self.notice.isVisible():
            self.paint_panes_later()  # its height may change
        self.notice.show_text("busy", f"Opening {name}…", (), (("&Cancel", self.opener.cancel),))
        self.notice.show_progress(0, None)
        self.notice.show()

    def _opened(self, loaded: OpenedStore, again: bool) -> None:
        self.last_error = ""
        if self.session is not None:
            self.paint_panes_later()  # all of them change
        if self.session is None:
            self._make_panes(loaded)
        elif again:
            self.session.reload(loaded)
        else:
            self.session.open(loaded)
        self.opened.emit(again)

    def _failed(self, error: Exception) -> None:
        from cacheview.model import DataError
        from cacheview.model.recorded_store import NoStoreError

        if isinstance(error, NoStoreError):
            if self.session is None:
                self._discard_part()
                self.welcome()
            else:
                self.notice.hide()
            self.record_found.emit(self.opener.requested_location)
            self.failed.emit()
            return
        name = one_line(name_of(self.opener.requested_location))
        text, details = error_words(error), []
        if not isinstance(error, DataError):
            text += " with the details"
            import traceback

            details = "".join(traceback.format_exception(error)).splitlines()
        self.last_error = text
        if self.session is None:
            self._discard_part()
            self._pages.setCurrentWidget(self.start_page)
            self.start_page.show_error(f"{name} could not be opened", text)
        else:
            buttons = (
                ("&Try again", self.opener.try_again),
                ("Open another &file…", self.opener.choose_file),
                ("Open by &name…", self.name_requested.emit),
            )
            shown = one_line(name_of(self.opener.location))
            still = f"{'The bundled demo' if self.opener.location == DEMO else shown} is still shown."
            self.notice.show_text("error", f"{name} could not be opened: {text.rstrip('.')}. {still}", details, buttons)
            self.notice.show()
        self.failed.emit()

    def _canceled(self) -> None:
        if self.session is None:
            self._discard_part()
            self.welcome()
        else:
            self.notice.hide()
        self.canceled.emit()

    def _ended(self) -> None:
        self._busy_timer.stop()
        self.ended.emit()

    # The panes

    def _make_workspace(self) -> Workspace:
        from cacheview.ui.document import ProbeDocument
        from cacheview.ui.workspace import Workspace

        self._document: ProbeDocument = ProbeDocument(parent=self)
        workspace = Workspace(self._document, self._pages)
        workspace.images.intermediate = self._settings.intermediate
        if self._settings.hidden_columns is not None:
            workspace.images.tree.columns.set_hidden(self._settings.hidden_columns)
        if self._settings.splitter is not None:
            workspace.widths = self._settings.splitter
        workspace.copied.connect(self.copied)
        self._pages.addWidget(workspace)
        return workspace

    def _make_panes(self, loaded: OpenedStore) -> None:
        from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

        from cacheview.ui.drafts import kept_drafts
        from cacheview.ui.session import Session

        workspace = self.workspace or self._make_workspace()
        self.workspace = workspace
        drafts = kept_drafts(self._settings) if self._settings.drafts else ()
        self.session = session = Session(loaded, self, document=self._document, drafts=drafts)
        workspace.attach(session)
        for editor in (*workspace.findChildren(QLineEdit), *workspace.findChildren(QPlainTextEdit)):
            editor.setAcceptDrops(False)  # the window handles dropped files
        self.session_made.emit()
        self._pages.setCurrentWidget(workspace)
        session.begin()
        workspace.focus_pane(0)


def _load_panes() -> None:
    """Import the modules that show a store."""
    import cacheview.ui.headline
    import cacheview.ui.session
    import cacheview.ui.workspace  # noqa: F401
