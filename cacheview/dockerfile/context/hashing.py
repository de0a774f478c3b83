"""Checksums of many files, computed by several threads, and cached until the files change."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from cacheview.dockerfile.context.context import ContextSource
from cacheview.dockerfile.context.tree import TreeNode
from cacheview.model import DataError
from cacheview.model.decode import values_of
from cacheview.model.effort import separate_limits

__all__ = ["FileSumCache", "Hasher", "Report"]

Report = Callable[[int, int | None, str], None]
"""Called with the bytes read so far, the total, and a description. It may raise any exception to stop the reading."""

_MAX_THREADS = 8
_MAX_BYTES_WITHOUT_THREADS = 4 << 20  # bytes that are read in less time than threads need to start
_BATCH_BYTES = 8 << 20
_BATCH_FILES = 256
_REPORT_SECONDS = 0.05  # seconds between two reports
_SETTLED_AFTER_NS = 2 * 10**9  # after a shorter interval, a second change may have the same time
_FORMAT_VERSION = 1


class FileSumCache:
    """Sums of files by the bytes hashed before their content, each with the stamp of the file.

    A file with another stamp is read again. Threads may share a cache.
    """

    def __init__(self, *, limit: int = 500_000) -> None:
        self._limit = limit
        self._sums: dict[str, tuple[tuple[int, ...], str]] = {}
        self._used: set[str] = set()

    def get(self, node: TreeNode) -> str | None:
        """Return the sum of a file; None if it is not cached, or the file has changed."""
        key = _key(node)
        cached = self._sums.get(key)
        if cached is None or not node.entry.stamp or cached[0] != node.entry.stamp:
            return None
        self._used.add(key)
        return cached[1]

    def put(self, node: TreeNode, text: str) -> None:
        """Remember a sum, unless the file changed so recently that its next change might have the same stamp."""
        stamp = node.entry.stamp
        if len(stamp) < 6 or max(stamp[3:5]) > time.time_ns() - _SETTLED_AFTER_NS:
            return
        key = _key(node)
        self._sums[key] = (stamp, text)
        self._used.add(key)

    def dump(self) -> bytes:
        """Return data for `load`. If there are too many sums, those that were not used are left out first."""
        sums = self._sums
        if len(sums) > self._limit:
            order = sorted(sums, key=lambda key: key not in self._used)
            sums = {key: sums[key] for key in order[: self._limit]}
        rows = [[key, *stamp, result] for key, (stamp, result) in sums.items()]
        return json.dumps({"version": _FORMAT_VERSION, "sums": rows}, separators=(",", ":")).encode()

    @classmethod
    def load(cls, data: bytes, *, limit: int = 500_000) -> FileSumCache:
        """Read the data of `dump`. Raises `DataError` if it is invalid."""
        cache = cls(limit=limit)
        try:
            value = values_of(data)
            if value["version"] != _FORMAT_VERSION:
                return cache
            for key, *stamp, result in value["sums"]:
                if not (isinstance(key, str) and isinstance(result, str) and all(type(n) is int for n in stamp)):
                    raise TypeError
                cache._sums[key] = (tuple(stamp), result)
        except (ValueError, TypeError, KeyError):
            raise DataError("it is not a checksum record; delete it so that a new one can be created") from None
        return cache


def _key(node: TreeNode) -> str:
    return hashlib.sha256(node.hashed_header).hexdigest()[:32]


def _processors() -> int:
    """Return how many processors this program may use, or how many there are if the system does not report that."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Hasher:
    """Reads files and computes their sums.

    Args:
        memory: a cache of sums, to which new ones are added.
        report: called on the thread that calls `sums`, at most 20 times a second.
        threads: the number of threads that read; None means one per processor, from 2 to 8.
    """

    def __init__(
        self, *, memory: FileSumCache | None = None, report: Report | None = None, threads: int | None = None
    ) -> None:
        self.memory = memory if memory is not None else FileSumCache()
        self._report = report
        self._threads = threads or max(2, min(_MAX_THREADS, _processors()))

    def sums(self, context: ContextSource, nodes: Iterable[TreeNode]) -> dict[str, str]:
        """Return the sum of each entry by path. Files whose stamp is known are not read.

        Raises:
            DataError: a file cannot be read, or changes while it is read.
        """
        digests: dict[str, str] = {}
        unread: list[TreeNode] = []
        for node in nodes:
            if node.digest:
                digests[node.entry.path] = node.digest
            elif not node.has_content:
                digests[node.entry.path] = hashlib.sha256(node.hashed_header).hexdigest()
            elif (digest := self.memory.get(node)) is not None:
                digests[node.entry.path] = digest
            else:
                unread.append(node)
        if unread:
            with separate_limits():  # the size of files is not limited
                digests.update(_HashingPass(context, unread, self.memory, self._report).run(self._threads))
        return digests


class _HashingPass:
    """One pass over files."""

    def __init__(
        self, context: ContextSource, nodes: Sequence[TreeNode], memory: FileSumCache, report: Report | None
    ) -> None:
        self.context = context
        self.nodes = nodes
        self.memory = memory
        self.report = report
        self.total = sum(node.entry.size for node in nodes)
        self.stop = threading.Event()
        self.read: dict[int, int] = {}  # bytes by thread; each thread writes its own entry

    def run(self, threads: int) -> dict[str, str]:
        self._report_progress()
        if self.total <= _MAX_BYTES_WITHOUT_THREADS and len(self.nodes) <= _BATCH_FILES:
            result = self._batch(self.nodes)
        else:
            result = self._with_threads(threads)
        self._report_progress()
        return result

    def _report_progress(self) -> None:
        if self.report is not None:
            self.report(sum(list(self.read.values())), self.total, self.context.title)

    def _with_threads(self, threads: int) -> dict[str, str]:
        digests: dict[str, str] = {}
        with ThreadPoolExecutor(threads, thread_name_prefix="hashing") as pool:
            pending: set[Future[dict[str, str]]] = {pool.submit(self._batch, batch) for batch in self._batches()}
            try:
                while pending:
                    done, pending = wait(pending, timeout=_REPORT_SECONDS, return_when=FIRST_EXCEPTION)
                    for future in done:
                        digests.update(future.result())
                    self._report_progress()
            except BaseException:
                self.stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return digests

    def _batches(self) -> list[list[TreeNode]]:
        """Return large files first and alone, and small ones together, so that threads finish at the same time."""
        batches: list[list[TreeNode]] = []
        batch: list[TreeNode] = []
        size = 0
        for node in sorted(self.nodes, key=lambda node: -node.entry.size):
            batch.append(node)
            size += node.entry.size
            if size >= _BATCH_BYTES or len(batch) >= _BATCH_FILES:
                batches.append(batch)
                batch, size = [], 0
        return [*batches, batch] if batch else batches

    def _batch(self, nodes: Sequence[TreeNode]) -> dict[str, str]:
        return {node.entry.path: self._one(node) for node in nodes if not self.stop.is_set()}

    def _one(self, node: TreeNode) -> str:
        entry, me = node.entry, threading.get_ident()
        digest = hashlib.sha256(node.hashed_header)
        bytes_left = entry.size
        for piece in (
            (node.data,) if node.data is not None else self.context.read(node.source, follow=node.follows_links)
        ):
            if self.stop.is_set():
                return ""
            digest.update(piece)
            bytes_left -= len(piece)
            self.read[me] = self.read.get(me, 0) + len(piece)
            if bytes_left < 0:
                break
        if bytes_left:
            raise DataError("it changed while it was being read; try again", where=node.source)
        result = digest.hexdigest()
        if entry.stamp and self.context.stamp(node.source, follow=node.follows_links) == entry.stamp:
            self.memory.put(node, result)
        return result
