"""The hazards of a verdict, each in a quiet frame."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from cacheview.engine import Hazard
from cacheview.ui.icons import pixmap
from cacheview.ui.plain import one_line
from cacheview.ui.theme import GRID, current_tokens, scaled_font, small_font
from cacheview.ui.verdict.labels import Text

__all__ = ["HazardLine", "HazardList"]

_MOST: Final = 0.3
"""Of the pane's height; what is more is scrolled."""


class HazardLine(QWidget):
    """One hazard: what is surprising, and what to do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = QLabel(self)
        self._sentence = Text(scaled_font(1.0), "text", self)
        self._advice = Text(small_font(), "text_muted", self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(GRID // 2)
        column.addWidget(self._sentence)
        column.addWidget(self._advice)
        layout.addLayout(column, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self._colour()

    @property
    def text(self) -> str:
        return self._sentence.text()

    def show_hazard(self, hazard: Hazard) -> None:
        self._sentence.say(f"Hazard: {one_line(hazard.sentence)}")
        self._advice.say(one_line(hazard.advice))
        self.setAccessibleName(f"Hazard, {hazard.kind.value}: {one_line(hazard.sentence)} {one_line(hazard.advice)}")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            self._sentence.setFont(scaled_font(1.0))
            self._advice.setFont(small_font())
            self._colour()

    def _colour(self) -> None:
        size = max(16, self._sentence.fontMetrics().height())
        self._icon.setPixmap(pixmap("hazard", "hazard", size, self.devicePixelRatioF()))

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.line_strong))
        painter.setBrush(QColor(tokens.hazard_surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), GRID, GRID)


class HazardList(QScrollArea):
    """All hazards of a verdict; no room where there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hazards: tuple[Hazard, ...] = ()
        self._lines: list[HazardLine] = []
        inner = QWidget(self)
        self._layout = QVBoxLayout(inner)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(GRID)
        self._layout.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Hazards")
        self.setVisible(False)

    @property
    def lines(self) -> list[HazardLine]:
        """Those that are shown."""
        return self._lines[: len(self._hazards)]

    def show_hazards(self, hazards: tuple[Hazard, ...]) -> bool:
        """Returns whether anything changed."""
        if hazards == self._hazards:
            return False
        self._hazards = hazards
        while len(self._lines) < len(hazards):
            line = HazardLine()
            self._lines.append(line)
            self._layout.insertWidget(len(self._lines) - 1, line)
        for i, line in enumerate(self._lines):
            if i < len(hazards):
                line.show_hazard(hazards[i])
            line.setVisible(i < len(hazards))
        self.setVisible(bool(hazards))
        return True

    def fit_into(self, width: int, height: int) -> None:
        """As high as the hazards are, up to a share of the pane's height."""
        wanted = self._layout.totalHeightForWidth(width)
        self.setFixedHeight(max(1, min(wanted, int(height * _MOST))))
