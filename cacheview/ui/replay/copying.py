"""Copies steps to the clipboard."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from cacheview.ui.loading import Loader, Report
from cacheview.ui.replay.replayer import ReplayResult
from cacheview.ui.replay.rows import ReplayRow

__all__ = ["StepsCopier"]


class StepsCopier(QObject):
    """Copies steps. Signals: ``copied(str)``: what was put on the clipboard, in words."""

    copied = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader = Loader(self)
        self._loader.succeeded.connect(lambda text: self._copy_to_clipboard(text, "the steps as text"))

    def copy_all(self, result: ReplayResult | None) -> None:
        """Copy all steps of a replay in the form of ``docker build`` output. The text is created in another thread."""
        if result is None:
            return

        def work(report: Report) -> object:
            from cacheview.report.replays import replay_as_text

            report(0, None, "Copying")
            return replay_as_text(result.replay, result.request.store, result.misses, using=result.request.daemon)

        self._loader.start(work)

    def copy_row(self, row: ReplayRow | None) -> None:
        """Copy the instruction of a step, or the text of another row."""
        if row is not None:
            self._copy_to_clipboard(row.text, "the instruction" if row.step is not None else "the daemon's message")

    def stop(self) -> None:
        """Stop running work, and wait for it."""
        self._loader.close()

    def _copy_to_clipboard(self, text: str, what: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(what)
