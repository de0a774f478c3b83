"""The dock that compares builds, and the builds that can be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from cacheview.model import DataError
from cacheview.ui.diff.choices import IMAGE, BuildChoice, of_image, of_path, of_replay, of_watched
from cacheview.ui.diff.dialog import ChooseBuildsDialog
from cacheview.ui.diff.pane import DiffPane
from cacheview.ui.dock import DockController

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from cacheview.report.shown_build import ShownBuild
    from cacheview.ui.dock_host import DockHost
    from cacheview.ui.loading import Report
    from cacheview.ui.replay.build import Build
    from cacheview.ui.replay.pane import ReplayPane
    from cacheview.ui.watch.pane import WatchPane

__all__ = ["BuildDiffs"]


class BuildDiffs(DockController[DiffPane]):
    """Compares builds that the user chooses, drops on the window, or has in other docks.

    Args:
        replay_pane, watch_pane: return these panes of the window; None: they do not exist yet.
    """

    def __init__(
        self,
        host: DockHost,
        name: str,
        action: QAction,
        replay_pane: Callable[[], ReplayPane | None],
        watch_pane: Callable[[], WatchPane | None],
    ) -> None:
        from cacheview.ui.replay.replayer import Replayer

        super().__init__(host, name, DiffPane(), action)
        self._replay_pane = replay_pane
        self._watch_pane = watch_pane
        self._replayer = Replayer(None, host.layer_access)
        self.pane.copied.connect(self.show_copied)
        self.pane.choose_requested.connect(self.choose)

    def choose(self, a: BuildChoice | None = None) -> ChooseBuildsDialog:
        """Prompt for the builds to compare. ``a``: the first one, if it is already known."""
        choices = self.pane.choices
        first, second = (a, None) if a is not None else choices if choices is not None else (None, None)
        dialog = ChooseBuildsDialog(list(self._choices()), self._of_path, first, second, self.host.frame)
        dialog.chosen.connect(self.compare)
        dialog.open()
        return dialog

    def choose_with_replay(self) -> None:
        """Compare the replayed build with another one."""
        self.choose(next(self._of_replay(), None))

    def choose_with_watched(self, build: ShownBuild) -> None:
        """Compare a watched build with another one."""
        pane = self._watch_pane()
        if pane is not None:
            self.choose(self._of_watched(pane, build))

    def compare(self, a: BuildChoice, b: BuildChoice) -> None:
        """Compare two builds, and show the dock."""
        self.show_and_focus()
        self.pane.compare(a, b)

    def compare_paths(self, paths: Sequence[str]) -> None:
        """Compare two records."""
        a, b = (self._of_path(path) for path in paths)
        self.compare(a, b)

    def _choices(self) -> Iterator[BuildChoice]:
        yield from self._of_replay()
        pane = self._watch_pane()
        if pane is not None:
            usable = (build for build in pane.model.builds if build.record or build.can_be_recorded)
            yield from (self._of_watched(pane, build) for build in usable)

    def _of_replay(self) -> Iterator[BuildChoice]:
        pane = self._replay_pane()
        if pane is not None and pane.request is not None:
            yield of_replay(pane.request, pane.replayer)

    def _of_watched(self, pane: WatchPane, build: ShownBuild) -> BuildChoice:
        bridge = pane.bridge

        def save(number: int, path: str, report: Report) -> None:
            bridge.save(number, path, report, env=False, labels=False)

        return of_watched(build, save)

    def _of_path(self, path: str, build: Build | None = None) -> BuildChoice:
        from cacheview.ui.replay.replayer import ReplayRequest

        session = self.host.session  # that of the window: the pane has none before it is shown
        if path.startswith(IMAGE) and session is not None:
            return of_image(path.removeprefix(IMAGE), session.store, session.daemon, self.host.layer_access)

        def request(build: Build) -> ReplayRequest:
            if session is None:
                raise DataError("no store is open. Open a store to replay this build context", where=build.context)
            return ReplayRequest(build, session.store, session.daemon)

        return of_path(path, build, request, self._replayer)
