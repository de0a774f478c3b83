"""A row of the pane: a label, an editor, and the engine's remark on the field."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

from cacheview.ui.icons import pixmap
from cacheview.ui.probe.fields import FieldEditor, PlacedMarks
from cacheview.ui.probe.labels import FieldLabel
from cacheview.ui.probe.marks import FAILED, NOT_COMPARED, outcome_of
from cacheview.ui.theme import GRID, current_tokens, small_font

__all__ = ["FieldRow", "Remark"]

_REMARK_LOOKS: Final = {
    FAILED: ("failed", "failed", ("failed",)),
    NOT_COMPARED: ("not-compared", "not_compared", ("not compared under these rules", "not compared", "")),
}
"""The icon, the color, and the texts from longest to shortest of each outcome."""


_NARROW_RATIO: Final = 2.75
"""The width, as a multiple of the label column's, below which label and editor do not fit side by side."""


class Remark(QWidget):
    """The icon of an outcome, with the longest text that fits. It ignores clicks."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setVisible(False)
        self.outcome = ""
        self.text = ""
        self._icon_size = 0

    def place(self, outcome: str, space: QRect) -> int:
        """Show an outcome at the right end of a rectangle, or nothing if it has no remark. Returns the width used."""
        self.outcome = outcome
        if outcome not in _REMARK_LOOKS:
            self.setVisible(False)
            return 0
        words = _REMARK_LOOKS[outcome][2]
        metrics = QFontMetrics(small_font())
        size = self._icon_size = max(14, metrics.height())
        for text in words:
            width = size + GRID + metrics.horizontalAdvance(text) + GRID
            if width <= space.width() or text == words[-1]:
                break
        if text != self.text:
            self.text = text
            self.update()
        height = max(size, metrics.height())
        top = space.center().y() - height // 2 + 1
        self.setGeometry(QRect(QPoint(space.right() - width + 1, top), QSize(width, height)))
        self.setVisible(True)
        self.raise_()
        return width

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        if self.outcome not in _REMARK_LOOKS:
            return
        name, token, _ = _REMARK_LOOKS[self.outcome]
        painter = QPainter(self)
        painter.drawPixmap(
            0, (self.height() - self._icon_size) // 2, pixmap(name, token, self._icon_size, self.devicePixelRatioF())
        )
        painter.setFont(small_font())
        painter.setPen(QColor(getattr(current_tokens(), token)))
        painter.drawText(
            self.rect().adjusted(self._icon_size + GRID, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text
        )


class FieldRow(QWidget):
    """One field, with a hairline below it. If one of its checks failed, it has the background color for failures.

    `set_editor` completes it with a child of it.

    Args:
        stacks: whether the editor is below the label if the pane is narrow; otherwise, the label becomes narrower.
    """

    editor: FieldEditor

    def __init__(self, label: str, parent: QWidget, *, stacks: bool = True) -> None:
        super().__init__(parent)
        self._stacks = stacks
        self.label = FieldLabel(label, self)
        self._remark = Remark(self)
        self._marks: PlacedMarks = ()
        self._is_pointed = False
        self._layout = layout = QHBoxLayout(self)
        layout.setContentsMargins(3 * GRID, GRID, 3 * GRID, GRID + 1)
        layout.setSpacing(0)
        layout.addWidget(self.label, 0, Qt.AlignmentFlag.AlignTop)

    def set_editor(self, editor: FieldEditor) -> None:
        """Set the editor, once. Its parent is the row."""
        self.editor = editor
        self.label.setBuddy(editor.buddy())
        self._layout.addWidget(editor, 1)

    def lay_out(self) -> None:
        """Pass on the height of the editor's content now, and not in later events."""
        layout = self.editor.layout()
        if layout is not None:
            layout.activate()
        self._layout.activate()

    def minimumSizeHint(self) -> QSize:
        """Return the smallest usable width."""
        width = self.width_with(self.editor.minimumSizeHint().width())
        return QSize(width, super().minimumSizeHint().height())

    def width_with(self, editor: int) -> int:
        """Return the smallest width in which the editor has this width."""
        label = self.label.narrow_width()
        return (max(label, editor) if self._stacks else label + editor) + 6 * GRID

    def _arrange(self) -> None:
        is_narrow = self.width() < _NARROW_RATIO * self.label.wide_width()
        if not self._stacks:
            self.label.set_narrow(is_narrow)
            return
        direction = QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight
        if self._layout.direction() is not direction:
            self._layout.setDirection(direction)

    @property
    def outcome(self) -> str:
        """The outcome shown: ``failed``, ``not compared``, or empty."""
        return outcome_of(self._marks)

    @property
    def remark(self) -> str:
        """The text of the remark in the row."""
        return self._remark.text if self._remark.outcome in _REMARK_LOOKS else ""

    def set_marks(self, marks: PlacedMarks) -> None:
        """Show the engine's marks. Nothing happens if they are unchanged."""
        if marks == self._marks:
            return
        before = self.outcome
        self._marks = marks
        self.editor.set_marks(marks)
        if self.outcome != before:
            self.editor.buddy().setAccessibleDescription(self.outcome)
            self.place_remark()
            self.update()

    def set_pointed(self, pointed: bool) -> None:
        """Show or remove the bar on the left, which marks the field that the selected check compares."""
        self._is_pointed = pointed
        if not pointed:
            self.editor.unselect()
        self.update()

    def place_remark(self) -> None:
        """Place the remark where the editor has space for it."""
        if self._layout.direction() is QBoxLayout.Direction.TopToBottom:
            left = self.label.x() + self.label.fontMetrics().horizontalAdvance(self.label.text()) + 2 * GRID
            space = QRect(left, self.label.y(), self.width() - 3 * GRID - left, self.label.height())
            self._remark.place(self.outcome, space)
            self.editor.reserve(0)
            return
        space = self.editor.remark_space().translated(self.editor.pos())
        self.editor.reserve(self._remark.place(self.outcome, space))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        self._layout.activate()
        self.place_remark()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens = current_tokens()
        painter = QPainter(self)
        if self.outcome == FAILED:
            painter.fillRect(self.rect(), QColor(tokens.failed_surface))
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), QColor(tokens.line))
        if self._is_pointed:
            painter.fillRect(QRect(0, 0, GRID - 1, self.height() - 1), QColor(tokens.accent))
