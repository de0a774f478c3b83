"""The pane of suite checks: what is run, how far that is, what came of it, and why a probe failed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cacheview.ui.hairline import Hairline
from cacheview.ui.icons import icon, pixmap
from cacheview.ui.images.empty import EmptyPage
from cacheview.ui.loading import Loader
from cacheview.ui.names import name_of
from cacheview.ui.plain import one_line, tool_tip, visible
from cacheview.ui.status import plural
from cacheview.ui.suites.model import LOOKS, ChecksModel, Column
from cacheview.ui.suites.rows import Outcome, Row
from cacheview.ui.suites.run import run_work
from cacheview.ui.suites.table import ChecksTable
from cacheview.ui.theme import GRID, small_font

__all__ = ["SuitesPane"]

_KINDS: Final = "Suites (*.jsonl *.jsonl.*);;All files (*)"


class SuitesPane(QWidget):
    """Runs suites in the background and lists their probes.

    Signals:
        chosen(Row): the person wants this probe in the window.
        current_asked(): run the suite that the window has open.
        copied(str): what was put on the clipboard, in words.
        finished(): after each run, however it ended.
    """

    chosen = Signal(object)
    finished = Signal()
    current_asked = Signal()
    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.locations: tuple[str, ...] = ()
        self._running = ""
        self._stopped = False
        self.model = ChecksModel(self)
        self.table = ChecksTable(self.model)
        self._loader = Loader(self)
        self._loader.progressed.connect(self._progress)
        self._loader.parted.connect(self._add)
        self._loader.succeeded.connect(self._add)
        self._loader.failed.connect(self._failed)
        self._loader.finished.connect(self._tell)
        self._loader.finished.connect(self.finished)
        self._open = QPushButton("&Open suites…")
        self._current = QPushButton("Run what is ope&n")
        self._current.setToolTip("Run the suite that the window has open")
        self._again = QPushButton("R&un again")
        self._cancel = QPushButton("&Cancel")
        self._cancel.setAccessibleName("Cancel the run")
        self._progress_bar = QProgressBar()
        self._progress_bar.setTextVisible(False)
        self._progress_bar.setFixedSize(30 * GRID, 2 * GRID - 2)
        self._progress_bar.setAccessibleName("How far the suites have been run")
        self._picture = QLabel()
        self._counts = QLabel()
        self._only = QCheckBox("Fa&iled only")
        self._box = QLineEdit()
        self._box.setPlaceholderText("Filter: case, probe, answer, reason")
        self._box.setAccessibleName("Filter the probes by any of their columns")
        self._box.setClearButtonEnabled(True)
        self._box.setMaximumWidth(80 * GRID)
        self._search = self._box.addAction(icon("filter", "text_faint"), QLineEdit.ActionPosition.LeadingPosition)
        self._box.installEventFilter(self)
        self._empty = EmptyPage()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.table)
        self._pages.addWidget(self._empty)
        self._why = QLabel()
        for label in (self._counts, self._why):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._why.setWordWrap(True)
        self._why.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._lay_out()
        self._open.clicked.connect(self.choose_files)
        self._current.clicked.connect(self.current_asked)
        self._again.clicked.connect(lambda: self.run(self.locations))
        self._cancel.clicked.connect(self.cancel)
        self._only.toggled.connect(lambda only: self._refilter(lambda: self.model.set_only_failed(only)))
        self._box.textChanged.connect(lambda text: self._refilter(lambda: self.model.set_text(text)))
        self._empty.pressed.connect(self._help)
        self.table.chosen.connect(self.chosen)
        self.table.current_changed.connect(self._show_why)
        self.table.copy_asked.connect(self._copy)
        self.set_current("")
        self._dress()
        self._tell()

    def _lay_out(self) -> None:
        bar = QWidget()
        bar.setMinimumHeight(9 * GRID)
        head = QHBoxLayout(bar)
        head.setContentsMargins(3 * GRID, GRID, 2 * GRID, GRID)
        head.setSpacing(2 * GRID)
        for widget in (self._open, self._current, self._again, self._cancel, self._progress_bar):
            head.addWidget(widget)
        head.addSpacing(GRID)
        head.addWidget(self._picture)
        head.addWidget(self._counts)
        head.addStretch(1)
        head.addWidget(self._only)
        head.addWidget(self._box, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(3 * GRID, GRID, 3 * GRID, GRID)
        foot.addWidget(self._why, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(Hairline())
        layout.addWidget(self._pages, 1)
        layout.addWidget(Hairline())
        layout.addLayout(foot)

    # What is run

    @property
    def is_busy(self) -> bool:
        return self._loader.is_busy

    def run(self, locations: Sequence[str]) -> None:
        """Run suites: files, or the demo. What was run before, or is under way, makes room."""
        if not locations:
            return
        self.locations = tuple(dict.fromkeys(locations))
        self._stopped = False
        self._running = ""
        self.model.clear()
        self.table.setColumnHidden(Column.SUITE, len(self.locations) == 1)
        self._progress_bar.setRange(0, 0)
        self._loader.start(run_work(self.locations))
        self._tell()

    def cancel(self) -> None:
        """Stop; what was run stays in the list."""
        if self._loader.is_busy:
            self._stopped = True
            self._loader.cancel()

    def close_down(self) -> None:
        """Stop, and wait for the thread to end."""
        self._loader.close()

    def set_current(self, location: str) -> None:
        """Tell which suite the window has open; empty: none."""
        self._current.setEnabled(bool(location))
        tip = f"Run {location}" if location else "What the window has open is no suite"
        self._current.setToolTip(tool_tip(tip))

    def choose_files(self) -> None:
        """Ask for suites, and run them."""
        known = next((location for location in self.locations if os.path.exists(location)), "")
        folder = os.path.dirname(os.path.abspath(known)) if known else str(Path.home())
        files, _ = QFileDialog.getOpenFileNames(self, "Open suites", folder, _KINDS)
        self.run(files)

    def focus(self) -> None:
        """Bring the keyboard to the list, or to what fills it."""
        (self.table if self.model.rowCount() else self._open).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def select(self, row: Row) -> None:
        """Bring a row on screen, where the filter shows it."""
        self.table.select(self.model.index_of(row))

    # How it goes

    def _progress(self, done: int, total: int | None, what: str) -> None:
        self._running = what
        self._progress_bar.setRange(0, 1000 if total else 0)
        if total:
            self._progress_bar.setValue(min(1000, done * 1000 // total))
        self._tell_counts()

    def _add(self, rows: tuple[Row, ...]) -> None:
        self.model.add(rows)
        self._tell()

    def _failed(self, error: Exception) -> None:
        self._stopped = True
        self._why.setText(visible(f"The run ended: {type(error).__name__}: {error}. Please report this."))

    def _tell(self) -> None:
        """What can be done now, the counts, and where there is no row, why."""
        busy = self._loader.is_busy
        self._cancel.setVisible(busy)
        self._progress_bar.setVisible(busy)
        self._again.setVisible(not busy)
        self._again.setEnabled(bool(self.locations))
        self._tell_counts()
        if self.model.rowCount():
            self._pages.setCurrentWidget(self.table)
            return
        if not self.locations:
            what = "A suite holds stores and probes with the verdict that each is expected to get."
            self._empty.show_text("No suite is open", what, "Open suites…")
        elif busy and not self.model.total:
            self._empty.show_text("Running…", "Probes are listed as they are judged.")
        elif not self.model.total:
            what = "Running was cancelled before the first probe." if self._stopped else "Add one from the Ask menu."
            self._empty.show_text("No probe was run", what)
        elif self._box.text().strip():
            text = self._box.text().strip()
            self._empty.show_text(f"Nothing matches “{visible(text[:60])}”", "All columns are searched.", "Show all")
        else:
            self._empty.show_text("None failed", f"{plural(self.model.passed, 'probe')} passed.", "Show all")
        self._pages.setCurrentWidget(self._empty)

    def _tell_counts(self) -> None:
        model = self.model
        outcome = Outcome.FAILED if model.failed else Outcome.PASSED
        drawing, colour = LOOKS[outcome]
        told = f"{model.passed:,} passed, {model.failed:,} failed"
        if self._loader.is_busy:
            told += f" · {one_line(self._running)[:60]}" if self._running else ""
        elif self._stopped:
            told += " · cancelled, not all were run"
        self._counts.setVisible(bool(self.locations))
        self._counts.setText(told)
        role = QPalette.ColorRole.BrightText if model.failed else QPalette.ColorRole.WindowText
        self._counts.setForegroundRole(role)
        unusable = f"\n{model.unusable:,} of the failed could not be run" if model.unusable else ""
        names = "\n".join(map(name_of, self.locations[:20]))
        self._counts.setToolTip(tool_tip(f"{names}{unusable}"))
        self._picture.setVisible(bool(model.total))
        self._picture.setPixmap(pixmap(drawing, colour, 4 * GRID, self.devicePixelRatioF()))

    def _show_why(self, row: Row | None) -> None:
        if row is None:
            self._why.setText("" if not self.model.total else "Enter or a click puts a probe into the window.")
            return
        text = f"{row.place}: {row.reason or 'as expected'}" + (f" — {row.note}" if row.note else "")
        self._why.setText(one_line(text))
        self._why.setToolTip(tool_tip(text))

    # What the person does

    def _refilter(self, change: Callable[[], object]) -> None:
        row = self.table.current_row()
        change()
        if row is not None:
            self.select(row)
        self._tell()

    def _help(self) -> None:
        if not self.locations:
            self.choose_files()
        else:
            self._only.setChecked(False)
            self._box.clear()
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _copy(self, rows: Sequence[Row]) -> None:
        QGuiApplication.clipboard().setText("\n".join(row.line for row in rows))
        self.copied.emit(plural(len(rows), "probe"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._box and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape and self._box.text():
                self._box.clear()
                return True
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.table.setFocus(Qt.FocusReason.OtherFocusReason)
                return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._dress()

    def _dress(self) -> None:
        """Icons and fonts of the theme."""
        self._search.setIcon(icon("filter", "text_faint"))
        for small in (self._open, self._current, self._again, self._cancel, self._only, self._why):
            small.setFont(small_font())
        self.model.dress()
        self.table.dress()
        self._tell_counts()
