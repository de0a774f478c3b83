"""Replays a build in another thread: reading, lookups and reporting. No Qt."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cacheview.model import DataError
from cacheview.private import make_private_folder, open_private
from cacheview.stores.draft import write_whole
from cacheview.ui.layer_access import LayerAccess
from cacheview.ui.replay.build import Build, options_of
from cacheview.ui.sizes import size_text

if TYPE_CHECKING:
    from cacheview.cases import Daemon
    from cacheview.diff.side import BuildSide
    from cacheview.dockerfile.context import Client
    from cacheview.dockerfile.context.checksum_record import ChecksumRecord
    from cacheview.dockerfile.context.hashing import FileSumCache
    from cacheview.layers.layer_memory import LayerMemory
    from cacheview.model import ImageStore
    from cacheview.replay.client_comparison import ClientGroup
    from cacheview.replay.image_files import StoreImageFiles
    from cacheview.replay.misses import Miss
    from cacheview.replay.result import Replay, Step
    from cacheview.replay.sent_build import ReplayTarget, SentBuild
    from cacheview.ui.loading import Report, Work
    from cacheview.whatif.apply import ChangedStore
    from cacheview.whatif.costs import Cost, Costs

__all__ = ["ReplayRequest", "ReplayResult", "Replayer", "progress_text"]

_READING_LAYER: Final = "Reading the layer"

_SUMS_FILE: Final = "sums.json"
_MIN_KEPT_BYTES: Final = 16 << 20  # anything smaller is read again just as quickly
_MAX_FILES: Final = 100_000
_MAX_SUMS_BYTES: Final = 64 << 20


def progress_text(done: int, total: int | None) -> str:
    """Return how much of the context has been read, in words."""
    what = "Reading the files in the build context"
    return f"{what}: {size_text(done)} of {size_text(total)}" if total else f"{what}…"


def _listed(count: int) -> str:
    what = "Listing the files in the build context"
    return f"{what}: {count:,}" if count else f"{what}…"


@dataclass(frozen=True)
class ReplayRequest:
    """A build, and the cache to look it up in.

    ``supposed``: the changed store that the cache is from; None: it is from the actual store.
    """

    build: Build
    store: ImageStore
    daemon: Daemon
    supposed: ChangedStore | None = None


@dataclass(frozen=True)
class ReplayResult:
    """The result of a replay.

    Attributes:
        misses: the reasons why steps miss, for those whose probes are known.
        problem: why the record of the files could not be saved; empty: it was.
        seconds: the total time.
        costs: the comparison with the actual store, if another one is supposed; otherwise None.
    """

    request: ReplayRequest
    replay: Replay
    misses: tuple[Miss, ...] = ()
    problem: str = ""
    seconds: float = 0.0
    costs: Costs | None = None

    @property
    def first_miss(self) -> Step | None:
        """The first step that misses; None: no step misses."""
        return self.replay.first_miss

    @property
    def first(self) -> Miss | None:
        """The reason for the first miss; None if there is none, or if its probe is unknown."""
        return self.miss_of(self.first_miss)

    def cost_of(self, step: Step) -> Cost | None:
        """Return how a step changes in the supposed store; None: it does not."""
        changed = self.costs.changed if self.costs is not None else ()
        return next((cost for cost in changed if cost.after is step), None)

    def miss_of(self, step: Step | None) -> Miss | None:
        """Return the reason for a step's miss; None: it does not miss, or its probe is unknown."""
        return next((miss for miss in self.misses if miss.step is step), None)


@dataclass(frozen=True)
class _Prepared:
    """A build that is ready to be replayed.

    Attributes:
        client: the chosen client.
        send: returns the build as a client sends it.
        cache, image_files, layers: the cache, and the sources of the files in its images.
        title: title of the context.
        read: returns the number of bytes of the context that have been read.
    """

    client: Client
    send: Callable[[Client], SentBuild]
    cache: ReplayTarget
    image_files: StoreImageFiles
    layers: LayerMemory
    title: str
    read: Callable[[], int]


class Replayer:
    """Creates the work that replays builds. File checksums are kept for the next replay while the files are unchanged.

    Args:
        records: the folder for the records of files; None: none are kept.
        access: opens layers.
    """

    def __init__(self, records: Path | None = None, access: LayerAccess | None = None) -> None:
        self._access = access or LayerAccess()
        self._memory: FileSumCache | None = None
        self._records = records

    def replaying(self, request: ReplayRequest) -> Work:
        """Return work whose result is a `ReplayResult`. Its partial result lacks the reasons for misses.

        The work raises `DataError` if the Dockerfile or the context cannot be read.
        """

        def work(report: Report) -> ReplayResult:
            # Everything for a replay is imported here: in the UI thread, the delay would be noticeable.
            from cacheview.replay.misses import misses
            from cacheview.replay.remembering import remember_files

            started_at = time.perf_counter()
            prepared = self._prepare(request, report)
            sent, store = prepared.send(prepared.client), request.store
            value = sent.replay(prepared.cache, past_misses=request.build.past_misses)
            compared = self._costs(request, value, report)
            if value.first_miss is not None:
                # Finding the reasons may take a while in a large store, but the misses themselves are known now.
                seconds = time.perf_counter() - started_at
                report.part(lambda: ReplayResult(request, value, seconds=seconds, costs=compared))
            report(0, None, "Finding out why steps miss…")
            record, problem = self._record(prepared.title)
            missed = []
            for miss in misses(value, store, request.daemon.rules, record, sent.checksums, prepared.image_files):
                missed.append(miss)
                report(len(missed), None, "Finding out why steps miss…")
            problem = problem or _save(prepared.layers)
            is_kept = self._records is not None and not problem and request.supposed is None
            if is_kept and remember_files(record, value, sent.checksums, prepared.image_files):
                problem = _save(record)
            if self._records is not None and prepared.read() >= _MIN_KEPT_BYTES and not problem:
                assert self._memory is not None
                problem = _save_memory(self._memory, self._records / _SUMS_FILE)
            problem = problem or record.problem
            return ReplayResult(request, value, tuple(missed), problem, time.perf_counter() - started_at, compared)

        return work

    def _costs(self, request: ReplayRequest, value: Replay, report: Report) -> Costs | None:
        """Return the comparison with the actual store, if another one is supposed."""
        supposed = request.supposed
        if supposed is None:
            return None
        from cacheview.whatif.costs import costs

        prepared = self._prepare(ReplayRequest(request.build, supposed.before, supposed.own), report)
        before = prepared.send(prepared.client).replay(prepared.cache, past_misses=request.build.past_misses)
        return costs(before, value, supposed.removed)

    def comparing(self, request: ReplayRequest) -> Work:
        """Return work whose result is the groups of clients that share a cache for a build; see `compare_clients`.

        The work raises `DataError` if the Dockerfile or the context cannot be read.
        """

        def work(report: Report) -> tuple[ClientGroup, ...]:
            from cacheview.replay.client_comparison import compare_clients

            prepared = self._prepare(request, report)
            return compare_clients(lambda client: prepared.send(client).run(prepared.cache), prepared.client)

        return work

    def side(self, request: ReplayRequest, report: Report) -> BuildSide:
        """Return a build as one side of a comparison. Raises `DataError` if its Dockerfile or context is unreadable."""
        from datetime import UTC, datetime

        from cacheview.diff.context_side import side_of_context

        prepared = self._prepare(request, report)
        sent = prepared.send(prepared.client)
        return side_of_context(sent, prepared.cache, request.daemon, request.build.title, at=datetime.now(UTC))

    def _prepare(self, request: ReplayRequest, report: Report) -> _Prepared:
        from cacheview.dockerfile.context import client_for_engine, client_named
        from cacheview.dockerfile.context.folder import ReportingFolder
        from cacheview.dockerfile.context.hashing import Hasher
        from cacheview.layers.files import LayerFiles
        from cacheview.layers.layer_memory import LayerMemory, layer_cache
        from cacheview.replay.build_input import open_build_input
        from cacheview.replay.image_files import StoreImageFiles, unpacked_in
        from cacheview.replay.sent_build import ReplayTarget, sent_by

        report(0, None, "Reading the Dockerfile…")
        if self._memory is None:
            self._memory = self._remembered()
        build, store, release = request.build, request.store, request.daemon.builder
        build_input = open_build_input(
            build.context,
            build.named,
            release,
            folder=lambda path: ReportingFolder(path, lambda count: report(count, None, _listed(count))),
            report=lambda done: report(done, None, progress_text(done, None)),
        )
        engine = store.release.version if store.release is not None else ""
        client = client_named(build.client) if build.client else client_for_engine(engine)
        read = 0

        def reading(done: int, total: int | None, _: str) -> None:
            nonlocal read
            read = max(read, done)
            report(done, total, progress_text(done, total))

        hasher = Hasher(memory=self._memory, report=reading)
        layers = LayerMemory(layer_cache() if self._records is not None else None)

        def reading_layer(done: int, what: str) -> None:
            report(done, None, f"{_READING_LAYER} {what[:60]}…")

        def layer_files() -> LayerFiles:
            source = self._access.open(store, lambda: report(0, None, f"{_READING_LAYER}…"))
            return LayerFiles(source, layers, reading_layer)

        rules = request.daemon.rules
        image_files = StoreImageFiles(layer_files, release, unpacked_in(store, rules))
        cache = ReplayTarget(
            store, rules, release, image_files, lambda number: report(number, None, f"Looking up step {number:,}")
        )
        options = options_of(build, os.environ)

        def send(client: Client) -> SentBuild:
            return sent_by(
                client, build_input, options, release, location=store.location, environment=os.environ, hasher=hasher
            )

        return _Prepared(client, send, cache, image_files, layers, build_input.context.title, lambda: read)

    def _remembered(self) -> FileSumCache:
        """Return the file checksums from earlier sessions. If they cannot be read, files are read again."""
        from cacheview.dockerfile.context.hashing import FileSumCache

        if self._records is not None:
            try:
                with open_private(self._records / _SUMS_FILE) as file:
                    return FileSumCache.load(file.read(_MAX_SUMS_BYTES), limit=_MAX_FILES)
            except (OSError, ValueError):
                pass
        return FileSumCache(limit=_MAX_FILES)

    def _record(self, context: str) -> tuple[ChecksumRecord, str]:
        """Return the record of a context, and why it cannot be read; empty: it was read, or none is kept."""
        from cacheview.dockerfile.context.checksum_record import ChecksumRecord

        if self._records is None:
            return ChecksumRecord("", context), ""
        try:
            return ChecksumRecord.load(self._records, context), ""
        except DataError as error:
            return ChecksumRecord(self._records, context), str(error)


def _save_memory(memory: FileSumCache, path: Path) -> str:
    """Save the file checksums for the next session. Returns why they cannot be saved; empty: they were saved."""
    try:
        make_private_folder(path.parent)
        write_whole(path, lambda file: file.write(memory.dump()), str(path))
    except DataError as error:
        return f"file checksums cannot be stored: {error}"
    except OSError as error:
        return f"{path}: file checksums cannot be written: {error.strerror}"
    except RuntimeError:  # a canceled replay is still adding checksums: the next replay saves them
        pass
    return ""


def _save(record: ChecksumRecord | LayerMemory) -> str:
    """Save data for the next session. Returns why it cannot be saved; empty: it was saved."""
    try:
        record.save()
    except DataError as error:
        return str(error)
    return ""
