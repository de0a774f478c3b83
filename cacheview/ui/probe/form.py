"""The container config as a form: a row for each field, with fields at their defaults folded away."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from cacheview.model import CONFIG_FIELDS, ContainerConfig, FieldKind, field_kind, is_default
from cacheview.ui.icons import icon
from cacheview.ui.probe.fields import (
    FieldEditor,
    FlagField,
    ListField,
    MapField,
    NumberField,
    PlacedMarks,
    SetField,
    TextField,
)
from cacheview.ui.probe.healthcheck import HealthcheckField
from cacheview.ui.probe.marks import FAILED, FieldPath, outcome_of
from cacheview.ui.probe.row import FieldRow
from cacheview.ui.theme import GRID
from cacheview.wording import counted

__all__ = ["ConfigForm"]

ALWAYS_SHOWN: Final = ("Cmd", "Env", "Labels", "ExposedPorts", "Entrypoint", "Volumes", "User")
"""The fields that a Dockerfile usually sets, in the daemon's order of comparison."""

ORDER: Final = (*ALWAYS_SHOWN, "WorkingDir", "Healthcheck")
FORM_ORDER: Final = (*ORDER, *(name for name in CONFIG_FIELDS if name not in ORDER))

# These letters differ from those of the menus and the neighboring panes.
_MNEMONICS: Final = {
    "Cmd": "&Cmd",
    "Env": "E&nv",
    "Labels": "La&bels",
    "ExposedPorts": "E&xposedPorts",
    "Entrypoint": "Entr&ypoint",
    "Volumes": "Vo&lumes",
    "User": "&User",
    "WorkingDir": "&WorkingDir",
    "Healthcheck": "Healthchec&k",
}
_EDITORS: Final[dict[FieldKind, type[FieldEditor]]] = {
    FieldKind.TEXT: TextField,
    FieldKind.FLAG: FlagField,
    FieldKind.NUMBER: NumberField,
    FieldKind.LIST: ListField,
    FieldKind.MAP: MapField,
    FieldKind.SET: SetField,
    FieldKind.HEALTHCHECK: HealthcheckField,
}


class ConfigForm(QScrollArea):
    """Shows and edits a config.

    A field at its default is folded away until it has another value. It is then not folded away again while the user
    works. Rows are created when they are first shown.

    Args:
        later: whether its rows are created later, one by one, by `make_next`.

    Signals: ``edited(field, value, phrase, merge)``: the user's change; ``visited(path)``: the user's position.
    """

    edited = Signal(str, object, str, str)
    visited = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, later: bool = False) -> None:
        super().__init__(parent)
        self._complete = not later
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._config = ContainerConfig()
        self._marks: Mapping[str, PlacedMarks] = {}
        self._rows: dict[str, FieldRow] = {}
        self._out: set[str] = set(ALWAYS_SHOWN)
        self._unfolded = False
        self._content = QWidget(self)
        self._layout = QVBoxLayout(self._content)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self.fold = QToolButton(self._content)
        self.fold.setObjectName("fold")
        self.fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        # Otherwise a large font would make the form wider than the pane.
        self.fold.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.fold.clicked.connect(lambda: self.set_unfolded(not self._unfolded))
        self._layout.addWidget(self.fold)
        self._layout.addStretch(1)
        self.setWidget(self._content)
        if not later:
            self._arrange()

    def minimumSizeHint(self) -> QSize:
        """Return a size with the width of the widest row and the scroll bar, so that nothing is cut off."""
        least = super().minimumSizeHint()
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self._content.minimumSizeHint().width() + bar, least.height())

    def make_next(self) -> bool:
        """Create one more unfolded row, hidden until all exist. Returns whether there is more to do."""
        if self._complete:
            return False
        missing = next((name for name in FORM_ORDER if name in self._out and name not in self._rows), None)
        if missing is not None:
            self.row(missing).hide()
            return True
        self._complete = True
        self._arrange()
        return False

    # Content

    @property
    def unfolded(self) -> bool:
        """Whether fields at their defaults are listed."""
        return self._unfolded

    def row(self, name: str) -> FieldRow:
        """Return the row of a field, which is created if necessary."""
        if name not in self._rows:
            self._rows[name] = self._make(name)
        return self._rows[name]

    def shows(self, name: str) -> bool:
        """Whether the row of a field is unfolded."""
        return name in self._rows and not self._rows[name].isHidden()

    def set_config(self, config: ContainerConfig, *, fold: bool = False) -> None:
        """Show a config, changing only rows whose value differs. ``fold``: fold away fields at their defaults."""
        before, self._config = self._config, config
        out = set(ALWAYS_SHOWN) if fold else set(self._out)
        out.update(name for name in CONFIG_FIELDS if not is_default(config, name))
        if self._unfolded and not fold:
            out = self._out  # all are visible: nothing has to move
        for name, row in self._rows.items():
            value = getattr(config, name)
            if value is not getattr(before, name):
                row.editor.set_value(value)
                row.place_remark()
        if out != self._out:
            self._out = out
            self._arrange()
        elif self._unfolded:
            self._label_fold(len(CONFIG_FIELDS) - len(self._out))

    def set_marks(self, marks: Mapping[str, PlacedMarks]) -> None:
        """Show the engine's marks by field. A field that failed is unfolded."""
        self._marks = marks
        for name, row in self._rows.items():
            row.set_marks(marks.get(name, ()))
        failed = {name for name in CONFIG_FIELDS if outcome_of(marks.get(name, ())) == FAILED}
        if not self._unfolded and not failed <= self._out:
            self._out |= failed
            self._arrange()

    def set_unfolded(self, unfolded: bool) -> None:
        """Show or fold away the fields at their defaults."""
        if unfolded == self._unfolded:
            return
        self._unfolded = unfolded
        if not unfolded:
            message = {name for name in CONFIG_FIELDS if not is_default(self._config, name)}
            self._out = {*ALWAYS_SHOWN, *message}
        self._arrange()

    def reveal(self, path: FieldPath) -> QWidget:
        """Show the editor for a path, and select the part at that path. Returns the widget that takes the focus."""
        if not self.shows(path.field):
            self.set_unfolded(True)
        self._layout.activate()
        row = self.row(path.field)
        result, widget = row.editor.locate(path)
        place = result.translated(row.editor.mapTo(self._content, QPoint(0, 0)))
        whole = QRect(row.pos(), row.size())
        target = whole if whole.height() <= self.viewport().height() else place
        for corner in (target.bottomLeft(), target.topLeft()):
            self.ensureVisible(corner.x(), corner.y(), 0, 2 * GRID)
        return widget

    # Rows

    def _make(self, name: str) -> FieldRow:
        row = FieldRow(_MNEMONICS.get(name, name), self._content)
        editor = _EDITORS[field_kind(name)](name, row)
        row.set_editor(editor)
        editor.set_value(getattr(self._config, name))
        editor.edited.connect(lambda value, phrase, merge: self.edited.emit(name, value, phrase, merge))
        editor.visited.connect(self.visited)
        row.set_marks(self._marks.get(name, ()))
        return row

    def _arrange(self) -> None:
        """Arrange the rows with other values, then the fold, then the rest if unfolded. The tab order is the same."""
        if not self._complete:
            return
        out = [name for name in FORM_ORDER if name in self._out]
        remaining = [name for name in FORM_ORDER if name not in self._out]
        widgets: list[QWidget] = [self.row(name) for name in out]
        widgets.append(self.fold)
        if self._unfolded:
            widgets += [self.row(name) for name in remaining]
        for position, widget in enumerate(widgets):
            if self._layout.indexOf(widget) != position:
                self._layout.insertWidget(position, widget)
        for widget in {*self._rows.values(), self.fold}:
            widget.setVisible(widget in widgets)
        self._label_fold(len(remaining))
        for one, other in pairwise(each for widget in widgets for each in _tab_stops(widget)):
            QWidget.setTabOrder(one, other)

    def lay_out(self) -> None:
        """Give all rows their heights now. Otherwise, they get them only after they have been painted too low."""
        for row in self._rows.values():
            row.lay_out()
        self._layout.activate()

    def first_focus(self) -> QWidget:
        """Return the first widget that takes the focus by Tab."""
        return self.row(FORM_ORDER[0]).editor.buddy()

    def _label_fold(self, count: int) -> None:
        self.fold.setVisible(count > 0)
        short = counted(count, "more field")
        are_set = sum(name not in self._out and not is_default(self._config, name) for name in CONFIG_FIELDS)
        whole = f"{short}, all at their defaults" if count != 1 else f"{short}, at its default"
        if are_set:
            whole = short = f"{short}, {are_set} of them set" if count != 1 else f"{short}, set"
        room = self.viewport().width() - self.fold.iconSize().width() - 8 * GRID
        self.fold.setText(whole if self.fold.fontMetrics().horizontalAdvance(whole) <= room else short)
        value = (
            whole if are_set else f"{counted(count, 'field')} at {'their defaults' if count != 1 else 'its default'}"
        )
        self.fold.setAccessibleName(f"{'Hide' if self._unfolded else 'Show'} {value}")
        self.fold.setIcon(icon("chevron" if self._unfolded else "chevron-right", "text_faint"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._label_fold(len(CONFIG_FIELDS) - len(self._out))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._label_fold(len(CONFIG_FIELDS) - len(self._out))


def _tab_stops(widget: QWidget) -> tuple[QWidget, ...]:
    return widget.editor.tab_stops() if isinstance(widget, FieldRow) else (widget,)
