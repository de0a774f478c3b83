"""The window: its frame, its docks, and the user's actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QMainWindow

from cacheview.stores.locations import parse_location
from cacheview.ui.actions import Actions, connect
from cacheview.ui.appearance import Appearance
from cacheview.ui.center import Center
from cacheview.ui.choosers import ToolBar
from cacheview.ui.docks import REPLAY, SUITES, Docks
from cacheview.ui.lazy import Lazy
from cacheview.ui.names import DEMO
from cacheview.ui.settings import Settings
from cacheview.ui.status import StatusBar
from cacheview.ui.theme import look_changed
from cacheview.ui.window_dialogs import WindowDialogs
from cacheview.ui.window_menus import WindowMenus
from cacheview.ui.window_size import MIN_SIZE, USUAL_SIZE

if TYPE_CHECKING:
    # Includes the Qt classes that only type annotations use, since each is created on its first import.
    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent
    from PySide6.QtWidgets import QWidget

    from cacheview.ui.following import WindowFollower
    from cacheview.ui.layer_access import LayerAccess
    from cacheview.ui.loading import Work
    from cacheview.ui.notice import Notice
    from cacheview.ui.opener import Opener
    from cacheview.ui.session import Session
    from cacheview.ui.stores.saving import Saver
    from cacheview.ui.what_is_open import WhatIsOpen
    from cacheview.ui.whatif.mode import WhatIf
    from cacheview.ui.workspace import Workspace

__all__ = ["MainWindow"]


class MainWindow(QMainWindow):
    """The main window: the tool bar and the docks around the central widget.

    Signals: ``first_painted()``: the window was painted for the first time; ``settled(bool)``: an opening has ended,
    with whether a store is shown.
    """

    first_painted = Signal()
    settled = Signal(bool)

    def __init__(self, settings: Settings, *, rules: str = "") -> None:
        super().__init__()
        self._settings = settings
        self._painted = False
        self._docks_restored = False
        self._layer_access = Lazy(self._make_layer_access)
        self._follower = Lazy(self._make_follower)
        self._saver = Lazy(self._make_saver)
        self._what_if = Lazy(self._make_what_if)
        self.commands = Actions(self)
        self.commands.fill_menu_bar(self.menuBar())
        self.tool_bar = ToolBar(self.commands, self)
        self.tool_bar.setObjectName("tools")
        self.addToolBar(self.tool_bar)
        self.status = StatusBar(self)
        self.setStatusBar(self.status)
        self.center = Center(settings, rules, self)
        self.setCentralWidget(self.center)
        self.docks = Docks(self, settings)
        self.menus = WindowMenus(self.commands, settings, self._location, lambda menu: self.what_if.fill(menu), self)
        self.menus.store_chosen.connect(self.open)
        self.dialogs = WindowDialogs(self.commands, settings, lambda: self.opener.location, self)
        self.dialogs.store_chosen.connect(self.open)
        self.menus.build_chosen.connect(self.docks.replay)
        self.setAcceptDrops(True)
        self.setWindowTitle("cacheview")
        self._what_is_open = Lazy(self._make_what_is_open)
        self._connect_center()
        self._connect_actions()
        Appearance(self.commands, settings, self)
        self._update_look()
        look_changed().connect(self._update_look)
        self._enable(busy=False)
        # The window keeps the size that the user gave it, whatever its content, which scrolls if it is too tall.
        self.setMinimumSize(*MIN_SIZE)
        self.resize(*USUAL_SIZE)
        if settings.geometry is not None:
            self.restoreGeometry(settings.geometry)

    # Parts of the central widget

    @property
    def session(self) -> Session | None:
        """The open session; None while nothing is open."""
        return self.center.session

    @property
    def workspace(self) -> Workspace | None:
        """The panes of the open store; None while nothing is open."""
        return self.center.workspace

    @property
    def notice(self) -> Notice:
        """The notice line above the panes about the open store."""
        return self.center.notice

    def add_line(self) -> Notice:
        """Add a hidden line above the panes for work in the background."""
        return self.center.add_line()

    def paint_panes_later(self, wait: int = 0) -> None:
        """Paint the panes with a delay after their size has changed. ``wait``: in milliseconds."""
        self.center.paint_panes_later(wait)

    @property
    def opener(self) -> Opener:
        """Opens stores."""
        return self.center.opener

    @property
    def page(self) -> QWidget | None:
        """The widget in the middle of the window: the panes, or the page shown while nothing is open."""
        return self.center.page

    @property
    def frame(self) -> QMainWindow:
        """The parent of docks and dialogs: the window itself."""
        return self

    # Objects that are created on first use

    @property
    def layer_access(self) -> LayerAccess:
        """The access to the layers of the open store."""
        return self._layer_access()

    @property
    def follower(self) -> WindowFollower:
        """The follower of the engine's events."""
        return self._follower()

    @property
    def saver(self) -> Saver:
        """The object that saves suites."""
        return self._saver()

    @property
    def what_if(self) -> WhatIf:
        """The mode with supposed changes of the store."""
        return self._what_if()

    def _make_layer_access(self) -> LayerAccess:
        from cacheview.ui.layer_access import LayerAccess

        return LayerAccess()

    def _make_what_if(self) -> WhatIf:
        from cacheview.ui.whatif.mode import WhatIf

        return WhatIf(self, self.center.mode)

    def _make_what_is_open(self) -> WhatIsOpen:
        from cacheview.ui.what_is_open import WhatIsOpen

        return WhatIsOpen(self, self.status)

    def show_build(self, title: str, dockerfile: str, context: str) -> None:
        """Show which build is replayed; all empty: none."""
        self._what_is_open().show_build(title, dockerfile, context)

    def _location(self) -> tuple[str, str]:
        """Return the open location, and its address if it is an engine."""
        return self.opener.location, self.session.opened.address if self.session is not None else ""

    def _make_follower(self) -> WindowFollower:
        from cacheview.ui.following import WindowFollower

        return WindowFollower(self)

    def _make_saver(self) -> Saver:
        from cacheview.ui.saving import WindowSaver

        return WindowSaver(self)

    # Opening

    def begin(self) -> None:
        """Open the store of a start without arguments: the engine of the current context, or else the demo."""
        self.opener.begin()

    def open(self, location: str) -> None:
        """Read a location in the background, and show it afterwards. The open store stays until then."""
        self.opener.open(location)
        if self.session is not None and location == self.opener.location and self.session.opened.builds:
            self.docks.show_records_of(location)

    def _connect_center(self) -> None:
        center = self.center
        center.announced.connect(lambda: self._enable(busy=True))
        center.session_made.connect(self._make_headline)
        center.opened.connect(self._opened)
        center.failed.connect(lambda: self.settled.emit(False))
        center.record_found.connect(self.docks.show_records_of)
        center.canceled.connect(lambda: self.status.show_text("Opening was canceled"))
        center.ended.connect(self._ended)
        center.copied.connect(self._show_copied)
        center.name_requested.connect(self.dialogs.ask_name)

    def _make_headline(self) -> None:
        from cacheview.ui.case_reader import CaseReader
        from cacheview.ui.headline import Headline
        from cacheview.ui.rules.switching import Switcher

        self._headline = Headline(
            self._session(),
            self._panes(),
            self.commands,
            self.tool_bar,
            self.status,
            self.notice,
            self.opener,
            CaseReader(self._session(), self.add_line),
            Switcher(self._session(), self.add_line),
        )
        self._what_is_open().attach(self._session())
        self.docks.connect_panes(self._panes())

    def _opened(self, again: bool) -> None:
        if not again:
            self.commands.follow.setChecked(False)
        self._enable(busy=False)
        if not again and self._settings.following and self.commands.follow.isEnabled():
            self.commands.follow.setChecked(True)
        self.settled.emit(True)
        if not self._docks_restored:
            self._docks_restored = True
            self.docks.restore()
        if not again and self._session().opened.builds:
            self.docks.show_records_of(self.opener.location)

    def _ended(self) -> None:
        self._enable(busy=False)
        if self._follower.existing is not None:
            self._follower.existing.catch_up()

    # User actions

    def _update_look(self) -> None:
        self.commands.update_look()

    def _connect_actions(self) -> None:
        do = self.commands
        connect(do.open_file, lambda: self.opener.choose_file())
        connect(do.open_folder, lambda: self.opener.choose_folder())
        connect(do.open_demo, lambda: self.open(DEMO))
        connect(do.reload, lambda: self.opener.reload())
        connect(do.save_suite, lambda: self.saver.open_dialog(self._session()))
        do.follow.toggled.connect(self._follow)
        do.follow.triggered.connect(self._remember_following)
        connect(do.cancel, lambda: self.opener.cancel())
        connect(do.quit, self.close)
        connect(do.copy_text, lambda: self._copy("text"))
        connect(do.copy_markdown, lambda: self._copy("Markdown"))
        connect(do.copy_json, lambda: self._copy("JSON"))
        connect(do.apply, lambda: self._panes().apply_smallest())
        connect(do.find, lambda: self._panes().images.focus_filter())
        connect(do.next_pane, lambda: self._enter_next(1))
        connect(do.previous_pane, lambda: self._enter_next(-1))
        for place, action in enumerate(do.panes):
            connect(action, lambda place=place: self._panes().focus_pane(place))
        connect(do.replay_dockerfile, lambda: self.docks.use(REPLAY, lambda replays: replays.choose()))
        self.docks.connect_actions()
        connect(do.add_probe, lambda: self.docks.use(SUITES, lambda suites: suites.add(self._session())))
        connect(do.reset_layout, self._reset_layout)
        connect(do.leave_what_if, lambda: self.what_if.leave())

    def choose_rules(self, name: str, preparing: Work) -> None:
        """Use another rule set. ``preparing``: work whose result is a cache for it."""
        self._headline.choose_rules(name, preparing)

    def _reset_layout(self) -> None:
        self.docks.reset()
        self.center.reset_layout()

    def focus_shown(self) -> None:
        """Move the keyboard focus to the visible page, since the widget that had it no longer exists."""
        from cacheview.ui.rounds import enter_first

        enter_first(self)

    def _enter_next(self, step: int) -> None:
        from cacheview.ui.rounds import enter_next

        enter_next(self, step)

    def _session(self) -> Session:
        """Return the session, for actions that are enabled only while a store is open."""
        assert self.session is not None
        return self.session

    def _panes(self) -> Workspace:
        """Return the panes, for actions that are enabled only while they exist."""
        assert self.workspace is not None
        return self.workspace

    def _enable(self, *, busy: bool) -> None:
        """Enable the actions that are now possible. Those that depend only on the session are enabled with it."""
        session = self.session
        has_failed = bool(self.center.last_error)
        follows = session is not None and parse_location(session.opened.location).source.reports_changes
        self.commands.enable(is_open=session is not None, follows=follows, busy=busy, has_failed=has_failed)
        for button in (self.tool_bar.rules, self.tool_bar.platform):
            button.setEnabled(session is not None)

    def _copy(self, form: str) -> None:
        if self.session is not None and self.session.answer is not None:
            self._panes().verdict.copy_explanation(form)

    def _show_copied(self, what: str) -> None:
        self.status.show_text(f"Copied: {what}")

    def _follow(self, enabled: bool) -> None:
        if enabled or self._follower.existing is not None:
            self.follower.set_following(enabled)

    def _remember_following(self, enabled: bool) -> None:
        self._settings.following = enabled

    # Events

    def createPopupMenu(self) -> None:
        """Return None: no tool bars can be hidden."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        from cacheview.ui.dropping import local_paths

        if local_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        from cacheview.ui.dropping import local_paths, open_paths

        paths = local_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            open_paths(paths, self.open, self.docks)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.first_painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        from cacheview.ui.loading import end_all

        end_all(self)
        self.docks.save()
        self.docks.stop()
        if self._layer_access.existing is not None:
            self._layer_access.existing.close()
        self.center.stop()
        if self.session is not None:
            self._headline.stop()
        self._settings.geometry = self.saveGeometry()
        replays = self.docks.existing(REPLAY)
        self.center.keep_choices(replays.secrets() if replays is not None else ())
        if self._settings.builds:
            from cacheview.ui.replay.build import forget_values

            forget_values(self._settings)
        self._settings.save()
        super().closeEvent(event)
