"""The checksum that stands in the text of a ``COPY`` or ``ADD``.

Facts from moby's ``builder/dockerfile/copy.go`` (``getCopyInfosForSourcePaths`` and what it calls) and
``builder/remotecontext/archive.go``; they are the same in 20.10, 25.0, 28.5 and 29.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from cacheview.dockerfile.context.clients import DOCKER_CLI, Client
from cacheview.dockerfile.context.context import Context
from cacheview.dockerfile.context.glob import Glob, has_wildcards
from cacheview.dockerfile.context.gopath import raw
from cacheview.dockerfile.context.hashing import Hasher
from cacheview.dockerfile.context.ignore_rules import FILEUTILS, PATTERNMATCHER
from cacheview.dockerfile.context.notknown import NotKnownError
from cacheview.dockerfile.context.sending import IGNORE_FILE, Sent, send
from cacheview.dockerfile.context.tree import ForbiddenPathError
from cacheview.dockerfile.refused import RefusedError
from cacheview.dockerfile.release import MOBY_71EBFC7, BuilderRelease
from cacheview.model import Problem

__all__ = ["ContextSums", "NotKnownError", "SourcesSum"]

_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_URLS = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class SourcesSum:
    """What stands for the sources of a step.

    Attributes:
        text: ``file:``, ``dir:`` or ``multi:`` and 64 hex digits.
        files: each path in the context that went in, with its own sum, in the order in which the builder meets them.
            A link's sum is that of what it leads to. What has no sum stands with its path in place of one.
    """

    text: str
    files: tuple[tuple[str, str], ...]


def _joined(kind: str, sums: Iterable[str]) -> str:
    return f"{kind}:{hashlib.sha256(raw(','.join(sums))).hexdigest()}"


def _printed(said: str) -> str:
    """What the daemon says comes as JSON, in which bytes that are no text are replaced."""
    return _NOT_UTF8.sub("\ufffd", said)


class ContextSums:
    """Sums over one context, as one builder has it from one client.

    The context is read when the first sum is asked for, and each file at most once.
    """

    def __init__(
        self,
        context: Context,
        dockerfile_name: str = "Dockerfile",
        *,
        client: Client = DOCKER_CLI,
        release: BuilderRelease = MOBY_71EBFC7,
        hasher: Hasher | None = None,
    ) -> None:
        self._context = context
        self._dockerfile_name = dockerfile_name
        self._client = client
        self._release = release
        self._hasher = hasher or Hasher()
        self._sent: Sent | None = None
        self._sums: dict[str, str] = {}
        self._folders: dict[str, SourcesSum] = {}
        self._problems: dict[str, Problem] = {}

    @property
    def sent(self) -> Sent:
        """The context as the daemon has it.

        Raises:
            RefusedError: the client refuses the context.
            DataError: it cannot be read.
        """
        if self._sent is None:
            rules = FILEUTILS if self._release.ignores_by_old_rules else PATTERNMATCHER
            self._sent = send(self._context, self._dockerfile_name, self._client, rules)
        return self._sent

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was left out in silence, by the client or the builder, in all that was asked for so far."""
        return (*self._context.problems, *self._problems.values())

    def of_sources(self, sources: Sequence[str], *, add: bool, destination: str) -> SourcesSum:
        """What stands for the sources of a ``COPY`` or ``ADD`` without ``--from``.

        Args:
            sources: as they are after expansion.
            add: it is an ``ADD``, which takes URLs.
            destination: after expansion.

        Raises:
            RefusedError: the builder stops here.
            NotKnownError: a source is not in the context.
            DataError: the context cannot be read.
        """
        return _Copy(self, "ADD" if add else "COPY").of(sources, destination)

    def of_folder(self, real: str) -> SourcesSum:
        """What stands for one folder, whose path has no links any more."""
        if real not in self._folders:
            self._folders[real] = self._folder(real)
        return self._folders[real]

    def _folder(self, real: str) -> SourcesSum:
        tree = self.sent.tree
        places: list[tuple[str, str]] = []
        for path in tree.below(real):
            try:
                places.append((path, tree.resolve(path)))
            except ForbiddenPathError as error:
                what = f"{error.what}: the builder leaves it out of the checksum of the folder"
                self._problems[path] = Problem(path, what)
        known = self.sums_of(place for _, place in places)
        files = tuple((path, known.get(place, path)) for path, place in places)
        return SourcesSum(_joined("dir", sorted((found for _, found in files), key=raw)), files)

    def sums_of(self, paths: Iterable[str]) -> dict[str, str]:
        """Sums by path, of what came with a header; the rest is left out.

        Raises:
            NotKnownError: the client changes the content on its way.
            DataError: a file cannot be read.
        """
        sent = self.sent.tree.sent
        wanted = [path for path in paths if path in sent]
        if not self.sent.dockerfile and IGNORE_FILE in wanted:
            raise NotKnownError(
                "the Dockerfile is not in the context: the client sends it under a name of chance, and writes that "
                f"into {IGNORE_FILE}, so that the checksum is another in every build"
            )
        unknown = dict.fromkeys(path for path in wanted if path not in self._sums)
        self._sums.update(self._hasher.sums(self._context, [sent[path] for path in unknown]))
        return {path: self._sums[path] for path in wanted}


class _Copy:
    """One instruction."""

    def __init__(self, sums: ContextSums, name: str) -> None:
        self.sums = sums
        self.name = name
        self.sent = sums.sent
        self.tree = self.sent.tree

    def of(self, sources: Sequence[str], destination: str) -> SourcesSum:
        found: list[SourcesSum] = []
        for source in sources:
            found.extend(self._source(source))
        if not found:
            self._refuse("no source files were specified")
        if len(found) == 1:
            return found[0]
        if not destination.endswith("/"):
            said = (
                f"When using {self.name} with more than one source file, the destination must be a directory "
                "and end with a /"
            )
            raise RefusedError("several sources need a destination that ends with a slash", said=said)
        files = tuple(file for each in found for file in each.files)
        return SourcesSum(_joined("multi", (each.text for each in found)), files)

    def _refuse(self, said: str, where: str = "") -> NoReturn:
        said = _printed(f"{self.name} failed: {said}")
        raise RefusedError(said, said=said, where=where)

    def _source(self, source: str) -> Iterator[SourcesSum]:
        if source.startswith(_URLS):
            if self.name == "COPY":
                self._refuse("source can't be a URL for COPY")
            raise NotKnownError(f"{source[:200]} would have to be downloaded")
        path = source.removeprefix("/").removeprefix("./")
        if not has_wildcards(path):
            yield self._path(path)
            return
        glob = Glob(path)
        for each in list(self.tree.paths()):
            if glob.matches(each):
                # The builder does to these what it does to every source; they are no patterns any more.
                yield self._path(each.removeprefix("./"))

    def _path(self, path: str) -> SourcesSum:
        try:
            real = self.tree.resolve(path)
        except ForbiddenPathError:
            self._refuse(f"forbidden path outside the build context: {path} ()")
        if real not in self.tree:
            self._refuse(
                f"file not found in build context or excluded by .dockerignore: stat {path}: file does not exist"
            )
        if not self.tree.is_directory(real):
            return self._file(path, real)
        return self.sums.of_folder(real)

    def _file(self, path: str, real: str) -> SourcesSum:
        found = self.sums.sums_of([real]).get(real, path)
        return SourcesSum("file:" + found, ((path, found),))
