"""A watcher in front of an engine, and a way to wait for what it has seen."""

from __future__ import annotations

import threading

from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.watch.build import WatchedBuild
from cacheview.watch.watcher import Watcher

__all__ = ["Watching"]

_SECONDS = 60.0


class Watching:
    """A watcher, and a way to wait for what it has seen."""

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
        """How many builds have begun."""
        return max((build.number for build in self.watcher.builds), default=0)

    def last(self) -> WatchedBuild:
        """The newest build, once it is over."""
        number = self.count
        with self._more:
            assert self._more.wait_for(lambda: number in self._final, _SECONDS)
            return self._final[number]
