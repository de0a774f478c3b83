"""The files of a graph driver's image store in Docker's data root: ``imagedb`` and ``repositories.json``.

The layout and its meaning are those of ``image/fs.go``, ``image/store.go`` and ``reference/store.go`` in moby 28.5.2;
20.10 differs only in that it writes no ``builtLocally``. A running daemon may change the files. It replaces each file
as a whole, so no lock is needed, and a missing file belongs to an image that was removed.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cacheview.model import Aspect, DataError, Doubt, Image, Problem, familiar
from cacheview.stores.blobs import digest_of, read_config
from cacheview.stores.budget import LimitError
from cacheview.stores.driver_files import MAX_SHORT_FILE_BYTES, DriverFiles
from cacheview.stores.files import refusal
from cacheview.stores.layerdb import LAYERS, LayerDatabase
from cacheview.stores.names import merged
from cacheview.stores.problems import Problems
from cacheview.stores.progress import Meter
from cacheview.stores.reading import Reading
from cacheview.stores.repositories import REPOSITORIES, read_repositories

__all__ = ["CONTENT", "METADATA", "ImageDatabase", "OnPartial"]

CONTENT = "imagedb/content/sha256"
METADATA = "imagedb/metadata/sha256"

OnPartial = Callable[[list[Image], Sequence[Problem]], None]
"""A function that receives the images read so far, in the reader's thread."""

_HEX = re.compile("[a-f0-9]{64}")
_ID = re.compile("sha256:[a-f0-9]{64}")
_SECONDS_BEFORE_PARTIAL = 0.1  # seconds before the first partial result; each further one waits twice as long

_REMEDY = "Run cacheview as root. If that does not help, check the disk, or remove the image and build it again"


@dataclass
class ImageDatabase:
    """The image store of one driver.

    Attributes:
        folder: ``image/<driver>`` in a data root.
        reading: the options and the budget.
        refused: the first error about a file that the user may not read.
    """

    folder: Path
    reading: Reading
    refused: PermissionError | None = None
    _problems: Problems = field(default_factory=Problems)
    _name_problems: Problems = field(default_factory=Problems)
    _names: Mapping[str, Sequence[str]] | None = None
    _names_content: bytes | None = None  # the content of `repositories.json` that the names are from

    def __post_init__(self) -> None:
        self._files = DriverFiles(self.folder, self.reading.budget)
        self._layers = LayerDatabase(self._files)

    @property
    def problems(self) -> Sequence[Problem]:
        """The problems so far."""
        problems = Problems(self._name_problems)
        problems.extend(self._problems)
        return problems.reported()

    def read(self, on_partial: OnPartial | None = None) -> list[Image]:
        """Return all images, by id, with names. In the meantime, ``on_partial`` receives more and more of them.

        Raises:
            DataError: there is no such store.
            OSError: the store's folders cannot be listed.
            Canceled: the progress canceled the work.
        """
        self._read_names()
        ids = self._ids()
        meter = Meter(self.reading.progress, len(ids), "Reading images")
        meter.check_canceled()
        with_metadata = self._with_metadata(ids)
        images: dict[str, Image] = {}
        try:
            unread = self._read_all(ids, with_metadata, images, meter, on_partial)
            self._update_names(images)
            self._update_parents(images, unread)
            self._report_missing(images.keys() | unread, with_metadata)
        except LimitError as error:
            self._problems.stop(Problem("", f"the store {error}"))
        meter.finished()
        return list(images.values())

    def _read_all(
        self,
        ids: list[str],
        with_metadata: set[str],
        images: dict[str, Image],
        meter: Meter,
        on_partial: OnPartial | None,
    ) -> set[str]:
        """Add all readable images to ``images``, and return the ids of the others."""
        unread: set[str] = set()
        started, due = time.monotonic(), _SECONDS_BEFORE_PARTIAL
        for done, encoded in enumerate(ids, 1):
            image_id = f"sha256:{encoded}"
            self.reading.budget.check_canceled()
            try:
                image = self._image(encoded, has_metadata=encoded in with_metadata)
            except (DataError, OSError) as error:
                unread.add(image_id)
                self._problem(self._label(image_id), error)
            else:
                if image is not None:
                    images[image_id] = image
            meter.reached(done)
            if on_partial is not None and time.monotonic() - started >= due:
                on_partial(list(images.values()), self.problems)
                due = 2 * (time.monotonic() - started)
        return unread

    # Lists

    def _ids(self) -> list[str]:
        """Return the encoded digests of all configs, sorted.

        Other files, such as half-written ones, are skipped as in Docker.
        """
        if not self._files.has_folder(CONTENT):
            raise DataError(f"there is no image store: {CONTENT} is missing", where=str(self.folder))
        ids = sorted(entry for entry in os.listdir(self.folder / CONTENT) if _HEX.fullmatch(entry))
        limit = self.reading.limits.images
        if len(ids) > limit:
            self._problems.stop(Problem("", f"there are more than {limit:,} images; the rest were not read"))
        return ids[:limit]

    def _with_metadata(self, ids: list[str]) -> set[str]:
        """Return the encoded digests that have metadata; all of them if the folder cannot be listed."""
        try:
            if not self._files.has_folder(METADATA):
                return set()
            with os.scandir(self.folder / METADATA) as entries:
                return {entry.name for entry in entries if entry.is_dir(follow_symlinks=False)}
        except OSError as error:
            self._problem(METADATA, error)
            return set(ids)

    # Names

    def _read_names(self) -> None:
        """Read the names. The previous names stay if the file is unchanged or has just become unreadable."""
        try:
            content = self._files.read(REPOSITORIES, self.reading.limits.document)
            if content is None:
                raise DataError("is missing")
            if content != self._names_content:
                self._names, self._name_problems = read_repositories(content, self.reading.budget)
                self._names_content = content
        except (DataError, OSError) as error:
            if self._names_content is None:
                problem = self._problem_of(REPOSITORIES, error, "The image names are therefore unknown")
                self._name_problems = Problems([problem])

    def _names_of(self, image_id: str) -> tuple[str, ...]:
        return merged((self._names or {}).get(image_id, ()))

    def _label(self, image_id: str) -> str:
        """Return the label of an image in problems: with its name, if it has one."""
        names = self._names_of(image_id)
        return f"{familiar(names[0])} ({image_id})" if names else image_id

    # One image

    def _image(self, encoded: str, *, has_metadata: bool) -> Image | None:
        """Return an image; None if it no longer exists. Raises `DataError` or `OSError` if it cannot be read."""
        content = self._files.read(f"{CONTENT}/{encoded}", self.reading.limits.document)
        if content is None:
            return None
        image_id = f"sha256:{encoded}"
        result = digest_of(content)
        if result != image_id:
            raise DataError(
                f"bad digest: the content stored as {image_id} has the digest {result}. Docker does not load this "
                "image either"
            )
        config = read_config(content, self.reading.budget)
        if config.rootfs is None:
            raise DataError("is not an image config: it has no rootfs. Docker does not load it either")
        parent, is_local = None, False
        doubts = [] if self._names is not None else [self._doubt_names]
        if has_metadata:
            try:
                parent = self._parent(encoded)
            except (DataError, OSError) as error:
                self._problem(self._label(image_id), error, "The parent is therefore unknown")
                doubts.append(self._doubt_parent)
            try:
                # `IsBuiltLocally`: the first byte is 1.
                is_local = (self._metadata(encoded, "builtLocally") or b"")[:1] == b"\x01"
            except (DataError, OSError) as error:
                self._problem(self._label(image_id), error, "It is therefore unknown whether the image was built here")
                doubts.append(self._doubt_local)
        diff_ids = config.rootfs.diff_ids or ()
        size = self._layers.size(diff_ids)
        # `restore` in image/store.go leaves these out too. A removed image loses its config before its layers.
        if size is None and self._layers.lacks(diff_ids) and self._files.exists(f"{CONTENT}/{encoded}"):
            what = f"the image's layers are not in {LAYERS}. Docker ignores the image at startup"
            self._problem(self._label(image_id), DataError(what))
        return Image(
            id=image_id,
            names=self._names_of(image_id),
            parent=parent,
            built_locally=is_local,
            config=config,
            config_digest=image_id,
            size=size,
            doubts=tuple(doubts),
        )

    def _parent(self, encoded: str) -> str | None:
        """Return the recorded parent. Raises `DataError` if the record is not an id, which Docker does not check."""
        content = self._metadata(encoded, "parent")
        if content is None:
            return None
        text = content.decode("ascii", "replace")
        if not _ID.fullmatch(text):
            shown = f"does not contain an image ID: {text[:100]!r}" if text else "is empty"
            raise DataError(f"the parent file {shown}")
        return text

    def _metadata(self, encoded: str, key: str) -> bytes | None:
        return self._files.read(f"{METADATA}/{encoded}/{key}", MAX_SHORT_FILE_BYTES)

    # Changes in the meantime

    def _update_names(self, images: dict[str, Image]) -> None:
        """Update the names that were added, moved or removed while images were read."""
        before = self._names_content
        if before is None:
            return
        self._read_names()
        if self._names_content == before:
            return
        for image_id, image in images.items():
            names = self._names_of(image_id)
            if names != image.names:
                images[image_id] = image.model_copy(update={"names": names})

    def _update_parents(self, images: dict[str, Image], unread: set[str]) -> None:
        """Update the parents: when Docker removes an image, it also removes the records that name it as a parent."""
        for image_id, image in images.items():
            if image.parent is None or image.parent in images or image.parent in unread:
                continue
            try:
                if self._metadata(image_id.removeprefix("sha256:"), "parent") is None:
                    images[image_id] = image.model_copy(update={"parent": None})
            except (DataError, OSError):
                continue  # it stays as it was read before

    def _report_missing(self, present: set[str], with_metadata: set[str]) -> None:
        """Report images that have a name or metadata but no config: a removed image loses those first."""
        if len(present) >= self.reading.limits.images:
            return
        ids = {f"sha256:{encoded}" for encoded in with_metadata if _HEX.fullmatch(encoded)} | (self._names or {}).keys()
        missing = [image_id for image_id in sorted(ids - present) if not self._files.exists(_content_of(image_id))]
        if not missing:
            return
        if self._names is not None:
            self._read_names()
        for image_id in missing:
            metadata = self._files.path(f"{METADATA}/{image_id.removeprefix('sha256:')}")
            if image_id in (self._names or {}) or os.path.isdir(metadata):
                self._problem(
                    self._label(image_id), DataError(f"the image's config is missing: {_content_of(image_id)}")
                )

    # The results

    def _problem(self, where: str, error: DataError | OSError, consequence: str = "") -> None:
        self._problems.append(self._problem_of(where, error, consequence))

    def _problem_of(self, where: str, error: DataError | OSError, consequence: str = "") -> Problem:
        if isinstance(error, PermissionError) and self.refused is None:
            self.refused = error
        what = str(error if isinstance(error, DataError) else refusal(error, ""))
        return Problem(where, ". ".join(filter(None, (what, consequence))))

    # Doubts, one object each

    @cached_property
    def _doubt_names(self) -> Doubt:
        remedy = "Restore the file from a backup. Docker needs it too"
        return Doubt(aspect="names", reason=f"{REPOSITORIES} cannot be read", remedy=remedy)

    @cached_property
    def _doubt_parent(self) -> Doubt:
        return _doubt("parent", "the image's parent file cannot be read, or does not contain an ID")

    @cached_property
    def _doubt_local(self) -> Doubt:
        return _doubt("built_locally", "the image's builtLocally file cannot be read")


def _content_of(image_id: str) -> str:
    return f"{CONTENT}/{image_id.removeprefix('sha256:')}"


def _doubt(aspect: Aspect, reason: str) -> Doubt:
    return Doubt(aspect=aspect, reason=reason, remedy=_REMEDY)
