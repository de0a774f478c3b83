"""The docks of the window as a table: the action of each, the function that creates it, and its connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from PySide6.QtCore import QTimer

from cacheview.ui.actions import connect
from cacheview.ui.lazy import Lazy

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from cacheview.model import Image
    from cacheview.ui.actions import Actions
    from cacheview.ui.audit.dock import Audit
    from cacheview.ui.compare.dock import Compare
    from cacheview.ui.details.dock import Details
    from cacheview.ui.diff.dock import BuildDiffs
    from cacheview.ui.dock import DockController
    from cacheview.ui.dock_host import DockHost
    from cacheview.ui.files.dock import Files
    from cacheview.ui.replay.build import Build
    from cacheview.ui.replay.dock import Replays
    from cacheview.ui.replay.pane import ReplayPane
    from cacheview.ui.settings import Settings
    from cacheview.ui.suites.dock import SuiteChecks
    from cacheview.ui.watch.dock import WatchedBuilds
    from cacheview.ui.watch.pane import WatchPane
    from cacheview.ui.workspace import Workspace

__all__ = [
    "AUDIT",
    "COMPARE",
    "DETAILS",
    "DIFF",
    "DOCKS",
    "FILES",
    "REPLAY",
    "SUITES",
    "WATCH",
    "DockSpec",
    "Docks",
    "load_docks",
]

_D = TypeVar("_D", bound="DockController[Any]")


class DockSpec(NamedTuple, Generic[_D]):
    """A row of the table.

    Attributes:
        name: object name of the dock. Its title is that of its pane's title bar.
        action: returns the action that shows and hides it.
        make: imports and creates it, connected to the window and, through `Docks`, to other docks.
        is_kept: whether it is open at the next start if it was open when the program ended. False for docks that show
            the answer to a request, or start something.
    """

    name: str
    action: Callable[[Actions], QAction]
    make: Callable[[Docks, str], _D]
    is_kept: bool = True


class Docks:
    """The docks of one window, each created on first use."""

    def __init__(self, host: DockHost, settings: Settings) -> None:
        self.host: Final = host
        self.settings: Final = settings
        self._restored = False
        self._stopped = False
        self._requests: dict[str, list[Callable[[], object]]] = {}  # by dock, until it has been created
        self._docks = {spec.name: Lazy(partial(spec.make, self, spec.name)) for spec in DOCKS}

    def get(self, spec: DockSpec[_D]) -> _D:
        """Return the dock of a row, which is created on first use and not shown."""
        dock: _D = self._docks[spec.name]()
        return dock

    def existing(self, spec: DockSpec[_D]) -> _D | None:
        """Return the dock of a row; None: it has not been created yet."""
        dock: _D | None = self._docks[spec.name].existing
        return dock

    def use(self, spec: DockSpec[_D], do: Callable[[_D], object]) -> None:
        """Do something with a dock. If it does not exist yet, it is created first, in turns of its own.

        Several requests are met in their order.
        """
        requests = self._requests.get(spec.name)
        if requests is not None:
            requests.append(lambda: do(self.get(spec)))
        elif (dock := self.existing(spec)) is not None and dock.has_dock:
            do(dock)
        else:
            self._requests[spec.name] = [lambda: do(self.get(spec))]
            making = (partial(self._make, spec, step) for step in self._making(spec))
            self._in_turns(*making, lambda: self._meet_requests(spec))

    def _make(self, spec: DockSpec[Any], step: Callable[[], object]) -> None:
        """Create a part of a dock. If that fails, its requests are dropped, and a later one tries again."""
        try:
            step()
        except BaseException:
            self._requests.pop(spec.name, None)
            raise

    def _meet_requests(self, spec: DockSpec[Any]) -> None:
        for do in self._requests.pop(spec.name):
            do()

    def replay(self, build: Build) -> None:
        """Replay a build in its dock."""
        self.use(REPLAY, lambda replays: replays.open_build(build))

    def show_records_of(self, path: str) -> None:
        """Show the builds in a file of records in the dock with watched builds."""
        self.use(WATCH, lambda watched: watched.show_records_of(path))

    def connect_panes(self, panes: Workspace) -> None:
        """Connect the requests of the window's panes to the docks."""
        panes.files_requested.connect(lambda: self.use(FILES, lambda files: files.show_of_verdict()))
        panes.details_requested.connect(lambda: self.use(DETAILS, lambda details: details.show_and_focus()))
        panes.layer_requested.connect(self._show_layer)

    def _show_layer(self, image: Image) -> None:
        session = self.host.session
        if session is not None:
            store = session.store
            self.use(FILES, lambda files: files.show_layer(image, store))

    def connect_actions(self) -> None:
        """Connect each action to its dock."""
        for spec in DOCKS:
            connect(spec.action(self.host.commands), lambda spec=spec: self.use(spec, lambda dock: dock.show_or_hide()))

    def save(self) -> None:
        """Save to the settings which docks are open, and where. Until docks have been restored, the saved ones stay."""
        if self._restored:
            shown = [spec.name for spec in DOCKS if spec.is_kept and self._is_open(spec)]
            self.settings.docks = shown
            self.settings.dock_places = self.host.frame.saveState()

    def restore(self) -> None:
        """Open the docks that were open in the last session, in separate turns, without moving the keyboard focus."""
        steps: list[Callable[[], object]] = []
        for spec in DOCKS:
            if spec.is_kept and spec.name in self.settings.docks:
                steps += [*self._making(spec), partial(self._show_quietly, spec)]
        if steps:
            QTimer.singleShot(0, self.host.frame, lambda: self._in_turns(*steps, self._put_in_places))
        else:
            self._restored = True

    def _show_quietly(self, spec: DockSpec[Any]) -> None:
        self.get(spec).dock.show_quietly()

    def _put_in_places(self) -> None:
        self._restored = True
        if self.settings.dock_places is not None:
            self.host.frame.restoreState(self.settings.dock_places)

    def reset(self) -> None:
        """Close all docks, and reset their places."""
        for lazy in self._docks.values():
            if lazy.existing is not None:
                lazy.existing.reset()

    def _is_open(self, spec: DockSpec[Any]) -> bool:
        dock = self.existing(spec)
        return dock is not None and dock.is_open

    def stop(self) -> None:
        """Stop running work in all docks. No dock is created any more."""
        self._stopped = True
        for lazy in self._docks.values():
            if lazy.existing is not None:
                lazy.existing.stop()

    def _making(self, spec: DockSpec[Any]) -> Iterator[Callable[[], object]]:
        """Yield the steps that create a dock: its pane, and the dock itself."""
        yield lambda: self.get(spec)
        yield lambda: self.get(spec).dock

    def _in_turns(self, first: Callable[[], object], *remaining: Callable[[], object]) -> None:
        """Do each step in a separate turn, since all of them together would be noticeable."""
        if self._stopped:
            return
        first()
        if remaining:
            QTimer.singleShot(0, self.host.frame, lambda: self._in_turns(*remaining))


def _make_compare(docks: Docks, name: str) -> Compare:
    from cacheview.ui.compare.dock import Compare

    dock = Compare(docks.host, name, COMPARE.action(docks.host.commands))
    dock.pane.rules_requested.connect(docks.host.choose_rules)
    return dock


def _make_details(docks: Docks, name: str) -> Details:
    from cacheview.ui.details.dock import Details

    return Details(docks.host, name, DETAILS.action(docks.host.commands))


def _make_audit(docks: Docks, name: str) -> Audit:
    from cacheview.ui.audit.dock import Audit

    return Audit(docks.host, name, AUDIT.action(docks.host.commands))


def _make_replay(docks: Docks, name: str) -> Replays:
    from cacheview.ui.replay.dock import Replays

    dock = Replays(docks.host, name, REPLAY.action(docks.host.commands), docks.settings)
    dock.pane.files_requested.connect(lambda miss: docks.use(FILES, lambda files: files.show_miss(miss)))
    dock.pane.compare_requested.connect(lambda: docks.use(DIFF, lambda diffs: diffs.choose_with_replay()))
    return dock


def _make_files(docks: Docks, name: str) -> Files:
    from cacheview.ui.files.dock import Files

    is_kept = docks.settings.records is not None
    action = FILES.action(docks.host.commands)
    return Files(docks.host, name, action, lambda: docks.get(REPLAY).pane, is_kept=is_kept)


def _make_suites(docks: Docks, name: str) -> SuiteChecks:
    from cacheview.ui.suites.dock import SuiteChecks

    return SuiteChecks(docks.host, name, SUITES.action(docks.host.commands))


def _make_watch(docks: Docks, name: str) -> WatchedBuilds:
    from cacheview.ui.watch.dock import WatchedBuilds

    dock = WatchedBuilds(docks.host, name, WATCH.action(docks.host.commands))
    dock.pane.compare_requested.connect(lambda build: docks.use(DIFF, lambda diffs: diffs.choose_with_watched(build)))
    return dock


def _make_diff(docks: Docks, name: str) -> BuildDiffs:
    from cacheview.ui.diff.dock import BuildDiffs

    def replay_pane() -> ReplayPane | None:
        dock = docks.existing(REPLAY)
        return dock.pane if dock is not None else None

    def watch_pane() -> WatchPane | None:
        dock = docks.existing(WATCH)
        return dock.pane if dock is not None else None

    return BuildDiffs(docks.host, name, DIFF.action(docks.host.commands), replay_pane, watch_pane)


DETAILS: Final = DockSpec("details", lambda do: do.details, _make_details)
COMPARE: Final = DockSpec("compare", lambda do: do.compare, _make_compare)
AUDIT: Final = DockSpec("audit", lambda do: do.audit, _make_audit)
REPLAY: Final = DockSpec("replay", lambda do: do.replay, _make_replay)
FILES: Final = DockSpec("files", lambda do: do.files, _make_files, is_kept=False)
SUITES: Final = DockSpec("suites", lambda do: do.suite_checks, _make_suites)
WATCH: Final = DockSpec("watch", lambda do: do.watch, _make_watch, is_kept=False)
DIFF: Final = DockSpec("diff", lambda do: do.diff, _make_diff, is_kept=False)

DOCKS: Final[tuple[DockSpec[Any], ...]] = (DETAILS, COMPARE, AUDIT, REPLAY, FILES, SUITES, WATCH, DIFF)
"""The docks of the window, in their tab order."""


def load_docks(pause: Callable[[], object]) -> None:
    """Import the modules of all docks, so that first use need not wait. ``pause`` is called in between."""
    import cacheview.ui.audit.dock

    pause()
    import cacheview.ui.compare.dock

    pause()
    import cacheview.ui.details.dock

    pause()
    import cacheview.ui.diff.dock

    pause()
    import cacheview.ui.files.dock

    pause()
    import cacheview.ui.replay.dock

    pause()
    import cacheview.ui.suites.dock

    pause()
    import cacheview.ui.watch.dock  # noqa: F401
