"""A watcher in front of an engine, with a way to wait for the builds that it sees."""

from __future__ import annotations

import threading

from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.watch.build import WatchedBuild
from cacheview.watch.watcher import Watcher

__all__ = ["Watching"]

_SECONDS = 60.0


class Watching:
    """A watcher, with a way to wait for the builds that it sees."""

    def __init__(self, url: str, runtime: str) -> None:
        self._final: dict[int, WatchedBuild] = {}
        self._more = threading.Condition()
        self.faults: list[BaseException] = []
        self.watcher = Watcher(Endpoint("", url), self._changed, self.faults.append, runtime)

    def _changed(self, build: WatchedBuild) -> None:
        with self._more:
            if build.is_final:
                self._final[build.number] = build
            self._more.notify_all()

    @property
    def count(self) -> int:
        """The number of builds that have begun."""
        return max((build.number for build in self.watcher.builds), default=0)

    def last(self) -> WatchedBuild:
        """Wait until the newest build is over, and return it."""
        number = self.count
        with self._more:
            assert self._more.wait_for(lambda: number in self._final, _SECONDS)
            return self._final[number]
