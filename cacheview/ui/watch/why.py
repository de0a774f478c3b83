"""The notes below the steps of a build: the reason for the first miss, and the differences in the daemon's result."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from cacheview.report.shown_build import ShownBuild
from cacheview.ui.plain import one_line
from cacheview.ui.theme import GRID, plain_font, set_font, strong_font
from cacheview.ui.verdict.labels import WrappedText

__all__ = ["WhyMissed"]


class WhyMissed(QScrollArea):
    """The notes, hidden while there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = WrappedText(strong_font)
        self._words = WrappedText(plain_font)
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        for label in (self._title, self._words):
            layout.addWidget(label)
        layout.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Why the build misses the cache")
        self.hide()

    @property
    def texts(self) -> tuple[str, str]:
        """The title, and the text below it."""
        return self._title.text(), self._words.text()

    def show_build(self, build: ShownBuild | None) -> None:
        """Show the notes about a build; None: hide them."""
        title, *words = _lines(build) if build is not None else [""]
        texts = (title, "\n".join(words))
        if texts != self.texts:
            self._title.show_text(texts[0])
            self._words.show_text(texts[1])
        self.setVisible(bool(title))

    def minimumSizeHint(self) -> QSize:
        return QSize(30 * GRID, 8 * GRID)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationFontChange:
            set_font(self._title, strong_font)
            set_font(self._words, plain_font)


def _lines(build: ShownBuild) -> list[str]:
    return [one_line(line) for line in (*_differences(build), *_why(build), *_failure(build))] or [""]


def _differences(build: ShownBuild) -> Iterator[str]:
    if build.differences:
        what = "The record differs" if build.is_replayed else "The daemon's answers differ"
        yield f"{what} from the prediction"
        yield from build.differences


def _why(build: ShownBuild) -> Iterator[str]:
    if build.missed:
        yield f"Why step {build.missed} misses"
        yield from build.why


def _failure(build: ShownBuild) -> Iterator[str]:
    if build.error.strip():
        yield "The build failed"
        yield build.error.strip()
