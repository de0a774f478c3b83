"""The verdict: word, sentence, reason, the two deciding values, and what to do."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cacheview.engine import Check, Explanation, VerdictOutcome, plain_change
from cacheview.replay.by_files import differs_in_files
from cacheview.ui.icons import icon, pixmap
from cacheview.ui.plain import one_line, visible
from cacheview.ui.selected_item import SelectedItem
from cacheview.ui.theme import GRID, current_tokens, heading_font, plain_font, set_font, strong_font
from cacheview.ui.tips import set_tip
from cacheview.ui.verdict.files_offer import offer_files
from cacheview.ui.verdict.labels import ValueLine, WrappedText
from cacheview.ui.verdict.value_lines import show_check
from cacheview.ui.verdict.words import FORMATS, NOT_CERTAIN, VERDICT_ICONS, values_in_banner

__all__ = ["Banner", "ElidedButton"]

_BAR_WIDTH: Final = GRID
_WIDEST_ID: Final = "(000000000000)"
_MIN_WORD_CHARACTERS: Final = 4  # including the ellipsis
UNCERTAIN_LOOK: Final = "not-certain"
_COLORS: Final = {UNCERTAIN_LOOK: "hazard"}
"""The color tokens of drawings whose token has a different name."""


class ElidedButton(QPushButton):
    """A button with text that is shortened if necessary. Its tool tip is complete."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._end = ""
        self._short = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str, end: str = "", short: str = "") -> None:
        """Set the text. ``end``: is kept when the text is cut; ``short``: replaces a text cut to almost nothing."""
        self._text, self._end, self._short = text, end, short
        self._cut()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        whole = self.fontMetrics().horizontalAdvance(self._text + self._end)
        return QSize(whole + 9 * GRID + self._icon_width(), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * GRID, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _icon_width(self) -> int:
        return 0 if self.icon().isNull() else self.iconSize().width() + GRID

    def _cut(self) -> None:
        metrics = self.fontMetrics()
        room = self.width() - 8 * GRID - self._icon_width() - metrics.horizontalAdvance(self._end)
        cut = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, max(0, room))
        if len(cut) <= _MIN_WORD_CHARACTERS < len(self._text):
            cut = self._short
        self.setText((cut + self._end).replace("&", "&&"))


_PENDING_HAZARDS: Final = "Looking for hazards…"
_PENDING_EDIT_AND_HAZARDS: Final = "Looking for hazards and the smallest edit…"


class Banner(QWidget):
    """The verdict.

    Signals:
        edit_requested: the user wants to make the smallest edit.
        copy_requested(format): the user wants to copy the explanation in one of `FORMATS`.
        files_requested: the user wants to see which files of a ``COPY`` or ``ADD`` differ.
    """

    edit_requested = Signal()
    files_requested = Signal()
    copy_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = VERDICT_ICONS[VerdictOutcome.MISS]
        self._least = 0
        self._brief = False
        self._reason_shown: tuple[str, Check | None] = ("", None)
        self._icon = QLabel(self)
        self._word = WrappedText(heading_font, "text", self)
        self._word.setWordWrap(False)
        self._word.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._head = WrappedText(heading_font, "text", self)
        self._reason = WrappedText(plain_font, "text", self)
        self._values = (ValueLine(self), ValueLine(self))
        self._remedy = WrappedText(plain_font, "text", self)
        self._coming = WrappedText(plain_font, "text_muted", self)
        self._coming.setWordWrap(False)
        self._coming.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._coming.setVisible(False)
        self.edit_button = ElidedButton(self)
        self.edit_button.setObjectName("edit")
        self.edit_button.clicked.connect(self.edit_requested)
        self.files_button = QPushButton("Which files differ", self)
        self.files_button.clicked.connect(self.files_requested)
        self.copy_button = QToolButton(self)
        self.copy_button.setText("Copy ▾")
        self.copy_button.setAccessibleName("Copy the verdict")
        self.copy_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.copy_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.copy_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        menu = QMenu(self.copy_button)
        for form in FORMATS:
            action = QAction(f"As {form}", menu)
            action.triggered.connect(lambda _=False, form=form: self.copy_requested.emit(form))
            menu.addAction(action)
        self.copy_button.setMenu(menu)
        self._lay_out()
        self._fit_headline()
        self._color()

    def _lay_out(self) -> None:
        self._layout = layout = QHBoxLayout(self)
        layout.setContentsMargins(_BAR_WIDTH + 3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(GRID)
        self._headline = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._headline.setSpacing(2 * GRID)
        self._word.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._headline.addWidget(self._word)
        self._headline.addWidget(self._head, 1)
        column.addLayout(self._headline)
        column.addWidget(self._reason)
        for line in self._values:
            column.addWidget(line)
        column.addWidget(self._remedy)
        self._buttons = buttons = QHBoxLayout()
        buttons.setContentsMargins(0, GRID, 0, 0)
        buttons.setSpacing(2 * GRID)
        buttons.addWidget(self.edit_button)
        buttons.addWidget(self._coming)
        buttons.addWidget(self.files_button)
        buttons.addWidget(self.copy_button)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addStretch(1)
        layout.addLayout(column, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    # Content

    @property
    def text(self) -> str:
        """The word for the outcome, and the sentence."""
        return f"{self._word.text()}: {self._head.text()}"

    @property
    def reason(self) -> str:
        """The reason below the verdict; empty: none is shown."""
        return self._reason.text()

    @property
    def remedy(self) -> str:
        """The remedy for a step that misses."""
        return self._remedy.text()

    @property
    def values(self) -> tuple[ValueLine, ValueLine]:
        """The lines of the two values, hidden if there is nothing to compare."""
        return self._values

    def show_explanation(self, explanation: Explanation, selected: SelectedItem | None = None) -> None:
        """Show an explanation. ``selected``: the probe's item, if the verdict depends on more than the probe."""
        outcome = explanation.verdict.outcome
        only_if = selected.only_if if selected is not None else ""
        is_unknown = selected is not None and selected.is_unknown
        look = UNCERTAIN_LOOK if only_if or is_unknown else VERDICT_ICONS[outcome]
        if look != self._look:
            self._look = look
            self._color()
        word = outcome.value.upper()
        if only_if:
            word += f", if {only_if}"
        elif is_unknown and explanation.verdict.unknown is None:
            word += f", {NOT_CERTAIN}"
        self._word.show_text(word)
        self._fit_headline()
        self._head.show_text(one_line(explanation.sentence))
        self.copy_button.setEnabled(True)
        reason, check = values_in_banner(explanation)
        self._reason_shown = one_line(reason), check
        self._show_replayed()
        self._remedy.show_text(f"For a hit: {one_line(explanation.remedy)}" if explanation.remedy else "")
        self._offer_files(explanation, has_files=selected is not None and selected.has_files)
        self.setAccessibleName(f"Verdict: {self.text}")
        self.setAccessibleDescription(visible(explanation.reason))

    def show_delayed(self) -> None:
        """Show that a new answer is being computed, instead of the current one."""
        if self._look != UNCERTAIN_LOOK:
            self._look = UNCERTAIN_LOOK
            self._color()
        self._word.show_text("LOOKING UP")
        self._fit_headline()
        self._head.show_text("the changed probe")
        self._reason_shown = "The trace below is for the previous probe.", None
        self._show_replayed()
        self._remedy.show_text("")
        self._coming.show_text("")
        self.edit_button.hide()
        self.files_button.hide()
        self.copy_button.setEnabled(False)
        self.setAccessibleName(f"Verdict: {self.text}")
        self.setAccessibleDescription("")

    def _offer_files(self, explanation: Explanation, *, has_files: bool) -> None:
        self.files_button.setVisible(differs_in_files(explanation))
        offer_files(self.files_button, explanation.trace.store, has_files=has_files)

    def _show_replayed(self) -> None:
        reason, check = self._reason_shown
        self._reason.show_text("" if self._brief else reason)
        show_check(self._values, None if self._brief else check)

    def set_brief(self, brief: bool) -> None:
        """In a pane that is too short, hide the reason and values, which the trace shows too."""
        if brief == self._brief:
            return
        self._brief = brief
        upright = GRID if brief else 3 * GRID
        self._update_look()
        self._layout.setContentsMargins(_BAR_WIDTH + 3 * GRID, upright, 3 * GRID, upright)
        self._buttons.setContentsMargins(0, 0 if brief else GRID, 0, 0)
        self.forget_height()
        self._show_replayed()

    @property
    def _room(self) -> int:
        """The width of the lines, to the right of the icon."""
        margins = self._layout.contentsMargins()
        return self.width() - margins.left() - margins.right() - self._icon.sizeHint().width() - self._layout.spacing()

    def _fit_headline(self) -> None:
        """Put the sentence below the word if there is no space beside it for an image's id."""
        metrics = self._head.fontMetrics()
        word = metrics.horizontalAdvance(self._word.text()) + 2 * GRID
        is_narrow = self._room < word + metrics.horizontalAdvance(_WIDEST_ID)
        direction = QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight
        if direction is self._headline.direction():
            return
        self._headline.setDirection(direction)
        self._headline.setSpacing(0 if is_narrow else 2 * GRID)
        policy = QSizePolicy.Policy.Expanding if is_narrow else QSizePolicy.Policy.Fixed
        self._word.setSizePolicy(policy, QSizePolicy.Policy.Preferred)
        self._word.setWordWrap(is_narrow)  # after the policy, into which it puts that the height depends on the width

    def _fit_copy(self) -> None:
        """Show *Copy* as an icon only if there is no space for its text beside the edit button."""
        room = self._room
        edit = self.edit_button.minimumSizeHint().width() + 2 * GRID if self.edit_button.isVisibleTo(self) else 0
        button, style = self.copy_button, Qt.ToolButtonStyle
        words = button.fontMetrics().horizontalAdvance(button.text()) + button.iconSize().width() + 7 * GRID
        is_narrow = edit > 0 and room < edit + words
        button.setToolButtonStyle(style.ToolButtonIconOnly if is_narrow else style.ToolButtonTextBesideIcon)

    def await_edit(self, explanation: Explanation, *, is_late: bool) -> None:
        """Wait for the edit. The previous button stays for a moment, and is then replaced by text."""
        is_miss = explanation.verdict.outcome is VerdictOutcome.MISS and not explanation.is_of_step
        self._coming.show_text((_PENDING_EDIT_AND_HAZARDS if is_miss else _PENDING_HAZARDS) if is_late else "")
        if is_late or not is_miss:
            self.edit_button.setVisible(False)
            self._fit_copy()

    def show_edit(self, explanation: Explanation) -> None:
        """Offer the smallest edit."""
        edit = explanation.edit
        self._coming.show_text("")
        self.edit_button.setVisible(edit is not None)
        self._fit_copy()
        if edit is None:
            return
        store = explanation.trace.store
        phrases = [plain_change(change.path, change.old, change.new, store) for change in edit.changes]
        text = one_line(phrases[0]) if len(phrases) == 1 else f"make {len(phrases)} changes"
        self.edit_button.show_text(text[:1].upper() + text[1:], " → hit", "Edit")
        set_tip(self.edit_button, "Smallest edit for a hit:\n" + "\n".join(phrases))
        self.edit_button.setAccessibleName(f"Smallest edit for a hit: {'; '.join(one_line(p) for p in phrases)}"[:500])

    # Background

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self.forget_height()
            self._fit_headline()
            self._fit_copy()
        super().resizeEvent(event)

    def forget_height(self) -> None:
        """Set the height to that of the content."""
        self._least = 0
        self.setMinimumHeight(0)

    def keep_height(self) -> None:
        """Never shrink at this width, so that the content below does not move with every edit."""
        self._layout.activate()  # otherwise the height of inner layouts still includes parts that are now hidden
        self._least = max(self._least, self._layout.totalHeightForWidth(self.width()))
        if self._least != self.minimumHeight():
            self.setMinimumHeight(self._least)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            self._update_look()

    def _update_look(self) -> None:
        for label in (self._word, self._head):
            label.setFont(strong_font() if self._brief else heading_font())
        self._fit_headline()
        set_font(self._reason, plain_font)
        set_font(self._remedy, plain_font)
        set_font(self._coming, plain_font)
        self._color()

    def _color(self) -> None:
        name = _COLORS.get(self._look, self._look)
        size = max(16, self._head.fontMetrics().height())
        self._icon.setPixmap(pixmap(self._look, name, size, self.devicePixelRatioF()))
        self.copy_button.setIcon(icon("copy", "text_muted"))
        self.copy_button.setIconSize(QSize(size, size) * 0.8)
        self._word.set_color(name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens = current_tokens()
        name = _COLORS.get(self._look, self._look)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QColor(tokens.line))
        painter.setBrush(QColor(getattr(tokens, f"{name}_surface")))
        painter.drawRoundedRect(ground, GRID, GRID)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(tokens, name)))
        painter.drawRoundedRect(QRectF(0, 0, _BAR_WIDTH, self.height()), 2, 2)
