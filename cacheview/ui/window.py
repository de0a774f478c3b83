"""The window: its frame, its docks, and what the person does with it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtWidgets import QMainWindow

from cacheview.ui.actions import Actions, connect
from cacheview.ui.centre import Centre
from cacheview.ui.choosers import ToolBar
from cacheview.ui.enabling import enable_actions
from cacheview.ui.layer_access import LayerAccess
from cacheview.ui.loading import end_all
from cacheview.ui.names import DEMO, title_of
from cacheview.ui.plain import one_line
from cacheview.ui.settings import Settings
from cacheview.ui.status import StatusBar

if TYPE_CHECKING:
    # Also the classes of Qt that only types speak of: each is made when it is first imported.
    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent

    from cacheview.ui.audit import AuditPane
    from cacheview.ui.compare import CompareDock
    from cacheview.ui.dock import PaneDock
    from cacheview.ui.files.files import Files
    from cacheview.ui.following import WindowFollower
    from cacheview.ui.notice import Notice
    from cacheview.ui.opener import Opener
    from cacheview.ui.replay.replays import Replays
    from cacheview.ui.session import Session
    from cacheview.ui.stores.menu import LiveEntries
    from cacheview.ui.stores.saving import Saver
    from cacheview.ui.suites.checks import SuiteChecks
    from cacheview.ui.watch.watching import WatchedBuilds
    from cacheview.ui.workspace import Workspace

__all__ = ["MainWindow"]

_SIZE: Final = (1320, 840)
_SHARES: Final = (0.6, 0.7)
"""Of a large screen, that a window has at first."""
_LEAST: Final = (480, 320)


class MainWindow(QMainWindow):
    """The tool bar and the docks around the centre, which shows what is open.

    Signals: ``first_painted()`` once; ``settled(bool)`` after each opening: whether a store is shown for it.
    """

    first_painted = Signal()
    settled = Signal(bool)

    def __init__(self, settings: Settings, *, rules: str = "") -> None:
        super().__init__()
        self._settings = settings
        self._painted = False
        self.layer_access = LayerAccess()
        self.commands = Actions(self)
        self.commands.fill_menu_bar(self.menuBar())
        self.tool_bar = ToolBar(self.commands, self)
        self.addToolBar(self.tool_bar)
        self.status = StatusBar(self)
        self.setStatusBar(self.status)
        self.centre = Centre(settings, rules, self)
        self.setCentralWidget(self.centre)
        self.setAcceptDrops(True)
        self.setWindowTitle("cacheview")
        self._connect_centre()
        self._connect_actions()
        self.commands.dress()
        self._enable(busy=False)
        # Whatever is shown in it, the window has the size that the person gave it: what is too high is scrolled.
        self.setMinimumSize(*_LEAST)
        room = self.screen().availableSize()
        self.resize(max(_SIZE[0], int(_SHARES[0] * room.width())), max(_SIZE[1], int(_SHARES[1] * room.height())))
        if settings.geometry is not None:
            self.restoreGeometry(settings.geometry)

    # What the centre has

    @property
    def session(self) -> Session | None:
        return self.centre.session

    @property
    def workspace(self) -> Workspace | None:
        return self.centre.workspace

    @property
    def notice(self) -> Notice:
        return self.centre.notice

    @property
    def opener(self) -> Opener:
        return self.centre.opener

    # What is around it

    @cached_property
    def live_entries(self) -> LiveEntries:
        """What fills the Store menus with the live stores of this machine. Made when first needed."""
        from cacheview.ui.stores.menu import LiveEntries

        entries = LiveEntries(self._what_is_open, self)
        for menu, before in self.commands.store_menus:
            entries.add_menu(menu, before)
        entries.chosen.connect(self.open)
        return entries

    def _what_is_open(self) -> tuple[str, str]:
        """The location, and of an engine its address."""
        return self.opener.location, self.session.opened.address if self.session is not None else ""

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
    def files(self) -> Files:
        """Which files differ, and what layers hold. Made when first needed."""
        from cacheview.ui.files.files import Files

        return Files(self, self._settings)

    @cached_property
    def watched(self) -> WatchedBuilds:
        """Builds as clients run them. Made when first needed."""
        from cacheview.ui.watch.watching import WatchedBuilds

        return WatchedBuilds(self)

    # Opening

    def begin(self) -> None:
        """What a start without a store opens: the engine of the current context where it answers, else the demo."""
        self.opener.begin()

    def open(self, location: str) -> None:
        """Read a location in the background, and show it when it has been read. What is open stays till then."""
        self.opener.open(location)

    def open_any(self, path: str) -> None:
        """Open a store, or replay a Dockerfile or a service of a Compose file, whichever a path is of."""
        from cacheview.ui.replay.build import is_dockerfile
        from cacheview.ui.replay.compose import is_compose_file

        if is_dockerfile(path) or is_compose_file(path):
            self.replays.open(path)
        else:
            self.open(path)

    def _connect_centre(self) -> None:
        centre = self.centre
        centre.announced.connect(lambda: self._enable(busy=True))
        centre.session_made.connect(self._make_headline)
        centre.opened.connect(self._opened)
        centre.failed.connect(lambda: self.settled.emit(False))
        centre.cancelled.connect(lambda: self.status.say("Opening was cancelled"))
        centre.ended.connect(self._ended)
        centre.copied.connect(self._say_copied)
        centre.name_asked.connect(self._ask_name)

    def _make_headline(self) -> None:
        from cacheview.ui.headline import Headline

        self._headline = Headline(
            self._session(), self._panes(), self.commands, self.tool_bar, self.status, self.notice, self.opener
        )
        self._panes().files_asked.connect(lambda: self.files.show_of_verdict())
        self._panes().layer_asked.connect(lambda image: self.files.show_layer(image, self._session().store))

    def _opened(self, again: bool) -> None:
        self.setWindowTitle(f"{one_line(title_of(self._session().opened))} — cacheview")
        if not again:
            self.commands.follow.setChecked(False)
        self._enable(busy=False)
        if not again and self._settings.following and self.commands.follow.isEnabled():
            self.commands.follow.setChecked(True)
        self.settled.emit(True)

    def _ended(self) -> None:
        self._enable(busy=False)
        if "follower" in self.__dict__:
            self.follower.catch_up()

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
        do.follow.triggered.connect(self._remember_following)
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
        connect(do.compare, lambda: self._show_or_hide(self.compare))
        connect(do.audit, lambda: self._show_or_hide(self.audit))
        connect(do.replay_dockerfile, lambda: self.replays.choose())
        connect(do.replay, lambda: self._show_or_hide(self.replays))
        connect(do.files, lambda: self._show_or_hide(self.files))
        connect(do.suite_checks, lambda: self._show_or_hide(self.suites))
        connect(do.watch, lambda: self._show_or_hide(self.watched))
        connect(do.add_probe, lambda: self.suites.add(self._session()))
        connect(do.shortcuts, self._show_shortcuts)
        connect(do.documentation, self._show_documentation)
        connect(do.about, self._show_about)
        do.recent_menu.aboutToShow.connect(self._fill_recent)

    def _show_or_hide(self, dock: PaneDock | Replays | Files | SuiteChecks | WatchedBuilds) -> None:
        # Made in one turn, by naming it, and shown in the next: both at once would be felt.
        QTimer.singleShot(0, dock, dock.show_or_hide)

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
            QGuiApplication.clipboard().setText(
                getattr(report, form)(self.session.answer.explanation, using=self.session.daemon)
            )
            self._say_copied(what)

    def _say_copied(self, what: str) -> None:
        self.status.say(f"Copied: {what}")

    def _fill_recent(self) -> None:
        from cacheview.ui.recent import fill_recent

        fill_recent(self, self._settings)

    def _follow(self, wanted: bool) -> None:
        if wanted or "follower" in self.__dict__:
            self.follower.set_following(wanted)

    def _remember_following(self, wanted: bool) -> None:
        self._settings.following = wanted

    def _ask_name(self) -> None:
        from cacheview.ui.stores.by_name import ByNameDialog

        dialog = ByNameDialog(self.opener.location, self)
        dialog.chosen.connect(self.open)
        dialog.open()

    def _show_shortcuts(self) -> None:
        from cacheview.ui.help import ShortcutsDialog

        ShortcutsDialog(self.commands.listed(), self).open()

    def _show_documentation(self) -> None:
        from cacheview.ui.documentation import DocumentationDialog

        DocumentationDialog(self).show()  # to be read beside the window

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
        end_all(self)
        if "replays" in self.__dict__:
            self.replays.stop()
        if "files" in self.__dict__:
            self.files.stop()
        if "suites" in self.__dict__:
            self.suites.stop()
        if "watched" in self.__dict__:
            self.watched.stop()
        if "compare" in self.__dict__:
            self.compare.pane.stop()
        if "audit_pane" in self.__dict__:
            self.audit_pane.stop()
        self.layer_access.close()
        self.centre.stop()
        if self.session is not None:
            self._headline.stop()
        self._settings.geometry = self.saveGeometry()
        self.centre.keep_choices(self.replays.secrets() if "replays" in self.__dict__ else ())
        if self._settings.builds:
            from cacheview.ui.replay.build import forget_values

            forget_values(self._settings)
        self._settings.save()
        super().closeEvent(event)
