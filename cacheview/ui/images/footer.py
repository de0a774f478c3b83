"""The footer of the images pane: which rows are listed, and how many."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QWidget

from cacheview.ui.text_widths import TextWidths
from cacheview.ui.theme import GRID, set_font, small_font
from cacheview.wording import counted

__all__ = ["ImagesFooter"]

_INTERMEDIATE_TEXT: Final = "&Intermediate"
_ONLY_CANDIDATES_TEXTS: Final = ("Only can&didates", "Can&didates")
"""The text of the check box, and a shorter one for narrow widths."""


class ImagesFooter(QWidget):
    """Two check boxes and a count. If there is little space, first the count is hidden, and then texts are shortened.

    Signals:
        intermediate_toggled(bool): whether to list unnamed images that others were built on.
        marked_toggled(bool): whether to list only candidates and sources.
    """

    intermediate_toggled = Signal(bool)
    marked_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.intermediate = QCheckBox(_INTERMEDIATE_TEXT)
        self.intermediate.setToolTip("Also list unnamed images that other images were built on")
        self.intermediate.setChecked(True)
        self.marked = QCheckBox(_ONLY_CANDIDATES_TEXTS[0])
        self.marked.setAccessibleName(_ONLY_CANDIDATES_TEXTS[0].replace("&", ""))
        self.marked.setToolTip("List only the images that the probe is compared with: candidates and sources")
        self._widths = TextWidths(self.marked)
        self._count = QLabel()
        self._count.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self)
        row.setContentsMargins(3 * GRID, GRID, 3 * GRID, GRID)
        row.setSpacing(3 * GRID)
        row.addWidget(self.intermediate)
        row.addWidget(self.marked)
        row.addStretch(1)
        row.addWidget(self._count)
        self._set_fonts()
        self.intermediate.toggled.connect(self.intermediate_toggled)
        self.marked.toggled.connect(self.marked_toggled)

    def show_count(self, shown: int, total: int) -> None:
        """Show how many images are listed, and the total."""
        images = counted(total, "image")
        self._count.setText(images if shown == total else f"{shown:,} of {images}")
        self._fit()

    def show_busy(self, text: str) -> None:
        """Show this text about work in progress instead of the count."""
        self._count.setText(text)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._needed(_ONLY_CANDIDATES_TEXTS[-1]), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._set_fonts()

    def _fit(self) -> None:
        count = QFontMetrics(self._count.font()).horizontalAdvance(self._count.text()) + 3 * GRID
        needed = self._needed(_ONLY_CANDIDATES_TEXTS[0])
        self._count.setVisible(needed + count <= self.width())
        text = _ONLY_CANDIDATES_TEXTS[0 if needed <= self.width() else 1]
        if self.marked.text() != text:
            self.marked.setText(text)

    def _needed(self, only: str) -> int:
        """Return the width with these texts and without the count."""
        measure = self._widths.of
        boxes = 2 * self.marked.sizeHint().width() - 2 * measure(self.marked.text())
        return boxes + measure(_INTERMEDIATE_TEXT) + measure(only) + 9 * GRID

    def _set_fonts(self) -> None:
        for small in (self.intermediate, self.marked, self._count):
            set_font(small, small_font)
