"""The probe pane: its header, the config as a form or as JSON, and the ways to fill it in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QButtonGroup,
    QLabel,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cacheview.cases import Daemon
from cacheview.model import SCRATCH, ContainerConfig, Image, ImageStore, Probe
from cacheview.ui.bar import TitleBar
from cacheview.ui.document import ProbeDocument
from cacheview.ui.images.origin import came_from
from cacheview.ui.plain import one_line
from cacheview.ui.probe.config_json import ConfigJson
from cacheview.ui.probe.fields import FieldEditor
from cacheview.ui.probe.form import ConfigForm
from cacheview.ui.probe.head import CacheFromField, ParentField, PlatformField
from cacheview.ui.probe.image_popup import ImagePopup
from cacheview.ui.probe.image_search import ImageIndex
from cacheview.ui.probe.inputs import is_undo_key
from cacheview.ui.probe.instruction_dialog import InstructionDialog
from cacheview.ui.probe.marks import FieldMark, FieldPath, marks_by_field
from cacheview.ui.probe.row import FieldRow
from cacheview.ui.scrolled import Scrolled
from cacheview.ui.theme import GRID, set_font, small_font, strong_font
from cacheview.ui.tips import set_tip

__all__ = ["ProbePane"]

_MIN_HEIGHT: Final = 20 * GRID
"""The minimum height below the title. If there is less space, the pane scrolls."""
_MIN_FORM_HEIGHT: Final = 36 * GRID
_PARENT_CHARACTERS: Final = 13
_HEAD_LABELS: Final = {"parent": "&Parent", "cache_from": "Cache &from", "platform": "Platfor&m"}


class ProbePane(QWidget):
    """Edits the probe of a document. Every edit goes through the document.

    ``daemon`` is the daemon whose builder creates a config from an instruction.

    Args:
        later: whether the content is created later, by `make_next`, which is called until it returns False.

    Signals:
        field_activated(path): the user moved to a field or element (``Env[1]``); not emitted by `reveal`.
        image_requested(image, why): the user requested the image's probe; ``why`` is the reason if it has none.
    """

    field_activated = Signal(str)
    image_requested = Signal(object, str)

    def __init__(self, document: ProbeDocument, parent: QWidget | None = None, *, later: bool = False) -> None:
        super().__init__(parent)
        self._document = document
        self._index = ImageIndex(ImageStore(()))
        self.daemon: Callable[[], Daemon] | None = None
        self._marks: Mapping[str, FieldMark] = {}
        self._revealing = False
        self._loaded: Probe | None = None  # the last probe loaded from an image
        self._head: dict[str, FieldRow] = {}
        self._pointed: FieldRow | None = None
        self._is_empty = True
        if not later:
            self._fill(later=False)

    def make_next(self) -> bool:
        """Create one more piece of the content. Returns whether there is more to do."""
        if self._is_empty:
            self._fill(later=True)
            return True
        return self.form.make_next()

    def _fill(self, *, later: bool) -> None:
        """Create the content. ``later``: except the rows of the form."""
        self._is_empty = False
        self._lay_out(later=later)
        self._connect()
        self._show(self._document.probe, fold=True)

    # The interface for the window

    def set_store(self, store: ImageStore) -> None:
        """Search for images, and resolve references, in another store."""
        if self._index.store is store:
            return
        self._index = ImageIndex(store)
        self.parent_field.set_index(self._index)
        self.cache_from_field.set_index(self._index)

    def set_marks(self, marks: Mapping[str, FieldMark]) -> None:
        """Set the engine's marks on fields, by path. Other fields have none."""
        if marks != self._marks:
            self._marks = dict(marks)
            self.form.set_marks(marks_by_field(marks))

    def set_edited(self, edited: bool) -> None:
        """Show in the title whether the user edited the probe. A probe just loaded from an image does not count."""
        is_shown = edited and self._document.probe != self._loaded
        self._bar.show_title(*(("Probe (edited)", "Edited") if is_shown else ("Probe", "")))
        set_tip(self._bar, "The probe has been edited. Undo to restore the loaded probe" if is_shown else "")

    @property
    def title(self) -> str:
        """The text of the title."""
        return self._bar.title

    def load_from_image(self, image: Image) -> None:
        """Load the probe of the step that created an image: its parent, and the config it was built with.

        That probe is unknown for a pulled image or one built by BuildKit, so the current probe stays.
        """
        why = came_from(image)
        self.image_requested.emit(image, why)
        if why:
            return
        made_with = image.container_config or image.config.container_config or ContainerConfig()
        probe = self._document.probe.model_copy(update={"parent": image.parent or SCRATCH, "config": made_with})
        self._loaded = probe
        self._document.edit(probe, f"Use the probe from {one_line(image.title)}")

    def load_config(self, config: ContainerConfig, text: str) -> None:
        """Replace the config in one step."""
        self._document.edit(self._document.probe.model_copy(update={"config": config}), text)

    def reveal(self, path: str) -> None:
        """Mark the part at a path, and move the keyboard focus there. Raises ValueError if it is not a field."""
        with self._without_field_signals():
            self._find(path).setFocus(Qt.FocusReason.OtherFocusReason)

    def point_at(self, path: str) -> None:
        """Unfold, scroll to, mark and select the part at a path, without moving the keyboard focus.

        Raises ValueError if it is not a field.
        """
        with self._without_field_signals():
            self._find(path)

    @contextmanager
    def _without_field_signals(self) -> Iterator[None]:
        """Do not report moves in the meantime, since they are not the user's."""
        self._revealing = True
        try:
            yield
        finally:
            self._revealing = False

    def _find(self, path: str) -> QWidget:
        """Show and mark the part at a path. Returns the widget that takes the focus."""
        place = FieldPath.parse(path)
        if place.field in self._head:
            row = self._head[place.field]
            _, widget = row.editor.locate(place)
        elif place.field in ContainerConfig.model_fields:
            self.show_json(False)
            widget = self.form.reveal(place)
            row = self.form.row(place.field)
        else:
            raise ValueError(f"not a field path: {path[:200]!r}")
        self._mark(row)
        return widget

    def _mark(self, row: FieldRow) -> None:
        """Mark this row, and no other."""
        if self._pointed is not None:
            self._pointed.set_pointed(False)
        self._pointed = row
        row.set_pointed(True)

    def show_json(self, json: bool) -> None:
        """Switch between form and JSON."""
        (self._json_button if json else self._form_button).setChecked(True)
        self._pages.setCurrentWidget(self.json if json else self.form)
        if json:
            self.json.set_config(self._document.probe.config)

    def comfortable_width(self) -> int:
        """Return the smallest width in which the parent shows a short ID or a short name, even beside a scroll bar."""
        line = self.parent_field.line.width_for(_PARENT_CHARACTERS)
        return self._head["parent"].width_with(line) + self._scrolled.verticalScrollBar().sizeHint().width()

    # Layout

    def _lay_out(self, *, later: bool) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        title = QLabel("Probe", self)
        set_font(title, strong_font)
        self._form_button, self._json_button = self._switch("F&orm"), self._switch("&JSON")
        self._form_button.setChecked(True)
        both = QButtonGroup(self)
        both.addButton(self._form_button)
        both.addButton(self._json_button)
        self._bar = TitleBar(self, title, self._form_button, self._json_button)
        layout.addWidget(self._bar)
        content = QWidget(self)
        self._scrolled = Scrolled(content, _MIN_HEIGHT, self)
        layout.addWidget(self._scrolled, 1)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._head = {name: FieldRow(label, content, stacks=False) for name, label in _HEAD_LABELS.items()}
        self.parent_field = ParentField(parent=self._head["parent"])
        self.cache_from_field = CacheFromField(parent=self._head["cache_from"])
        self.platform_field = PlatformField(parent=self._head["platform"])
        fields: tuple[FieldEditor, ...] = (self.parent_field, self.cache_from_field, self.platform_field)
        for editor in fields:
            row = self._head[editor.name]
            row.set_editor(editor)
            layout.addWidget(row)
        section = QLabel("Container config", content)
        set_font(section, strong_font)
        self.from_image = QToolButton(content)
        self.from_image.setText("From ima&ge ▾")
        self.from_image.setAccessibleName("From image")
        self.from_instruction = QToolButton(content)
        self.from_instruction.setText("From instruc&tion…")
        self.from_instruction.setAccessibleName("From instruction")
        for button in (self.from_image, self.from_instruction):
            set_font(button, small_font)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        bar = TitleBar(content, section, self.from_image, self.from_instruction, short="Config")
        bar.show_text(self.from_image, self.from_image.text(), "Ima&ge ▾")
        bar.show_text(self.from_instruction, self.from_instruction.text(), "Instruc&tion…", "S&tep…")
        layout.addWidget(bar)
        self._pages = QStackedWidget(content)
        self.form = ConfigForm(self._pages, later=later)
        self.json = ConfigJson(self._pages)
        self._pages.addWidget(self.form)
        self._pages.addWidget(self.json)
        self._pages.setMinimumHeight(_MIN_FORM_HEIGHT)
        layout.addWidget(self._pages, 1)

        order = (
            self._form_button,
            self._json_button,
            *(editor.buddy() for editor in fields),
            self.from_image,
            self.from_instruction,
            self.form.first_focus(),
        )
        for one, other in pairwise(order):
            QWidget.setTabOrder(one, other)
        QWidget.setTabOrder(self.from_instruction, self.json.text)

    def _switch(self, text: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        set_font(button, small_font)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _connect(self) -> None:
        self._document.probe_changed.connect(self._show)
        self._document.loaded.connect(lambda probe: self._show(probe, fold=True))
        for name in ("parent", "cache_from", "platform"):
            editor = self._head[name].editor
            editor.edited.connect(lambda value, phrase, merge, name=name: self._edit_head(name, value, phrase, merge))
            editor.visited.connect(self._visited)
        self.form.edited.connect(self._document.set_field)
        self.form.visited.connect(self._visited)
        self.json.edited.connect(self._edit_config)
        self._form_button.clicked.connect(lambda: self.show_json(False))
        self._json_button.clicked.connect(lambda: self.show_json(True))
        self.from_image.clicked.connect(self._choose_image)
        self.from_instruction.clicked.connect(self._ask_instruction)

    # Between document and editors

    def _show(self, probe: Probe, *, fold: bool = False) -> None:
        self.parent_field.set_value(probe.parent)
        self.cache_from_field.set_value(probe.cache_from)
        self.platform_field.set_value(probe.platform)
        self.form.set_config(probe.config, fold=fold)
        if self._pages.currentWidget() is self.json:
            self.json.set_config(probe.config)

    def _edit_head(self, name: str, value: object, phrase: str, merge: str) -> None:
        self._document.edit(self._document.probe.model_copy(update={name: value}), phrase, merge)

    def _edit_config(self, config: ContainerConfig, phrase: str, merge: str) -> None:
        self._document.edit(self._document.probe.model_copy(update={"config": config}), phrase, merge)

    def _visited(self, path: str) -> None:
        if not self._revealing:
            self.field_activated.emit(path)

    def _choose_image(self) -> None:
        popup = ImagePopup(self._index, self)
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        popup.chosen.connect(self.load_from_image)
        popup.open_under(self.from_image)

    def _ask_instruction(self) -> None:
        dialog = InstructionDialog(
            self._index.store.by_id.get(self._document.probe.parent),
            self,
            daemon=self.daemon() if self.daemon is not None else None,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._take_instruction(dialog))
        dialog.open()

    def _take_instruction(self, dialog: InstructionDialog) -> None:
        if dialog.config is not None:
            self.load_config(dialog.config, f"Use the config from {one_line(dialog.line.text())[:40]}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Needed if the pane is not in a window whose actions have these keys.
        if is_undo_key(event):
            stack = self._document.undo_stack
            (stack.undo if event.matches(QKeySequence.StandardKey.Undo) else stack.redo)()
            return
        super().keyPressEvent(event)
