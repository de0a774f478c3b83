"""The pane with builds as they run, and the steps of the selected build with cacheview's prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtWidgets import QSplitter, QTableView, QVBoxLayout, QWidget

from cacheview.model import DataError
from cacheview.stores.locations import parse_location
from cacheview.stores.opened_location import OpenedKind
from cacheview.ui.dock_pane import DockPane
from cacheview.ui.plain import one_line, visible
from cacheview.ui.theme import GRID, icon_size
from cacheview.ui.watch.bridge import WatcherBridge
from cacheview.ui.watch.head import WatchHead
from cacheview.ui.watch.models import BuildsColumn, BuildsModel, WatchedStepsColumn, WatchedStepsModel
from cacheview.ui.watch.why import WhyMissed
from cacheview.ui.words_table import WordsTable
from cacheview.watch.limits import MAX_BUILDS
from cacheview.wording import counted, plural

if TYPE_CHECKING:
    from cacheview.report.shown_build import ShownBuild
    from cacheview.ui.session import Session

__all__ = ["WatchPane"]

_SPLITTER_SIZES: Final = (720, 640)
_HINT: Final = (
    "cacheview listens on a private socket, passes every byte on to the engine, and shows each build that uses "
    "the classic builder, step by step. cacheview itself sends nothing that changes the engine."
)


class WatchPane(DockPane[WatchHead]):
    """Shows watched builds, from *Watch* until *Stop*.

    Signals:
        save_requested(ShownBuild): the user wants to save the record of a build.
        open_requested(): the user wants to open a record.
        compare_requested(ShownBuild): the user wants to compare a build with another one.
        differs(ShownBuild): the daemon's result differs from the prediction.
    """

    save_requested = Signal(object)
    open_requested = Signal()
    differs = Signal(object)
    compare_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(WatchHead(), parent)
        self._session: Session | None = None
        self.bridge = WatcherBridge(self)
        self.bridge.started.connect(self._started)
        self.bridge.failed.connect(self._fail)
        self.bridge.ended.connect(self._end)
        self.bridge.news.connect(self._show_news)
        self.head.copy_requested.connect(self._copy_line)
        self.head.stop_requested.connect(self._stop_watching)
        self.head.save_requested.connect(self._save)
        self.head.open_requested.connect(self.open_requested)
        self.head.compare_requested.connect(self._compare)
        self.head.watch_requested.connect(self.watch)
        self.model = BuildsModel(self)
        self.builds = self._make_builds()
        self.steps_model = WatchedStepsModel(self)
        self.steps = self._make_steps()
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(1)
        self.why = WhyMissed()
        details = QWidget()
        below = QVBoxLayout(details)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(self.steps, 2)
        below.addWidget(self.why, 1)
        for widget in (self.builds, details):
            splitter.addWidget(widget)
        splitter.setSizes(list(_SPLITTER_SIZES))
        self._lay_out(splitter)
        self._content.pressed.connect(self.watch)
        self._show_not_watching()

    def _make_builds(self) -> WordsTable:
        table = WordsTable("Watched builds")
        table.setModel(self.model)
        table.setWordWrap(False)
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.set_widths({BuildsColumn.TIME: 11, BuildsColumn.NAME: 18, BuildsColumn.CLIENT: 18})
        table.verticalHeader().setDefaultSectionSize(icon_size() + 3 * GRID)
        table.selectionModel().currentRowChanged.connect(self._select)
        table.entered_row.connect(lambda _: self.steps.setFocus(Qt.FocusReason.OtherFocusReason))
        table.copy_requested.connect(self._copy_build)
        return table

    def _make_steps(self) -> WordsTable:
        table = WordsTable("Build steps")
        table.setModel(self.steps_model)
        table.setWordWrap(False)
        table.set_widths({WatchedStepsColumn.REPORTED: 24})
        table.verticalHeader().setDefaultSectionSize(icon_size() + 3 * GRID)
        table.copy_requested.connect(self._copy_build)
        return table

    # The interface of a dock's pane

    def attach(self, session: Session) -> None:
        """From now on, watch the engine that is open in this session, if one is."""
        self._session = session

    def _content_focus(self) -> QWidget:
        return self.builds

    def _message_focus(self) -> QWidget:
        return self._content

    def stop(self) -> None:
        """Stop watching, and wait for running work."""
        self.bridge.stop()

    # User actions

    def watch(self) -> None:
        """Start watching the open engine, or else that of the current context."""
        opened = self._session.opened if self._session is not None else None
        is_engine = opened is not None and opened.kind is OpenedKind.ENGINE
        target = parse_location(opened.location).target if opened is not None and is_engine else ""
        if not self.model.builds:
            self._content.show_text("Connecting to the engine…", "")
        self.bridge.start(target)

    def _stop_watching(self) -> None:
        self.bridge.stop()
        self.model.keep_only(lambda build: build.record)
        self._show_steps()
        if self.model.builds:
            self._show_count()
            self._enable()
        else:
            self._show_not_watching()

    @property
    def line(self) -> str:
        """The line to paste into the shell that builds; empty: nothing is watched."""
        watcher = self.bridge.watcher
        return f"export DOCKER_HOST={watcher.url}" if watcher is not None else ""

    def selected(self) -> ShownBuild | None:
        """Return the build whose steps are shown; None: there is none."""
        row = self.builds.currentIndex().row()
        return self.model.builds[row] if 0 <= row < len(self.model.builds) else None

    def _copy_line(self) -> None:
        self._copy_to_clipboard(self.line, "the line to paste")

    def _copy_build(self) -> None:
        from cacheview.report.watched import LiveLines

        build = self.selected()
        if build is not None:
            text = "\n".join(map(visible, LiveLines().news(build, is_final=build.is_final)))
            self._copy_to_clipboard(text, "the build as text")

    def _save(self) -> None:
        build = self.selected()
        if build is not None:
            self.save_requested.emit(build)

    def _compare(self) -> None:
        build = self.selected()
        if build is not None:
            self.compare_requested.emit(build)

    # Results

    def _started(self) -> None:
        watcher = self.bridge.watcher
        assert watcher is not None
        self._enable()
        if self.model.builds:
            self._show_count()
            return
        self._content.show_text(
            "Paste this line into the terminal where you build, then build as usual:", self.line, ""
        )
        self.head.show_text(f"Watching {one_line(watcher.host)}: {one_line(self.line)}")

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, DataError):
            raise error  # reported like any other exception
        self.head.show_text("")
        self._content.show_text("Builds cannot be watched", one_line(str(error)), "Watch")

    def _end(self, error: DataError) -> None:
        """Show that watching has ended by itself. The builds stay."""
        self.head.show_text(one_line(str(error)), ("hazard", "hazard"))
        if not self.model.builds:
            self._content.show_text("Watching has ended", one_line(str(error)), "Watch")
        self._enable()

    def _show_news(self, build: ShownBuild) -> None:
        if self.bridge.watcher is None:
            return
        chosen = self.selected()
        row = self.model.row_of(build.number)
        was_reported = row >= 0 and bool(self.model.builds[row].differences)
        self.model.show_build(build, MAX_BUILDS)
        if build.differences and not was_reported:
            self.differs.emit(build)
        self._content.show_content()
        if chosen is None:
            self.builds.selectRow(0)
        elif build.number == chosen.number:
            self._show_steps()
        self._show_count()
        self._enable()

    def show_records(self, builds: Sequence[ShownBuild]) -> None:
        """Show recorded builds above the existing ones, each only once, and select the first."""
        files = {build.record for build in builds}
        self.model.keep_only(lambda build: build.record not in files)
        numbers = {build.number for build in self.model.builds}
        lowest = min((*numbers, 1))
        for build in reversed(builds):
            self.model.show_build(replace(build, number=lowest - 1 + build.number), MAX_BUILDS)
        self._content.show_content()
        self.builds.selectRow(0)
        self._show_count()
        self._enable()

    def _show_count(self) -> None:
        builds = self.model.builds
        differ = sum(bool(build.differences) for build in builds)
        text = ", ".join(filter(None, (counted(len(builds), "build"), one_line(self.line))))
        if differ:
            verb = plural(differ, "differs", "differ")
            text = f"{differ} of {counted(len(builds), 'build')} {verb} from the prediction"
        self.head.show_text(text, ("hazard", "hazard") if differ else None)

    def _select(self, _: QModelIndex) -> None:
        self.steps_model.show_build(None)
        self._show_steps()
        if self.steps_model.first_miss >= 0:
            self.steps.scrollTo(self.steps_model.index(self.steps_model.first_miss, 0))
        self._enable()

    def _show_steps(self) -> None:
        build = self.selected()
        self.steps_model.show_build(build)
        self.why.show_build(build)

    def _enable(self) -> None:
        is_watching = self.bridge.watcher is not None
        for button in (self.head.copy_button, self.head.stop_button, self.head.save_button):
            button.setVisible(is_watching)
        self.head.watch_button.setVisible(not is_watching and bool(self.model.builds))
        build = self.selected()
        can_be_saved = build is not None and build.is_final and build.can_be_recorded
        self.head.save_button.setEnabled(can_be_saved)
        self.head.compare_button.setVisible(bool(self.model.builds))
        self.head.compare_button.setEnabled(can_be_saved or (build is not None and bool(build.record)))

    def _show_not_watching(self) -> None:
        self.head.show_text("")
        self._content.show_text("No builds are being watched", _HINT, "Watch")
        self._enable()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            self.model.update_look()
            for table in (self.builds, self.steps):
                table.verticalHeader().setDefaultSectionSize(icon_size() + 3 * GRID)
                table.viewport().update()
