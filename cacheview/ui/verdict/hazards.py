"""The framed notes about a verdict: why it is not certain, and its hazards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from cacheview.engine import HAZARD_TITLES, DoubtCount, Hazard, doubt_sentences
from cacheview.ui.icons import pixmap
from cacheview.ui.plain import one_line
from cacheview.ui.theme import GRID, current_tokens, plain_font, set_font, small_font
from cacheview.ui.tips import set_tip
from cacheview.ui.verdict.labels import WrappedText
from cacheview.wording import counted

__all__ = ["DoubtLine", "FramedLine", "HazardLine", "HazardList"]

_MAX_HEIGHT_SHARE: Final = 0.3
"""The share of the pane's height that the list can take before it scrolls."""


_MAX_DOUBTS: Final = 5
"""The maximum number of doubts that are shown. The others are only counted."""


class FramedLine(QWidget):
    """A sentence, with advice below it."""

    icon = "hazard"
    colors = ("hazard", "hazard_surface")
    """The color tokens of the icon and the background."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = QLabel(self)
        self._sentence = WrappedText(plain_font, "text", self)
        self._advice = WrappedText(small_font, "text_muted", self)
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
        self._color()

    @property
    def text(self) -> str:
        """The sentence."""
        return self._sentence.text()

    @property
    def advice(self) -> str:
        """The advice below it; empty: none."""
        return self._advice.text()

    def show_text(self, sentence: str, advice: str) -> None:
        """Show a sentence and the advice."""
        self._sentence.show_text(sentence)
        self._advice.show_text(advice)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            set_font(self._sentence, plain_font)
            set_font(self._advice, small_font)
            self._color()

    def _color(self) -> None:
        size = max(16, self._sentence.fontMetrics().height())
        self._icon.setPixmap(pixmap(self.icon, self.colors[0], size, self.devicePixelRatioF()))

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.line_strong))
        painter.setBrush(QColor(getattr(tokens, self.colors[1])))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), GRID, GRID)


class HazardLine(FramedLine):
    """One hazard: its unexpected effect, and what to do about it."""

    def show_hazard(self, hazard: Hazard) -> None:
        """Show another hazard."""
        sentence, advice = one_line(hazard.sentence), one_line(hazard.advice)
        self.show_text(f"Hazard: {sentence}", advice)
        self.setAccessibleName(f"Hazard, {HAZARD_TITLES[hazard.kind]}: {sentence} {advice}")


class DoubtLine(FramedLine):
    """Unknown facts that the verdict depends on, and what would make them known."""

    icon = "not-certain"
    colors = ("text_muted", "surface_raised")

    def show_doubts(self, doubted: Sequence[DoubtCount], further: int = 0) -> None:
        """Show doubts that have the same remedy. ``further``: the number of reasons that are not shown."""
        reasons = " ".join(_reason(each) for each in doubted)
        remedy = one_line(doubt_sentences(doubted[0].doubt)[1])
        if further:
            remedy += f" And {counted(further, 'more reason')}."
        self.show_text(f"Unknown: {reasons}", remedy)
        self.setAccessibleName(f"Unknown: {reasons} {remedy}")
        set_tip(self, "\n".join((*(_reason(each) for each in doubted), remedy)))


def _reason(doubted: DoubtCount) -> str:
    reason = one_line(doubt_sentences(doubted.doubt)[0])
    return f"{reason} {doubted.images:,} images are affected." if doubted.images > 1 else reason


class HazardList(QScrollArea):
    """The doubts of a verdict and all its hazards, hidden if there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hazards: tuple[Hazard, ...] = ()
        self._doubted: tuple[DoubtCount, ...] = ()
        self._lines: list[HazardLine] = []
        self._doubts: list[DoubtLine] = []
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
        self.setAccessibleName("Doubts and hazards")
        self.setVisible(False)

    @property
    def doubts(self) -> list[DoubtLine]:
        """The doubts that are shown."""
        return self._doubts[: len(self._by_remedy())]

    @property
    def hazards(self) -> tuple[Hazard, ...]:
        """The hazards that are shown, as values."""
        return self._hazards

    @property
    def lines(self) -> list[HazardLine]:
        """The hazards that are shown."""
        return self._lines[: len(self._hazards)]

    def show_hazards(self, hazards: tuple[Hazard, ...], doubted: tuple[DoubtCount, ...] = ()) -> bool:
        """Show hazards and doubts. Returns whether anything changed."""
        if hazards == self._hazards and doubted == self._doubted:
            return False
        self._hazards, self._doubted = hazards, doubted
        self._show_doubts()
        while len(self._lines) < len(hazards):
            line = HazardLine()
            self._lines.append(line)
            self._layout.insertWidget(self._layout.count() - 1, line)
        for i, line in enumerate(self._lines):
            if i < len(hazards):
                line.show_hazard(hazards[i])
            line.setVisible(i < len(hazards))
        self.setVisible(bool(hazards or doubted))
        return True

    def _by_remedy(self) -> list[list[DoubtCount]]:
        by_reason: dict[str, list[DoubtCount]] = {}
        for each in self._doubted[:_MAX_DOUBTS]:
            by_reason.setdefault(each.doubt.remedy, []).append(each)
        return list(by_reason.values())

    def _show_doubts(self) -> None:
        groups = self._by_remedy()
        further = max(0, len(self._doubted) - _MAX_DOUBTS)
        while len(self._doubts) < len(groups):
            line = DoubtLine()
            self._doubts.append(line)
            self._layout.insertWidget(len(self._doubts) - 1, line)
        for i, line in enumerate(self._doubts):
            if i < len(groups):
                line.show_doubts(groups[i], further if i == len(groups) - 1 else 0)
            line.setVisible(i < len(groups))

    def fit_into(self, width: int, height: int) -> None:
        """Set the height to that of the hazards, but at most a share of the pane's height."""
        needed = self._layout.totalHeightForWidth(width)
        self.setFixedHeight(max(1, min(needed, int(height * _MAX_HEIGHT_SHARE))))
