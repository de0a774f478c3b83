"""The details of the selected step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from cacheview.engine import Check, Explanation
from cacheview.model import Image
from cacheview.replay.misses import Miss
from cacheview.replay.result import Step, StepStatus
from cacheview.ui.plain import one_line, visible
from cacheview.ui.replay.replayer import ReplayResult
from cacheview.ui.replay.rows import ReplayRow, RowKind, place_text, reason_text, word_of
from cacheview.ui.scrolled import Scrolled
from cacheview.ui.sizes import size_text
from cacheview.ui.theme import GRID, mono_font, plain_font, set_font, small_font, strong_font
from cacheview.ui.tips import set_tip
from cacheview.ui.verdict.files_offer import offer_files
from cacheview.ui.verdict.labels import ValueLine, WrappedText
from cacheview.ui.verdict.value_lines import show_check
from cacheview.ui.verdict.words import values_in_banner
from cacheview.whatif.words import cost_reason
from cacheview.wording import counted

__all__ = ["StepDetail"]

_MIN_HEIGHT: Final = 14 * GRID
_MAX_FILES: Final = 30
_MAX_INSTRUCTION_CHARACTERS: Final = 2000
_KIND_TITLES: Final = {RowKind.REFUSAL: "Refused", RowKind.WARNING: "Warning", RowKind.HAZARD: "Build hazard"}


class StepDetail(Scrolled):
    """One step: its instruction, the reason for its result, and its files.

    Signals:
        editor_requested(): the user wants to edit the Dockerfile at the line of the step.
        files_requested(Miss): the user wants to see the files that differ.
        download_requested(): the user wants to download the image that a ``COPY --from`` copies files from.
    """

    editor_requested = Signal()
    files_requested = Signal(object)
    download_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        inner = QWidget()
        super().__init__(inner, _MIN_HEIGHT, parent)
        self._title = WrappedText(strong_font)
        self._instruction = WrappedText(mono_font)
        self._reason = WrappedText(plain_font)
        self._values = (ValueLine(), ValueLine())
        self._differs = WrappedText(plain_font)
        self._files = WrappedText(small_font, "text_muted")
        self._miss: Miss | None = None
        self.editor_button = QToolButton()
        self.editor_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        set_tip(self.editor_button, "Open the Dockerfile in your editor (F4)")
        self.editor_button.clicked.connect(self.editor_requested)
        self.files_button = QPushButton("Which files differ")
        self.files_button.clicked.connect(lambda: self.files_requested.emit(self._miss))
        self.download_button = QPushButton()
        self.download_button.clicked.connect(self.download_requested)
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(4 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID + 2)
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self.editor_button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(top)
        for widget in (self._instruction, self._differs):
            layout.addWidget(widget)
        layout.addWidget(self.files_button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._reason)
        layout.addWidget(self.download_button, 0, Qt.AlignmentFlag.AlignLeft)
        for below in (*self._values, self._files):
            layout.addWidget(below)
        layout.addStretch(1)
        self.setAccessibleName("The selected step")
        self.show_row(None, None)

    @property
    def texts(self) -> tuple[str, ...]:
        """The visible texts, from top to bottom."""
        labels = (self._title, self._instruction, self._differs, self._reason, self._files)
        return tuple(label.text() for label in labels if not label.isHidden() and label.text())

    def show_row(self, row: ReplayRow | None, result: ReplayResult | None, *, is_explained: bool = True) -> None:
        """Show a row of a replay; None: there is none. ``is_explained``: whether Probe and Verdict show it."""
        explanation, miss = None, None
        differs: tuple[str, ...] = ()
        files = ""
        if row is None or result is None:
            title, reason = "", "Select a step to see its details." if result is not None else ""
        elif row.step is None:
            title, reason = _KIND_TITLES[row.kind], row.advice
            title += f" at line {row.line}" if row.line else ""
            refused = result.replay.refused
            if row.kind is RowKind.REFUSAL and refused is not None and refused.what != row.text:
                reason = f"{refused.what}."
        else:
            step = row.step
            word = word_of(row) if step.status is not StepStatus.NO_PROBE else "never looked up"
            line = f", line {step.line}" if step.line else ""
            of = (
                f"Trigger {row.number} of step {step.number}"
                if row.kind is RowKind.TRIGGER
                else f"Step {place_text(row)}"
            )
            title = f"{of}{line}: {word}"
            differs = tuple(f"{hazard.sentence} {hazard.advice}" for hazard in step.hazards)
            miss = result.miss_of(step)
            if miss is not None:
                explanation, differs = miss.explanation, miss.files
            reason = _reason(step, result, explanation, is_explained=is_explained)
            cost = result.cost_of(step)
            if cost is not None and cost.removed is not None:
                reason = f"What if: {cost_reason(cost)}. {reason}".rstrip()
            files = _files(step)
        self._title.show_text(title)
        is_open = result is not None and bool(result.request.build.file)
        self.editor_button.setVisible(is_open and row is not None and row.line > 0)
        self.editor_button.setText(f"Open at line {row.line}" if row is not None else "")
        self._instruction.show_text(visible(row.text[:_MAX_INSTRUCTION_CHARACTERS]) if row is not None else "")
        check = self._show_reason(miss, reason)
        show_check(self._values, check)
        self._differs.show_text(one_line_each(differs))
        self._miss = miss if miss is not None and miss.comparison is not None else None
        self.files_button.setVisible(self._miss is not None)
        if self._miss is not None and result is not None:
            offer_files(self.files_button, result.request.store, has_files=self._miss.has_files)
        image = _downloadable_image(row.step, result) if row is not None and result is not None else None
        self.download_button.setVisible(image is not None)
        if image is not None:
            size = f" ({size_text(image.size)})" if image.size is not None else ""
            self.download_button.setText(f"Download {one_line(image.title)}{size}")
            set_tip(
                self.download_button,
                "Download the image as docker save does, to read its layers; cacheview deletes the download on exit",
            )
        self._files.show_text(files)

    def _show_reason(self, miss: Miss | None, reason: str) -> Check | None:
        if miss is None:
            self._reason.show_text(visible(reason))
            return None
        why, check = miss.remedy.reason, None
        if not why and not miss.files:
            why, check = values_in_banner(miss.explanation)
        sentence = f"{miss.explanation.sentence[:1].upper()}{miss.explanation.sentence[1:]}."
        remedy = f"For a hit: {miss.remedy.phrase}." if miss.remedy.edits else ""
        self._reason.show_text(one_line(" ".join(filter(None, (sentence, why, remedy, reason)))))
        return check

    def minimumSizeHint(self) -> QSize:
        return QSize(48 * GRID, _MIN_HEIGHT)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationFontChange:
            set_font(self._title, strong_font)
            set_font(self._instruction, mono_font)
            set_font(self._files, small_font)
            for label in (self._reason, self._differs):
                set_font(label, plain_font)


def one_line_each(texts: Sequence[str]) -> str:
    """Return texts one below the other, each on one line."""
    return "\n".join(one_line(text) for text in texts)


def _reason(step: Step, result: ReplayResult, explanation: Explanation | None, *, is_explained: bool) -> str:
    store = result.request.store
    reason = reason_text(step, store)
    if reason:
        return f"{reason[:1].upper()}{reason[1:]}"
    match step.status:
        case StepStatus.NO_PROBE if step.image:
            return (
                "The builder never looks up this step in the cache, because the step only names the stage's base image."
            )
        case StepStatus.NO_PROBE:
            return "The builder never looks up this step in the cache."
        case StepStatus.HIT | StepStatus.MISS if explanation is None and is_explained:
            return "For the comparison, see the probe and verdict panes."
        case StepStatus.HIT | StepStatus.MISS if explanation is None:
            return "The probe and verdict panes do not currently show this step."
    return ""


def _downloadable_image(step: Step | None, result: ReplayResult) -> Image | None:
    """Return the image of a running engine that an unknown ``COPY --from`` copies files from; None if there is none."""
    from cacheview.layers.unavailable import is_downloadable

    if step is None or step.status is not StepStatus.UNKNOWN or step.from_image is None or step.sources is not None:
        return None
    return step.from_image if step.from_image.diff_ids and is_downloadable(result.request.store) else None


def _files(step: Step) -> str:
    if step.sources is None:
        return ""
    files = step.sources.files
    shown = [f"{one_line(path)}  {result.partition(':')[2][:12] or result[:12]}" for path, result in files[:_MAX_FILES]]
    if len(files) > _MAX_FILES:
        shown.append(f"and {len(files) - _MAX_FILES:,} more")
    return "\n".join((f"{counted(len(files), 'file')} in the build context:", *shown))
