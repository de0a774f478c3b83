"""Draws the rows of the trace as text that is laid out here, never as markup."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from cacheview.engine import ABSENT, UNKNOWN, Check, CheckOutcome, Explanation, Stage, StageKind, Subject
from cacheview.ui.icons import pixmap
from cacheview.ui.plain import one_line, visible
from cacheview.ui.theme import GRID, Tokens
from cacheview.ui.verdict.fonts import Face, faces
from cacheview.ui.verdict.model import TraceColumn
from cacheview.ui.verdict.pieces import Piece
from cacheview.ui.verdict.rows import ColumnHeads, FoldedChecks, Item, TraceNote
from cacheview.ui.verdict.values import marks, row_pair
from cacheview.ui.verdict.words import (
    NOT_CERTAIN,
    OUTCOME_ICONS,
    STAGE_TITLES,
    VERDICT_ICONS,
    fatal_outcome,
    row_name,
    stage_word,
    subject_name,
    subject_summary,
)

__all__ = ["TextRun", "TraceRowDelegate", "draw_pieces"]

_GAP: Final = 2 * GRID
_MIN_NAME_CHARACTERS: Final = 3  # of the name of a check beside its outcome
_MAX_CACHED_LAYOUTS: Final = 1_000  # of candidates and sources
_COLORS: Final = {
    CheckOutcome.PASSED: "passed",
    CheckOutcome.FAILED: "failed",
    CheckOutcome.UNKNOWN: "text_muted",
    CheckOutcome.NOT_REACHED: "not_reached",
    CheckOutcome.NOT_COMPARED: "not_compared",
}


@dataclass(frozen=True, slots=True)
class TextRun:
    """A part of a row: its distance from the left edge of its cell, its width, and its content.

    Attributes:
        pieces: the text; empty for an icon.
        font: ``plain``, ``strong``, ``small``, ``mono`` or ``word``.
        color: name of the color token of the text.
        icon: name of the drawing before the text; empty: none.
        badge: name of the color token of the background; empty: none.
    """

    left: float
    width: float
    pieces: tuple[Piece, ...]
    font: str = "plain"
    color: str = "text"
    icon: str = ""
    badge: str = ""

    @property
    def text(self) -> str:
        """The text of all its pieces."""
        return "".join(piece.text for piece in self.pieces)


class _ShownSubject(NamedTuple):
    """Everything that the layout of a candidate or source depends on. An edit changes this for only a few of them."""

    icon: str
    color: str
    word: str
    is_uncertain: bool
    short_id: str
    name: str
    name_font: str
    name_color: str
    remark: str
    width: float


def draw_pieces(
    painter: QPainter, rect: QRectF, pieces: tuple[Piece, ...], face: Face, color: QColor, tokens: Tokens
) -> None:
    """Draw text that was cut to fit, with a separate background for the marked part."""
    painter.setFont(face.font)
    left = rect.left()
    baseline = round(rect.center().y() - face.height / 2 + face.ascent)
    for piece in pieces:
        width = face.width(piece.text)
        if piece.is_marked:
            ground = QRectF(left, rect.center().y() - face.height / 2, width, face.height)
            if not piece.text:  # no text, only a position: the other value has an insertion here
                ground.adjust(-1.0, 0, 1.0, 0)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.difference))
            painter.drawRoundedRect(ground, 2 if piece.text else 1, 2 if piece.text else 1)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QColor(tokens.text) if piece.is_marked else color)
        painter.drawText(QPointF(left, baseline), piece.text)  # faster than drawing into a rectangle
        left += width


class TraceRowDelegate(QStyledItemDelegate):
    """Lays out and draws rows on the view's background. Call `refresh` after the application's font has changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.refresh()

    def refresh(self) -> None:
        """Update the fonts."""
        self._faces = faces()
        self._drawings: dict[tuple[str, str, int, float, bool], QPixmap] = {}
        self._subjects: dict[_ShownSubject, list[TextRun]] = {}
        height = max(self._faces[name].height for name in ("strong", "mono"))
        self.row_height = int(height) + 2 * GRID
        self.icon_size = max(12, int(self._faces["plain"].ascent))

    def drawing(self, name: str, color: str, size: int, ratio: float, tokens: Tokens) -> QPixmap:
        """Return `cacheview.ui.icons.pixmap` from a cache, since every row has several."""
        key = (name, color, size, ratio, tokens.dark)
        drawing = self._drawings.get(key)
        if drawing is None:
            drawing = self._drawings[key] = pixmap(name, color, size, ratio)
        return drawing

    def sizeHint(self, option: QStyleOptionViewItem, index: object) -> QSize:
        del option, index
        return QSize(0, self.row_height)

    # Layout

    def lay_out(self, item: Item, column: int, width: float, explanation: Explanation) -> list[TextRun]:
        """Return the parts in one cell of a check or of column heads."""
        match item:
            case Check():
                if column == TraceColumn.CHECK:
                    decided = explanation.deciding is not None and explanation.deciding.check is item
                    return self._check_name(item, width, decided=decided)
                return self._check_value(item, column, width)
            case ColumnHeads():
                text = (item.check, item.probe, item.image)[column]
                return [self._run(0.0, width - _GAP, text, "small", "text_muted")]
            case _:
                return []

    def lay_out_across(self, item: Item, width: float, explanation: Explanation) -> list[TextRun]:
        """Return the parts of a row that spans all columns: a stage, a subject, a group, a note."""
        match item:
            case Stage():
                return self._stage(item, width, explanation)
            case Subject():
                return self._subject(item, width, explanation)
            case FoldedChecks():
                return self._group(item, width)
            case TraceNote():
                return [self._run(0.0, width - _GAP, item.text, "plain", "text_muted" if item.is_faint else "text")]
            case _:
                return []

    def _run(self, left: float, room: float, text: str, font: str, color: str, mark: slice = slice(0, 0)) -> TextRun:
        face = self._faces[font]
        pieces = face.fit(text, mark, room)
        return TextRun(left, sum(face.width(piece.text) for piece in pieces), pieces, font, color)

    def _check_name(self, check: Check, width: float, *, decided: bool) -> list[TextRun]:
        color = _COLORS[check.outcome]
        name_font = "strong" if check.failed or decided else "plain"
        is_quiet = check.outcome in (CheckOutcome.NOT_REACHED, CheckOutcome.NOT_COMPARED)
        name_color = color if is_quiet else "text"
        word = "decided" if decided and check.outcome is not CheckOutcome.UNKNOWN else check.outcome.word
        name = visible(row_name(check))
        icon = OUTCOME_ICONS[check.outcome]
        if not check.doubts or check.outcome is CheckOutcome.UNKNOWN:  # the outcome already shows it
            return self._icon_name_word(icon, name, word, width, name_font, name_color, color)
        uncertainty = self._uncertainty(width - _GAP)
        left = uncertainty[0].left - GRID
        needed = self.icon_size + 3 * GRID + self._faces[name_font].width(name) + self._faces["word"].width(word)
        if left - GRID >= needed:  # otherwise the icon stands for the outcome, and the tool tip explains it
            return [*self._icon_name_word(icon, name, word, left + GRID, name_font, name_color, color), *uncertainty]
        named = self._run(
            self.icon_size + GRID, max(0.0, left - self.icon_size - 2 * GRID), name, name_font, name_color
        )
        return [TextRun(0.0, self.icon_size, (), color=color, icon=icon), named, *uncertainty]

    def _uncertainty(self, right: float) -> list[TextRun]:
        """Return the text "not certain" with its icon, right-aligned."""
        width = self._faces["word"].width(NOT_CERTAIN)
        left = right - width
        return [
            TextRun(left - self.icon_size - GRID // 2, self.icon_size, (), color="text_muted", icon="not-certain"),
            TextRun(left, width, (Piece(NOT_CERTAIN),), "word", "text_muted"),
        ]

    def _group(self, group: FoldedChecks, width: float) -> list[TextRun]:
        color = _COLORS[group.outcome]
        name_color = "text_muted" if group.outcome is CheckOutcome.PASSED else color
        icon = TextRun(0.0, self.icon_size, (), color=color, icon=OUTCOME_ICONS[group.outcome])
        word = self._run(self.icon_size + GRID, width, group.outcome.word, "word", color)
        left = word.left + word.width + _GAP
        uncertainty: list[TextRun] = []
        if group.is_uncertain:
            ask, value = self._uncertainty(0.0)
            by = left - ask.left
            uncertainty = [replace(ask, left=left), replace(value, left=value.left + by)]
            left = uncertainty[1].left + value.width + _GAP
        return [
            icon,
            word,
            *uncertainty,
            self._run(left, width - left - _GAP, visible(group.title), "plain", name_color),
        ]

    def _icon_name_word(
        self, icon: str, name: str, word: str, width: float, name_font: str, name_color: str, color: str
    ) -> list[TextRun]:
        left = self.icon_size + GRID
        word_width = self._faces["word"].width(word)
        room = width - left - word_width - _GAP - GRID
        drawn = TextRun(0.0, self.icon_size, (), color=color, icon=icon)
        if room < self._faces[name_font].width(name[:_MIN_NAME_CHARACTERS]):  # the icon stands for the word
            return [drawn, self._run(left, max(0.0, width - left - _GAP), name, name_font, name_color)]
        named = self._run(left, room, name, name_font, name_color)
        return [drawn, named, TextRun(width - _GAP - word_width, word_width, (Piece(word),), "word", color)]

    def _check_value(self, check: Check, column: int, width: float) -> list[TextRun]:
        pair = row_pair(check)
        side = column - TraceColumn.PROBE
        text = pair[side]
        if not text:
            return []
        mark = marks(check, *pair)[side]
        quiet = check.outcome in (CheckOutcome.NOT_REACHED, CheckOutcome.NOT_COMPARED)
        value = (check.probe, check.image)[side]
        has_value = value is not ABSENT and value is not UNKNOWN
        color = _COLORS[check.outcome] if quiet else "text" if has_value else "text_faint"
        return [self._run(0.0, width - _GAP, visible(text), "mono", color, mark)]

    def _stage(self, stage: Stage, width: float, explanation: Explanation) -> list[TextRun]:
        word = stage_word(explanation, stage)
        icon, color = OUTCOME_ICONS[stage.outcome], _COLORS[stage.outcome]
        fatal = fatal_outcome(explanation, stage)
        if fatal is not None:
            icon = color = VERDICT_ICONS[fatal]
        badge = self._badge(icon, word, color, width)
        title = self._run(0.0, badge.left - _GAP, STAGE_TITLES[stage.kind], "strong", "text")
        left = title.width + _GAP
        note = self._run(left, badge.left - left - _GAP, one_line(stage.note), "small", "text_muted")
        return [title, note, badge]

    def _subject(self, subject: Subject, width: float, explanation: Explanation) -> list[TextRun]:
        verdict = explanation.verdict
        icon, color = OUTCOME_ICONS[subject.outcome], _COLORS[subject.outcome]
        value = subject_summary(subject)
        word = value.word
        role = "candidate" if verdict.stage is StageKind.LOCAL else "source"
        if subject.outcome is CheckOutcome.PASSED and verdict.image is subject.image and subject.role == role:
            icon, word, color = "hit", "the answer", "hit"
        reached = subject.outcome is not CheckOutcome.NOT_REACHED
        shown = _ShownSubject(
            icon,
            color,
            word,
            value.is_uncertain,
            subject.image.short_id,
            subject_name(subject),
            "strong" if subject.image.names else "plain",
            "text" if reached else "text_muted",
            subject.note or (value.count if reached else ""),
            width,
        )
        runs = self._subjects.get(shown)
        if runs is None:
            if len(self._subjects) >= _MAX_CACHED_LAYOUTS:
                self._subjects.clear()
            runs = self._subjects[shown] = self._lay_out_subject(shown)
        return runs

    def _lay_out_subject(self, shown: _ShownSubject) -> list[TextRun]:
        badge = self._badge(shown.icon, shown.word, shown.color, shown.width)
        uncertainty = self._uncertainty(badge.left - _GAP) if shown.is_uncertain else []
        end = uncertainty[0].left if uncertainty else badge.left
        short = self._run(0.0, end - _GAP, shown.short_id, "mono", "text_faint")
        left = short.width + _GAP
        needed = self._faces["small"].width(shown.remark) if shown.remark else 0.0
        room = end - left - _GAP
        name_room = max(room - needed - _GAP, min(room, 0.4 * room)) if shown.remark else room
        name = self._run(left, name_room, shown.name, shown.name_font, shown.name_color)
        left += name.width + _GAP
        count = self._run(left, end - left - _GAP, shown.remark, "small", "text_faint")
        return [*(run for run in (short, name, count) if run.pieces), *uncertainty, badge]

    def _badge(self, icon: str, word: str, color: str, width: float) -> TextRun:
        max_width = max(0.0, min(0.45 * width, width - _GAP) - self.icon_size - 3 * GRID)
        pieces = self._faces["word"].fit(word, slice(0, 0), max_width)
        text = "".join(piece.text for piece in pieces)
        own = self._faces["word"].width(text) + self.icon_size + 3 * GRID
        quiet = color in ("not_reached", "not_compared", "text_muted")
        ground = "" if quiet else f"{color}_surface"
        return TextRun(width - _GAP - own, own, pieces, "word", color, icon, ground)

    # Drawing

    def draw(
        self, painter: QPainter, rect: QRect, runs: list[TextRun], tokens: Tokens, *, selected: bool = False
    ) -> None:
        """Draw the parts of a cell or a row."""
        ratio = painter.device().devicePixelRatioF()
        painter.save()
        for run in runs:
            color = run.color
            if selected and color in ("not_reached", "not_compared") and not run.badge:
                color = "text_muted"  # fainter colors are unreadable on the selection
            left = rect.left() + run.left
            if run.badge:
                ground = QRectF(left, rect.top(), run.width, rect.height())
                self._draw_ground(painter, ground, QColor(getattr(tokens, run.badge)))
            if run.icon:
                pad = GRID if run.pieces else 0
                top = rect.top() + (rect.height() - self.icon_size) // 2
                painter.drawPixmap(int(left) + pad, top, self.drawing(run.icon, color, self.icon_size, ratio, tokens))
                left += self.icon_size + 2 * pad - (0 if run.badge else pad)
            if run.pieces:
                place = QRectF(left, rect.top(), run.width, rect.height())
                draw_pieces(painter, place, run.pieces, self._faces[run.font], QColor(getattr(tokens, color)), tokens)
        painter.restore()

    def _draw_ground(self, painter: QPainter, rect: QRectF, color: QColor) -> None:
        height = self._faces["word"].height + GRID
        ground = QRectF(rect.left(), rect.center().y() - height / 2, rect.width(), height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(ground, GRID, GRID)
        painter.setBrush(Qt.BrushStyle.NoBrush)
