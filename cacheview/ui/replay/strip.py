"""The lines above the steps with the result of a replay."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from cacheview.replay.result import Replay, Step
from cacheview.ui.icons import pixmap
from cacheview.ui.plain import one_line
from cacheview.ui.replay.replayer import ReplayResult
from cacheview.ui.theme import GRID, current_tokens, icon_size, plain_font, set_font, strong_font
from cacheview.ui.verdict.labels import ElidedLabel, WrappedText
from cacheview.whatif.costs import Costs
from cacheview.whatif.words import cost_reason, costs_line
from cacheview.wording import counted

__all__ = ["StripLine", "SummaryStrip", "summaries"]


_MAX_INSTRUCTION_CHARACTERS: Final = 60  # shown of an instruction
_MAX_LINES: Final = 5  # a what-if, a refusal, a miss, and two notes


@dataclass(frozen=True)
class StripLine:
    """One line. ``look``: its drawing; ``step``: the step that it is about; None: it is not about one."""

    look: str
    word: str
    text: str
    step: Step | None = None

    @property
    def color(self) -> str:
        """Its color token."""
        return "hazard" if self.look == "not-certain" else self.look


def summaries(result: ReplayResult) -> tuple[StripLine, ...]:
    """Return the lines about a replay: the cost of a supposed change, a refusal, the first miss, and notes.

    If there is neither a refusal nor a miss, one line says how the steps fare in the cache.
    """
    replay = result.replay
    lines = []
    if result.costs is not None:
        lines.append(_of_costs(result.costs))
    refused = replay.refused
    if refused is not None:
        where = f"line {refused.line}: " if refused.line and not refused.names_line else ""
        lines.append(StripLine("error", "REFUSED", f"{where}{refused.message}"))
    missed = replay.first_miss
    if missed is not None:
        why = missed.reason
        if result.first is not None:
            why = result.first.explanation.sentence
            if result.first.files:
                file = result.first.files[0]
                why = file[:1].lower() + file[1:]
            elif result.first.remedy.reason:
                why = f"{why}. {result.first.remedy.reason}"
        lines.append(StripLine("miss", "MISS", f"{_named(missed, replay)}{': ' if why else ''}{why}", missed))
    if refused is None and missed is None:
        lines.append(_without_miss(replay))
    missing = result.request.build.missing
    if missing:
        names = ", ".join(missing)
        text = f"Build argument values are not saved when you close cacheview. Set {names} again in “Options”"
        lines.append(StripLine("hazard", "NOTE", text))
    if result.problem:
        lines.append(StripLine("hazard", "NOTE", f"The record of the files could not be saved: {result.problem}"))
    return tuple(lines)


def _of_costs(compared: Costs) -> StripLine:
    """Return the line about the number of steps that change, with the reason for the first one."""
    first = next((cost for cost in compared.changed if cost.after is not None), None)
    why = cost_reason(first) if first is not None and first.removed is not None else ""
    text = f"{costs_line(compared)}{f' Step {first.step.number}: {why}.' if first is not None and why else ''}"
    return StripLine("diverges", "WHAT IF", text, first.after if first is not None else None)


def _without_miss(replay: Replay) -> StripLine:
    unknown = next((step for step in replay.looked_up if step.cached is None), None)
    if unknown is not None:
        return StripLine("not-certain", "UNKNOWN", f"{_named(unknown, replay)}: {unknown.reason}", unknown)
    steps = tuple(replay.looked_up)
    if not steps:
        return StripLine("hit", "NOTHING TO CHECK", "No steps in this Dockerfile are looked up in the cache")
    if replay.all_cached:
        text = f"All {len(steps)} steps that were looked up in the cache are hits"
        return StripLine(
            "hit", "HIT", text if len(steps) > 1 else "The only step that was looked up in the cache is a hit"
        )
    return StripLine("not-certain", "NOT CHECKED", f"The cache is not used for {counted(len(steps), 'step')}")


def _named(step: Step, replay: Replay) -> str:
    trigger = next((base for base in replay.steps if any(each is step for each in base.triggers)), None)
    of = f"a trigger of step {step.number}" if trigger is not None else f"step {step.number} of {replay.total}"
    text = one_line(step.text)
    return (
        f"{of}, {text if len(text) <= _MAX_INSTRUCTION_CHARACTERS else text[: _MAX_INSTRUCTION_CHARACTERS - 1] + '…'}"
    )


class SummaryStrip(QWidget):
    """Shows the lines. Signals: ``step_requested(Step)``: the user wants to see the step of a line."""

    step_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[_StripRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    @property
    def texts(self) -> tuple[str, ...]:
        """The word and text of each visible line."""
        return tuple(row.text for row in self._rows if not row.isHidden())

    def show_summaries(self, lines: tuple[StripLine, ...]) -> None:
        """Show these lines, or only the first of them if there are too many."""
        lines = lines[:_MAX_LINES]
        while len(self._rows) < len(lines):
            self._add_row()
        for row, line in zip_longest(self._rows, lines):
            row.show_summary(line)

    def _add_row(self) -> None:
        row = _StripRow(self)
        row.step_requested.connect(self.step_requested)
        self._rows.append(row)
        self._column.addWidget(row)


class _StripRow(QWidget):
    step_requested = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._summary: StripLine | None = None
        self._picture = QLabel()
        self._word = WrappedText(strong_font)
        self._word.setWordWrap(False)
        self._text = ElidedLabel(plain_font)
        self._button = QToolButton()
        self._button.setText("Show the step")
        self._button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._button.clicked.connect(self._ask)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4 * GRID, GRID, 2 * GRID, GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self._picture)
        layout.addWidget(self._word, 0)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._button)
        self._word.setSizePolicy(self._button.sizePolicy())

    @property
    def text(self) -> str:
        return f"{self._word.text()}: {self._text.whole()}"

    def show_summary(self, summary: StripLine | None) -> None:
        self._summary = summary
        self.setVisible(summary is not None)
        if summary is None:
            return
        self._word.show_text(summary.word)
        self._text.show_text(one_line(summary.text))
        self._button.setVisible(summary.step is not None)
        self.setAccessibleName(self.text)
        self._update_look()

    def _ask(self) -> None:
        if self._summary is not None and self._summary.step is not None:
            self.step_requested.emit(self._summary.step)

    def _update_look(self) -> None:
        if self._summary is None:
            return
        self._picture.setPixmap(pixmap(self._summary.look, self._summary.color, icon_size(), self.devicePixelRatioF()))
        self._word.set_color(self._summary.color)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            set_font(self._word, strong_font)
            set_font(self._text, plain_font)
            self._update_look()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        if self._summary is None:
            return
        tokens, painter = current_tokens(), QPainter(self)
        painter.fillRect(self.rect(), QColor(getattr(tokens, f"{self._summary.color}_surface")))
        painter.fillRect(0, 0, GRID, self.height(), QColor(getattr(tokens, self._summary.color)))
        painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(tokens.line))
