"""The dialog that finds the rules for an engine's version and storage driver."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from cacheview.model import Release, StoreKind
from cacheview.ui.chooser import Chooser
from cacheview.ui.dialogs import Buttons, accepting_buttons, dialog_layout
from cacheview.ui.rules.lookup import DRIVERS, FoundRules, find, releases_of
from cacheview.ui.theme import GRID, set_font, small_font
from cacheview.ui.verdict.hazards import FramedLine

__all__ = ["ByVersionDialog"]

_LOOKS: Final = {
    "found": ("passed", ("passed", "passed_surface")),
    "near": ("hazard", ("hazard", "hazard_surface")),
    "none": ("error", ("error", "error_surface")),
    "unfinished": ("not-compared", ("text_muted", "surface_raised")),
}


class _FoundLabel(FramedLine):
    """A label that shows the rules, or why there are none."""

    def show_found(self, result: FoundRules) -> None:
        look = "unfinished" if result.is_unfinished else "none"
        sentence, advice = result.text, ""
        if result.rules is not None:
            look = "near" if result.note else "found"
            sentence = f"Rules: {result.rules.title}"
            advice = "\n".join(filter(None, (result.note, releases_of(result.rules))))
        elif not result.is_unfinished:
            sentence = f"None: {result.text}"
        self.icon, self.colors = _LOOKS[look]
        self.show_text(sentence, advice)
        self.setAccessibleName(f"{sentence} {advice}".strip())
        self._color()
        self.update()


class ByVersionDialog(QDialog):
    """Shows the rules while a version is typed.

    Args:
        release: the initial version.

    Signals: ``chosen(str)``: the user's choice, see `FoundRules.name`.
    """

    chosen = Signal(str)

    def __init__(self, release: Release | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Rules for a Docker version")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.version = QLineEdit(release.version if release is not None else "")
        self.version.setPlaceholderText("24.0.7")
        self.version.setClearButtonEnabled(True)
        self.version.selectAll()
        self.driver = Chooser(editable=True)
        self.driver.addItems(DRIVERS)
        self.driver.setInsertPolicy(Chooser.InsertPolicy.NoInsert)
        if release is not None and release.kind is StoreKind.CONTAINERD:
            self.driver.setCurrentText("containerd")
        self.commit = QLineEdit(release.commit if release is not None else "")
        self.commit.setPlaceholderText("only for engines built between releases")
        self.answer = _FoundLabel()
        form = QFormLayout()
        form.setHorizontalSpacing(4 * GRID)
        form.setVerticalSpacing(2 * GRID)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        for label, field in (
            ("&Version", self.version),
            ("&Storage driver", self.driver),
            ("&Git commit", self.commit),
        ):
            form.addRow(label, field)
            field.setAccessibleName(label.replace("&", ""))
        hint = QLabel(
            "`docker version` shows the version and commit of the server; `docker info` shows its storage driver. If "
            "the driver is a snapshotter, such as overlayfs, the engine uses the containerd image store."
        )
        hint.setWordWrap(True)
        hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        set_font(hint, small_font)
        buttons, self.use = accepting_buttons(self, Buttons.Ok, "&Use these rules")
        self.version.textChanged.connect(self._show_result)
        self.driver.currentTextChanged.connect(self._show_result)
        self.commit.textChanged.connect(self._show_result)
        place = QWidget()
        answers = QVBoxLayout(place)
        answers.setContentsMargins(0, 0, 0, 0)
        answers.addWidget(self.answer)
        answers.addStretch(1)
        layout = dialog_layout(self)
        layout.addLayout(form)
        layout.addWidget(hint)
        layout.addWidget(place)
        layout.addWidget(buttons)
        self.setMinimumWidth(140 * GRID)
        # As tall as the longest text, so that nothing moves while the user types.
        place.setMinimumHeight(4 * self.fontMetrics().lineSpacing() + 7 * GRID)
        self._show_result()

    @property
    def rules_found(self) -> FoundRules:
        """The rules for the typed text."""
        return find(self.version.text(), self.driver.currentText(), self.commit.text())

    def accept(self) -> None:
        result = self.rules_found
        if result.rules is not None:
            super().accept()
            self.chosen.emit(result.name)

    def _show_result(self) -> None:
        result = self.rules_found
        self.answer.show_found(result)
        self.use.setEnabled(result.rules is not None)
