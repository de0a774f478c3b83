"""The editor of ``HEALTHCHECK``: none, or a test with its times."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QVBoxLayout, QWidget

from cacheview.model import HealthConfig
from cacheview.ui.probe.fields import FieldEditor, ListField, PlacedMarks
from cacheview.ui.probe.inputs import DurationEdit, NumberEdit
from cacheview.ui.probe.labels import PartLabel, TokenLabel
from cacheview.ui.probe.marks import FieldPath
from cacheview.ui.theme import GRID, set_font, small_font

__all__ = ["HealthcheckField"]

DURATIONS: Final = ("Interval", "Timeout", "StartPeriod", "StartInterval")


class HealthcheckField(FieldEditor):
    """A check box for whether there is a health check, with its parts below. None differs from an empty one."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._value: HealthConfig | None = None
        self.box = QCheckBox("set", self)
        self.box.setAccessibleName(name)
        self.test = ListField(f"{name}.Test", self)
        self.durations = {part: DurationEdit(self) for part in DURATIONS}
        self.retries = NumberEdit(self, unset="inherit")
        self.problems = {part: TokenLabel("", self, "error") for part in DURATIONS}
        self._parts = QWidget(self)
        self._lay_out()
        self.setFocusProxy(self.box)
        self.box.clicked.connect(self._switched)
        self.test.edited.connect(lambda value, phrase, merge: self._change("Test", value, phrase, merge))
        self.test.visited.connect(self.visited)
        for part, edit in self.durations.items():
            edit.edited.connect(lambda value, part=part: self._typed(part, value))
            edit.focused.connect(lambda part=part: self._on_focus(part))
            edit.wrong.connect(lambda why, part=part: self._show_problem(part, why))
        self.retries.edited.connect(lambda value: self._typed("Retries", value or 0))
        self.retries.focused.connect(lambda: self._on_focus("Retries"))

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(GRID)
        outer.addWidget(self.box)
        outer.addWidget(self._parts)
        grid = QGridLayout(self._parts)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID)
        grid.setColumnStretch(1, 1)
        editors: dict[str, QWidget] = {"Test": self.test, **self.durations, "Retries": self.retries}
        for row, (part, editor) in enumerate(editors.items()):
            label = PartLabel(part, editor, self._parts)
            grid.addWidget(label, 2 * row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(editor, 2 * row, 1)
            if part in self.problems:
                grid.addWidget(self.problems[part], 2 * row + 1, 1)
            if editor is not self.test:
                editor.setAccessibleName(f"{self.name}.{part}")
        for problem in self.problems.values():
            set_font(problem, small_font)
            problem.setWordWrap(True)
            problem.setVisible(False)
        self._parts.setVisible(False)

    def set_value(self, value: Any) -> None:
        self._value = value
        self.box.setChecked(value is not None)
        shown: HealthConfig = value or HealthConfig()
        self.test.set_value(shown.Test)
        for part, edit in self.durations.items():
            edit.set_nanoseconds(getattr(shown, part))
        self.retries.set_number(shown.Retries or None)
        self._parts.setVisible(value is not None)

    def set_marks(self, marks: PlacedMarks) -> None:
        self.test.set_marks([(path, mark) for path, mark in marks if path.member == "Test"])

    def buddy(self) -> QWidget:
        return self.box

    def tab_stops(self) -> tuple[QWidget, ...]:
        return (self.box, self.test.buddy(), *self.durations.values(), self.retries)

    def locate(self, path: FieldPath) -> tuple[QRect, QWidget]:
        editors: dict[str, QWidget] = {**self.durations, "Retries": self.retries}
        if self._value is not None and path.member == "Test":
            rect, widget = self.test.locate(path)
            return rect.translated(self.test.mapTo(self, QPoint(0, 0))), widget
        if self._value is not None and path.member in editors:
            editor = editors[path.member]
            return QRect(editor.mapTo(self, QPoint(0, 0)), editor.size()), editor
        return super().locate(path)

    def unselect(self) -> None:
        self.test.unselect()

    def remark_space(self) -> QRect:
        left = self.box.sizeHint().width() + 2 * GRID
        return QRect(left, 0, self.width() - left, self.box.height())

    def _switched(self, on: bool) -> None:
        self.visited.emit(self.name)
        self.edited.emit(HealthConfig() if on else None, f"{'Add' if on else 'Remove'} {self.name}", "")

    def _on_focus(self, part: str) -> None:
        self._session += 1
        self.visited.emit(f"{self.name}.{part}")

    def _typed(self, part: str, value: int) -> None:
        self._change(part, value, f"Edit {self.name}.{part}", f"{part}/{self._merge()}")

    def _change(self, part: str, value: object, phrase: str, merge: str) -> None:
        changed = (self._value or HealthConfig()).model_copy(update={part: value})
        self.edited.emit(changed, phrase, merge)

    def _show_problem(self, part: str, why: str) -> None:
        self.problems[part].setText(f"{why}. The probe is unchanged." if why else "")
        self.problems[part].setVisible(bool(why))
