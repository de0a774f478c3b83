"""A layer as a tar stream: its entries in one pass, the content of some files in another."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from cacheview.layers.entry import LayerEntry, LayerError, entry_of
from cacheview.layers.source import Report, UnpackedFolder
from cacheview.stores.budget import Budget, LimitError
from cacheview.stores.compression import DamagedStreamError
from cacheview.stores.limits import Limits
from cacheview.stores.progress import Meter
from cacheview.stores.sparse import SparseError
from cacheview.stores.tar import TarError, TarHeader, content, headers

__all__ = ["MAX_ENTRIES", "TarLayers", "by_any_driver", "layer_budget"]

MAX_ENTRIES: Final = 115_000
"""The maximum number of members of a layer. Reading and hashing such a layer takes less than 200 MB of memory."""

_MAX_NAME_CHARACTERS_IN_TOTAL: Final = 64 << 20  # characters of all names of one layer
_MAX_NAME_CHARACTERS: Final = 4096
_MAX_UNPACKED_BYTES: Final = 64 << 30  # of one layer
_REPORT_SECONDS: Final = 0.05  # between two reports
_DEFAULT_FOLDER: Final = (0o755, 0, 0)
_MEMBERS_PER_CHECK: Final = 64  # members between two checks of the time


def layer_budget(check_canceled: Callable[[], object] = lambda: None) -> Budget:
    """Return the budget for unpacking one layer, including everything before it in an archive.

    ``check_canceled`` is called a few times a second in the meantime; it may raise any exception to stop.
    """

    def progress(done: int, total: int | None, what: str) -> None:
        del done, total, what
        check_canceled()

    return Budget(Limits(seconds=float("inf")), Meter(progress, None, ""))  # the number of bytes limits the time


def by_any_driver(_diff_id: str, _path: str, below: LayerEntry | None) -> LayerEntry | None:
    """An `UnpackedFolder` of layers whose storage driver is unknown.

    Some storage drivers keep a folder of the layers below unchanged; others create it for root with mode 755. The
    result is known only if both give the same folder.
    """
    return below if below is not None and (below.mode, below.uid, below.gid) == _DEFAULT_FOLDER else None


@dataclass(frozen=True)
class TarLayers:
    """A `LayerSource` for tar streams.

    Attributes:
        open: opens the uncompressed tar stream of a layer, which uses a budget while it is unpacked. Raises
            `LayerUnavailableError`, `LayerError`.
        unpacked: returns a folder without an entry in a layer, as unpacking the layer left it.
    """

    open: Callable[[str, Budget], io.BufferedReader]
    unpacked: UnpackedFolder = by_any_driver

    def has_stable_numbers(self, diff_id: str) -> bool:  # noqa: ARG002
        """See `LayerSource`."""
        return True

    def entries(self, diff_id: str, report: Report) -> Iterator[LayerEntry]:
        """See `LayerSource`."""
        reporter = _PositionReporter(report, diff_id)
        with self.open(diff_id, layer_budget(reporter.repeat)) as stream, _damage(diff_id):
            for number, header in enumerate(_bounded(stream)):
                reporter(stream, number)
                entry = entry_of(header, number)
                if entry is not None:
                    yield entry

    def contents(
        self, diff_id: str, files: Mapping[int, LayerEntry], report: Report
    ) -> Generator[tuple[int, Iterable[bytes]]]:
        """See `LayerSource`."""
        last = max(files, default=-1)
        reporter = _PositionReporter(report, diff_id)
        with self.open(diff_id, layer_budget(reporter.repeat)) as stream, _damage(diff_id):
            for number, header in enumerate(_bounded(stream)):
                if number > last:
                    return
                reporter(stream, number)
                if number in files:
                    yield number, _content(diff_id, stream, header, reporter)

    def unpacked_folder(self, diff_id: str, path: str, below: LayerEntry | None) -> LayerEntry | None:
        """See `LayerSource`."""
        return self.unpacked(diff_id, path, below)


@contextmanager
def _damage(diff_id: str) -> Iterator[None]:
    """Turn errors of a damaged stream into `LayerError`."""
    try:
        yield
    except LimitError as error:
        raise LayerError(f"layer {diff_id[:19]} {error}") from error
    except (TarError, SparseError, DamagedStreamError, OSError) as error:
        why: object = error
        if isinstance(error, OSError) and error.strerror and error.filename:
            why = f"{error.filename}: {error.strerror}"
        what = f"layer {diff_id[:19]} cannot be read: {why}. Save or pull the image again"
        raise LayerError(what) from error


def _bounded(stream: io.BufferedReader) -> Iterator[TarHeader]:
    names = holes = 0
    for number, header in enumerate(headers(stream)):
        names += len(header.name) + len(header.link)
        if max(len(header.name), len(header.link)) > _MAX_NAME_CHARACTERS:
            raise TarError(f"it contains a name longer than {_MAX_NAME_CHARACTERS:,} characters, the limit for a name")
        if names > _MAX_NAME_CHARACTERS_IN_TOTAL:
            raise TarError(
                f"its names have more than {_MAX_NAME_CHARACTERS_IN_TOTAL:,} characters in total, the limit for a layer"
            )
        if number >= MAX_ENTRIES:
            raise TarError(f"it has more than {MAX_ENTRIES:,} members, the limit for a layer")
        holes += header.sparse.size if header.sparse is not None else 0
        if stream.tell() + header.size + holes > _MAX_UNPACKED_BYTES:
            raise TarError(f"it unpacks to more than {_MAX_UNPACKED_BYTES >> 30} GiB, the limit for a layer")
        yield header


def _content(
    diff_id: str, stream: io.BufferedReader, header: TarHeader, reporter: _PositionReporter
) -> Iterator[bytes]:
    with _damage(diff_id):
        for piece in content(stream, header):
            reporter(stream, 0)
            yield piece


class _PositionReporter:
    """Reports the position in a stream a few times a second."""

    def __init__(self, report: Report, what: str) -> None:
        self._report = report
        self._what = what
        self._next = 0.0
        self._done = 0

    def __call__(self, stream: io.BufferedReader, number: int) -> None:
        if number % _MEMBERS_PER_CHECK:
            return
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _REPORT_SECONDS
            self._done = stream.tell()
            self.repeat()

    def repeat(self) -> None:
        """Report again within one member."""
        self._report(self._done, self._what)
