"""The checksum of the sources of one ``COPY`` or ``ADD``, for any tree of files.

moby: ``getCopyInfosForSourcePaths``, ``copyWithWildcards`` and ``walkSource`` of ``builder/dockerfile/copy.go``. The
build context and the root of an image differ in how a file is hashed, and in what replaces a missing sum.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

from cacheview.dockerfile.context.glob import Glob, has_wildcards
from cacheview.dockerfile.context.gopath import raw
from cacheview.dockerfile.context.tree import ForbiddenPathError, Tree
from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import Problem
from cacheview.model.effort import paced

__all__ = ["SourcesSum", "TreeChecksums", "folder_places", "sum_folder", "sum_places", "sum_sources"]

_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_URLS = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class SourcesSum:
    """The checksum of the sources of a step.

    Attributes:
        text: ``file:``, ``dir:`` or ``multi:`` and 64 hex digits.
        files: each path in it with its sum, in the builder's order. A link has the sum of its target; for a path
            without a sum, it is the text from `TreeChecksums.without_sum`.
    """

    text: str
    files: tuple[tuple[str, str], ...]


class TreeChecksums(Protocol):
    """A tree of files with their sums."""

    @property
    def tree(self) -> Tree:
        """The files."""

    def of_folder(self, real: str) -> SourcesSum:
        """Return the checksum of one folder, whose path must not contain links."""

    def sums_of(self, paths: Iterable[str]) -> dict[str, str]:
        """Return sums by path, except for paths without one. Raises `UnknownError`, `DataError`."""

    def without_sum(self, path: str, real: str) -> str:
        """Return the text that the builder uses for a missing sum.

        Args:
            path: as written.
            real: the same path with all links followed.
        """

    def not_found(self, path: str) -> str:
        """Return the daemon's message for a source that does not exist."""


def sum_sources(checksums: TreeChecksums, sources: Sequence[str], *, instruction: str, destination: str) -> SourcesSum:
    """Return the checksum of a ``COPY`` or ``ADD``.

    Args:
        checksums: the files.
        sources: after expansion.
        instruction: ``COPY``, or ``ADD``, which accepts URLs.
        destination: after expansion.

    Raises:
        BuildRefusedError: the builder stops here.
        UnknownError: a source would have to be downloaded, or a sum in the tree is unknown.
        DataError: a file cannot be read.
    """
    return _Copy(checksums, instruction).of(sources, destination)


def sum_folder(checksums: TreeChecksums, real: str, problems: MutableMapping[str, Problem]) -> SourcesSum:
    """Return the checksum of a folder, from the sums of all its entries.

    Entries that the builder silently leaves out are added to ``problems`` by path.
    """
    return sum_places(checksums, folder_places(checksums.tree, real, problems))


def folder_places(tree: Tree, real: str, problems: MutableMapping[str, Problem]) -> list[tuple[str, str]]:
    """Return the entries of a folder for `sum_folder`: each path, and its path with links followed."""
    places: list[tuple[str, str]] = []
    for path in paced(tree.below(real)):
        try:
            places.append((path, tree.resolve_existing(path)))
        except ForbiddenPathError as error:
            what = f"{error.what}, so the builder leaves it out of the folder's checksum"
            problems[path] = Problem(path, what)
    return places


def sum_places(checksums: TreeChecksums, places: Sequence[tuple[str, str]]) -> SourcesSum:
    """Return the checksum of a folder from its entries. Raises the errors of `TreeChecksums.sums_of`."""
    sums = checksums.sums_of([place for _, place in places])
    files = tuple([(path, sums.get(place) or checksums.without_sum(path, place)) for path, place in places])
    return SourcesSum(_joined("dir", _in_order([result for _, result in files])), files)


def _in_order(sums: list[str]) -> list[str]:
    """Sort by bytes, like Go. In ASCII, that is the order of the characters."""
    return sorted(sums) if all(map(str.isascii, sums)) else sorted(sums, key=raw)


def _joined(kind: str, sums: Iterable[str]) -> str:
    return f"{kind}:{hashlib.sha256(raw(','.join(sums))).hexdigest()}"


def _printed(message: str) -> str:
    """Return a message as the daemon prints it. Errors are sent as JSON, which replaces bytes that are not UTF-8."""
    return _NOT_UTF8.sub("\ufffd", message)


class _Copy:
    def __init__(self, checksums: TreeChecksums, name: str) -> None:
        self.checksums = checksums
        self.name = name
        self.tree = checksums.tree

    def of(self, sources: Sequence[str], destination: str) -> SourcesSum:
        each_sum: list[SourcesSum] = []
        for source in sources:
            each_sum.extend(self._source(source))
        if not each_sum:
            self._refuse("no source files were specified")
        if len(each_sum) == 1:
            return each_sum[0]
        if not destination.endswith("/"):
            message = (
                f"When using {self.name} with more than one source file, the destination must be a directory "
                "and end with a /"
            )
            raise BuildRefusedError("with several sources, the destination must end with a slash", message=message)
        files = tuple(file for each in each_sum for file in each.files)
        return SourcesSum(_joined("multi", (each.text for each in each_sum)), files)

    def _refuse(self, message: str, where: str = "") -> NoReturn:
        message = _printed(f"{self.name} failed: {message}")
        raise BuildRefusedError(message, message=message, where=where)

    def _source(self, source: str) -> Iterator[SourcesSum]:
        if source.startswith(_URLS):
            if self.name == "COPY":
                self._refuse("source can't be a URL for COPY")
            raise UnknownError(f"{source[:200]} would have to be downloaded")
        path = source.removeprefix("/").removeprefix("./")
        if not has_wildcards(path):
            yield self._path(path)
            return
        glob = Glob(path)
        for each in paced(list(self.tree.paths())):
            if glob.matches(each):
                # The builder treats these like any other source; they are no longer patterns.
                yield self._path(each.removeprefix("./"))

    def _path(self, path: str) -> SourcesSum:
        try:
            real = self.tree.resolve(path)
        except ForbiddenPathError:
            self._refuse(f"forbidden path outside the build context: {path} ()")
        if real not in self.tree:
            self._refuse(self.checksums.not_found(path))
        if not self.tree.is_directory(real):
            return self._file(path, real)
        return self.checksums.of_folder(real)

    def _file(self, path: str, real: str) -> SourcesSum:
        result = self.checksums.sums_of([real]).get(real) or self.checksums.without_sum(path, real)
        return SourcesSum("file:" + result, ((path, result),))
