"""The checksum in the text of a ``COPY`` or ``ADD``.

Facts from moby's ``builder/dockerfile/copy.go`` (``getCopyInfosForSourcePaths`` and the functions that it calls) and
``builder/remotecontext/archive.go``; they are the same in 20.10, 25.0, 28.5 and 29.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cacheview.dockerfile.context.clients import DOCKER_CLI, Client
from cacheview.dockerfile.context.context import ContextSource
from cacheview.dockerfile.context.hashing import Hasher
from cacheview.dockerfile.context.sending import UploadedContext, send
from cacheview.dockerfile.context.sources import SourcesSum, sum_folder, sum_sources
from cacheview.dockerfile.context.tree import Tree
from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.release import NEWEST_RELEASE, BuilderRelease
from cacheview.model import Problem

__all__ = ["ContextSums", "SourcesSum", "UnknownError"]


class ContextSums:
    """Sums of one context, as one builder receives it from one client.

    The context is read for the first sum, and each file at most once.
    """

    def __init__(
        self,
        context: ContextSource,
        dockerfile_name: str = "Dockerfile",
        *,
        client: Client = DOCKER_CLI,
        release: BuilderRelease = NEWEST_RELEASE,
        hasher: Hasher | None = None,
        dockerfile: bytes | None = None,
    ) -> None:
        """Prepare the sums. ``dockerfile`` is its text, which some clients send if it is outside the context."""
        self._context = context
        self._dockerfile_name = dockerfile_name
        self._client = client
        self._release = release
        self._hasher = hasher or Hasher()
        self._dockerfile = dockerfile
        self._uploaded: UploadedContext | None = None
        self._sums: dict[str, str] = {}
        self._folders: dict[str, SourcesSum] = {}
        self._problems: dict[str, Problem] = {}

    @property
    def uploaded(self) -> UploadedContext:
        """The context on the daemon.

        Raises:
            BuildRefusedError: the client refuses the context.
            DataError: it cannot be read.
        """
        if self._uploaded is None:
            self._uploaded = send(self._context, self._dockerfile_name, self._client, self._release, self._dockerfile)
        return self._uploaded

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The entries that the client or the builder has silently left out so far."""
        return (*self._context.problems, *self._problems.values())

    def of_sources(self, sources: Sequence[str], *, add: bool, destination: str) -> SourcesSum:
        """Return the checksum of the sources of a ``COPY`` or ``ADD`` without ``--from``.

        Args:
            sources: after expansion.
            add: whether it is an ``ADD``, which accepts URLs.
            destination: after expansion.

        Raises:
            BuildRefusedError: the builder stops here.
            UnknownError: a source would have to be downloaded.
            DataError: the context cannot be read.
        """
        return sum_sources(self, sources, instruction="ADD" if add else "COPY", destination=destination)

    @property
    def tree(self) -> Tree:
        """The files on the daemon."""
        return self.uploaded.tree

    def of_folder(self, real: str) -> SourcesSum:
        """Return the checksum of one folder, whose path must not contain links."""
        if real not in self._folders:
            self._folders[real] = sum_folder(self, real, self._problems)
        return self._folders[real]

    def without_sum(self, path: str, real: str) -> str:  # noqa: ARG002
        """Return the path itself, which the builder uses for an entry without a header (``archiveContext.Hash``)."""
        return path

    def not_found(self, path: str) -> str:
        """Return the daemon's message for a source that does not exist."""
        return f"file not found in build context or excluded by .dockerignore: stat {path}: file does not exist"

    def sums_of(self, paths: Iterable[str]) -> dict[str, str]:
        """Return sums by path, only of entries with a header.

        Raises:
            DataError: a file cannot be read.
        """
        nodes = self.uploaded.tree.sent_nodes
        present = [path for path in paths if path in nodes]
        missing = dict.fromkeys([path for path in present if path not in self._sums])
        if missing:
            self._sums.update(self._hasher.sums(self._context, [nodes[path] for path in missing]))
        return {path: self._sums[path] for path in present}
