"""Watches the builds that pass through a socket: each is predicted, observed and compared."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from cacheview.collector import paused_collector
from cacheview.dockerfile.context.tarsum import Member
from cacheview.layers.layer_memory import LayerMemory, layer_cache
from cacheview.model import DataError
from cacheview.model.effort import Effort, LimitError
from cacheview.replay.file import ExpectedBuild, ReplayCase
from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.watch.before import EngineStore, ImageListing
from cacheview.watch.build import NOT_EXPLAINED, WatchedBuild, expected_build, record_of_build, with_differences
from cacheview.watch.feed import ContextFeed
from cacheview.watch.http import Exchange, HttpTap, RequestHead
from cacheview.watch.limits import MAX_BUILDS, MAX_COMPLETE_BUILDS, MAX_FILES
from cacheview.watch.listener import check_sockets, is_own_socket, listen
from cacheview.watch.outcome import OutcomeReader
from cacheview.watch.prediction import predict, read_context
from cacheview.watch.relay import Connection, Tap
from cacheview.watch.request import BuildRequest, build_request
from cacheview.watch.serving import RelayServer
from cacheview.watch.upstream import check_endpoint

__all__ = ["Watcher"]

_HOLD_SECONDS: Final = 5.0
"""The longest time in seconds that a build waits for the list of images before it."""

_LISTING_THREADS: Final = 4
_CONTEXT_IS_REMOTE: Final = "cacheview does not read a build context that the daemon fetches from a URL"
_LISTING_TOO_LATE: Final = "before the build, the engine took too long to list its images"


class Watcher:
    """Listens in front of an engine until it is closed.

    Args:
        endpoint: the engine.
        changed: called with a build whenever more is known about it, in any thread; must not block.
        failed: called likewise with an unexpected exception in cacheview. Watching continues.
        runtime: see `listen`.

    Raises:
        DataError: the engine does not respond or cannot be watched, or nothing can listen.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        changed: Callable[[WatchedBuild], None],
        failed: Callable[[BaseException], None],
        runtime: str | None = None,
    ) -> None:
        check_sockets()  # before the engine is contacted, since watching would be impossible
        if is_own_socket(endpoint.socket_path, runtime):
            origin = endpoint.origin or "DOCKER_HOST"
            what = f"is cacheview's own socket, not an engine. Unset {origin}, or specify the engine"
            raise DataError(what, where=endpoint.host)
        check_endpoint(endpoint)
        self.endpoint = endpoint
        self._changed = changed
        self._failed = failed
        self._lock = threading.Lock()
        self._watched: dict[int, _Watched] = {}
        self._count = 0
        self._running: set[int] = set()
        self.turn = threading.Semaphore()
        self.problems: list[str] = []
        self._memory = LayerMemory(layer_cache())
        self._store = EngineStore(endpoint)
        self._listings = ThreadPoolExecutor(_LISTING_THREADS, thread_name_prefix="watch-list")
        self._predictions = ThreadPoolExecutor(1, thread_name_prefix="watch-predict")
        try:
            self._server = RelayServer(endpoint, listen(runtime), self._new_tap, failed)
        except DataError:
            self._end_workers()
            raise

    @property
    def url(self) -> str:
        """The value for ``DOCKER_HOST`` of clients whose builds are watched."""
        return self._server.listening.url

    @property
    def title(self) -> str:
        """The engine's title."""
        return self._store.engine.title

    @property
    def builds(self) -> list[WatchedBuild]:
        """The builds that are kept, oldest first."""
        with self._lock:
            return [watched.build for watched in self._watched.values()]

    def record(self, number: int, *, with_store: bool = True) -> ReplayCase:
        """Return a build as a record. Raises `DataError` if a part that it needs is missing."""
        with self._lock:
            watched = self._watched.get(number)
        if watched is None or watched.expect is None:
            raise DataError("the build has not ended, or its record is no longer kept", where="record")
        return record_of_build(watched.build, watched.expect, with_store=with_store)

    def close(self) -> None:
        """Close all connections and remove the socket. The engine continues as if the clients had disconnected."""
        self._server.close()
        self._end_workers()

    def _end_workers(self) -> None:
        self._listings.shutdown(wait=False, cancel_futures=True)
        self._predictions.shutdown(wait=False, cancel_futures=True)
        self._store.close()

    def _new_tap(self, connection: Connection) -> Tap:
        return HttpTap(lambda head: self._observe(head, connection))

    def _observe(self, head: RequestHead, connection: Connection) -> Exchange | None:
        """Return an observer for a build request. Called in the relay's thread."""
        request = build_request(head)
        if request is None:
            return None
        with self._lock:
            self._count += 1
            number = self._count
            build = WatchedBuild(number, datetime.now(UTC), request, overlapped=bool(self._running))
            for other in self._running:
                self._watched[other].build = replace(self._watched[other].build, overlapped=True)
            self._running.add(number)
            watched = self._watched[number] = _Watched(build, self)
            self._forget()
        watched.begin(connection)
        self._changed(watched.build)
        return watched

    def _forget(self) -> None:
        """Drop the oldest builds. Called with the lock held."""
        ended = [number for number in self._watched if number not in self._running]
        for number in ended[: max(0, len(self._watched) - MAX_BUILDS)]:
            del self._watched[number]

    # The rest is for `_Watched`.

    def update(self, watched: _Watched, **what: Any) -> WatchedBuild:
        """Change the known facts of a build, and report the build."""
        with self._lock:
            build = watched.build = replace(watched.build, **what)
        self._changed(build)
        return build

    def list_images(self) -> Future[ImageListing]:
        """List the engine's current images in another thread."""
        return self._listings.submit(self._store.listing)

    def read(self, watched: _Watched, feed: ContextFeed) -> None:
        """Read a context in a separate thread. Of the threads with data to read, one works at a time."""

        def run() -> None:
            members: list[Member] | None = None
            why = ""
            with self.turn:
                try:
                    members = read_context(io.BufferedReader(feed, 1 << 18), watched.build.request)
                except DataError as error:
                    why = str(error)
                except Exception as fault:  # only reading has failed: the build continues
                    why = "a bug in cacheview"
                    self._failed(fault)
                finally:
                    feed.stop_reading()
            self._submit(lambda: self._predict(watched, members, why))

        threading.Thread(target=run, name="watch-context", daemon=True).start()

    def _predict(self, watched: _Watched, members: list[Member] | None, why: str) -> None:
        try:
            if members is None:
                raise DataError(why)
            listing = watched.listed()
            with paused_collector():
                case = self._store.before(listing)
                with Effort.about(len(case.store.images)).spent():
                    prediction = predict(members, watched.build.request, case, self._memory)
            self.update(watched, prediction=prediction)
            self._keep_layers()
        except DataError as error:
            self.update(watched, unpredicted=str(error))
        except LimitError as error:
            self.update(watched, unpredicted=f"the prediction {error}")
        except Exception as fault:  # as above
            self.update(watched, unpredicted="a bug in cacheview")
            self._failed(fault)
        watched.was_predicted = True
        self._compare(watched)

    def _keep_layers(self) -> None:
        """Save what was read from layers: now rather than on closing, so that no one has to wait for it then."""
        try:
            self._memory.save()
        except DataError as error:
            if str(error) not in self.problems:
                self.problems.append(str(error))  # the layers are read again next time

    def build_ended(self, watched: _Watched) -> None:
        """Note that the daemon has finished a build."""
        with self._lock:
            self._running.discard(watched.build.number)
        self._submit(lambda: self._compare(watched))

    def _compare(self, watched: _Watched) -> None:
        """Compare a build once both sides are known. Runs in the prediction thread, so one at a time."""
        build = watched.build
        if not build.outcome.is_over or not watched.was_predicted or watched.expect is not None:
            return
        listing: ImageListing | None = None
        try:
            if any(step.image for step in build.outcome.steps):
                listing = self._store.listing()
        except DataError:
            listing = None  # ids stay as the daemon printed them
        watched.expect = expected_build(build, listing)
        self.update(watched, differences=with_differences(build, watched.expect).differences, is_final=True)
        self._make_room()

    def _make_room(self) -> None:
        """Reduce older builds to their steps, since contexts and stores take memory."""
        with self._lock:
            final = [watched for watched in self._watched.values() if watched.build.is_final]
        complete = files = 0
        for watched in reversed(final):
            prediction = watched.build.prediction
            if prediction is None:
                continue
            complete, files = complete + 1, files + prediction.size
            is_kept = complete == 1 or (complete <= MAX_COMPLETE_BUILDS and files <= MAX_FILES)
            if not is_kept and prediction.context is not None:
                self.update(watched, prediction=prediction.bare())

    def _submit(self, work: Callable[[], None]) -> None:
        try:
            self._predictions.submit(self._guarded, work)
        except RuntimeError:
            return  # the watcher has been closed

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as fault:  # any failure: the next build is still watched
            self._failed(fault)


class _Watched:
    """A running build, updated by the relay in its thread."""

    def __init__(self, build: WatchedBuild, watcher: Watcher) -> None:
        self.build = build
        self.expect: ExpectedBuild | None = None
        self.was_predicted = False
        self._watcher = watcher
        self._outcome = OutcomeReader(self._on_outcome)
        self._feed: ContextFeed | None = None
        self._listing: Future[ImageListing] | None = None
        self._connection: Connection | None = None

    def begin(self, connection: Connection) -> None:
        """Request the list of images before the build. The daemon does not receive the build until they are listed."""
        request: BuildRequest = self.build.request
        self._connection = connection
        why = NOT_EXPLAINED if request.is_buildkit else _CONTEXT_IS_REMOTE if request.remote else request.problem
        if why:
            self.build = replace(self.build, unpredicted=why)
            self.was_predicted = True
            return
        connection.pause("listing", _HOLD_SECONDS)
        start = time.monotonic()

        def listed(_: Future[ImageListing]) -> None:
            connection.resume("listing")
            if time.monotonic() - start > _HOLD_SECONDS:
                self._watcher.update(self, is_late=True)

        self._listing = self._watcher.list_images()
        self._listing.add_done_callback(listed)
        self._feed = ContextFeed(self._watcher.turn, lambda: connection.resume("context"))
        self._watcher.read(self, self._feed)

    def listed(self) -> ImageListing:
        """Return the images before the build. Raises `DataError`."""
        assert self._listing is not None
        try:
            return self._listing.result(_HOLD_SECONDS)
        except TimeoutError:
            raise DataError(_LISTING_TOO_LATE) from None

    def body(self, data: bytes) -> None:
        if self._feed is not None and not self._feed.put(data) and self._connection is not None:
            self._connection.pause("context")

    def body_ended(self) -> None:
        if self._feed is not None:
            self._feed.end()
        self._watcher.update(self, is_sent=True)

    def response_started(self, status: int) -> None:
        self._outcome.response_started(status)

    def response_data(self, data: bytes) -> None:
        self._outcome.feed(data)

    def ended(self, *, complete: bool) -> None:
        if self._feed is not None:
            self._feed.end()
        self._outcome.end(complete=complete)
        self._watcher.build_ended(self)

    def _on_outcome(self) -> None:
        self._watcher.update(self, outcome=self._outcome.outcome)
