"""``layerdb`` of Docker's data root: the existing layers and their sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from cacheview.model import DataError
from cacheview.stores.blobs import digest_of
from cacheview.stores.driver_files import MAX_SHORT_FILE_BYTES, DriverFiles

__all__ = ["LAYERS", "LayerDatabase"]

LAYERS = "layerdb/sha256"

_ID = re.compile("sha256:[a-f0-9]{64}")
_SIZE = re.compile(rb"[0-9]{1,18}")


class LayerDatabase:
    """The layers of one driver, a folder for each chain id, as in moby 28.5.2 ``layer/filestore.go``."""

    def __init__(self, files: DriverFiles) -> None:
        self._files = files
        self._sizes: dict[str, int | None] = {}

    def size(self, diff_ids: Sequence[str]) -> int | None:
        """Return the size of all layers of an image in bytes, as `docker images` reports it; None if one is missing."""
        total = 0
        for chain in _chains(diff_ids):
            if chain not in self._sizes:
                self._sizes[chain] = self._size(chain)
            size = self._sizes[chain]
            if size is None:
                return None
            total += size
        return total

    def lacks(self, diff_ids: Sequence[str]) -> bool:
        """Whether the database exists but lacks the top layer of an image."""
        if not diff_ids or not self._exists:
            return False
        *_, top = _chains(diff_ids)
        return not (_ID.fullmatch(top) and self._files.exists(_folder(top)))

    def _size(self, chain: str) -> int | None:
        if not self._exists or not _ID.fullmatch(chain):
            return None
        try:
            content = self._files.read(f"{_folder(chain)}/size", MAX_SHORT_FILE_BYTES)
        except (DataError, OSError):
            return None
        return int(content) if content is not None and _SIZE.fullmatch(content) else None

    @cached_property
    def _exists(self) -> bool:
        try:
            return self._files.has_folder(LAYERS)
        except (DataError, OSError):
            return False


def _folder(chain: str) -> str:
    return f"{LAYERS}/{chain.removeprefix('sha256:')}"


def _chains(diff_ids: Sequence[str]) -> Iterator[str]:
    """Yield the chain ids of the OCI image spec, each of which identifies a layer together with all below it."""
    chain = ""
    for diff_id in diff_ids:
        chain = digest_of(f"{chain} {diff_id}".encode()) if chain else diff_id
        yield chain
