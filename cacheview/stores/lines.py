"""Reads suites and replay files, which have one JSON object per line of any length."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from cacheview.model import DataError, Image, Problem, SuiteCase, Variant
from cacheview.model.effort import paced
from cacheview.model.recorded_store import RecordedStore, is_replay_line
from cacheview.stores.budget import Budget, LimitError, Resource
from cacheview.stores.compression import DamagedStreamError, decompressed
from cacheview.stores.files import open_metered
from cacheview.stores.limits import DEFAULT_LIMITS, Limits
from cacheview.stores.long_line import read_long_line
from cacheview.stores.progress import Progress
from cacheview.stores.reasons import reason
from cacheview.stores.tar import BLOCK_BYTES, looks_like_tar

__all__ = ["Line", "Pieces", "RestUnreadError", "document_lines", "read_lines"]

M = TypeVar("M", bound=RecordedStore)
T = TypeVar("T")

_LINES_PER_CHECK: Final = 1000


class Pieces(Protocol):
    """The interface of a file of lines."""

    def readline(self, size: int, /) -> bytes:
        """Return this many bytes, or fewer if the line or file ends before."""


@dataclass(slots=True)
class Line(Generic[T]):
    """A line that was read.

    Attributes:
        number: its number, from 1, including empty lines.
        start: position of its first byte in the uncompressed file.
        length: its length in bytes, including the line end.
        checksum: the CRC-32 of its bytes.
        document: its content, or the error if it cannot be read.
        memory: estimated memory of the document in bytes, as charged to the budget.
        is_kept: set by a caller that keeps the document, so that its memory stays charged when the next line is read.
    """

    number: int
    start: int
    length: int
    checksum: int
    document: T
    memory: int = 0
    is_kept: bool = False


def read_lines(
    path: str | os.PathLike[str],
    build: type[M] | None = None,
    progress: Progress | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[tuple[int, SuiteCase | M | DataError]]:
    """Read a file with one JSON object per line, lazily.

    Yields the number of each line, from 1, with its document, or with a `DataError` that names the file and the line if
    it cannot be read. Empty lines are skipped. The file may be compressed. Only one line is in memory at a time.

    Args:
        build: the model for the lines of a replay file; None: all lines are cases of a suite.

    Raises:
        DataError: the file cannot be opened.
        Canceled: ``progress`` canceled the work.
    """
    where = os.fspath(path)
    buffered, meter = open_metered(Path(path), where, progress)
    with buffered:
        budget = Budget(limits, meter, meter.total or 0, clock=_constant_time)
        try:
            stream, _ = decompressed(buffered, budget)
        except (DamagedStreamError, OSError) as error:
            raise DataError(f"the file cannot be read: {reason(error)}", where=where) from error
        for line in document_lines(stream, where, budget, build):
            yield line.number, line.document
    meter.finished()


class RestUnreadError(DataError):
    """The lines after this one are not read."""


def _constant_time() -> float:
    """Return a time that never changes, since the time between two lines is spent by the caller."""
    return 0.0


def document_lines(
    stream: Pieces, where: str, budget: Budget, build: type[M] | None = None
) -> Iterator[Line[SuiteCase | M | DataError]]:
    """Yield the documents of an open stream as `read_lines` does, with their positions."""
    reader = _Reader(stream, budget)
    errors, limit = 0, budget.limits.errors
    while True:
        reader.begin()
        line_name = f"{where}, line {reader.number}"
        before = budget.spent(Resource.MEMORY)
        try:
            document = _read_line(reader, build, line_name)
        except LimitError as error:
            yield reader.line(RestUnreadError(str(error), where=line_name))
            return
        except (DamagedStreamError, OSError) as error:
            yield reader.line(RestUnreadError(f"the file cannot be read to the end: {reason(error)}", where=line_name))
            return
        if document is None:
            if not reader.length:
                return
            continue
        line = reader.line(document, budget.spent(Resource.MEMORY) - before)
        yield line
        if not line.is_kept:
            budget.release(Resource.MEMORY, line.memory)
        if isinstance(document, RestUnreadError):
            return
        errors += isinstance(document, DataError)
        if errors > limit:
            yield reader.line(
                RestUnreadError(
                    f"more than {limit:,} lines are not valid cases. The rest of the file was not read", where=line_name
                )
            )
            return


def _read_line(reader: _Reader, build: type[M] | None, line_name: str) -> SuiteCase | M | DataError | None:
    """Read the next line; None if it is empty or there are no more."""
    head = reader.read()
    if not head or (head.isspace() and reader.is_at_end):
        return None
    try:
        if head.lstrip()[:1] != b"{":
            if reader.number == 1 and looks_like_tar(head[:BLOCK_BYTES]):
                return RestUnreadError("is a tar archive, not a suite or a replay file", where=line_name)
            raise DataError("is not a JSON object", where=line_name)
        document: SuiteCase | M = _decoded(head, reader, build, line_name)
        if isinstance(document, SuiteCase):
            _check_references(document, reader.budget.limits.references, line_name)
        return _readable(document, reader.budget.limits)
    except DataError as error:
        reader.skip()
        return error


def _decoded(head: bytes, reader: _Reader, build: type[M] | None, line_name: str) -> SuiteCase | M:
    def model_of(line: bytes) -> type[SuiteCase | M]:
        return build if build is not None and is_replay_line(line) else SuiteCase

    if reader.is_at_end:
        return reader.budget.decode(model_of(head), head, where=line_name)
    models: tuple[type[SuiteCase | M], ...] = (SuiteCase,) if build is None else (SuiteCase, build)
    return read_long_line(chain((head,), iter(reader.read, b"")), models, model_of, reader.budget, line_name)


def _check_references(case: SuiteCase, limit: int, place: str) -> None:
    for number, probe in enumerate(case.probes, 1):
        if len(probe.cache_from or ()) > limit:
            raise DataError(f"probe {number} has more than {limit:,} cache-from references", where=place)


def _readable(document: SuiteCase | M, limits: Limits) -> SuiteCase | M:
    """Return a document without the images and manifests that no kind of store may have.

    `cacheview.stores.blobs.read_config` refuses their configs.
    """
    problems: list[Problem] = []
    images = tuple(
        image for each in paced(document.images or ()) if (image := _readable_image(each, limits, problems)) is not None
    )
    return document.with_images(images, tuple(problems)) if problems else document


def _readable_image(image: Image, limits: Limits, problems: list[Problem]) -> Image | None:
    refused = limits.refused_history(len(image.history))
    if refused:
        problems.append(Problem(image.id, f"its history {refused}"))
        return None
    before = len(problems)
    variants = tuple(_readable_variant(each, image.id, limits, problems) for each in image.variants)
    return image if len(problems) == before else image.model_copy(update={"variants": variants})


def _readable_variant(variant: Variant, image_id: str, limits: Limits, problems: list[Problem]) -> Variant:
    refused = limits.refused_history(len(variant.config.history or ())) if variant.config is not None else ""
    if not refused:
        return variant
    problems.append(Problem(f"{image_id}: manifest {variant.manifest_digest}", f"its history {refused}"))
    return Variant(manifest_digest=variant.manifest_digest, platform=variant.platform)


class _Reader:
    """Reads lines in pieces, and tracks its position."""

    def __init__(self, stream: Pieces, budget: Budget) -> None:
        self._stream = stream
        self.budget: Final = budget
        self.number = self.length = 0
        self.is_at_end = True
        """Whether the current line has been read to its end."""
        self._start = self._checksum = 0

    def begin(self) -> None:
        """Start the next line, which becomes the current one."""
        self.number += 1
        self._start += self.length
        self.length = self._checksum = 0
        self.is_at_end = False

    def read(self) -> bytes:
        """Return the next piece of the current line; empty at its end.

        Raises what the stream raises, and `LimitError`.
        """
        if self.is_at_end:
            return b""
        if not self.length and self.number % _LINES_PER_CHECK == 0:
            self.budget.spend(Resource.LINES, _LINES_PER_CHECK)
            self.budget.check_canceled()
        piece = self._stream.readline(self.budget.limits.line)
        self.is_at_end = len(piece) < self.budget.limits.line or piece.endswith(b"\n")
        self.length += len(piece)
        self._checksum = zlib.crc32(piece, self._checksum)
        return piece

    def skip(self) -> None:
        """Read the current line to its end."""
        while self.read():
            self.budget.check_canceled()

    def line(self, document: T, memory: int = 0) -> Line[T]:
        """Return the current line, which has been read to its end."""
        return Line(self.number, self._start, self.length, self._checksum, document, memory)
