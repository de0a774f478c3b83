"""The pane of suite checks: the run, its progress and results, and the reasons for failures."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QWidget,
)

from cacheview.stores.opened_location import OpenedKind
from cacheview.ui.dock_pane import DockPane
from cacheview.ui.filter_box import FilterBox
from cacheview.ui.hairline import Hairline
from cacheview.ui.icons import icon
from cacheview.ui.loading import Loader
from cacheview.ui.names import name_of, start_folder
from cacheview.ui.plain import one_line, visible
from cacheview.ui.suites.head import SuitesHead
from cacheview.ui.suites.model import OUTCOME_LOOKS, ChecksColumn, ChecksModel
from cacheview.ui.suites.rows import ChecksRow, Outcome
from cacheview.ui.suites.run import run_work
from cacheview.ui.suites.table import ChecksTable
from cacheview.ui.theme import GRID, set_font, small_font
from cacheview.ui.verdict.labels import ElidedLabel
from cacheview.wording import counted

if TYPE_CHECKING:
    from cacheview.ui.session import Session

__all__ = ["SUITES", "SuitesPane"]

SUITES: Final = "Suites (*.jsonl *.jsonl.*);;All files (*)"
"""The file types in the file dialog."""

_SUITE_KINDS: Final = (OpenedKind.SUITE, OpenedKind.DEMO)


class SuitesPane(DockPane[SuitesHead]):
    """Runs suites in the background and lists their probes.

    Attributes:
        locations: the suites of the last run.

    Signals:
        chosen(ChecksRow): the user wants to load this probe into the window.
        finished(): a run has ended, whatever its result.
    """

    chosen = Signal(object)
    finished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(SuitesHead(), parent)
        self.locations: tuple[str, ...] = ()
        self._current = ""
        self._running = ""
        self._ended = ""
        self._row_to_select: ChecksRow | None = None
        self.model = ChecksModel(self)
        self.model.filtered.connect(self._restore_selection)
        self.table = ChecksTable(self.model)
        self._only = QCheckBox("Failed only")
        self._box = FilterBox("Filter: case, probe, answer", "Filter the probes by any column")
        self._box.setFixedWidth(60 * GRID)
        self._search = self._box.addAction(icon("filter", "text_faint"), QLineEdit.ActionPosition.LeadingPosition)
        self._box.list_requested.connect(lambda: self.table.setFocus(Qt.FocusReason.OtherFocusReason))
        self._why = ElidedLabel(small_font, "text_muted")
        self._loader = Loader(self)
        self._make_rows()
        self._connect()
        self._update_look()
        self._show_state()

    def _make_rows(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(3 * GRID, GRID, 3 * GRID, GRID)
        foot.setSpacing(3 * GRID)
        foot.addWidget(self._only)
        foot.addWidget(self._box)
        foot.addWidget(self._why, 1)
        layout = self._lay_out(self.table)
        self._content.setContentsMargins(2 * GRID, 0, 0, 0)
        layout.addWidget(Hairline())
        layout.addLayout(foot)

    def _connect(self) -> None:
        self._loader.progressed.connect(self._progress)
        self._loader.parted.connect(self._add)
        self._loader.succeeded.connect(self._add)
        self._loader.failed.connect(self._failed)
        self._loader.finished.connect(self._show_state)
        self._loader.finished.connect(self.finished)
        self.head.open_requested.connect(self.choose_files)
        self.head.current_requested.connect(lambda: self.run([self._current]))
        self.head.again_requested.connect(lambda: self.run(self.locations))
        self.head.cancel_requested.connect(self.cancel)
        self._only.toggled.connect(lambda only: self._refilter(lambda: self.model.set_only_failed(only)))
        self._box.textChanged.connect(lambda text: self._refilter(lambda: self.model.set_text(text)))
        self._content.pressed.connect(self._help)
        self.table.chosen.connect(self.chosen)
        self.table.current_changed.connect(self._show_why)
        self.table.copy_requested.connect(self._copy)

    # The interface for the dock

    def attach(self, session: Session) -> None:
        """Remember the suite that is open in the window."""
        opened = session.opened
        self._current = opened.location if opened.kind in _SUITE_KINDS else ""
        self.head.set_current(self._current)

    def _content_focus(self) -> QWidget:
        return self.table

    def _message_focus(self) -> QWidget:
        return self.head.open_button

    def stop(self) -> None:
        """Stop the run, and wait for the thread to end."""
        self._loader.close()

    # Runs

    @property
    def is_busy(self) -> bool:
        """Whether suites are being run."""
        return self._loader.is_busy

    def run(self, locations: Sequence[str]) -> None:
        """Run suites: files, or the demo. Earlier results are dropped, and a run in progress is stopped."""
        if not locations:
            return
        self.locations = tuple(dict.fromkeys(locations))
        self._running = self._ended = ""
        self.model.clear()
        self.table.setColumnHidden(ChecksColumn.SUITE, len(self.locations) == 1)
        self.head.show_progress(0, None)
        self._loader.start(run_work(self.locations))
        self._show_state()

    def cancel(self) -> None:
        """Stop the run. The results so far stay in the list."""
        if self._loader.is_busy:
            self._ended = "canceled; not all probes were run"
            self._loader.cancel()

    def choose_files(self) -> None:
        """Prompt for suites, and run them."""
        current = next((place for place in (*self.locations, self._current) if os.path.exists(place)), "")
        folder = os.path.dirname(os.path.abspath(current)) if current else start_folder()
        files, _ = QFileDialog.getOpenFileNames(self, "Open suites", folder, SUITES)
        self.run(files)

    # Progress

    def _progress(self, done: int, total: int | None, what: str) -> None:
        self._running = what
        self.head.show_progress(done, total)
        self._show_counts()

    def _add(self, rows: tuple[ChecksRow, ...]) -> None:
        focus, was_empty = QApplication.focusWidget(), not self.model.rowCount()
        self.model.add(rows)
        self._show_state()
        if was_empty and self.model.rowCount() and focus is not None and self.head.isAncestorOf(focus):
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)  # it was on the button that started the run

    def _failed(self, error: Exception) -> None:
        self._ended = f"stopped by a bug in cacheview: {type(error).__name__}: {error}. Please report it"

    def _show_state(self) -> None:
        """Enable the actions, and show the counts, or why there are no rows."""
        busy = self._loader.is_busy
        self.head.set_busy(busy)
        self.head.again_button.setEnabled(bool(self.locations))
        self._show_counts()
        if self.model.rowCount():
            self._content.show_content()
            return
        if not self.locations:
            what = "A suite contains stores, and probes with their expected verdicts."
            self._content.show_text("No suite has been run", what, "Open suites…")
        elif busy and not self.model.total:
            self._content.show_text("Running…", "Each probe appears here once it has been checked.")
        elif not self.model.total:
            hint = "" if self._ended else "Add a probe with Ask ▸ Add this probe to a suite."
            self._content.show_text("No probe has been run", hint)
        elif self.model.is_filtering:
            self._content.show_text("Filtering…", f"Searching {counted(self.model.total, 'row')}.")
        elif text := self._box.text().strip():
            self._content.show_text(
                f"Nothing matches “{visible(text[:60])}”", "The filter searches all columns.", "Show all"
            )
        else:
            self._content.show_text("None failed", f"{counted(self.model.passed, 'probe')} passed.", "Show all")

    def _show_counts(self) -> None:
        model = self.model
        if not self.locations:
            self.head.show_text("")
            return
        text = f"{model.passed:,} passed, {model.failed:,} failed"
        if model.unusable:
            text += f" ({model.unusable:,} could not be run)"
        note = self._running if self._loader.is_busy else self._ended
        if not note:
            note = name_of(self.locations[0]) if len(self.locations) == 1 else counted(len(self.locations), "suite")
        outcome = Outcome.FAILED if model.failed else Outcome.PASSED if model.passed else None
        self.head.show_text(f"{text} · {one_line(note)}", OUTCOME_LOOKS[outcome] if outcome is not None else None)

    def _show_why(self, row: ChecksRow | None) -> None:
        if row is None:
            self._why.show_text("")
        else:
            self._why.show_text(f"{row.place}: {row.reason or 'as expected'}" + (f" — {row.note}" if row.note else ""))

    # User actions

    def _refilter(self, change: Callable[[], object]) -> None:
        row = self.table.current_row()
        self._row_to_select = row or self._row_to_select
        change()
        if not self.model.is_filtering:
            self._row_to_select = None
        self._show_state()

    def _restore_selection(self) -> None:
        """Select the current row again after the filter has changed, if it is still shown."""
        row, self._row_to_select = self._row_to_select, None
        self._show_state()
        if row is not None:
            self.table.select(self.model.index_of(row))

    def _help(self) -> None:
        if not self.locations:
            self.choose_files()
        else:
            self._only.setChecked(False)
            self._box.clear()
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _copy(self, rows: Sequence[ChecksRow]) -> None:
        self._copy_to_clipboard("\n".join(visible(row.line) for row in rows), counted(len(rows), "probe"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            self._update_look()

    def _update_look(self) -> None:
        """Update icons and fonts after a change of the theme."""
        self._search.setIcon(icon("filter", "text_faint"))
        set_font(self._only, small_font)
        set_font(self._why, small_font)
        self.model.update_look()
        self.table.update_look()
