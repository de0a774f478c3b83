"""What a truncated archive still shows without its table of contents, which ``docker save`` writes last."""

from __future__ import annotations

import re

from cacheview.model import DataError
from cacheview.stores.budget import Budget, LimitError
from cacheview.stores.manifests import ArchiveEntry, Descriptor, Manifest
from cacheview.stores.members import Members

__all__ = ["SALVAGED", "stray_entries", "stray_manifests"]

SALVAGED = (
    "The archive's table of contents cannot be read: names and parents are not known, and images later in the file "
    "are missing."
)

_BLOB = re.compile("blobs/(sha256|sha384|sha512)/([a-f0-9]+)")
_OLD_CONFIG = re.compile(r"[a-f0-9]{64}\.json")


def stray_manifests(members: Members, budget: Budget) -> tuple[Descriptor, ...]:
    """The image manifests among the blobs, each by its digest."""
    results = []
    for name in members.documents():
        match = _BLOB.fullmatch(name)
        content = members.read(name) if match else None
        if match is None or content is None or b'"layers"' not in content:
            continue
        try:
            manifest = budget.decode(Manifest, content, kept=False)
        except LimitError:
            break  # those found so far are read, as far as the limit allows
        except DataError:
            continue  # some other document: what a blob is, only the lost table says
        if manifest.config is not None and manifest.layers is not None:
            results.append(Descriptor(digest=f"{match[1]}:{match[2]}", mediaType=manifest.mediaType))
    return tuple(results)


def stray_entries(members: Members) -> tuple[ArchiveEntry, ...]:
    """The image configs at the top of an archive of the old layout."""
    return tuple(ArchiveEntry(Config=name) for name in members.documents() if _OLD_CONFIG.fullmatch(name))
