"""The files of an archive or folder by name, as far as reading an image store needs them: documents and sizes."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from cacheview.model import DataError, Problem
from cacheview.model.effort import free_in_steps
from cacheview.model.large_map import LargeMap
from cacheview.stores.budget import Budget, LimitError, Resource
from cacheview.stores.compression import DamagedStreamError
from cacheview.stores.document_cache import DocumentCache, FileCache, MemoryCache
from cacheview.stores.files import MeteredFile
from cacheview.stores.problems import Problems
from cacheview.stores.reasons import reason
from cacheview.stores.tar import TarError, walk
from cacheview.wording import counted

__all__ = ["ArchiveMembers", "Members", "clean_name", "read_archive"]

TOP_DOCUMENTS = ("index.json", "manifest.json", "repositories", "oci-layout")
"""The documents that list the others. They are not charged to a total, since they often come last."""

_FIRST_READ_BYTES = 64 * 1024
_JSON_STARTS = frozenset((b"{", b"[", b" ", b"\n", b"\r", b"\t"))


class Members(Protocol):
    """Files by their path from the root of the store, with ``/``."""

    @property
    def problems(self) -> Problems:
        """The problems of the archive or folder itself."""

    def read(self, name: str) -> bytes | None:
        """Return the content of a JSON document; None if there is no such file, or it is not JSON.

        Raises `DataError` if the file exists but cannot be read.
        """

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes; None if there is none."""

    def documents(self) -> Iterator[str]:
        """Yield the names of all JSON documents that can be listed without reading anything again."""


def clean_name(name: str) -> str | None:
    """Return a member's name relative to the root, without ``./`` and the like; None if it points outside."""
    # A fast path for most names: there are as many as members.
    is_usual = name and name[0] not in "./" and name[1:2] != ":" and "//" not in name and "/." not in name
    if is_usual and "\\" not in name and "\0" not in name:
        return name.rstrip("/")
    if name.startswith(("/", "\\")) or name[1:2] == ":" or "\0" in name:
        return None
    normal = posixpath.normpath(name) if name else "."
    return None if normal == ".." or normal.startswith("../") else normal


@dataclass
class ArchiveMembers:
    """The result of one pass over a tar archive."""

    kept: DocumentCache = field(default_factory=MemoryCache)
    places: LargeMap[str, tuple[int, int]] = field(default_factory=LargeMap)  # of its JSON documents, with their sizes
    names: list[str] = field(default_factory=list)  # of these documents, in the order of the archive
    sizes: LargeMap[str, int] = field(default_factory=LargeMap)
    links: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)
    root: str = ""  # the folder that contains everything, with a trailing slash

    def read(self, name: str) -> bytes | None:
        """Return a JSON document; see `Members.read`."""
        path = self.root + name
        place = self.places.get(path)
        if place is not None:
            return self.kept.read(*place)
        if path in self.refused:
            raise DataError(self.refused[path])
        return None

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes; None if there is none."""
        path = self.root + name
        return self.sizes.get(self.links.get(path, path))

    def documents(self) -> Iterator[str]:
        """Yield the names of all JSON documents in the archive."""
        return (name[len(self.root) :] for name in self.names if name.startswith(self.root))

    def clear(self) -> None:
        """Forget everything, in steps: the images have been read."""
        self.places.clear()
        self.sizes.clear()
        names, self.names = [self.names], []
        free_in_steps(names)


def read_archive(stream: io.BufferedReader, budget: Budget) -> ArchiveMembers:
    """Read a tar archive once, keeping its JSON documents, since only its end shows which of them matter.

    They can be read as long as the stream is open. Layers are skipped. If the archive is damaged or truncated, or
    exceeds the ``budget``, the result has everything before that, and a problem.
    """
    members = ArchiveMembers()
    if isinstance(stream.raw, MeteredFile):
        members.kept = FileCache(stream.raw)
    try:
        _fill(members, stream, budget)
    except LimitError as error:
        members.problems.append(Problem("", f"the archive {error}"))
    except (TarError, DamagedStreamError, OSError) as error:
        what = str(error) if isinstance(error, TarError) else f"the archive cannot be read to the end: {reason(error)}"
        members.problems.append(Problem("", f"{what}. Everything before that point was read"))
    members.root = _root(members.places)
    return members


def _fill(members: ArchiveMembers, stream: io.BufferedReader, budget: Budget) -> None:
    limits = budget.limits
    outside = 0
    sizes, places, kept = members.sizes, members.places, members.kept
    for raw_name, size, regular, link in walk(stream):
        budget.spend(Resource.MEMBERS)
        budget.check_canceled()
        name = clean_name(raw_name)
        if name is None:
            outside += 1
            continue
        budget.spend(Resource.NAMES, len(raw_name) + len(link))
        if link:
            members.links[name] = posixpath.normpath(posixpath.join(posixpath.dirname(name), link))
        if not regular:
            continue
        sizes[name] = size
        # `ID/json` is the version 1 form that old archives have in addition to the config. Nothing reads it any more.
        if not size or name.endswith(("/json", "/layer.tar")):
            continue
        position = stream.tell()
        content = stream.read(min(size, _FIRST_READ_BYTES))
        if content[:1] not in _JSON_STARTS:
            continue
        if size > limits.document:
            members.refused[name] = f"is larger than {limits.document:,} bytes, the limit for a JSON document"
            continue
        if name.rpartition("/")[2] not in TOP_DOCUMENTS:
            try:
                budget.spend(Resource.DOCUMENTS, size)
            except LimitError as error:
                members.refused[name] = f"the archive {error}"
                continue
        if isinstance(kept, MemoryCache):
            budget.spend(Resource.MEMORY, size)
        if size > len(content):
            content += stream.read(size - len(content))
        if len(content) < size:
            raise TarError(f"the archive ends early, in {name[:200]!r}")
        if name not in places:
            members.names.append(name)
        places[name] = (kept.keep(position, content), size)
    if outside:
        skipped = counted(outside, "member was skipped: its name points", "members were skipped: their names point")
        what = f"{skipped} outside the archive (.. or /)"
        members.problems.append(Problem("", what))


def _root(names: Collection[str]) -> str:
    """Return the folder of the top documents: the top itself, or the one folder that contains everything."""
    if any(name in names for name in TOP_DOCUMENTS):
        return ""
    folders = {name.partition("/")[0] for name in names if posixpath.basename(name) in TOP_DOCUMENTS}
    results = [f"{folder}/" for folder in sorted(folders) if any(f"{folder}/{top}" in names for top in TOP_DOCUMENTS)]
    return results[0] if len(results) == 1 else ""
