"""Reads containerd's image records and blobs as images, as a Docker Engine sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cacheview.model import DataError, Image, Problem
from cacheview.stores.budget import LimitError
from cacheview.stores.containerd.groups import ImageRecords, grouped
from cacheview.stores.containerd.reader import ImageReader, ImageResult
from cacheview.stores.containerd.records import ContentStore, ImageRecord, StoreUnavailableError
from cacheview.stores.problems import Problems
from cacheview.stores.progress import Meter
from cacheview.stores.reading import Reading

__all__ = ["OnPartial", "RecordList", "read_images"]

RecordList = tuple[Sequence[ImageRecord], Problems]
"""Image records, and problems with their list."""

OnPartial = Callable[[list[Image], Sequence[Problem]], None]

_IMAGES_BEFORE_PARTIAL = 50  # images before the first partial result; each further one has twice as many


def read_images(
    record_list: RecordList,
    content: ContentStore,
    reading: Reading,
    *,
    records_now: Callable[[], RecordList],
    threads: int = 0,
    on_partial: OnPartial | None = None,
) -> tuple[list[Image], Sequence[Problem]]:
    """Return the images of the records, as moby 28.5.2 reads them, and the problems.

    Records with the same digest are one image. Images are in the order of their first names; unnamed ones come last.

    Args:
        records_now: lists the records again. An incomplete image that no longer has a record was removed in the
            meantime.
        threads: the number of threads that read; 0: only the caller's.
        on_partial: called with the images read so far whenever their number has doubled.

    Raises:
        StoreUnavailableError: the content store stopped responding before any image was read.
        Canceled: the progress canceled the work.
    """
    records, damaged = record_list
    groups, unused = grouped(records, reading.limits)
    problems = Problems(damaged)
    problems.extend(unused)
    reader = ImageReader(content, reading)
    meter = Meter(reading.progress, len(groups), "Reading images")
    meter.check_canceled()
    read: dict[int, ImageResult] = {}
    timeouts: dict[int, Problem] = {}
    fatal: StoreUnavailableError | None = None
    due = _IMAGES_BEFORE_PARTIAL
    for number, one in _all(reader.read, groups, threads, meter):
        if one.fatal is not None:
            fatal = one.fatal
            break
        if one.timeout is not None:
            timeouts[number] = one.timeout
        else:
            read[number] = one
        meter.reached(len(read) + len(timeouts))
        if on_partial is not None and due <= len(read) < len(groups):
            due *= 2
            on_partial(_images(read), problems.reported())
    if fatal is not None:
        if not read:
            raise fatal
        problems.stop(Problem("", f"{len(groups) - len(read):,} of {len(groups):,} images were not read: {fatal}"))
    else:
        _leave_out_removed(read, groups, records_now)
        problems.extend(timeouts.values())
        meter.finished()
    for number in sorted(read):
        problems.extend(read[number].problems)
    return _images(read), problems.reported()


def _images(read: Mapping[int, ImageResult]) -> list[Image]:
    return [image for number in sorted(read) if (image := read[number].image) is not None]


def _all(
    work: Callable[[ImageRecords], ImageResult], groups: Sequence[ImageRecords], threads: int, meter: Meter
) -> Iterator[tuple[int, ImageResult]]:
    if not threads:
        yield from ((number, work(group)) for number, group in enumerate(groups))
        return
    from cacheview.stores.workers import WorkerPool

    with WorkerPool(lambda number: work(groups[number]), range(len(groups)), threads) as pool:
        yield from pool.results(meter)


def _leave_out_removed(
    read: dict[int, ImageResult], groups: Sequence[ImageRecords], records_now: Callable[[], RecordList]
) -> None:
    """Drop images that were removed during the reading. Docker removes the record first, then blob by blob."""
    incomplete = [number for number, one in read.items() if one.problems]
    if not incomplete:
        return
    try:
        records, damaged = records_now()
    except (DataError, LimitError):
        return
    digests = {record.digest for record in records}
    for number in incomplete:
        if not damaged and groups[number].digest not in digests:
            del read[number]
