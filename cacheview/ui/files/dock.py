"""The dock with files, and the ways to open it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from cacheview.ui.dock import DockController
from cacheview.ui.files.pane import FilesPane
from cacheview.ui.files.reading import FilesShown, opening_layer, shown_of
from cacheview.ui.selection import SelectionRelation
from cacheview.ui.sizes import size_text

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from cacheview.layers.files import LayerFiles
    from cacheview.model import Image, ImageStore
    from cacheview.replay.file_comparison import FileComparison
    from cacheview.replay.misses import Miss
    from cacheview.replay.result import Step
    from cacheview.ui.dock_host import DockHost
    from cacheview.ui.loading import Report
    from cacheview.ui.replay.pane import ReplayPane

__all__ = ["Files"]


class Files(DockController[FilesPane]):
    """Shows the files of a step that misses in the replay, of the window's probe, or of an image's layer.

    Args:
        replay: returns the pane that replays Dockerfiles.
        is_kept: whether layer listings are kept in the cache folder.
    """

    def __init__(
        self, host: DockHost, name: str, action: QAction, replay: Callable[[], ReplayPane], *, is_kept: bool
    ) -> None:
        super().__init__(host, name, FilesPane(), action)
        self._replay = replay
        self._is_kept = is_kept
        self._again: Callable[[], object] = lambda: None
        self._help: Callable[[], object] = lambda: None
        self._step: Step | None = None  # the step whose files are shown
        self.pane.copied.connect(self.show_copied)
        self.pane.again_requested.connect(lambda: self._again())
        self.pane.helped.connect(lambda: self._help())

    def show_or_hide(self) -> None:
        """Show or hide the dock. It shows the files of the selected step if the step misses because of them."""
        miss = None if self.is_open else self._selected_miss()
        if miss is not None:
            self.show_miss(miss)
        else:
            super().show_or_hide()

    def show_of_verdict(self) -> None:
        """Show the files that keep the probe from being a hit, if it is the probe of a step."""
        session = self.host.session
        if session is None:
            return
        miss = self._selected_miss()
        if miss is not None:
            self.show_miss(miss)
        else:
            self.show_no_context(session.store)

    def _selected_miss(self) -> Miss | None:
        """Return the miss of the step that the probe is from, if files are the reason; None: they are not."""
        session = self.host.session
        if session is None or session.selected is None or session.relation is not SelectionRelation.OWN:
            return None
        miss = self._replay().miss
        return miss if miss is not None and miss.comparison is not None else None

    def show_miss(self, miss: Miss) -> None:
        """Show the files that keep a step from being a hit, and update them after each replay."""
        replay = self._replay()
        value = replay.result
        if miss.comparison is None or value is None:
            return
        self._again = replay.look_up_again
        self._step = miss.step
        replay.settled.connect(self._follow, Qt.ConnectionType.UniqueConnection)
        self._show(miss.comparison, miss.step, value.request.store)
        self.show_and_focus()

    def _show(self, comparison: FileComparison, step: Step, store: ImageStore) -> None:
        help_ = self._offer(store, comparison.image, self._replay().look_up_again)
        self.pane.show_files(shown_of(comparison, _title(step)), store, help_)

    def _offer(self, store: ImageStore, image: Image, again: Callable[[], object]) -> str:
        """Return the text of the button that downloads an image; empty: a download would not help."""
        from cacheview.layers.unavailable import is_downloadable

        if not is_downloadable(store) or not image.diff_ids:
            return ""

        def download() -> None:
            self.host.layer_access.allow(store)
            again()

        self._help = download
        return f"Download the image ({size_text(image.size)})" if image.size is not None else "Download the image"

    def _follow(self) -> None:
        """Update the files after another replay, since those of the step may have changed."""
        value, step = self._replay().result, self._step
        if value is None or step is None:
            return
        miss = next(
            (miss for miss in value.misses if (miss.step.number, miss.step.text) == (step.number, step.text)), None
        )
        if miss is not None and miss.comparison is not None:
            self._show(miss.comparison, miss.step, value.request.store)
        else:
            shown = FilesShown(_title(step), "", problem="The files no longer cause this step to miss.")
            self.pane.show_files(shown, value.request.store)

    def show_no_context(self, store: ImageStore) -> None:
        """Show that the probe's files are not known, and that a build context is needed."""
        self._help = self.host.commands.replay_dockerfile.trigger
        self._step = None
        problem = "The files are not available: a probe contains only their checksum."
        remedy = "Replay the Dockerfile to compare the build context with the nearest image's layer"
        self.pane.show_files(
            FilesShown("The probe's files", "", problem=problem, remedy=remedy), store, "Replay Dockerfile…"
        )
        self.show_and_focus()

    def show_layer(self, image: Image, store: ImageStore) -> None:
        """Show the files that the top layer of an image added, changed and removed."""
        self._again = lambda: self.show_layer(image, store)
        self._step = None
        access = self.host.layer_access

        def layers(report: Report) -> LayerFiles:
            from cacheview.layers.files import LayerFiles
            from cacheview.layers.layer_memory import LayerMemory, layer_cache

            memory = LayerMemory(layer_cache() if self._is_kept else None)
            source = access.open(store, lambda: report(0, None, "Looking for layers"))
            return LayerFiles(source, memory, lambda done, what: report(done, None, f"Reading {what[:60]}"))

        help_ = self._offer(store, image, lambda: self.show_layer(image, store))
        self.pane.read(opening_layer(image, layers), f"Layer of {image.title}", store, help_)
        self.show_and_focus()


def _title(step: Step) -> str:
    return f"Step {step.number}, {step.text}"
