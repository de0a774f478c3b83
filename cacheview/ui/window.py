"""The window: opens stores, shows one, and says what is so where there is none."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import (
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QPaintEvent,
)
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMainWindow, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from cacheview.ui.actions import Actions, connect
from cacheview.ui.choosers import ToolBar
from cacheview.ui.loading import Loader
from cacheview.ui.notice import Notice
from cacheview.ui.opening import DEMO, OpenedStore, open_work
from cacheview.ui.plain import one_line
from cacheview.ui.settings import Settings
from cacheview.ui.start_page import StartPage
from cacheview.ui.status import StatusBar

if TYPE_CHECKING:
    from cacheview.ui.session import Answer, Session
    from cacheview.ui.workspace import Workspace

__all__ = ["MainWindow"]

_SIZE: Final = (1320, 840)
_PATIENCE: Final = 250  # milliseconds before a store that is open gives way to a line that says what is being read
_PLATFORMS: Final = ("linux/amd64", "linux/arm64", "linux/arm/v7", "windows/amd64")


class MainWindow(QMainWindow):
    """Signals: ``first_painted()`` once; ``settled(bool)`` after each opening: whether a store is shown for it.

    The panes, the engine and the models are loaded with the first store: the first paint does not wait for them.
    """

    first_painted = Signal()
    settled = Signal(bool)

    def __init__(self, settings: Settings, *, rules: str = "") -> None:
        super().__init__()
        self._settings = settings
        self._rules = rules
        self._platform = ""
        self._location = ""
        self._opening = ""
        self._again = False
        self._painted = False
        self.last_error = ""
        self.session: Session | None = None
        self.workspace: Workspace | None = None
        self.loader = Loader(self)
        self.commands = Actions(self)
        self.commands.fill_menu_bar(self.menuBar())
        self.tool_bar = ToolBar(self.commands, self)
        self.addToolBar(self.tool_bar)
        self.status = StatusBar(self)
        self.setStatusBar(self.status)
        self.notice = Notice()
        self.notice.hide()
        self.start_page = StartPage()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.start_page)
        central = QWidget()
        layout = QVBoxLayout(central)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.notice)
        layout.addWidget(self._pages, 1)
        self.setCentralWidget(central)
        self.setAcceptDrops(True)
        self.setWindowTitle("cacheview")
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._patience.timeout.connect(self._show_busy_notice)
        self._connect()
        self.commands.dress()
        self.start_page.show_welcome(settings.recent)
        self._enable()
        self.resize(*_SIZE)
        if settings.geometry is not None:
            self.restoreGeometry(settings.geometry)

    # Opening

    def open(self, location: str) -> None:
        """Read a location in the background, and show it when it has been read. What is open stays till then."""
        self.announce(location)
        self.loader.start(open_work(location, self._rules, self._platform))

    def announce(self, location: str) -> None:
        """Say that a location is being opened."""
        self._opening = location
        self._again = self.session is not None and location == self._location
        if self.session is None:
            self.start_page.show_busy(_name(location))
        else:
            self._patience.start()

    def reload(self) -> None:
        """Read again what is open, or what could not be opened. The probe and its undo steps stay."""
        if self._location or self._opening:
            self.open(self._location or self._opening)

    def choose_file(self) -> None:
        """Ask for a file."""
        what = "Image stores (*.tar *.tar.* *.tgz *.txz *.json *.jsonl *.jsonl.gz);;All files (*)"
        location, _ = QFileDialog.getOpenFileName(self, "Open an archive or a suite", self._folder(), what)
        if location:
            self.open(location)

    def choose_folder(self) -> None:
        """Ask for a folder."""
        location = QFileDialog.getExistingDirectory(self, "Open an OCI layout", self._folder())
        if location:
            self.open(location)

    def _folder(self) -> str:
        known = self._location if os.path.exists(self._location) else next(iter(self._settings.recent), "")
        return os.path.dirname(os.path.abspath(known)) if known else str(Path.home())

    def _progress(self, done: int, total: int | None, what: str) -> None:
        self.start_page.show_progress(done, total, what)
        self.notice.show_progress(done, total)

    def _show_busy_notice(self) -> None:
        cancel = ("&Cancel", self.loader.cancel)
        self.notice.show_text("busy", f"Opening {one_line(_name(self._opening))}…", (), (cancel,))
        self.notice.show_progress(0, None)
        self.notice.show()

    def _succeeded(self, loaded: OpenedStore) -> None:
        self._location = self._opening
        self.last_error = ""
        if self._location != DEMO:
            self._settings.add_recent(self._location)
        if self.session is None:
            self._make_panes(loaded)
        else:
            self.session.open(loaded, again=self._again)
        self.settled.emit(True)

    def _failed(self, error: Exception) -> None:
        from cacheview.model import DataError

        name = one_line(_name(self._opening))
        if isinstance(error, DataError):
            text, details = str(error), []
        else:
            text = f"{type(error).__name__}: {error}. This is a fault of cacheview: please report it with the details"
            details = traceback.format_exception(error)
            traceback.print_exception(error)
        self.last_error = text
        if self.session is None:
            self.start_page.show_error(f"{name} could not be opened", text)
        else:
            again = (
                ("&Try again", lambda location=self._opening: self.open(location)),
                ("Open another &file…", self.choose_file),
            )
            self.notice.show_text("error", f"{name} could not be opened: {text}", details, again)
            self.notice.show()
        self.settled.emit(False)

    def _cancelled(self) -> None:
        self.notice.hide()
        if self.session is None:
            self.start_page.show_welcome(self._settings.recent)
        self.status.say("Opening was cancelled")

    def _ended(self) -> None:
        self._patience.stop()
        self._enable()

    # What is open

    def _make_panes(self, loaded: OpenedStore) -> None:
        from cacheview.ui.session import Session
        from cacheview.ui.workspace import Workspace

        self.session = session = Session(loaded, self)
        self.workspace = workspace = Workspace(session)
        workspace.images.intermediate = self._settings.intermediate
        hidden = self._settings.hidden_columns
        if hidden is not None:
            workspace.images.tree.set_hidden_columns(hidden)
        if self._settings.splitter is not None:
            workspace.widths = self._settings.splitter
        for editor in (*workspace.findChildren(QLineEdit), *workspace.findChildren(QPlainTextEdit)):
            editor.setAcceptDrops(False)  # a file that is dropped is for the window
        self._pages.addWidget(workspace)
        self._pages.setCurrentWidget(workspace)
        session.opened_changed.connect(self._show_opened)
        session.store_changed.connect(self._show_case)
        session.probe_loaded.connect(self._show_case)
        session.answered.connect(self._show_answer)
        workspace.copied.connect(lambda what: self.status.say(f"Copied: {what}"))
        stack = session.document.undo_stack
        self.tool_bar.case_chosen.connect(session.choose_case)
        self.tool_bar.probe_chosen.connect(session.choose_probe)
        stack.canUndoChanged.connect(self._show_undo)
        stack.canRedoChanged.connect(self._show_undo)
        stack.undoTextChanged.connect(self._show_undo)
        stack.redoTextChanged.connect(self._show_undo)
        self._fill_rules()
        session.begin()
        workspace.focus_pane(0)

    def _show_opened(self) -> None:
        assert self.session is not None
        opened = self.session.opened
        self.setWindowTitle(f"{one_line(_name(opened.location))} – cacheview")
        self.tool_bar.say(self.tool_bar.store, "Store", _name(opened.location))
        names = [case.name if case.name.startswith("line ") else f"{number}  {case.name}"
                 for number, case in enumerate(opened.cases, 1)]  # fmt: skip
        self.tool_bar.set_cases(names, self.session.case_number)
        self._fill_platforms()

    def _show_case(self) -> None:
        assert self.session is not None
        session = self.session
        self.tool_bar.case.setCurrentIndex(session.case_number)
        names = [
            f"{number}  {probe.name or ' '.join(probe.config.Cmd or ()) or 'probe'}"
            for number, probe in enumerate(session.case.probes, 1)
        ]
        self.tool_bar.set_probes(names, session.probe_number)
        title = session.opened.title
        self.status.show_store(title, session.opened.location, len(session.store.images))
        self._show_rules()
        self._show_notes()
        self._enable()

    def _show_notes(self) -> None:
        """What a person should know of this store: what could not be read first."""
        assert self.session is not None
        session = self.session
        problems = [str(problem) for problem in session.opened.problems] or list(map(str, session.store.problems))
        notes = list(session.store.notes)
        asked = session.cache.rules
        if session.case.rules and session.case.rules != asked.name:
            notes.insert(0, f"It is for the rules {session.case.rules}, and is asked by {asked.title}.")
        if problems:
            count = "1 entry" if len(problems) == 1 else f"{len(problems):,} entries"
            self.notice.show_text("problem", f"{count} could not be read; the rest is shown.", [*problems, *notes])
        elif notes:
            self.notice.show_text("note", " ".join(notes))
        self.notice.setVisible(bool(problems or notes))

    def _show_answer(self, answer: Answer) -> None:
        assert self.workspace is not None
        marks = self.workspace.images.model.marks
        if marks is not None:
            self.status.show_answer(answer, marks.candidate_count, marks.source_count)
        self.commands.apply.setEnabled(answer.explanation.edit is not None)

    def _show_undo(self) -> None:
        assert self.session is not None
        stack, commands = self.session.document.undo_stack, self.commands
        for action, word, able, text in (
            (commands.undo, "&Undo", stack.canUndo(), stack.undoText()),
            (commands.redo, "&Redo", stack.canRedo(), stack.redoText()),
        ):
            phrase = one_line(text)[:60].replace("&", "&&")
            action.setText(f"{word} {phrase}".strip())
            action.setToolTip(f"{word[1:]}: {phrase}" if phrase else f"Nothing to {word[1:].lower()}")
            action.setEnabled(able)

    def _fill_rules(self) -> None:
        from cacheview.engine import RULE_SETS

        self._rule_group = QActionGroup(self)
        for rules in RULE_SETS.values():
            action = self.commands.rules_menu.addAction(rules.title.replace("&", "&&"))
            action.setCheckable(True)
            action.setData(rules.name)
            self._rule_group.addAction(action)
            connect(action, lambda name=rules.name: self._choose_rules(name))

    def _choose_rules(self, name: str) -> None:
        assert self.session is not None
        self.session.choose_rules(name)
        self._show_rules()
        self._show_notes()

    def _show_rules(self) -> None:
        assert self.session is not None
        rules = self.session.cache.rules
        self.tool_bar.say(self.tool_bar.rules, "Rules", rules.name.replace("-", " ", 1))
        self.tool_bar.rules.setToolTip(f"{rules.title}\nfrom {rules.source}")
        for action in self._rule_group.actions():
            action.setChecked(action.data() == rules.name)

    def _fill_platforms(self) -> None:
        assert self.session is not None
        menu = self.commands.platform_menu
        menu.clear()
        found = {str(variant.platform) for image in self.session.store.images[:2000] for variant in image.variants} - {
            "?/?",
            "unknown/unknown",
        }
        chosen = self._platform or _PLATFORMS[0]
        for platform in sorted(found | set(_PLATFORMS) | {chosen}):
            action = menu.addAction(one_line(platform).replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(platform == chosen)
            connect(action, lambda platform=platform: self._choose_platform(platform))
        self.tool_bar.say(self.tool_bar.platform, "Platform", chosen)

    def _choose_platform(self, platform: str) -> None:
        self._platform = platform
        self.reload()

    # What the person does

    def _connect(self) -> None:
        do, page, loader = self.commands, self.start_page, self.loader
        connect(do.open_file, self.choose_file)
        connect(do.open_folder, self.choose_folder)
        connect(do.open_demo, lambda: self.open(DEMO))
        connect(do.reload, self.reload)
        connect(do.cancel, loader.cancel)
        connect(do.quit, self.close)
        connect(do.undo, lambda: self.session and self.session.document.undo_stack.undo())
        connect(do.redo, lambda: self.session and self.session.document.undo_stack.redo())
        connect(do.apply, lambda: self.workspace and self.workspace.apply_smallest())
        connect(do.copy_text, lambda: self._copy("as_text", "the verdict as text"))
        connect(do.copy_markdown, lambda: self._copy("as_markdown", "the verdict as Markdown"))
        connect(do.copy_json, lambda: self._copy("as_json", "the verdict as JSON"))
        connect(do.find, lambda: self.workspace and self.workspace.images.focus_filter())
        connect(do.next_case, lambda: self._step_case(1))
        connect(do.previous_case, lambda: self._step_case(-1))
        connect(do.next_probe, lambda: self._step_probe(1))
        connect(do.previous_probe, lambda: self._step_probe(-1))
        connect(do.next_pane, lambda: self.workspace and self.workspace.cycle_panes(1))
        connect(do.previous_pane, lambda: self.workspace and self.workspace.cycle_panes(-1))
        for place, action in enumerate(do.panes):
            connect(action, lambda place=place: self.workspace and self.workspace.focus_pane(place))
        connect(do.shortcuts, self._show_shortcuts)
        connect(do.about, self._show_about)
        do.recent_menu.aboutToShow.connect(self._fill_recent)
        page.file_asked.connect(self.choose_file)
        page.folder_asked.connect(self.choose_folder)
        page.demo_asked.connect(lambda: self.open(DEMO))
        page.again_asked.connect(self.reload)
        page.cancel_asked.connect(loader.cancel)
        page.recent_asked.connect(self.open)
        loader.started.connect(self._enable)
        loader.progressed.connect(self._progress)
        loader.finished.connect(self._ended)
        loader.succeeded.connect(self._succeeded)
        loader.failed.connect(self._failed)
        loader.cancelled.connect(self._cancelled)
        self.notice.closed.connect(self.notice.hide)
        self.notice.copied.connect(lambda what: self.status.say(f"Copied: {what}"))

    def _enable(self) -> None:
        """What can be done now."""
        do, is_open = self.commands, self.session is not None
        cases = len(self.session.opened.cases) if self.session is not None else 0
        probes = len(self.session.case.probes) if self.session is not None else 0
        do.cancel.setEnabled(self.loader.is_busy)
        do.reload.setEnabled(bool(self._location or self._opening) and not self.loader.is_busy)
        for action in (
            do.copy_text,
            do.copy_markdown,
            do.copy_json,
            do.find,
            *do.panes,
            do.next_pane,
            do.previous_pane,
        ):
            action.setEnabled(is_open)
        for menu in (do.copy_menu, do.rules_menu, do.platform_menu):
            menu.setEnabled(is_open)
        for button in (self.tool_bar.rules, self.tool_bar.platform, self.tool_bar.copy):
            button.setEnabled(is_open)
        do.next_case.setEnabled(cases > 1)
        do.previous_case.setEnabled(cases > 1)
        do.next_probe.setEnabled(probes > 1)
        do.previous_probe.setEnabled(probes > 1)
        if self.session is not None:
            self._show_undo()
        else:
            for action in (do.undo, do.redo, do.apply):
                action.setEnabled(False)

    def _step_case(self, step: int) -> None:
        if self.session is not None:
            self.session.choose_case((self.session.case_number + step) % len(self.session.opened.cases))

    def _step_probe(self, step: int) -> None:
        if self.session is not None and self.session.case.probes:
            self.session.choose_probe((self.session.probe_number + step) % len(self.session.case.probes))

    def _copy(self, form: str, what: str) -> None:
        from cacheview import report

        if self.session is not None and self.session.answer is not None:
            QGuiApplication.clipboard().setText(getattr(report, form)(self.session.answer.explanation))
            self.status.say(f"Copied: {what}")

    def _fill_recent(self) -> None:
        menu = self.commands.recent_menu
        menu.clear()
        for location in self._settings.recent:
            connect(
                menu.addAction(one_line(location).replace("&", "&&")), lambda location=location: self.open(location)
            )
        if menu.isEmpty():
            menu.addAction("Nothing was opened yet").setEnabled(False)
        else:
            menu.addSeparator()
            connect(menu.addAction("&Clear this list"), self._settings.clear_recent)

    def _show_shortcuts(self) -> None:
        from cacheview.ui.help import ShortcutsDialog

        ShortcutsDialog(self.commands.listed(), self).open()

    def _show_about(self) -> None:
        from cacheview.ui.help import AboutDialog

        AboutDialog(self).open()

    # Events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        location = next((url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()), "")
        if location:
            event.acceptProposedAction()
            self.open(location)

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
        self.loader.close()
        self._settings.geometry = self.saveGeometry()
        if self.workspace is not None:
            self._settings.splitter = self.workspace.widths
            self._settings.hidden_columns = self.workspace.images.tree.hidden_columns()
            self._settings.intermediate = self.workspace.images.intermediate
        self._settings.save()
        super().closeEvent(event)


def _name(location: str) -> str:
    """What a person calls a location."""
    if location == DEMO:
        return "demo"
    return os.path.basename(location.rstrip("/\\")) or location
