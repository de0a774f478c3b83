"""The dialog that asks for the two builds to compare. Each has a line, which also lists the window's builds."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QLabel,
    QMenu,
    QToolButton,
    QWidget,
)

from cacheview.diff.record_files import is_record_file
from cacheview.model import DataError
from cacheview.ui.chooser import Chooser
from cacheview.ui.dialogs import Buttons, accepting_buttons, dialog_layout
from cacheview.ui.diff.choices import BuildChoice
from cacheview.ui.names import start_folder
from cacheview.ui.plain import one_line
from cacheview.ui.replay.build import build_at, options_in_words
from cacheview.ui.theme import GRID
from cacheview.ui.tips import set_tip

if TYPE_CHECKING:
    from cacheview.ui.replay.build import Build

__all__ = ["ChooseBuildsDialog"]

OfPath = Callable[[str, "Build | None"], BuildChoice]
"""A function that returns the build at a path, with the options of another build, or without any."""

_RECORD_FILTER = "Records (*.jsonl *.jsonl.gz *.json);;All files (*)"
_CONTEXT_FILTER = "Build contexts (*.tar *.tar.* *.tgz *.tbz2 *.txz);;All files (*)"
_HINT = (
    "Enter the path to a record (add #N for the build on line N), the path to a build context to replay against the "
    "open store, or image:NAME for an image in the open store. The lists contain the replayed build and the watched "
    "builds."
)


class _BuildChooser(Chooser):
    """A line to enter a path, or to choose one of the window's builds."""

    def __init__(self, choices: Sequence[BuildChoice], name: str, of_path: OfPath) -> None:
        super().__init__(editable=True)
        self._choices = choices
        self._of_path = of_path
        self.build: Build | None = None  # with its options, if the user has chosen any
        self.editTextChanged.connect(self._forget)
        self.setInsertPolicy(Chooser.InsertPolicy.NoInsert)
        self.setAccessibleName(name)
        self.setMinimumWidth(110 * GRID)
        self.setSizeAdjustPolicy(Chooser.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.addItems([choice.title for choice in choices])
        self.setCurrentIndex(-1)
        self.clearEditText()
        line = self.lineEdit()
        assert line is not None
        line.setPlaceholderText("path to a record or build context")

    @property
    def name_in_sentence(self) -> str:
        """Its name within a sentence: ``build A``."""
        name = self.accessibleName()
        return f"{name[:1].lower()}{name[1:]}"

    def choose(self, choice: BuildChoice | None) -> None:
        """Show a choice; None: change nothing."""
        if choice is None:
            return
        place = next((place for place, each in enumerate(self._choices) if each.title == choice.title), -1)
        if place >= 0 and not choice.path:
            self.setCurrentIndex(place)
        else:
            self.setEditText(choice.path or choice.title)
            self.build = choice.build

    @property
    def choice(self) -> BuildChoice | None:
        """The choice; None: the line is empty."""
        text = self.currentText().strip()
        listed = next((choice for choice in self._choices if choice.title == text), None)
        return listed or (self._of_path(text, self.build) if text else None)

    @property
    def is_context(self) -> bool:
        """Whether the text is the path of a build context: a folder, or a file that is not a record."""
        text = self.currentText().strip()
        if any(choice.title == text for choice in self._choices):
            return False
        return os.path.isdir(text) or (os.path.isfile(text) and not is_record_file(text))

    def _forget(self) -> None:
        self.build = None


class ChooseBuildsDialog(QDialog):
    """Asks for two builds.

    Args:
        choices: the builds in the window.
        a, b: the initial choices.

    Signals: ``chosen(BuildChoice, BuildChoice)``: the user chose A and B.
    """

    chosen = Signal(object, object)

    def __init__(
        self,
        choices: Sequence[BuildChoice],
        of_path: OfPath,
        a: BuildChoice | None = None,
        b: BuildChoice | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Compare two builds")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.lines = tuple(_BuildChooser(choices, name, of_path) for name in ("Build A", "Build B"))
        self.option_buttons: list[QToolButton] = []
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(2 * GRID)
        for row, (line, text, initial) in enumerate(zip(self.lines, ("&A", "&B"), (a, b), strict=True)):
            label = QLabel(text)
            label.setBuddy(line)
            line.choose(initial)
            line.editTextChanged.connect(self._enable)
            grid.addWidget(label, row, 0)
            grid.addWidget(line, row, 1)
            grid.addWidget(self._browse(line), row, 2)
            grid.addWidget(self._options(line), row, 3)
        grid.setColumnStretch(1, 1)
        hint = self.hint = QLabel(_HINT)
        hint.setTextFormat(Qt.TextFormat.PlainText)
        hint.setWordWrap(True)
        hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        buttons, self.compare_button = accepting_buttons(self, Buttons.Ok, "&Compare")
        layout = dialog_layout(self)
        layout.addLayout(grid)
        layout.addWidget(hint)
        layout.addSpacing(2 * GRID)
        layout.addWidget(buttons)
        self.lines[1 if a is not None and b is None else 0].setFocus()
        self._enable()

    def accept(self) -> None:
        a, b = (line.choice for line in self.lines)
        if a is not None and b is not None:
            super().accept()
            self.chosen.emit(a, b)

    def _enable(self) -> None:
        self.compare_button.setEnabled(all(line.currentText().strip() for line in self.lines))
        for line, button in zip(self.lines, self.option_buttons, strict=False):  # at first, there is only one button
            button.setEnabled(line.is_context)
            count = len(options_in_words(line.build)) if line.build is not None else 0
            button.setText(f"Options ({count})…" if count else "Options…")

    def _browse(self, line: _BuildChooser) -> QToolButton:
        button = QToolButton()
        button.setText("Browse ▾")
        button.setAccessibleName(f"Browse for {line.name_in_sentence}")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.addAction("Record…").triggered.connect(lambda: self._choose_file(line, "Open record", _RECORD_FILTER))
        menu.addAction("Build context…").triggered.connect(lambda: self._choose_folder(line))
        menu.addAction("Build context from a tar file…").triggered.connect(
            lambda: self._choose_file(line, "Open build context", _CONTEXT_FILTER)
        )
        button.setMenu(menu)
        return button

    def _options(self, line: _BuildChooser) -> QToolButton:
        button = QToolButton()
        button.setText("Options…")
        set_tip(button, "The docker build options for this build context")
        button.setAccessibleName(f"Options for {line.name_in_sentence}")
        button.clicked.connect(lambda: self._ask_options(line))
        self.option_buttons.append(button)
        return button

    def _ask_options(self, line: _BuildChooser) -> None:
        from cacheview.ui.diff.options import OptionsDialog

        try:
            build = line.build or build_at(line.currentText().strip())
        except DataError as error:
            self.hint.setText(one_line(str(error)))
            return
        dialog = OptionsDialog(build, f"Options for {line.name_in_sentence}", self)
        dialog.chosen.connect(partial(self._take_options, line))
        dialog.open()

    def _take_options(self, line: _BuildChooser, build: Build) -> None:
        line.build = build
        self._enable()

    def _choose_file(self, line: _BuildChooser, title: str, kinds: str) -> None:
        path, _ = QFileDialog.getOpenFileName(self, title, start_folder(), kinds)
        if path:
            line.setEditText(path)

    def _choose_folder(self, line: _BuildChooser) -> None:
        path = QFileDialog.getExistingDirectory(self, "Open build context", start_folder())
        if path:
            line.setEditText(path)
