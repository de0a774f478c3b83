"""Reads the images of a Docker Engine through its API: the list first, then several images at a time."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from cacheview.model import DataError, Image, ImageStore, Problem, decode, footprint, is_too_deep
from cacheview.model.effort import paced
from cacheview.stores.budget import LimitError, Resource
from cacheview.stores.docker_engine.client import EngineClient
from cacheview.stores.docker_engine.decoding import Decoder, is_image_id, store_order, without_resolved_doubts
from cacheview.stores.docker_engine.documents import ListDocument, ListedImage
from cacheview.stores.docker_engine.doubts import Doubts
from cacheview.stores.docker_engine.engine import Engine
from cacheview.stores.docker_engine.errors import ConnectionLostError, NoAnswerError, RefusedRequestError
from cacheview.stores.problems import Problems
from cacheview.stores.progress import Meter
from cacheview.stores.reading import Reading
from cacheview.stores.reasons import reason
from cacheview.stores.workers import WorkerPool, run_cancelable
from cacheview.wording import counted

__all__ = ["EngineReader"]

THREADS = 8
_MAX_IMAGE_BYTES = 16 << 20  # of an answer about one image; each thread keeps one in memory
_IMAGES_BEFORE_PARTIAL = 64  # images before the second partial store; each further one has twice as many
_MAX_PROBLEMS = 50  # problems that are listed individually
_MAX_REASONS = 1000  # images that each keep their own reason for not being read

_STILL_READING = "the image is still being read"
_WAIT = "Wait until the store has been read"
_RELOAD = "Reload the store"


@dataclass(frozen=True, slots=True)
class _Failure:
    """The reason that an image could not be read. It is a value: an exception would keep its frames and answers alive.

    Attributes:
        what, where: those of the `DataError`.
        is_missing: whether the engine has no such image.
        is_fatal: whether no other image can be read either.
    """

    what: str
    where: str
    is_missing: bool = False
    is_fatal: bool = False

    @classmethod
    def of(cls, error: DataError) -> _Failure:
        is_missing = isinstance(error, RefusedRequestError) and error.status == 404
        return cls(error.what, error.where, is_missing, isinstance(error, ConnectionLostError | _TooManyError))


class _TooManyError(DataError):
    """The images exceed the limits of one store."""


class EngineReader:
    """Reads the images of one engine. ``remedy``: how to find out what the API does not report.

    The methods share ``images``, a dictionary by id that is updated in place as more becomes known.
    """

    def __init__(self, client: EngineClient, engine: Engine, reading: Reading, location: str, remedy: str) -> None:
        self.client = client
        self.engine = engine
        self.reading = reading
        self.location = location
        self.set_remedy(remedy)
        self.problems = Problems(engine.problems)
        self.notes: list[str] = []
        self.layers_at = ""
        self._lost_connections = 0  # consecutive lost connections
        self._abort = threading.Event()
        self._ended = False
        self._has_read = False  # whether any image was read, not only the list
        self._limit_error: _TooManyError | None = None

    def set_remedy(self, remedy: str) -> None:
        """Use another remedy for doubts. Images created before that have to be created again."""
        self.doubts = Doubts(self.engine, remedy)
        self.decoder = Decoder(self.doubts, self.reading.budget)

    def ask_list(self, meter: Meter) -> tuple[ListedImage, ...]:
        """Request the list of images. Entries without an id become problems. Raises `DataError` if there is no list."""
        entries = run_cancelable(self._list, meter)
        limit = self.reading.limits.images
        if len(entries) > limit:
            self.problems.stop(Problem("", f"there are more than {limit:,} images; the rest were not read"))
        kept: dict[str, ListedImage] = {}
        for number, entry in enumerate(paced(entries[:limit])):
            if not is_image_id(entry.Id):
                self.problems.append(Problem(f"image {number + 1} in the list", f"has no valid ID: {entry.Id[:100]!r}"))
            elif entry.Id in kept:
                self.problems.append(Problem(entry.Id, "the ID occurs more than once; the first image is used"))
            else:
                kept[entry.Id] = entry
        return tuple(kept.values())

    def images_from_list(self, entries: Sequence[ListedImage], details: Mapping[str, Image]) -> dict[str, Image]:
        """Return the images by id, in the order of the store. Those that are not in ``details`` are as listed."""
        images = list(details.values())
        for entry in paced(entries):
            if entry.Id in details:
                continue
            unread = self.doubts.unread(_STILL_READING, _WAIT, is_root=not entry.ParentId)
            images.append(self.decoder.image_from_list(entry, unread))
        images.sort(key=lambda image: store_order(image, self.doubts.in_containerd))
        return {image.id: image for image in images}

    def read(self, images: dict[str, Image], ids: Sequence[str], meter: Meter) -> None:
        """Read the images with these ``ids`` from the engine. An image that cannot be read stays as listed.

        In the meantime, the caller receives partial stores with the current ``images``.
        """
        self._has_read = True
        failures: dict[str, _Failure] = {}
        read, next_partial = 0, _IMAGES_BEFORE_PARTIAL
        try:
            with WorkerPool(self._image, [images[image_id] for image_id in ids], min(THREADS, len(ids))) as pool:
                for image, result in pool.results(meter):
                    read += 1
                    if isinstance(result, _Failure):
                        failures[image.id] = result
                    else:
                        images[image.id] = result
                    if self._abort.is_set():
                        pool.stop()
                    meter.reached(read)
                    if read >= next_partial and read < len(ids):
                        next_partial = read * 2
                        self.report_partial(images)
        finally:
            self._ended = True  # a thread that still hangs must not retry
        if failures:
            self._note_unread(images, failures, ids, meter)

    def report_partial(self, images: dict[str, Image]) -> None:
        """Give the caller the store as it is so far, if requested."""
        if self.reading.partial is not None:
            self.reading.partial(self.store(images))

    def store(self, images: dict[str, Image]) -> ImageStore:
        """Return the store with these images, by id, as far as it has been read."""
        problems = (*self.problems.reported(), *self.decoder.problems.reported())
        notes = tuple(self.notes) if images else ("This store has no images.",)
        kept = tuple(images.values())
        if self._has_read:
            kept = without_resolved_doubts(kept, self.doubts)
        return ImageStore(
            kept,
            self.engine.title,
            self.location,
            "",
            notes,
            problems,
            self.engine.release,
            self.engine.os,
            self.layers_at,
            self.engine.platform,
        )

    def _list(self) -> tuple[ListedImage, ...]:
        path = f"/v{self.engine.list_api}/images/json"
        content = self.client.get(path, {"all": "1"}, limit=self.reading.limits.documents)
        try:
            return self.reading.budget.decode(ListDocument, content).root
        except DataError as error:
            return self._readable_entries(content, error)

    def _readable_entries(self, content: bytes, error: DataError) -> tuple[ListedImage, ...]:
        """Return the readable entries of a list that has unreadable ones."""
        document = None
        # A Python object takes no more memory than a model.
        if footprint(content).memory <= self.reading.budget.left(Resource.MEMORY) and not is_too_deep(content):
            with suppress(ValueError):
                document = json.loads(content)
        if not isinstance(document, list):
            what = f"the list of images cannot be read: {error}. Is Docker Engine listening there?"
            raise NoAnswerError(what, where=self.client.where) from error
        limit = self.reading.limits.images
        if len(document) > limit:
            self.problems.stop(Problem("", f"there are more than {limit:,} images; the rest were not read"))
        entries = []
        for number, entry in enumerate(paced(document[:limit])):
            try:
                entries.append(decode(ListedImage, json.dumps(entry)))
            except DataError as wrong:
                self.problems.append(Problem(f"image {number + 1} in the list", str(wrong)))
        return tuple(entries)

    def _image(self, image: Image) -> Image | _Failure:
        """Read an image, in a worker thread."""
        if self._abort.is_set():
            unreachable = ConnectionLostError("the engine does not respond", where=self.client.where, kind="down")
            return _Failure.of(self._limit_error or unreachable)
        limit = min(self.reading.limits.document, _MAX_IMAGE_BYTES)
        path = f"/v{self.engine.inspect_api}/images/{image.id}"
        try:
            inspected = self._get(f"{path}/json", limit)
            history: bytes | DataError
            try:
                history = self._get(f"{path}/history", limit)
            except (RefusedRequestError, NoAnswerError) as error:
                if isinstance(error, RefusedRequestError) and error.status == 404:
                    raise
                history = error
            return self.decoder.read(image, inspected, history)
        except DataError as error:
            return _Failure.of(error)
        except LimitError as error:
            self._limit_error = _TooManyError(f"the store {error}", where=self.client.where)
            self._abort.set()
            return _Failure.of(self._limit_error)
        except ValueError as error:  # whatever the answer contains, it affects only one image
            return _Failure(f"cannot be read: {reason(error)}", "")

    def _get(self, path: str, limit: int) -> bytes:
        """Return an answer. If the connection is lost, the request is repeated once."""
        try:
            answer = self.client.get(path, limit=limit)
        except ConnectionLostError as error:
            if error.kind == "broken" and not self._ended:
                try:
                    answer = self.client.get(path, limit=limit)
                    self._lost_connections = 0
                    return answer
                except ConnectionLostError as again:
                    error = again
            self._lost_connections += 1
            if error.kind == "down" or self._lost_connections >= THREADS:
                self._abort.set()
            raise error from None
        self._lost_connections = 0
        return answer

    def _note_unread(
        self, images: dict[str, Image], failures: dict[str, _Failure], ids: Sequence[str], meter: Meter
    ) -> None:
        """Report which images could not be read and why, and drop images that no longer exist."""
        missing = [image_id for image_id, failure in failures.items() if failure.is_missing]
        if missing:
            self._drop_deleted(images, missing, failures, meter)
        unread = [image_id for image_id in paced(ids) if self._is_unread(images.get(image_id))]
        unreachable = [image_id for image_id in unread if image_id not in failures or failures[image_id].is_fatal]
        if self._abort.is_set() and unreachable:
            error = self._limit_error or next(failure for failure in failures.values() if failure.is_fatal)
            why = "reading stopped" if self._limit_error is not None else "the engine stopped responding"
            known = f"{len(unreachable):,} of {len(ids):,} images are known only from the list of images"
            what = f"{why}, so {known}: {error.what}"
            self.problems.stop(Problem(error.where, what))
            self._mark(images, unreachable, f"the image could not be read: {error.what}")
        else:
            unreachable = []
        reported = set(unreachable)
        rest = [image_id for image_id in unread if image_id not in reported]
        for image_id in paced(rest[:_MAX_REASONS]):
            self._mark(images, [image_id], f"the image could not be read: {failures[image_id].what}")
        others = f"the image could not be read, and neither could {len(rest) - 1:,} others"
        self._mark(images, rest[_MAX_REASONS:], others)
        for image_id in rest[:_MAX_PROBLEMS]:
            self.problems.append(Problem(images[image_id].title, failures[image_id].what))
        if len(rest) > _MAX_PROBLEMS:
            reasons = Counter(failures[image_id].what for image_id in rest[_MAX_PROBLEMS:])
            reason, _ = reasons.most_common(1)[0]
            more = counted(len(rest) - _MAX_PROBLEMS, "more image")
            self.problems.append(Problem("", f"{more} could not be read, most often for this reason: {reason}"))

    def _drop_deleted(
        self, images: dict[str, Image], missing: Sequence[str], failures: dict[str, _Failure], meter: Meter
    ) -> None:
        """Drop missing images that are no longer listed: they were deleted in the meantime."""
        try:
            listed = {entry.Id for entry in run_cancelable(self._list, meter)}
        except (DataError, LimitError):
            return  # assume that they still exist: nothing is dropped
        deleted = [image_id for image_id in missing if image_id not in listed]
        for image_id in deleted:
            del images[image_id], failures[image_id]
        if deleted:
            shown = ", ".join(image_id.rpartition(":")[2][:12] for image_id in deleted[:5])
            more = ", …" if len(deleted) > 5 else ""
            self.notes.append(
                f"{counted(len(deleted), 'image was', 'images were')} deleted while the store was read: {shown}{more}."
            )

    def _is_unread(self, image: Image | None) -> bool:
        return image is not None and image.doubts in (
            self.doubts.unread(_STILL_READING, _WAIT, is_root=True),
            self.doubts.unread(_STILL_READING, _WAIT, is_root=False),
        )

    def _mark(self, images: dict[str, Image], ids: Sequence[str], reason: str) -> None:
        for image_id in paced(ids):
            image = images[image_id]
            doubts = self.doubts.unread(reason, _RELOAD, is_root=image.parent is None)
            images[image_id] = image.model_copy(update={"doubts": doubts})
