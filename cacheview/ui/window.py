"""The window: its frame, and what fills it while a store is open, being opened, or could not be opened."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from cacheview.ui.actions import Actions, connect
from cacheview.ui.busy_page import BusyPage
from cacheview.ui.choosers import ToolBar
from cacheview.ui.enabling import enable_actions
from cacheview.ui.names import DEMO, name_of
from cacheview.ui.plain import one_line
from cacheview.ui.settings import Settings
from cacheview.ui.status import StatusBar

if TYPE_CHECKING:
    # Also the classes of Qt that only types speak of: each is made when it is first imported.
    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent

    from cacheview.ui.audit import AuditPane
    from cacheview.ui.compare import CompareDock
    from cacheview.ui.dock import PaneDock
    from cacheview.ui.following import WindowFollower
    from cacheview.ui.notice import Notice
    from cacheview.ui.opener import Opener
    from cacheview.ui.opening import OpenedStore, Panes, Part
    from cacheview.ui.replay.replays import Replays
    from cacheview.ui.session import Session
    from cacheview.ui.start_page import StartPage
    from cacheview.ui.stores.menu import LiveEntries
    from cacheview.ui.stores.saving import Saver
    from cacheview.ui.suites.checks import SuiteChecks
    from cacheview.ui.workspace import Workspace

__all__ = ["MainWindow"]

_SIZE: Final = (1320, 840)
_BREATH: Final = 10  # milliseconds between two pieces of the panes that are made while a store is being read
_PATIENCE: Final = 250  # milliseconds before a line says what is being read while a store is open


class MainWindow(QMainWindow):
    """Signals: ``first_painted()`` once; ``settled(bool)`` after each opening: whether a store is shown for it.

    The panes, the engine and the models are loaded with the first store: the first paint does not wait for them.
    """

    first_painted = Signal()
    settled = Signal(bool)

    def __init__(self, settings: Settings, *, rules: str = "") -> None:
        super().__init__()
        self._settings = settings
        self._painted = False
        self._preparing = False
        self.last_error = ""
        self.session: Session | None = None
        self.workspace: Workspace | None = None
        self._rules = rules
        self.commands = Actions(self)
        self.commands.fill_menu_bar(self.menuBar())
        self.tool_bar = ToolBar(self.commands, self)
        self.addToolBar(self.tool_bar)
        self.status = StatusBar(self)
        self.setStatusBar(self.status)
        self.busy_page = BusyPage()
        self.busy_page.cancel_asked.connect(lambda: self.opener.cancel())
        self._pages = QStackedWidget()
        self._pages.addWidget(self.busy_page)
        central = QWidget()
        self._column = QVBoxLayout(central)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._pages, 1)
        self.setCentralWidget(central)
        self.setAcceptDrops(True)
        self.setWindowTitle("cacheview")
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._patience.timeout.connect(self._show_busy_notice)
        self._connect_actions()
        self.commands.dress()
        self._enable(busy=False)
        self.resize(*_SIZE)
        if settings.geometry is not None:
            self.restoreGeometry(settings.geometry)

    @cached_property
    def opener(self) -> Opener:
        """What reads stores. Made when first needed."""
        from cacheview.ui.opener import Opener

        opener = Opener(self._settings, self._rules, self)
        opener.announced.connect(self.announce)
        opener.progressed.connect(self._progress)
        opener.parted.connect(self._show_part)
        opener.panes_asked.connect(self._bring)
        opener.opened.connect(self._opened)
        opener.failed.connect(self._failed)
        opener.cancelled.connect(self._cancelled)
        opener.ended.connect(self._ended)
        return opener

    @cached_property
    def live_entries(self) -> LiveEntries:
        """What fills the Store menus with the live stores of this machine. Made when first needed."""
        from cacheview.ui.stores.menu import LiveEntries

        entries = LiveEntries(lambda: self.opener.location, self)
        for menu, before in self.commands.store_menus:
            entries.add_menu(menu, before)
        entries.chosen.connect(self.open)
        return entries

    @cached_property
    def follower(self) -> WindowFollower:
        """What hears the events of the engine. Made when first needed."""
        from cacheview.ui.following import WindowFollower

        return WindowFollower(self)

    @cached_property
    def saver(self) -> Saver:
        """What writes suites. Made when first needed."""
        from cacheview.ui.stores.saving import Saver

        saver = Saver(self)
        saver.saved.connect(lambda path: self.status.say(f"Saved: {one_line(path)}"))
        saver.failed.connect(self._not_saved)
        return saver

    @cached_property
    def compare(self) -> CompareDock:
        """What all rule sets answer to the probe. Made when first needed."""
        from cacheview.ui.compare import CompareDock

        dock = CompareDock(self)
        dock.pane.rules_asked.connect(lambda name, preparing: self._headline.choose_rules(name, preparing))
        dock.pane.copied.connect(self._say_copied)
        return dock

    @cached_property
    def audit_pane(self) -> AuditPane:
        """The hazards of the whole store. Made when first needed."""
        from cacheview.ui.audit import AuditPane

        pane = AuditPane()
        pane.copied.connect(self._say_copied)
        pane.image_activated.connect(lambda image_id: self._panes().images.reveal(image_id))
        return pane

    @cached_property
    def audit(self) -> PaneDock:
        """Likewise, as a dock."""
        from cacheview.ui.dock import PaneDock

        return PaneDock(self, "Audit", "audit", self.audit_pane, self.commands.audit)

    @cached_property
    def suites(self) -> SuiteChecks:
        """What runs suites, and adds to them. Made when first needed."""
        from cacheview.ui.suites.checks import SuiteChecks

        return SuiteChecks(self)

    @cached_property
    def replays(self) -> Replays:
        """What replays Dockerfiles. Made when first needed."""
        from cacheview.ui.replay.replays import Replays

        return Replays(self, self._settings)

    @cached_property
    def start_page(self) -> StartPage:
        """The ways in. Made when first needed."""
        from cacheview.ui.start_page import StartPage

        page = StartPage()
        page.file_asked.connect(lambda: self.opener.choose_file())
        page.folder_asked.connect(lambda: self.opener.choose_folder())
        page.demo_asked.connect(lambda: self.open(DEMO))
        page.again_asked.connect(lambda: self.opener.try_again())
        page.recent_asked.connect(self.open)
        self._pages.addWidget(page)
        return page

    def welcome(self) -> None:
        """Show the ways in, while nothing is open."""
        self._pages.setCurrentWidget(self.start_page)
        self.start_page.show_welcome(self._settings.recent)

    @cached_property
    def notice(self) -> Notice:
        """The line over the panes, hidden until there is something to say. Made when first needed."""
        from cacheview.ui.notice import Notice

        notice = Notice()
        notice.hide()
        notice.closed.connect(notice.hide)
        notice.copied.connect(self._say_copied)
        self._column.insertWidget(0, notice)
        return notice

    def begin(self) -> None:
        """What a start without a store opens: the engine of the current context where it answers, else the demo."""
        self.opener.begin()

    def open(self, location: str) -> None:
        """Read a location in the background, and show it when it has been read. What is open stays till then."""
        self.opener.open(location)

    def open_any(self, path: str) -> None:
        """Open a store, or replay a Dockerfile, whichever a path is of."""
        from cacheview.ui.replay.build import is_dockerfile

        if is_dockerfile(path):
            self.replays.open(path)
        else:
            self.open(path)

    # How opening goes

    def announce(self, location: str) -> None:
        """Say that a location is being opened, or is about to be."""
        if self.session is None:
            self.busy_page.show_name(name_of(location))
            self._pages.setCurrentWidget(self.busy_page)
        elif not self.opener.quietly:
            self._patience.start()
        self._enable(busy=True)

    def _progress(self, done: int, total: int | None, what: str) -> None:
        if self.session is None:
            self.busy_page.show_progress(done, total, what)
        else:
            self.notice.show_progress(done, total)

    def _show_part(self, part: Part) -> None:
        """What has been read of the first store: its images, while the busy page stands beside them."""
        if self.session is not None:
            # What is open stays until the other has been read.
            part.shown = self.session.store
            part.more = part.in_pieces and self._panes().images.prepare(part.forest)
            return
        if self.workspace is None:
            self.workspace = self._make_workspace()
            if part.in_pieces:
                part.more = True
                return
        if self._pages.currentWidget() is not self.workspace:
            self.workspace.set_busy(self.busy_page)
            self._pages.setCurrentWidget(self.workspace)
            self._preparing = True
            QTimer.singleShot(_BREATH, self.workspace, self._prepare)
        part.more = self.workspace.show_part(part)

    def _prepare(self) -> None:
        """Make the other panes piece by piece: all at once would be felt."""
        if self._preparing and self.workspace is not None and self.session is None and self.workspace.prepare():
            QTimer.singleShot(_BREATH, self.workspace, self._prepare)

    def _bring(self, panes: Panes) -> None:
        """All has been read: what is left of the panes, piece by piece."""
        self._preparing = False  # or two pieces would come in one turn
        if "notice" not in self.__dict__:
            panes.more = not self.notice.isVisible()
        elif self.workspace is not None and self.session is None:
            panes.more = self.workspace.prepare() or self.workspace.bring(panes)

    def _give_up_part(self) -> None:
        """What was read so far is not all: it goes."""
        if self.workspace is not None and self.session is None:
            self.workspace.release_busy()
            self._pages.insertWidget(0, self.busy_page)
            self._pages.removeWidget(self.workspace)
            self.workspace.deleteLater()
            self.workspace = None

    def _show_busy_notice(self) -> None:
        name = one_line(name_of(self.opener.asked))
        self.notice.show_text("busy", f"Opening {name}…", (), (("&Cancel", self.opener.cancel),))
        self.notice.show_progress(0, None)
        self.notice.show()

    def _opened(self, loaded: OpenedStore, again: bool) -> None:
        self.last_error = ""
        self.setWindowTitle(f"{one_line(name_of(self.opener.location))} – cacheview")
        if not again:
            self.commands.follow.setChecked(False)
        if self.session is None:
            self._make_panes(loaded)
        else:
            self.session.open(loaded, again=again)
        self._enable(busy=False)
        self.settled.emit(True)

    def _failed(self, error: Exception) -> None:
        from cacheview.model import DataError

        name = one_line(name_of(self.opener.asked))
        text, details = str(error), []
        if not isinstance(error, DataError):
            text = f"{type(error).__name__}: {error}. This is a fault of cacheview: please report it with the details"
            import traceback

            details = "".join(traceback.format_exception(error)).splitlines()
            sys.stderr.write("\n".join([*details, ""]))
        self.last_error = text
        if self.session is None:
            self._give_up_part()
            self._pages.setCurrentWidget(self.start_page)
            self.start_page.show_error(f"{name} could not be opened", text)
        else:
            ways = (("&Try again", self.opener.try_again), ("Open another &file…", self.opener.choose_file))
            self.notice.show_text("error", f"{name} could not be opened: {text}", details, ways)
            self.notice.show()
        self.settled.emit(False)

    def _cancelled(self) -> None:
        if self.session is None:
            self._give_up_part()
            self.welcome()
        else:
            self.notice.hide()
        self.status.say("Opening was cancelled")

    def _ended(self) -> None:
        self._patience.stop()
        self._enable(busy=False)
        if "follower" in self.__dict__:
            self.follower.catch_up()

    def _make_workspace(self) -> Workspace:
        from cacheview.ui.document import ProbeDocument
        from cacheview.ui.workspace import Workspace

        self._document = ProbeDocument(parent=self)
        workspace = Workspace(self._document)
        workspace.images.intermediate = self._settings.intermediate
        if self._settings.hidden_columns is not None:
            workspace.images.tree.set_hidden_columns(self._settings.hidden_columns)
        if self._settings.splitter is not None:
            workspace.widths = self._settings.splitter
        self._pages.addWidget(workspace)
        return workspace

    def _make_panes(self, loaded: OpenedStore) -> None:
        from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

        from cacheview.ui.headline import Headline
        from cacheview.ui.session import Session

        workspace = self.workspace or self._make_workspace()
        self.workspace = workspace
        self.session = session = Session(loaded, self, document=self._document)
        workspace.attach(session)
        for editor in (*workspace.findChildren(QLineEdit), *workspace.findChildren(QPlainTextEdit)):
            editor.setAcceptDrops(False)  # a file that is dropped is for the window
        workspace.copied.connect(self._say_copied)
        self._headline = Headline(
            session, workspace, self.commands, self.tool_bar, self.status, self.notice, self.opener
        )
        self._pages.setCurrentWidget(workspace)
        session.begin()
        workspace.focus_pane(0)

    # What the person does

    def _connect_actions(self) -> None:
        do = self.commands
        connect(do.open_file, lambda: self.opener.choose_file())
        connect(do.open_folder, lambda: self.opener.choose_folder())
        connect(do.open_by_name, self._ask_name)
        connect(do.open_demo, lambda: self.open(DEMO))
        connect(do.reload, lambda: self.opener.reload())
        connect(do.save_suite, lambda: self.saver.ask(self._session()))
        do.follow.toggled.connect(self._follow)
        for menu, _ in do.store_menus:
            menu.aboutToShow.connect(lambda: self.live_entries.fill())
        connect(do.cancel, lambda: self.opener.cancel())
        connect(do.quit, self.close)
        connect(do.copy_text, lambda: self._copy("as_text", "the verdict as text"))
        connect(do.copy_markdown, lambda: self._copy("as_markdown", "the verdict as Markdown"))
        connect(do.copy_json, lambda: self._copy("as_json", "the verdict as JSON"))
        connect(do.apply, lambda: self._panes().apply_smallest())
        connect(do.find, lambda: self._panes().images.focus_filter())
        connect(do.next_pane, lambda: self._enter_next(1))
        connect(do.previous_pane, lambda: self._enter_next(-1))
        for place, action in enumerate(do.panes):
            connect(action, lambda place=place: self._panes().focus_pane(place))
        # Made in one turn and shown in the next: both at once would be felt.
        connect(do.compare, lambda: QTimer.singleShot(0, self.compare, self.compare.show_or_hide))
        connect(do.audit, lambda: self.audit.show_or_hide())
        connect(do.replay_dockerfile, lambda: self.replays.choose())
        connect(do.replay, lambda: self.replays.show_or_hide())
        connect(do.suite_checks, lambda: self.suites.show_or_hide())
        connect(do.add_probe, lambda: self.suites.add(self._session()))
        connect(do.shortcuts, self._show_shortcuts)
        connect(do.about, self._show_about)
        do.recent_menu.aboutToShow.connect(self._fill_recent)

    @property
    def page(self) -> QWidget | None:
        """What is shown over the docks: the panes, or what there is to say while nothing is open."""
        return self._pages.currentWidget()

    def focus_shown(self) -> None:
        """Bring the keyboard to what is to be seen: where it was before is no more."""
        from cacheview.ui.rounds import enter_first

        enter_first(self)

    def _enter_next(self, step: int) -> None:
        from cacheview.ui.rounds import enter_next

        enter_next(self, step)

    def _session(self) -> Session:
        """For actions that are enabled only while a store is open."""
        assert self.session is not None
        return self.session

    def _not_saved(self, error: Exception) -> None:
        ways = (("&Save again…", self.commands.save_suite.trigger),)
        self.notice.show_text("error", f"The store was not saved: {error}", (), ways)
        self.notice.show()

    def _panes(self) -> Workspace:
        """For actions that are enabled only while there are panes."""
        assert self.workspace is not None
        return self.workspace

    def _enable(self, *, busy: bool) -> None:
        enable_actions(self, busy=busy)

    def _copy(self, form: str, what: str) -> None:
        from PySide6.QtGui import QGuiApplication

        from cacheview import report

        if self.session is not None and self.session.answer is not None:
            QGuiApplication.clipboard().setText(getattr(report, form)(self.session.answer.explanation))
            self._say_copied(what)

    def _say_copied(self, what: str) -> None:
        self.status.say(f"Copied: {what}")

    def _fill_recent(self) -> None:
        from cacheview.ui.recent import fill_recent

        fill_recent(self, self._settings)

    def _follow(self, wanted: bool) -> None:
        if wanted or "follower" in self.__dict__:
            self.follower.set_following(wanted)

    def _ask_name(self) -> None:
        from cacheview.ui.stores.by_name import ByNameDialog

        dialog = ByNameDialog(self.opener.location, self)
        dialog.chosen.connect(self.open)
        dialog.open()

    def _show_shortcuts(self) -> None:
        from cacheview.ui.help import ShortcutsDialog

        ShortcutsDialog(self.commands.listed(), self).open()

    def _show_about(self) -> None:
        from cacheview.ui.help import AboutDialog

        AboutDialog(self).open()

    # Events

    def createPopupMenu(self) -> None:
        """None: there are no tool bars to be hidden."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        location = next((url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()), "")
        if location:
            event.acceptProposedAction()
            self.open_any(location)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.first_painted.emit)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.commands.dress()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._patience.stop()
        if "live_entries" in self.__dict__:
            self.live_entries.close()
        if "follower" in self.__dict__:
            self.follower.close()
        if "saver" in self.__dict__:
            self.saver.close()
        if "replays" in self.__dict__:
            self.replays.stop()
        if "suites" in self.__dict__:
            self.suites.stop()
        if "compare" in self.__dict__:
            self.compare.pane.stop()
        if "audit_pane" in self.__dict__:
            self.audit_pane.stop()
        self.opener.close()
        self._settings.geometry = self.saveGeometry()
        if self.session is not None:
            # It would tell of its end when half of the window is gone.
            self.session.document.forget_steps()
            self._headline.stop()
        if self.workspace is not None:
            self._settings.splitter = self.workspace.widths
            self._settings.hidden_columns = self.workspace.images.tree.hidden_columns()
            self._settings.intermediate = self.workspace.images.intermediate
        self._settings.save()
        super().closeEvent(event)
