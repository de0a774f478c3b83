"""The layers of a running engine's images, which its API provides only as part of a whole image.

An image is downloaded to a private file in the cache folder when one of its layers is first read, and deleted later.
The user is asked first, since an image may be large.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from cacheview.layers.archive import archive_layers
from cacheview.layers.entry import LayerEntry
from cacheview.layers.source import LayerSource, LayerUnavailableError, Report
from cacheview.layers.tarstream import by_any_driver
from cacheview.model import DataError, Image, ImageStore
from cacheview.private import make_private_folder
from cacheview.stores.docker_engine.client import KNOWN_API, EngineClient, version_key
from cacheview.stores.docker_engine.contexts import find_endpoint
from cacheview.stores.docker_engine.engine import read_version
from cacheview.stores.locations import parse_location

__all__ = ["EngineLayers"]

_PREFIX: Final = ".image-"
_MAX_ARCHIVE_BYTES: Final = 64 << 30  # of one image
_STALE_AFTER_SECONDS: Final = 24 * 3600  # after which a file left behind by the program is deleted


class EngineLayers:
    """A `LayerSource` that downloads images. `close` deletes the downloads.

    Args:
        store: of a running Docker Engine.
        folder: the folder for downloads, which is created.
        announce: called with each image before it is downloaded.
    """

    def __init__(self, store: ImageStore, folder: Path, announce: Callable[[str], object] = lambda _: None) -> None:
        self._store = store
        self._announce = announce
        self._folder = folder
        self._files: list[Path] = []
        self._sources: dict[str, LayerSource] = {}

    def has_stable_numbers(self, diff_id: str) -> bool:  # noqa: ARG002
        """See `LayerSource`."""
        return True

    def entries(self, diff_id: str, report: Report) -> Iterator[LayerEntry]:
        """See `LayerSource`."""
        yield from self._source(diff_id, report).entries(diff_id, report)

    def contents(
        self, diff_id: str, files: Mapping[int, LayerEntry], report: Report
    ) -> Generator[tuple[int, Iterable[bytes]]]:
        """See `LayerSource`."""
        yield from self._source(diff_id, report).contents(diff_id, files, report)

    def unpacked_folder(self, diff_id: str, path: str, below: LayerEntry | None) -> LayerEntry | None:
        """Return None: a downloaded image does not show how the engine unpacked it."""
        return by_any_driver(diff_id, path, below)

    def close(self) -> None:
        """Delete the downloads."""
        self._sources.clear()
        while self._files:
            self._files.pop().unlink(missing_ok=True)

    def _source(self, diff_id: str, report: Report) -> LayerSource:
        cached = self._sources.get(diff_id)
        if cached is not None:
            return cached
        having = [image for image in self._store.images if diff_id in image.diff_ids]
        if not having:
            raise LayerUnavailableError(f"no image in the engine has the layer {diff_id[:19]}", "Reload the store")
        image = min(having, key=lambda image: image.size or 0)
        path = self._download(image, report)
        source = archive_layers(path, check_canceled=lambda: report(0, image.title))
        for each in image.diff_ids:
            self._sources.setdefault(each, source)
        return source

    def _download(self, image: Image, report: Report) -> Path:
        try:
            self._make_room(image)
            handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=".tar", dir=self._folder)
        except OSError as error:
            raise _write_error(self._folder, error) from error
        size = f" ({image.size:,} bytes)" if image.size is not None else ""
        self._announce(f"downloading {image.title}{size} to read its layers")
        path = Path(name)
        self._files.append(path)
        read = 0

        def stopped() -> bool:
            report(read, f"{image.title}, downloaded")
            return False

        endpoint = find_endpoint(parse_location(self._store.location).target)
        with os.fdopen(handle, "wb") as file, EngineClient(endpoint) as client:
            newest = read_version(client).ApiVersion
            version = f"1.{min(version_key(newest), version_key(KNOWN_API))}"
            for piece in client.archive(version, image.id, stopped):
                read += len(piece)
                if read > _MAX_ARCHIVE_BYTES:
                    raise LayerUnavailableError(
                        f"the archive of {image.title} is larger than {_MAX_ARCHIVE_BYTES >> 30} GiB"
                    )
                stopped()
                try:
                    file.write(piece)
                except OSError as error:
                    raise _write_error(self._folder, error) from error
        return path

    def _make_room(self, image: Image) -> None:
        """Make room for a download. Raises `LayerUnavailableError`, OSError."""
        make_private_folder(self._folder)
        for left in self._folder.glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError):
                if left not in self._files and left.stat().st_mtime < time.time() - _STALE_AFTER_SECONDS:
                    left.unlink()
        free = shutil.disk_usage(self._folder).free
        if image.size is not None and image.size > free:
            what = f"{image.title} needs {image.size:,} bytes, but only {free:,} are free in {self._folder}"
            raise LayerUnavailableError(what, "Free some space there, or set XDG_CACHE_HOME to another folder")


def _write_error(folder: Path, error: OSError) -> DataError:
    what = f"the downloaded image cannot be saved: {error.strerror or error}. Free some disk space"
    return DataError(what, where=str(folder))
