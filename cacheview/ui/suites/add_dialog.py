"""The dialog that adds the current probe to a suite: the path, name, note, and expected answer."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from cacheview.engine.case_results import unmet_expectations
from cacheview.engine.expectation import case_of, expectation_of
from cacheview.model import DataError, Expectation
from cacheview.model.suite import Outcome
from cacheview.ui.chooser import Chooser
from cacheview.ui.dialogs import Buttons, accepting_buttons, dialog_layout
from cacheview.ui.icons import pixmap
from cacheview.ui.plain import visible
from cacheview.ui.theme import GRID, icon_size, mono_font, plain_font, set_font
from cacheview.ui.tips import set_tip
from cacheview.ui.verdict.labels import WrappedText
from cacheview.ui.verdict.words import doubt_in_words
from cacheview.ui.wrapped import Wrapped
from cacheview.wording import all_of, counted

if TYPE_CHECKING:
    from cacheview.engine import Explanation
    from cacheview.model import ImageStore, SuiteCase

__all__ = ["AddDialog", "SuiteAddition"]

_KINDS: Final = "Suites (*.jsonl *.jsonl.gz)"
_MAX_CHARACTERS: Final = 600  # of the text below the expectation
_FULL_ID: Final = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class SuiteAddition:
    """What is added: the probe as it was when the dialog was opened, and its answer.

    Attributes:
        store: the store that the probe was looked up in.
        case: the case for the file: store, rules, and in a walk, the probes before this one.
    """

    store: ImageStore
    case: SuiteCase
    explanation: Explanation


class AddDialog(QDialog):
    """Asks for a suite, and for what is expected of the probe.

    Args:
        suggested: the initial path.

    Signals: ``add_requested(path, SuiteCase, differences)``: the user wants to add the probe despite these differences.
    """

    add_requested = Signal(str, object, object)

    def __init__(self, addition: SuiteAddition, suggested: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._addition = addition
        self._verdict = addition.explanation.verdict
        self._probe = addition.explanation.trace.probe
        self._own = expectation_of(self._verdict, self._probe)
        self.setWindowTitle("Add this probe to a suite")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.path = QLineEdit(suggested)
        self.path.setMinimumWidth(110 * GRID)
        choose = QPushButton("&Choose…")
        choose.clicked.connect(self._choose)
        self.name = QLineEdit()
        self.name.setPlaceholderText("What the probe shows, such as “label missing from the probe”")
        self.note = QLineEdit()
        self.note.setPlaceholderText("A note for later readers")
        self.outcome = Chooser()
        self.outcome.addItems(get_args(Outcome))
        self.outcome.setCurrentText(self._own.outcome)
        self.image = QLineEdit(self._own.image or "")
        set_font(self.image, mono_font)
        self.image.setPlaceholderText("ID or name of the image")
        self.image.setAccessibleName("The image that a hit is expected to return")
        self._file_note = _muted()
        self._expected_details = _muted()
        self._picture = QLabel()
        self._value_label = WrappedText(plain_font)
        self._buttons, self._add = accepting_buttons(self, Buttons.Save)
        self._lay_out(choose)
        for edit in (self.path, self.image):
            edit.textChanged.connect(self._show_state)
        self.outcome.currentTextChanged.connect(self._show_state)
        self._show_state()
        self.name.setFocus()

    def _lay_out(self, choose: QPushButton) -> None:
        file, expected, value = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for line in (file, expected, value):
            line.setSpacing(2 * GRID)
        file.addWidget(self.path, 1)
        file.addWidget(choose)
        expected.addWidget(self.outcome)
        expected.addWidget(self.image, 1)
        value.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        value.addWidget(self._value_label, 1)
        form = QFormLayout()
        form.setHorizontalSpacing(3 * GRID)
        form.setVerticalSpacing(2 * GRID)
        for text, field, buddy in (
            ("&File", file, self.path),
            ("", self._file_note, None),
            ("&Name", self.name, self.name),
            ("N&ote", self.note, self.note),
            ("&Expected", expected, self.outcome),
            ("", self._expected_details, None),
        ):
            label = QLabel(text)
            if buddy is not None:
                label.setBuddy(buddy)
            form.addRow(label, field)
        layout = dialog_layout(self)
        layout.addLayout(form)
        layout.addLayout(value)
        layout.addStretch(1)
        layout.addWidget(self._buttons)
        self.resize(180 * GRID, self.sizeHint().height())

    # Results

    def expectation(self) -> Expectation:
        """Return the expectation: the entire verdict, or only outcome and image if the user changed them.

        Raises `DataError` if a hit is expected and the image is invalid.
        """
        outcome = self.outcome.currentText()
        text = self.image.text().strip() if outcome == "hit" else ""
        if outcome == self._own.outcome and text == (self._own.image or ""):
            return self._own
        return Expectation.model_validate(
            {"outcome": outcome, "image": self._image(text) if outcome == "hit" else None}
        )

    def differences(self) -> tuple[str, ...]:
        """Return the differences between the expectation and the rules' answer. Raises what `expectation` raises."""
        return tuple(unmet_expectations(self._verdict, self.expectation()))

    def _image(self, text: str) -> str:
        if not text:
            raise DataError("A hit returns an image. Enter the expected image.")
        if text == self._own.image or _FULL_ID.fullmatch(text):
            return text
        return self._addition.store.resolve(text).id

    def _show_state(self) -> None:
        path = os.path.expanduser(self.path.text().strip())
        images = counted(len(self._addition.case.images), "image")
        what = f"the entire store ({images}, all values), the probe, and the rules"
        if os.path.isdir(path):
            self._file_note.setText("This is a folder. Choose a file in it.")
        elif os.path.exists(path):
            self._file_note.setText(f"One line will be appended to the file: {what}.")
        else:
            self._file_note.setText(f"A new file will be created with {what}.")
        self.image.setEnabled(self.outcome.currentText() == "hit")
        usable = bool(path) and not os.path.isdir(path)
        try:
            expect, differences = self.expectation(), self.differences()
        except DataError as error:
            self._expected_details.setText("")
            self._show_outcome("error", str(error))
            self._fit()
            self._add.setEnabled(False)
            return
        self._expected_details.setText(visible(_expected_details(expect)))
        self._add.setEnabled(usable)
        self._add.setText("Add &anyway" if differences else "&Add")
        doubts = doubt_in_words(self._addition.explanation.doubts)
        if differences:
            text = "; ".join(differences)
            self._show_outcome(
                "hazard",
                f"The rules give a different answer: {text}. `cacheview check` will report the probe as failed.",
            )
        elif doubts:
            self._show_outcome("not-certain", f"The rules give this answer. {doubts}")
        else:
            self._show_outcome("passed", "The rules give this answer.")
        self._fit()

    def _fit(self) -> None:
        """Fit the height to the texts, but never reduce it, so that nothing moves."""
        layout = self.layout()
        if layout is not None:
            layout.activate()  # otherwise the form would still have the height of the previous texts
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def _show_outcome(self, picture: str, text: str) -> None:
        color = "text_muted" if picture == "not-certain" else picture
        self._picture.setPixmap(pixmap(picture, color, icon_size(), self.devicePixelRatioF()))
        self._value_label.show_text(visible(text[:_MAX_CHARACTERS] + ("…" if len(text) > _MAX_CHARACTERS else "")))
        set_tip(self._value_label, text)
        self._value_label.set_color(color)

    # User actions

    def accept(self) -> None:
        path = os.path.expanduser(self.path.text().strip())
        if not path or os.path.isdir(path):
            return
        try:
            expect, differences = self.expectation(), self.differences()
        except DataError:
            return
        case = case_of(
            self._addition.case,
            self._probe,
            self._verdict,
            expect,
            name=self.name.text().strip(),
            note=self.note.text().strip(),
        )
        super().accept()
        self.add_requested.emit(path, case, differences)

    def _choose(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self,
            "Add this probe to a suite",
            self.path.text(),
            _KINDS,
            options=QFileDialog.Option.DontConfirmOverwrite,  # nothing is overwritten
        )
        if path:
            self.path.setText(path)


def _expected_details(expect: Expectation) -> str:
    """Return what is expected besides outcome and image."""
    parts = []
    if expect.created is not None:
        parts.append("the complete new image")
    if expect.set_parent is not None:
        count = len(expect.set_parent)
        parts.append(f"the parents recorded on a hit ({count or 'none'})")
    if expect.sources_after is not None:
        parts.append(f"the sources for the next step ({len(expect.sources_after) or 'none'})")
    checked = f"Also checked: {all_of(parts)}." if parts else "Nothing else is checked."
    error = " ".join(expect.error.split())[:300] if expect.error else ""
    return f"{checked} The error message is not compared: {error}" if error else checked


def _muted() -> QLabel:
    label = Wrapped()
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label
