"""The editor of each kind of field. It shows a value, and emits the user's changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QRect, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from cacheview.ui.difference import differing
from cacheview.ui.plain import visible
from cacheview.ui.probe.inputs import LineEdit, NumberEdit
from cacheview.ui.probe.labels import TokenLabel
from cacheview.ui.probe.marks import FAILED, FieldMark, FieldPath
from cacheview.ui.probe.rows_model import ConfigRowsModel, RowMark, RowRemark, RowTexts
from cacheview.ui.probe.rows_view import RowsView
from cacheview.ui.theme import GRID, set_font, small_font
from cacheview.ui.tips import set_tip

__all__ = ["FieldEditor", "FlagField", "ListField", "MapField", "NumberField", "PlacedMarks", "SetField", "TextField"]

PlacedMarks = Sequence[tuple[FieldPath, FieldMark]]
_NO_MARK: Final = slice(0, 0)


class FieldEditor(QWidget):
    """The base of all field editors.

    Signals:
        edited(value, phrase, merge): the new value, the name of the step, and the key of edits that are one step.
        visited(path): the user moved there.
    """

    edited = Signal(object, str, str)
    visited = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._session = 0

    def set_value(self, value: Any) -> None:
        """Show a value without emitting ``edited``. Cursor, selection and focus stay."""
        raise NotImplementedError

    def set_marks(self, marks: PlacedMarks) -> None:
        """Show the engine's marks on parts of the value."""
        raise NotImplementedError

    def buddy(self) -> QWidget:
        """Return the widget that takes the focus."""
        raise NotImplementedError

    def tab_stops(self) -> tuple[QWidget, ...]:
        """Return all widgets that take the focus by Tab, in order, including hidden ones."""
        return (self.buddy(),)

    def locate(self, path: FieldPath) -> tuple[QRect, QWidget]:
        """Select the part at a path.

        Returns its rectangle in this widget in pixels, and the widget that takes the focus.
        """
        del path
        return self.rect(), self.buddy()

    def unselect(self) -> None:
        """Clear the selection made by `locate`, if the focus is elsewhere."""

    def remark_space(self) -> QRect:
        """Return the rectangle in which a remark is right-aligned."""
        return self.rect()

    def reserve(self, width: int) -> None:
        """Keep text out of this width at the end of `remark_space`."""

    def _set_editor(self, widget: QWidget, *more: QWidget, stretch: bool = True) -> None:
        self._layout = layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * GRID)
        layout.addWidget(widget, 1 if stretch else 0)
        for other in more:
            layout.addWidget(other)
        if not stretch:
            layout.addStretch(1)
        widget.setAccessibleName(self.name)
        self.setFocusProxy(widget)

    def _visited(self) -> None:
        self._session += 1
        self.visited.emit(self.name)

    def _merge(self) -> str:
        """Return a key that is the same for all typing between entering and leaving the field."""
        return f"{self.name}/{self._session}"


class TextField(FieldEditor):
    """One line of text."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.line = LineEdit(self)
        self.line.setPlaceholderText("none")
        self._image_value: object = None
        self._failed = False
        self._set_editor(self.line)
        self.line.textEdited.connect(lambda text: self.edited.emit(text, f"Edit {name}", self._merge()))
        self.line.focused.connect(self._visited)

    def set_value(self, value: Any) -> None:
        self.line.set_value(value)
        self._show_mark()

    def set_marks(self, marks: PlacedMarks) -> None:
        failed = _failed(marks)
        self._failed = failed is not None
        self._image_value = failed.image_value if failed is not None else None
        set_tip(self.line, _tip(failed))
        self._show_mark()

    def _show_mark(self) -> None:
        part = _NO_MARK
        if self._failed and isinstance(self._image_value, str):
            part = differing(self.line.text(), self._image_value)[0]
        self.line.mark(part)

    def buddy(self) -> QWidget:
        return self.line

    def reserve(self, width: int) -> None:
        margins = self.line.textMargins()
        if margins.right() != width:
            self.line.setTextMargins(0, 0, width, 0)

    def remark_space(self) -> QRect:
        used = self.line.fontMetrics().horizontalAdvance(self.line.text() or self.line.placeholderText())
        return self.rect().adjusted(used + 5 * GRID, 0, -2 * GRID, 0)


class FlagField(FieldEditor):
    """A check box."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.box = QCheckBox(self)
        self._set_editor(self.box, stretch=False)
        self.box.clicked.connect(lambda on: self.edited.emit(on, f"{'Set' if on else 'Clear'} {name}", ""))
        self.box.clicked.connect(self._visited)

    def set_value(self, value: Any) -> None:
        self.box.setChecked(value)

    def set_marks(self, marks: PlacedMarks) -> None:
        set_tip(self.box, _tip(_failed(marks)))

    def buddy(self) -> QWidget:
        return self.box

    def remark_space(self) -> QRect:
        return self.rect().adjusted(self.box.width() + 2 * GRID, 0, 0, 0)


class NumberField(FieldEditor):
    """A number of seconds, or not set."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.number = NumberEdit(self)
        self.number.setFixedWidth(18 * GRID)
        self._unit = TokenLabel("s", self, "text_muted")
        self._unit.setAccessibleName("seconds")
        set_font(self._unit, small_font)
        self._set_editor(self.number, self._unit, stretch=False)
        self.number.edited.connect(lambda value: self.edited.emit(value, f"Edit {name}", self._merge()))
        self.number.focused.connect(self._visited)

    def set_value(self, value: Any) -> None:
        self.number.set_number(value)

    def set_marks(self, marks: PlacedMarks) -> None:
        set_tip(self.number, _tip(_failed(marks)))

    def buddy(self) -> QWidget:
        return self.number

    def remark_space(self) -> QRect:
        return self.rect().adjusted(self._unit.geometry().right() + 2 * GRID, 0, 0, 0)


class RowsField(FieldEditor):
    """A list or map in rows."""

    def __init__(
        self, name: str, columns: int, *, ordered: bool, max_rows: int = 24, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, parent)
        self.model = ConfigRowsModel(name, columns, ordered=ordered, parent=self)
        self.view = RowsView(self.model, self, max_rows=max_rows)
        self._marks: PlacedMarks = ()
        self._set_editor(self.view)
        self.model.requested.connect(self._requested)
        self.view.row_activated.connect(self.visited)

    def _requested(self, rows: Sequence[RowTexts], phrase: str, merge: str) -> None:
        raise NotImplementedError

    def _row_of(self, key: int | str | None) -> int | None:
        raise NotImplementedError

    def _prompt(self, value: Any) -> None:
        """Set the text of the empty row: the value is null, it is empty, or a row can be added to it."""
        words = "none" if value is None else "empty" if not value else "add"
        self.model.set_prompts((words, "value")[: self.model.columnCount()])

    def set_marks(self, marks: PlacedMarks) -> None:
        self._marks = marks
        self._show_marks()

    def _show_marks(self) -> None:
        shown = {}
        for path, mark in self._marks:
            row = self._row_of(path.key)
            if row is None or mark.outcome != FAILED:
                continue
            text = self.model.rows[row][-1]
            # If the image has no value, the entire value differs.
            other = mark.image_value if isinstance(mark.image_value, str) else ""
            shown[row] = RowMark(mark.outcome, differing(text, other)[0], _tip(mark))
        self.model.set_marks(shown)

    def buddy(self) -> QWidget:
        return self.view

    def locate(self, path: FieldPath) -> tuple[QRect, QWidget]:
        row = self._row_of(path.key) or 0
        self.view.select(row)
        return self.view.row_rect(row), self.view

    def unselect(self) -> None:
        self.view.unselect()

    def remark_space(self) -> QRect:
        used = self.view.empty_row_width + 2 * GRID
        line = self.view.line_height
        return QRect(used, self.height() - line - GRID // 2, self.width() - used - 2 * GRID, line)


class ListField(RowsField):
    """An ordered list of texts."""

    def __init__(self, name: str, parent: QWidget | None = None, *, max_rows: int = 24) -> None:
        super().__init__(name, 1, ordered=True, max_rows=max_rows, parent=parent)

    def set_value(self, value: Any) -> None:
        self.model.set_rows([(text,) for text in value or ()])
        self._prompt(value)
        self._show_marks()

    def _requested(self, rows: Sequence[RowTexts], phrase: str, merge: str) -> None:
        self.edited.emit(tuple(row[0] for row in rows), phrase, merge)

    def _row_of(self, key: int | str | None) -> int | None:
        return key if isinstance(key, int) and 0 <= key < len(self.model.rows) else None


class KeyedField(RowsField):
    """Rows by key. A duplicate key is reported and stays visible, but is not part of the value."""

    _value: dict[str, Any] | None = None

    def set_value(self, value: Any) -> None:
        self._value = value
        entries = dict(value or {})
        if entries != self._as_map(self.model.rows):
            self.model.set_rows([self._as_row(key, entry) for key, entry in entries.items()])
        self._show_duplicates()
        self._prompt(value)
        self._show_marks()

    def _as_row(self, key: str, entry: Any) -> RowTexts:
        raise NotImplementedError

    def _as_entry(self, row: RowTexts) -> Any:
        raise NotImplementedError

    def _as_map(self, rows: Sequence[RowTexts]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for row in rows:
            result.setdefault(row[0], self._as_entry(row))
        return result

    def _requested(self, rows: Sequence[RowTexts], phrase: str, merge: str) -> None:
        self._show_duplicates()
        self.edited.emit(self._as_map(rows), phrase, merge)

    def _show_duplicates(self) -> None:
        seen: set[str] = set()
        notes = {}
        for number, row in enumerate(self.model.rows):
            if row[0] in seen:
                notes[number] = RowRemark(
                    f"{visible(row[0][:40]) or 'an empty key'} is already in a row above; this row is ignored", "hazard"
                )
            seen.add(row[0])
        self.model.set_notes(notes)

    def _row_of(self, key: int | str | None) -> int | None:
        return next((number for number, row in enumerate(self.model.rows) if row[0] == key), None)


class MapField(KeyedField):
    """Keys with values."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, 2, ordered=False, parent=parent)

    def _as_row(self, key: str, entry: Any) -> RowTexts:
        return (key, entry)

    def _as_entry(self, row: RowTexts) -> Any:
        return row[1]


class SetField(KeyedField):
    """Keys only: ports and volumes. If a key has a value in the store, it is kept."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, 1, ordered=False, parent=parent)

    def _as_row(self, key: str, entry: Any) -> RowTexts:
        del entry
        return (key,)

    def _as_entry(self, row: RowTexts) -> Any:
        return (self._value or {}).get(row[0], {})


def _failed(marks: PlacedMarks) -> FieldMark | None:
    """Return the first mark of a check that failed; None if there is none."""
    return next((mark for _, mark in marks if mark.outcome == FAILED), None)


def _tip(mark: FieldMark | None) -> str:
    """Return the tool tip of a part that failed; empty: none failed."""
    if mark is None:
        return ""
    image = "not set in the image" if mark.image_value is None else f"image: {mark.image_value}"
    return "\n".join(filter(None, (mark.note, image)))
