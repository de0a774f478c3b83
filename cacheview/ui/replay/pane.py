"""The pane that replays a Dockerfile in the open store's cache, and does so again when either changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from cacheview.replay.result import Step
from cacheview.ui.content_page import ContentPage
from cacheview.ui.dock_pane import LookupPane
from cacheview.ui.loading import Work
from cacheview.ui.plain import error_words, one_line
from cacheview.ui.replay.build import Build
from cacheview.ui.replay.chosen_step import ChosenStep
from cacheview.ui.replay.clients import ClientsPage
from cacheview.ui.replay.copying import StepsCopier
from cacheview.ui.replay.explained_row import ExplainedRow
from cacheview.ui.replay.form import OptionsForm, stage_names
from cacheview.ui.replay.head import ReplayHead
from cacheview.ui.replay.head_words import head_words
from cacheview.ui.replay.model import StepsModel
from cacheview.ui.replay.replayer import Replayer, ReplayRequest, ReplayResult
from cacheview.ui.replay.row_menu import StepMenu
from cacheview.ui.replay.rows import rows_of
from cacheview.ui.replay.side_pages import SidePages
from cacheview.ui.replay.strip import SummaryStrip, summaries
from cacheview.ui.replay.view import StepsView
from cacheview.ui.replay.watching import BuildWatcher
from cacheview.ui.two_panes import TwoPaneSplitter

if TYPE_CHECKING:
    from cacheview.replay.misses import Miss
    from cacheview.ui.layer_access import LayerAccess
    from cacheview.ui.session import Session

__all__ = ["ReplayPane"]

_QUICK_REPLAY_SECONDS: Final = 2.0  # a longer replay is not repeated each time the window is activated


class ReplayPane(LookupPane[ReplayHead, ReplayRequest]):
    """Replays builds while it is visible. The selected step's probe becomes the session's probe, as an edit.

    Args:
        records: the folder for the records of files; None: none are kept.
        access: opens layers.

    Signals:
        image_activated(str): the user wants to see the image with this id.
        build_changed(Build): the user opened a Dockerfile, or changed an option.
        context_requested(): the user wants to choose a build context.
        open_requested(): the user wants to choose a Dockerfile.
        compare_requested(): the user wants to compare the build with another one.
        files_requested(Miss): the user wants to see the files that differ.
        editor_requested(path, line): the user wants to edit the Dockerfile there; line 0: anywhere.
        download_requested(ImageStore): images of this engine may be downloaded.
    """

    files_requested = Signal(object)
    editor_requested = Signal(object, int)  # a QString cannot contain a path that is not UTF-8
    compare_requested = Signal()
    download_requested = Signal(object)
    image_activated = Signal(str)
    build_changed = Signal(object)
    context_requested = Signal()
    open_requested = Signal()

    def __init__(
        self, records: Path | None = None, access: LayerAccess | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(ReplayHead(), parent)
        self._build: Build | None = None
        self._is_new = False
        self.replayer = Replayer(records, access)
        self.strip = SummaryStrip()
        self.model = StepsModel(self)
        self.view = StepsView(self.model)
        self._chosen_step = ChosenStep(self.view, self.model, self)
        self._side = SidePages(self._comparing)
        self.detail = self._side.detail
        self._explained = ExplainedRow(self.view, self.model, self.detail, self)
        self._watcher = BuildWatcher(self)
        self._copier = StepsCopier(self)
        self.row_menu = StepMenu(self.view, self.model, self._copier, lambda: self.miss, self)
        content = ContentPage(self.view)
        self._parts = TwoPaneSplitter(content, self._side)
        self._lay_out(content, self.strip, self._parts)
        self._connect()
        self._show_nothing()

    def _connect(self) -> None:
        self._loader.progressed.connect(self._progress)
        self._loader.parted.connect(self._show_result)
        self._loader.succeeded.connect(self._show)
        self._loader.failed.connect(self._fail)
        self._loader.canceled.connect(self._canceled)
        self._copier.copied.connect(self.copied)
        self._watcher.changed.connect(self.look_up_again)
        self._chosen_step.chosen.connect(lambda _: self._choose())
        self._side.build_changed.connect(self.change)
        self._side.context_requested.connect(self.context_requested)
        self._explained.image_activated.connect(self.image_activated)
        self.view.entered_row.connect(lambda _: self._explained.explain(merge=False))
        self.view.copy_requested.connect(lambda: self._copier.copy_row(self._explained.row))
        self.row_menu.editor_requested.connect(self.editor_requested)
        self.row_menu.files_requested.connect(self.files_requested)
        self.strip.step_requested.connect(self._go_to)
        self.detail.files_requested.connect(self.files_requested)
        self.detail.editor_requested.connect(self.row_menu.edit)
        self.detail.download_requested.connect(self._download)
        self._content.pressed.connect(self._help)
        head = self.head
        head.open_requested.connect(self.open_requested)
        head.compare_requested.connect(self.compare_requested)
        head.again_requested.connect(self.look_up_again)
        head.cancel_requested.connect(self.cancel)
        head.options_requested.connect(self.show_options)
        head.clients_requested.connect(self.show_clients)
        head.continue_requested.connect(self._continue)
        head.copy_requested.connect(lambda: self._copier.copy_all(self.result))
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.applicationStateChanged.connect(self._on_app_state)

    @property
    def form(self) -> OptionsForm:
        """The form with the build options."""
        return self._side.form

    @property
    def clients(self) -> ClientsPage:
        """The page that compares clients."""
        return self._side.clients

    # The interface of a dock's pane

    def _connect_session(self, session: Session) -> None:
        session.rules_changed.connect(self.look_up)
        session.store_changed.connect(self.look_up)
        self._explained.session = session
        session.answered.connect(self._explained.show_detail)
        session.selection_changed.connect(self._explained.show_detail)

    def _content_focus(self) -> QWidget:
        return self.view

    def _message_focus(self) -> QWidget:
        return self.head.open_button

    def stop(self) -> None:
        super().stop()
        self._watcher.stop()
        self._copier.stop()
        self._side.stop()

    # Requests

    @property
    def build(self) -> Build | None:
        """The replayed build."""
        return self._build

    @property
    def result(self) -> ReplayResult | None:
        """The shown result; None: nothing."""
        return self._explained.result

    @property
    def miss(self) -> Miss | None:
        """Why the chosen step misses; None: it does not miss, or its probe is unknown."""
        row = self._explained.row
        return self.result.miss_of(row.step) if self.result is not None and row is not None else None

    def open(self, build: Build) -> None:
        """Replay another Dockerfile."""
        self._forget()
        self._is_new = True
        self._chosen_step.forget()
        self.change(build)

    def show_options(self, shown: bool) -> None:
        """Show the options instead of the step's details, or the details again."""
        self.head.options_button.setChecked(shown)
        self.head.clients_button.setChecked(False)
        if shown:
            self._side.show_options()
        else:
            self._side.show_detail()

    def show_clients(self, shown: bool) -> None:
        """Show the comparison of clients instead of the step's details, or the details again."""
        self.head.clients_button.setChecked(shown)
        self.head.options_button.setChecked(False)
        if shown:
            self._side.show_clients()
        else:
            self._side.show_detail()

    def look_up(self) -> None:
        """Replay the build if the pane is visible and does not already show its result."""
        session, build = self._session, self._build
        if session is None or build is None:
            self._show_nothing()
            return
        request = ReplayRequest(build, session.store, session.daemon, session.supposed)
        last = self._subject
        if last is not None and (last.build, last.daemon) == (build, request.daemon) and last.store is request.store:
            return
        if not self.isVisible():
            self._subject = None
            if self.result is not None and self.result.request.store is not request.store:
                self._forget()  # the result keeps much of the closed store in memory
            return
        self._subject = request
        self._enable()
        self._watcher.watch(build, self.result)
        self._busy_timer.start()
        self._loader.start(self.replayer.replaying(request))

    @property
    def request(self) -> ReplayRequest | None:
        """The build of the shown replay; None if there is none."""
        return self.result.request if self.result is not None else None

    def cancel(self) -> None:
        """Stop running work. The content stays."""
        self._loader.cancel()

    def _comparing(self) -> Work | None:
        return self.replayer.comparing(self.result.request) if self.result is not None else None

    def change(self, build: Build) -> None:
        """Replay with other options."""
        self.head.continue_button.setChecked(build.past_misses)
        if build != self._build:
            self._build = build
            self.row_menu.show_build(build)
            self._side.set_build(build)
            self.build_changed.emit(build)
        self.look_up_again()

    def _on_app_state(self, state: Qt.ApplicationState) -> None:
        """Replay again when the user returns to the window, since files that are not watched may have changed."""
        is_quick = self.result is not None and self.result.seconds < _QUICK_REPLAY_SECONDS
        if state is Qt.ApplicationState.ApplicationActive and is_quick and not self._loader.is_busy:
            self.look_up_again()

    # Results

    def _show(self, result: ReplayResult) -> None:
        self._settle()
        self._show_result(result)
        self._side.forget_clients()
        self.settled.emit()

    def _show_result(self, result: ReplayResult) -> None:
        assert self._build is not None
        self._explained.result = result
        self._watcher.watch(self._build, result)
        replay, store = result.replay, result.request.store
        kept = QPersistentModelIndex(self.view.currentIndex())
        is_new = self._is_new
        self._chosen_step.quietly(lambda: self.model.show(rows_of(replay, result.costs), store))
        self.strip.show_summaries(summaries(result))
        self._side.set_stages(stage_names(result.replay))
        self.head.copy_button.setEnabled(True)
        self._show_counts()
        is_awaited = is_new and self.head.open_button.hasFocus()
        self._content.show_content()
        if is_awaited:
            self.take_focus()
        self._is_new = False
        if not is_new and not kept.isValid():
            self._chosen_step.find_again()
        if is_new:
            self._chosen_step.go_to_first(result)
            return
        if not self.view.currentIndex().isValid():
            self._chosen_step.find_first(result)
        self._explained.follow()

    def _show_counts(self) -> None:
        assert self.result is not None
        self.head.show_text(head_words(self.result, self.model.rows))

    def _fail(self, error: Exception) -> None:
        self._settle()
        self._forget()
        self._show_title()
        self._content.show_text("The Dockerfile could not be replayed", one_line(error_words(error)), "Replay again")
        self.settled.emit()

    def _canceled(self) -> None:
        self._settle()
        if self.result is not None:
            self._show_counts()
        else:
            self._show_title()
            self._content.show_text("The replay was canceled", "No steps are shown.", "Replay again")

    def _settle(self) -> None:
        self._busy_timer.stop()
        self.head.set_busy(False)

    def _show_busy(self) -> None:
        self.head.show_progress(0, None)
        self.head.set_busy(True)
        if self.result is None:
            self._show_title()
            self._content.show_text("Replaying…", "Reading the files that COPY and ADD use, then looking up each step.")

    def _progress(self, done: int, total: int | None, what: str) -> None:
        if self._busy_timer.isActive():
            return
        self.head.show_progress(done, total)
        self.head.show_text(what)

    def _forget(self) -> None:
        self._explained.result = None
        self._chosen_step.quietly(self.model.clear)
        self.strip.show_summaries(())
        self.detail.show_row(None, None)
        self._explained.release()
        self.head.copy_button.setEnabled(False)

    def _show_title(self) -> None:
        self.head.show_text(one_line(self._build.title) if self._build is not None else "")

    def _show_nothing(self) -> None:
        self._enable()
        self.head.copy_button.setEnabled(False)
        self._show_title()
        if self._build is not None:
            self._content.show_text("No store is open", "Open a store to look up the Dockerfile's steps in its cache.")
        else:
            self._content.show_text(
                "No Dockerfile is open",
                "Choose a Dockerfile or drop one on the window. Each step is looked up in the cache; nothing is built.",
                "Replay Dockerfile…",
            )

    def _enable(self) -> None:
        has_build = self._build is not None
        self.head.enable(has_build=has_build)
        self._side.setVisible(has_build)

    # User actions

    def _help(self) -> None:
        if self._build is None:
            self.open_requested.emit()
        else:
            self.look_up_again()

    def _continue(self, enabled: bool) -> None:
        if self._build is not None:
            self.change(self._build.model_copy(update={"past_misses": enabled}))

    def _download(self) -> None:
        if self.result is not None:
            self.download_requested.emit(self.result.request.store)
            self.look_up_again()

    def _go_to(self, step: Step) -> None:
        index = self._chosen_step.index_of(step)
        if index == self.view.currentIndex():
            self._explained.explain(merge=False)
        self._chosen_step.go_to(step)

    def _choose(self) -> None:
        self._explained.explain()
        self._explained.show_detail()

    # Events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F4 and not event.modifiers():
            self.row_menu.edit()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        self._explained.select_without_probe()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._watcher.stop()
        self._explained.release()  # the session does not explain a hidden row
        self._subject = None  # replayed again when shown, since files are not watched in the meantime

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._parts.turn_for(self.size())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            self.model.update_look()
