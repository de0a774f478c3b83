"""Reads containerd's image records and blobs as images, as a Docker Engine sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cacheview.model import DataError, Image, Problem
from cacheview.stores.budget import LimitError
from cacheview.stores.containerd.groups import ImageRecords, grouped
from cacheview.stores.containerd.reader import ImageReader, ReadImage
from cacheview.stores.containerd.records import ContentStore, ImageRecord, LostError
from cacheview.stores.problems import Problems
from cacheview.stores.progress import Meter
from cacheview.stores.reading import Reading

__all__ = ["Grown", "Listed", "read_images"]

Listed = tuple[Sequence[ImageRecord], Problems]
"""Image records, and problems with their list."""

Grown = Callable[[list[Image], Sequence[Problem]], None]

_FIRST_GROWN = 50  # images before the first partial result; each further one has twice as many


def read_images(
    listed: Listed,
    content: ContentStore,
    reading: Reading,
    *,
    records_now: Callable[[], Listed],
    threads: int = 0,
    grown: Grown | None = None,
) -> tuple[list[Image], Sequence[Problem]]:
    """Return the images of the records, as moby 28.5.2 reads them, and the problems.

    Records with the same digest are one image. Images are in the order of their first names; unnamed ones come last.

    Args:
        records_now: lists the records again. An incomplete image without a record now was removed in the meantime.
        threads: the number of threads that read; 0: only the caller's.
        grown: called with the images so far each time their number has doubled.

    Raises:
        LostError: the content store stopped responding before there was any image.
        Cancelled: the progress canceled the work.
    """
    records, damaged = listed
    groups, unused = grouped(records, reading.limits)
    problems = Problems(damaged)
    problems.extend(unused)
    reader = ImageReader(content, reading)
    meter = Meter(reading.progress, len(groups), "Reading images")
    meter.alive()
    read: dict[int, ReadImage] = {}
    late: dict[int, Problem] = {}
    lost: LostError | None = None
    due = _FIRST_GROWN
    for number, one in _all(reader.read, groups, threads, meter):
        if one.lost is not None:
            lost = one.lost
            break
        if one.late is not None:
            late[number] = one.late
        else:
            read[number] = one
        meter.reached(len(read) + len(late))
        if grown is not None and due <= len(read) < len(groups):
            due *= 2
            grown(_images(read), problems.reported())
    if lost is not None:
        if not read:
            raise lost
        problems.stop(Problem("", f"{len(groups) - len(read):,} of {len(groups):,} images were not read: {lost}"))
    else:
        _leave_out_removed(read, groups, records_now)
        problems.extend(late.values())
        meter.finished()
    for number in sorted(read):
        problems.extend(read[number].problems)
    return _images(read), problems.reported()


def _images(read: Mapping[int, ReadImage]) -> list[Image]:
    return [image for number in sorted(read) if (image := read[number].image) is not None]


def _all(
    work: Callable[[ImageRecords], ReadImage], groups: Sequence[ImageRecords], threads: int, meter: Meter
) -> Iterator[tuple[int, ReadImage]]:
    if not threads:
        yield from ((number, work(group)) for number, group in enumerate(groups))
        return
    from cacheview.stores.workers import WorkerPool

    with WorkerPool(lambda number: work(groups[number]), range(len(groups)), threads) as crew:
        yield from crew.results(meter)


def _leave_out_removed(
    read: dict[int, ReadImage], groups: Sequence[ImageRecords], records_now: Callable[[], Listed]
) -> None:
    """Drop images that were removed during the reading. Docker removes the record first, then blob by blob."""
    lacking = [number for number, one in read.items() if one.problems]
    if not lacking:
        return
    try:
        records, damaged = records_now()
    except (DataError, LimitError):
        return
    digests = {record.digest for record in records}
    for number in lacking:
        if not damaged and groups[number].digest not in digests:
            del read[number]
