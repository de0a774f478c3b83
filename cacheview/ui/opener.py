"""Opens and reloads stores, and reports what is being read and how that ended."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from cacheview.collector import Leftovers
from cacheview.ui.loaded import NextPaneRequest, OpenedStore, ShownPlace
from cacheview.ui.loading import Loader
from cacheview.ui.names import DEMO, ENGINE, start_folder
from cacheview.ui.opening import is_near, open_work, walk_work

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from cacheview.ui.settings import Settings

__all__ = ["Opener"]

"""The value used instead of a rule set's name; no rule set has this name."""

_SETTLE_DELAY_MS: Final = 300  # after a store was shown, so that it is drawn first
_SHORT_SETTLE_DELAY_MS: Final = 20  # if stores follow one another, or the previous content is being freed

_MAX_UNSETTLED_STORES: Final = 10
"""The most stores shown without a pause, as after an engine's events, before garbage is collected when nothing runs.

After twice as many, it is collected even if stores are still being freed.
"""

_FILE_FILTER = "Image stores (*.tar *.tar.* *.tgz *.txz *.json *.jsonl *.jsonl.gz);;All files (*)"


class Opener(QObject):
    """Reads one location at a time in the background.

    Signals:
        announced(location): a location is being read.
        progressed(done, total | None, what): the progress.
        parted(StorePart): the part that has been read so far.
        panes_requested(NextPaneRequest): a piece of the panes is requested.
        opened(OpenedStore, again): a store was read; ``again``: it was open before.
        failed(exception): ``requested_location`` could not be read.
        canceled(): the user canceled the reading.
        ended(): after ``opened``, ``failed`` or ``canceled``.

    Attributes:
        location: the open location; empty: nothing is open.
        requested_location: the latest requested location.
        shown_place: returns the shown place, in any thread; None: nothing is shown.
        platform: the platform of multi-platform images to read; empty: the usual one.
        quietly: whether the running reading was not requested by the user.
    """

    announced = Signal(str)
    progressed = Signal(object, object, str)
    parted = Signal(object)
    panes_requested = Signal(object)
    opened = Signal(object, bool)
    failed = Signal(object)
    canceled = Signal()
    ended = Signal()

    def __init__(
        self,
        settings: Settings,
        rules: str,
        window: QWidget,
        load_panes: Callable[[], object],
        is_at_rest: Callable[[], bool],
    ) -> None:
        """Create an opener.

        Args:
            load_panes: see `opening.open_work`.
            is_at_rest: returns whether everything that was shown before has been freed.
        """
        super().__init__(window)
        self._settings = settings
        self._rules = rules
        self._window = window
        self._load_panes = load_panes
        self._is_at_rest = is_at_rest
        self._images = 0
        self.location = ""
        self.requested_location = ""
        self._requested_rules: str | None = None
        self.platform = ""
        self.quietly = False
        self.shown_place: Callable[[], ShownPlace | None] = lambda: None
        self._leftovers = Leftovers()
        self._settle_timer = QTimer(self, singleShot=True)
        self._settle_timer.timeout.connect(self._settle)
        self._unsettled = 0
        self._loader = Loader(self)
        self._loader.progressed.connect(self.progressed)
        self._loader.parted.connect(self._pass_on)
        self._loader.succeeded.connect(self._succeeded)
        self._loader.failed.connect(self.failed)
        self._loader.canceled.connect(self.canceled)
        self._loader.finished.connect(self._finish)

    @property
    def is_busy(self) -> bool:
        """Whether a store is being read."""
        return self._loader.is_busy

    def open(self, location: str, *, quietly: bool = False, rules: str | None = None) -> None:
        """Read a location. If another is being read, that is stopped.

        ``rules``: a rule set's name, or a release and a storage driver; empty: the store's own; None: for the open
        location, those in use, otherwise those with which the program was started.
        """
        self.quietly = quietly
        self.requested_location, self._requested_rules = location, rules
        self._begin_reading()
        stays = location == self.location and rules is None
        place = self.shown_place if stays else lambda: None
        self._loader.start(
            open_work(location, self._rules if rules is None else rules, self.platform, self._load_panes, place)
        )
        self.announced.emit(location)

    def begin(self) -> None:
        """Open the store of a start without arguments: the engine if it responds, otherwise the demo."""
        from cacheview.ui.stores.start import start_work

        self.requested_location, self._requested_rules = ENGINE, None
        self.quietly = False
        self._begin_reading()
        self._loader.start(start_work(self._rules, self.platform, self._load_panes))
        self.announced.emit(ENGINE)

    def reload(self, rules: str | None = None) -> None:
        """Read the open store again, or the one that could not be opened. ``rules``: see `open`."""
        if self.location or self.requested_location:
            self.open(self.location or self.requested_location, rules=rules)

    def refresh(self) -> None:
        """Read the open store again, since it may have changed, unless a store is already being read."""
        if self.location and not self.is_busy:
            self.open(self.location, quietly=True)

    def try_again(self) -> None:
        """Read the latest requested location again, with the rules that were requested for it."""
        if self.requested_location:
            self.open(self.requested_location, rules=self._requested_rules)

    def cancel(self) -> None:
        """Stop reading. The open store stays."""
        self._loader.cancel()

    def close(self) -> None:
        """Stop reading, and wait until it has stopped."""
        self._settle_timer.stop()
        self._loader.close()

    def choose_file(self) -> None:
        """Prompt for a file."""
        from PySide6.QtWidgets import QFileDialog

        location, _ = QFileDialog.getOpenFileName(
            self._window, "Open an archive or a suite", self._folder(), _FILE_FILTER
        )
        if location:
            self.open(location)

    def choose_folder(self) -> None:
        """Prompt for a folder."""
        from PySide6.QtWidgets import QFileDialog

        location = QFileDialog.getExistingDirectory(self._window, "Open an OCI layout", self._folder())
        if location:
            self.open(location)

    def _folder(self) -> str:
        is_file = os.path.exists(self.location)
        return os.path.dirname(os.path.abspath(self.location)) if is_file else start_folder()

    def _pass_on(self, part: object) -> None:
        (self.panes_requested if isinstance(part, NextPaneRequest) else self.parted).emit(part)

    def _succeeded(self, loaded: OpenedStore) -> None:
        if loaded.instead_of:
            self.requested_location = loaded.opened.location
        is_reload = self.location == self.requested_location
        place = self.shown_place() if is_reload else None
        if place is not None and not is_near(loaded, place):  # the user has moved in the meantime
            self._loader.start(walk_work(loaded, self.shown_place))
            return
        self.location = self.requested_location
        if self.location != DEMO:
            self._settings.add_recent(self.location)
        self.opened.emit(loaded, is_reload)
        self._images = len(loaded.cache.store.images)
        self._unsettled += 1
        self._settle_timer.start(
            _SETTLE_DELAY_MS if self._unsettled < _MAX_UNSETTLED_STORES else _SHORT_SETTLE_DELAY_MS
        )

    def _finish(self) -> None:
        if not self.is_busy:  # otherwise it goes on
            self.ended.emit()

    def _begin_reading(self) -> None:
        self._leftovers.begin()
        if self._unsettled < _MAX_UNSETTLED_STORES:
            self._settle_timer.stop()

    def _settle(self) -> None:
        if not self._is_at_rest() and self._unsettled < 2 * _MAX_UNSETTLED_STORES:
            self._settle_timer.start(_SHORT_SETTLE_DELAY_MS)
            return
        self._unsettled = 0
        self._leftovers.end(self.location, self._images)
