"""The cases of an open suite. Only a few of a large suite are in memory; others are read again when they are shown."""

from __future__ import annotations

import io
import tempfile
import threading
import weakref
import zlib
from array import array
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final, Protocol, overload

from cacheview.model import DataError, ImageStore, Problem
from cacheview.stores.budget import Budget, Resource
from cacheview.stores.files import BUFFER_BYTES
from cacheview.stores.lines import RestUnreadError
from cacheview.stores.opened_location import OpenedCase
from cacheview.stores.progress import Meter, Progress
from cacheview.stores.reasons import reason

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from cacheview.stores.lines import Line

__all__ = ["CopiedLines", "LineOfCase", "SuiteCases", "case_in_memory", "case_name", "probe_count"]

_MIN_HELD_CASES: Final = 2
"""The number of cases that always stay in memory: the one that is shown, and one to go back to."""
_ENTRY_BYTES: Final = 160
"""The bytes of memory for a case that is not held, apart from its name."""
_SHORT_LINE_BYTES: Final = 256 * 1024
"""The length of a line in bytes that can be read again in a few milliseconds."""
_FILE_CHANGED: Final = "was changed after the suite was opened. Reload the suite"


@dataclass(frozen=True, slots=True)
class LineOfCase:
    """The position of a case in the lines of its file: see `cacheview.stores.lines.Line`."""

    number: int
    start: int
    length: int
    checksum: int


class CaseLoader(Protocol):
    """A function that creates the case of a line again.

    Raises `DataError` if the line is no longer a case, and `RestUnreadError` if the line cannot be read.
    """

    def __call__(self, stream: io.BufferedReader, line: LineOfCase) -> OpenedCase: ...


class CopiedLines:
    """The lines of a compressed file, copied while they are read to a private file with random access.

    The copy has no name. It is in memory up to ``held`` bytes, and on disk beyond that.
    """

    def __init__(self, stream: io.BufferedReader, held: int) -> None:
        self._stream = stream
        self._copy = tempfile.SpooledTemporaryFile(max_size=held)  # noqa: SIM115 - closed by its reader

    @property
    def copy(self) -> IO[bytes]:
        """The part that has been read so far."""
        return self._copy

    def readline(self, size: int, /) -> bytes:
        """Return as much of a line as there is. Raises `DataError` if there is no space for the copy."""
        piece = self._stream.readline(size)
        try:
            self._copy.write(piece)
        except OSError as error:
            what = (
                f"there is not enough space in {tempfile.gettempdir()} for the lines of this large suite: "
                f"{reason(error)}. "
                "Free some space, set TMPDIR to another folder, or decompress the suite and open the result"
            )
            raise DataError(what) from error
        return piece


class SuiteCases(Sequence[OpenedCase]):
    """All cases of a suite, each read again when needed, unless it was used recently.

    Reading a case that is not held takes time if its line is long: see `is_quick`. If its line has changed in the
    meantime, the case is empty and has a problem that reports this.

    Args:
        where: the location of the suite.
        reread: creates the case of a line.
        held: the bytes of lines whose cases may stay in memory.
    """

    def __init__(self, where: str, reread: CaseLoader, held: int) -> None:
        self._where = where
        self._reread = reread
        self._max_held_bytes = held
        self._names: list[str] = []
        self._probes = array("Q")
        self._lines = _Lines()
        self._bytes = 0
        self._held: OrderedDict[int, OpenedCase] = OrderedDict()
        self._held_bytes = 0
        self._costs: list[Mapping[Resource, int]] = []  # of the cases that are held
        self._file: IO[bytes] | None = None
        self._lock, self._reading = threading.Lock(), threading.Lock()
        self.is_all_held = True
        """Whether all cases are held."""

    def add(self, case: OpenedCase, line: Line[Any], budget: Budget, costs: Mapping[Resource, int]) -> None:
        """Add the next case. Raises `LimitError` if that exceeds a limit.

        Args:
            costs: the resources of the case while it is held, besides the memory of the line.
        """
        place = len(self._names)
        name = case.name if case.is_named else ""
        budget.spend(Resource.MEMORY, _ENTRY_BYTES + 4 * len(name))
        for what, count in costs.items():
            budget.spend(what, count)
        line.is_kept = True
        self._costs.append({**costs, Resource.MEMORY: line.memory})
        self._held[place] = case
        self._bytes += line.length
        self._held_bytes += line.length
        self._names.append(name)
        self._probes.append(len(case.probes))
        self._lines.add(line)
        self.is_all_held = self.is_all_held and (self._bytes <= self._max_held_bytes or not place)
        if not self.is_all_held:
            self._drop_all_but_first(budget)

    def _drop_all_but_first(self, budget: Budget) -> None:
        while len(self._held) > 1:
            self._held_bytes -= self._lines.at(self._held.popitem()[0]).length
            for what, count in self._costs.pop().items():
                budget.release(what, count)

    def finished(self, file: IO[bytes]) -> None:
        """Finish adding. Cases that are not held are read from this file, which is closed together with the cases."""
        self._costs.clear()
        self._file = file
        weakref.finalize(self, file.close)

    @property
    def names(self) -> Sequence[str]:
        """The names of all cases, in order; empty if the suite gives none."""
        return self._names

    def probe_count(self, place: int) -> int:
        """Return how many probes a case has, without reading the case."""
        return self._probes[place]

    def line_of(self, place: int) -> int:
        """Return the line number of a case in the file."""
        return self._lines.at(place).number

    def is_held(self, place: int) -> bool:
        """Whether a case is in memory."""
        return place in self._held

    def is_quick(self, place: int) -> bool:
        """Whether a case is in memory, or can be within a few milliseconds."""
        return self.is_held(place) or self._lines.at(place).length <= _SHORT_LINE_BYTES

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, index: int) -> OpenedCase: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[OpenedCase]: ...

    def __getitem__(self, index: int | slice) -> OpenedCase | Sequence[OpenedCase]:
        if isinstance(index, slice):
            return [self[place] for place in range(len(self))[index]]
        return self.read(range(len(self))[index])

    def read(self, place: int, progress: Progress | None = None) -> OpenedCase:
        """Return a case, which may have to be read again.

        ``progress`` is called with the bytes of its line read so far.
        """
        case = self._held.get(place)
        if case is None:
            case = self._read(place, progress)
        with self._lock:
            if place not in self._held:
                self._held_bytes += self._lines.at(place).length
            self._held[place] = case
            self._held.move_to_end(place)
            while len(self._held) > _MIN_HELD_CASES and self._held_bytes > self._max_held_bytes:
                self._held_bytes -= self._lines.at(self._held.popitem(last=False)[0]).length
        return case

    def _read(self, place: int, progress: Progress | None) -> OpenedCase:
        line = self._lines.at(place)
        assert self._file is not None
        section = _FileSection(self._file, self._reading, line, Meter(progress, line.length, "Reading"))
        try:
            case = self._reread(io.BufferedReader(section, BUFFER_BYTES), line)
        except RestUnreadError as error:
            return self._unread_case(place, line, error.what)
        except DataError as error:
            return self._unread_case(place, line, error.what if section.is_unchanged else _FILE_CHANGED)
        except OSError:
            return self._unread_case(place, line, _FILE_CHANGED)
        return case if section.is_unchanged else self._unread_case(place, line, _FILE_CHANGED)

    def _unread_case(self, place: int, line: LineOfCase, why: str) -> OpenedCase:
        name, is_named = case_name(self, place)
        problem = Problem(f"line {line.number}", why)
        store = ImageStore((), title=name, location=self._where, problems=(problem,))
        return OpenedCase(name, store, "", is_named=is_named)


def case_name(cases: Sequence[OpenedCase], place: int) -> tuple[str, bool]:
    """Return the name of a case, and whether the suite gives it, without reading the case."""
    if isinstance(cases, SuiteCases):
        name = cases.names[place]
        return name or f"line {cases.line_of(place)}", bool(name)
    return cases[place].name, cases[place].is_named


def probe_count(cases: Sequence[OpenedCase], place: int) -> int:
    """Return how many probes a case has, without reading the case."""
    return cases.probe_count(place) if isinstance(cases, SuiteCases) else len(cases[place].probes)


def is_quick(cases: Sequence[OpenedCase], place: int) -> bool:
    """Return whether a case is in memory, or can be within a few milliseconds."""
    return not isinstance(cases, SuiteCases) or cases.is_quick(place)


def case_in_memory(cases: Sequence[OpenedCase], place: int) -> OpenedCase | None:
    """Return a case that is in memory; None if it would have to be read."""
    return cases[place] if not isinstance(cases, SuiteCases) or cases.is_held(place) else None


class _Lines:
    """The positions of many lines, in a few bytes each."""

    def __init__(self) -> None:
        self._numbers, self._starts, self._lengths, self._checksums = (array("Q") for _ in range(4))

    def add(self, line: Line[Any]) -> None:
        self._numbers.append(line.number)
        self._starts.append(line.start)
        self._lengths.append(line.length)
        self._checksums.append(line.checksum)

    def at(self, place: int) -> LineOfCase:
        return LineOfCase(self._numbers[place], self._starts[place], self._lengths[place], self._checksums[place])


class _FileSection(io.RawIOBase):
    """A line in an open file that others also read from."""

    def __init__(self, file: IO[bytes], reading: threading.Lock, line: LineOfCase, meter: Meter) -> None:
        self._file = file
        self._meter = meter
        self._reading = reading
        self._line = line
        self._done = self._checksum = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        size = min(len(view), self._line.length - self._done)
        with self._reading:
            self._file.seek(self._line.start + self._done)
            data = self._file.read(size)
        view[: len(data)] = data
        self._done += len(data)
        self._meter.reached(self._done)
        self._checksum = zlib.crc32(data, self._checksum)
        return len(data)

    @property
    def is_unchanged(self) -> bool:
        """Whether all of it was read, and is the same as when the line was first read."""
        return (self._done, self._checksum) == (self._line.length, self._line.checksum)
