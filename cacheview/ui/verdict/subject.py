"""The line about the selected item above the verdict, shown if the verdict is not only about the probe."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from cacheview.ui.plain import one_line
from cacheview.ui.selected_item import SelectedItem
from cacheview.ui.selection import SelectionRelation
from cacheview.ui.theme import GRID, set_font, small_font
from cacheview.ui.verdict.labels import WrappedText

__all__ = ["SubjectLine"]


class SubjectLine(QWidget):
    """The line, hidden while empty. Signals: ``back_requested()``: restore the probe of the selected item."""

    back_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = WrappedText(small_font, "text_muted", self)
        self._button = QToolButton(self)
        set_font(self._button, small_font)
        self._button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._button.clicked.connect(self.back_requested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, 0, 0, 0)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._button, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    @property
    def text(self) -> str:
        """The text; empty: the line is hidden."""
        return self._text.text() if not self.isHidden() else ""

    def show_selected(self, selected: SelectedItem | None, relation: SelectionRelation) -> None:
        """Show an item. ``relation``: the relation of the verdict to it."""
        text = ""
        if selected is not None and relation is SelectionRelation.OUTDATED:
            text = f"{selected.title} was looked up before the store or rules changed: this verdict may be out of date."
        elif selected is not None and relation is SelectionRelation.CHANGED:
            text = f"The probe has changed: this is no longer the verdict for {selected.name}."
        elif selected is not None and selected.is_unknown:
            text = f"{selected.title} is unknown. {selected.why}"
        elif selected is not None:
            text = selected.title
        self._text.show_text(one_line(text))
        self._button.setText(f"Back to {selected.name}" if selected is not None else "")
        self._button.setVisible(relation is SelectionRelation.CHANGED)
        self.setVisible(bool(text))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationFontChange:
            set_font(self._text, small_font)
            set_font(self._button, small_font)
