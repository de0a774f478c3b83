"""The editors for the parts of a probe outside its config: parent, cache-from, platform."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from cacheview.model import SCRATCH, DataError, Image, ImageStore, Platform, familiar, short_id
from cacheview.ui.chooser import Chooser
from cacheview.ui.plain import one_line, visible
from cacheview.ui.probe.fields import FieldEditor, ListField, PlacedMarks
from cacheview.ui.probe.image_edit import ImageEdit
from cacheview.ui.probe.image_search import ImageIndex
from cacheview.ui.probe.inputs import LineEdit
from cacheview.ui.probe.labels import TokenLabel
from cacheview.ui.probe.rows_model import RowRemark, RowTexts
from cacheview.ui.theme import GRID, mono_font, set_font, small_font
from cacheview.ui.tips import set_tip

__all__ = ["CacheFromField", "ParentField", "PlatformField", "parse_platform"]

_PLATFORMS: Final = (
    "linux/amd64",
    "linux/arm64",
    "linux/arm/v7",
    "linux/arm/v6",
    "linux/386",
    "linux/ppc64le",
    "linux/riscv64",
    "linux/s390x",
    "windows/amd64",
)
_ARROW_WIDTH: Final = 6 * GRID


class ParentField(FieldEditor):
    """The parent: an image in the store, scratch, or an id that is not in the store."""

    def __init__(self, name: str = "parent", parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._index = ImageIndex(ImageStore(()))
        self._value = SCRATCH
        self._hint = ""
        self.line = ImageEdit(self, scratch=True)
        self.line.setPlaceholderText("name, ID or instruction")
        self.hint = TokenLabel("", self.line, "text_faint")
        self.hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._set_editor(self.line)
        self.line.setAccessibleName("Parent")
        self.line.chosen.connect(self._chosen)
        self.line.entered.connect(self._entered)
        self.line.left.connect(self._show)
        self.line.focused.connect(self._arrived)
        self.line.textEdited.connect(lambda: self.hint.setVisible(False))

    def set_index(self, index: ImageIndex) -> None:
        """Search the images of another store."""
        self._index = index
        self.line.set_index(index)
        self._show()

    def set_value(self, value: Any) -> None:
        if value != self._value:
            self._value = value
            self._show()

    def set_marks(self, marks: PlacedMarks) -> None:
        del marks  # a parent is looked up, not compared

    def buddy(self) -> QWidget:
        return self.line

    def _show(self) -> None:
        image = self._index.store.by_id.get(self._value)
        self.line.current = self._value
        is_known = image is not None or self._value == SCRATCH
        if image is not None:
            text = image.title
            hint = image.short_id if image.names else one_line(image.instruction)
        else:
            whole = is_known or self.line.hasFocus()
            text, hint = self._typed_form(whole), ("" if is_known else "not in this store")
        self.line.set_value(text)
        self.hint.setFont(mono_font() if image is not None and image.names else small_font())
        self._hint = hint
        tip = "\n".join((*map(familiar, image.names), image.id, image.instruction)) if image else self._value
        set_tip(self.line, tip if is_known else f"{tip}\nnot in this store")
        description = hint if not is_known else short_id(self._value)
        self.line.setAccessibleDescription(visible(description))
        self.hint.set_tokens("text_faint" if is_known else "hazard")
        self._place_hint()

    def _typed_form(self, whole: bool) -> str:
        """Return the text for a value that is not an image in the store. ``whole``: a digest is not shortened."""
        if self._value == SCRATCH:
            return "scratch"
        return self._value if whole or ":" not in self._value else short_id(self._value)

    def _place_hint(self) -> None:
        """Show the hint at the right end of the line, if there is enough space for it."""
        used = self.line.fontMetrics().horizontalAdvance(self.line.text())
        metrics = QFontMetrics(self.hint.font())
        needed = metrics.horizontalAdvance(self._hint) + 1
        room = self.line.width() - _ARROW_WIDTH - 4 * GRID
        width = min(needed, room - used - 3 * GRID)
        shown = bool(self._hint) and width >= min(needed, 20 * GRID)
        self.hint.setText(metrics.elidedText(self._hint, Qt.TextElideMode.ElideRight, width))
        self.hint.setVisible(shown)
        self.hint.setGeometry(QRect(room + GRID - width, 0, max(width, 0), self.line.height()))
        self.line.setTextMargins(0, 0, width + 2 * GRID if shown and needed <= width else 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._layout.activate()
        self._place_hint()

    def _arrived(self) -> None:
        if self._value not in self._index.store.by_id:
            self.line.set_value(self._typed_form(True))
            self.hint.setVisible(False)
        self.line.selectAll()
        self._visited()

    def _chosen(self, image: Image | None) -> None:
        parent = image.id if image else SCRATCH
        self.edited.emit(parent, f"Set parent to {one_line(image.title) if image else 'scratch'}", "")
        self._show()
        self.line.selectAll()

    def _entered(self, text: str) -> None:
        text = text.strip()
        shown = self._index.store.by_id.get(self._value)
        if text == (shown.title if shown else self._typed_form(True)):
            return  # nothing was typed
        if text in ("", "scratch"):
            self._chosen(None)
            return
        image = self._index.store.by_id.get(text) or self._find(text)
        if image is not None:
            self._chosen(image)
            return
        self.edited.emit(text, f"Set parent to {one_line(text)[:40]}", "")
        self._show()

    def _find(self, text: str) -> Image | None:
        """Return the image of a reference, or the first that the text finds; None if there is none."""
        try:
            return self._index.store.resolve(text)
        except DataError:
            return next(iter(self._index.search(text)), None)


class CacheFromField(ListField):
    """References in order, each with its image or the reason why it is skipped."""

    def __init__(self, name: str = "cache_from", parent: QWidget | None = None) -> None:
        super().__init__(name, parent, max_rows=6)
        self._index = ImageIndex(ImageStore(()))
        self.view.setAccessibleName("Cache from")
        self.view.set_images(self._index)

    def set_index(self, index: ImageIndex) -> None:
        """Resolve references in another store."""
        self._index = index
        self.view.set_images(index)
        self._show_notes()

    def set_value(self, value: Any) -> None:
        super().set_value(value)
        self._show_notes()

    def _prompt(self, value: Any) -> None:
        self.model.set_prompts(("add" if value else "none",))

    def _requested(self, rows: Sequence[RowTexts], phrase: str, merge: str) -> None:
        super()._requested(rows, phrase.replace(self.name, "Cache from"), merge)

    def _show_notes(self) -> None:
        self.model.set_notes({number: self._note(row[0]) for number, row in enumerate(self.model.rows)})

    def _note(self, reference: str) -> RowRemark:
        try:
            image = self._index.store.resolve(reference)
        except DataError as error:
            return RowRemark(f"skipped: {error}", "hazard")
        return RowRemark(image.short_id if image.names else one_line(image.instruction))


class PlatformField(FieldEditor):
    """The platform of the build: ``os/architecture[/variant]``, or empty."""

    def __init__(self, name: str = "platform", parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._value: Platform | None = None
        self.combo = Chooser(self)
        self.combo.setEditable(True)
        self.line = LineEdit(self.combo)
        self.combo.setLineEdit(self.line)
        self.combo.setCompleter(None)  # type: ignore[arg-type]
        self.combo.setInsertPolicy(Chooser.InsertPolicy.NoInsert)
        self.combo.setSizeAdjustPolicy(Chooser.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(4)
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.combo.addItem("none", "")
        for platform in _PLATFORMS:
            self.combo.addItem(platform, platform)
        self.line.setPlaceholderText("none")
        self.line.setText("")
        self.problem = TokenLabel("", self, "error")
        set_font(self.problem, small_font)
        self.problem.setWordWrap(True)
        self.problem.setVisible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self.combo)
        layout.addWidget(self.problem)
        self.combo.setAccessibleName("Platform")
        self.line.setAccessibleName("Platform")
        self.setFocusProxy(self.combo)
        self.combo.activated.connect(lambda row: self._enter(str(self.combo.itemData(row))))
        self.line.editingFinished.connect(lambda: self._enter(self.line.text()))
        self.line.textEdited.connect(lambda: self._show_problem(""))
        self.line.focused.connect(self._visited)

    def set_value(self, value: Any) -> None:
        if value != self._value:
            self._value = value
            self._show()

    def set_marks(self, marks: PlacedMarks) -> None:
        del marks  # the platform selects candidates, and is not compared with the config

    def buddy(self) -> QWidget:
        return self.combo

    def _show(self) -> None:
        self.line.set_value("" if self._value is None else str(self._value))
        self._show_problem("")

    def _enter(self, text: str) -> None:
        text = text.strip().removeprefix("none")
        if text == ("" if self._value is None else str(self._value)):
            self._show()  # a value with more parts than can be typed stays as it is
            return
        try:
            platform = parse_platform(text)
        except DataError as error:
            self._show_problem(str(error))
            return
        self.edited.emit(platform, f"Set platform to {platform or 'none'}", "")
        self._show()

    def _show_problem(self, why: str) -> None:
        self.problem.setText(why)
        self.problem.setVisible(bool(why))


def parse_platform(text: str) -> Platform | None:
    """Parse ``os/architecture[/variant]``; None for an empty text. Raises `DataError`."""
    if not text.strip():
        return None
    parts = text.strip().lower().split("/")
    if len(parts) not in (2, 3) or not all(re.fullmatch(r"[a-z0-9_.-]+", part) for part in parts):
        raise DataError(f"{text[:60]!r} is not a platform; enter one such as linux/amd64 or linux/arm/v7")
    return Platform(os=parts[0], architecture=parts[1], variant=parts[2] if len(parts) == 3 else "")
