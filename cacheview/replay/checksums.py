"""The checksums of the files in a build context, for a replay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final, Protocol

from cacheview.dockerfile.context import (
    CLIENTS,
    DOCKER_CLI,
    Client,
    ContextSource,
    ContextSums,
    Entry,
    SourcesSum,
    UnknownError,
)
from cacheview.dockerfile.context.hashing import Hasher
from cacheview.dockerfile.context.packed import IGNORE_FILE
from cacheview.dockerfile.context.tarsum import Header
from cacheview.dockerfile.dispatch import CopySources
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.layers.changes import FileState
from cacheview.layers.header_states import read_header, state_of
from cacheview.model import DataError, Problem
from cacheview.replay.tar_context import TarContext

__all__ = ["ContextChecksums", "StepChecksums"]

_MAX_READ_BYTES: Final = 512 << 20
"""The most bytes that are read to find out which client sent the files of an image."""

_MAX_FILES_FOR_KEPT_TARS: Final = 5_000
"""The most files in a context for which the tars of other clients are kept instead of being recomputed."""

_OTHER_UMASKS: Final = (0o002, 0o027, 0o077)
"""The usual umasks other than 022."""


class StepChecksums(Protocol):
    """Computes the checksums of the files of ``COPY`` and ``ADD``."""

    def prepare(self) -> None:
        """Do what the client does before it contacts the daemon.

        Raises:
            BuildRefusedError: the client refuses the context.
            DataError: the context cannot be read.
        """

    def sum(self, copy: CopySources) -> SourcesSum:
        """Return the checksum of a step's files. Raises `BuildRefusedError` or `UnknownError`."""

    def lone_hard_links(self, result: SourcesSum) -> Iterable[tuple[str, str]]:
        """Return the hard links whose content is not in the checksum, each with its target, which is not copied."""


class _Headers(Mapping[str, bytes]):
    """The hashed form of headers, by path, computed when needed."""

    def __init__(self, headers: Mapping[str, Header]) -> None:
        self._headers = headers

    def __getitem__(self, path: str) -> bytes:
        return self._headers[path].hashed_bytes()

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)


class ContextChecksums(StepChecksums):
    """The checksums of a context's files, as sent by a client and computed by the builder of a release."""

    def __init__(
        self,
        context: ContextSource,
        dockerfile_name: str,
        release: BuilderRelease,
        client: Client = DOCKER_CLI,
        hasher: Hasher | None = None,
        dockerfile: bytes | None = None,
        *,
        leads_out: bool = False,
        written: str | None = None,
    ) -> None:
        """Prepare the checksums of a context.

        Args:
            context: the files on disk, or a tar.
            dockerfile_name: path of the Dockerfile in the context, with links followed; empty: it is outside.
            release: the builder's release.
            client: the client that sends the context.
            hasher: reads the files.
            dockerfile: the text of the Dockerfile, which some clients send if it is not in the context.
            leads_out: whether the default Dockerfile is a link out of the context.
            written: the path of the Dockerfile for clients that do not follow links; None: ``dockerfile_name``.
        """
        self.client = client
        self._context = context
        self._dockerfile_name = dockerfile_name
        self._release = release
        self._hasher = hasher or Hasher()
        self._leads_out = leads_out
        self._dockerfile = dockerfile
        self._written = dockerfile_name if written is None else written
        self._others: dict[str, ContextChecksums] = {}
        self._sums = ContextSums(
            context,
            dockerfile_name if client.follows_dockerfile else self._written,
            client=client,
            release=release,
            hasher=self._hasher,
            dockerfile=dockerfile,
        )

    @property
    def is_packed(self) -> bool:
        """Whether the context is a tar, so that the client makes no difference."""
        return isinstance(self._context, TarContext)

    @property
    def has_ignore_file(self) -> bool:
        """Whether the context has a ``.dockerignore``."""
        return self._context.has(IGNORE_FILE)

    @property
    def has_random_ignore_file(self) -> bool:
        """Whether ``.dockerignore`` on the daemon contains a name that the client generates for every build."""
        return self._sums.uploaded.has_random_name

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The entries that the client or the builder has silently left out so far."""
        return self._sums.problems

    def prepare(self) -> None:
        if self._leads_out and self.client.follows_dockerfile:
            # ``runBuild`` in ``cli/command/image/build.go`` opens the given name, and none was given.
            message = "unable to open Dockerfile: open : no such file or directory"
            what = "the Dockerfile is a link to a file outside the context; specify that file with -f"
            raise BuildRefusedError(what, message=message, by="client")
        _ = self._sums.uploaded

    def sum(self, copy: CopySources) -> SourcesSum:
        # Backslashes are slashes here: at the end of the destination they mean a directory.
        destination = copy.destination.replace("\\", "/") if copy.uses_backslashes else copy.destination
        return self._sums.of_sources(copy.sources, add=copy.name == "ADD", destination=destination)

    def lone_hard_links(self, result: SourcesSum) -> Iterator[tuple[str, str]]:
        nodes = self._sums.uploaded.tree.sent_nodes
        paths = {path for path, _ in result.files}
        for path in paths if any(node.is_hard_link for node in nodes.values()) else ():
            node = nodes.get(path)
            state = read_header(path, node.hashed_header) if node is not None and node.is_hard_link else None
            if state is not None and state.target and state.target not in paths:
                yield path, state.target

    def headers(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """Return, by path, the bytes hashed before the content of each file that was sent with its own header."""
        nodes = self._sums.uploaded.tree.sent_nodes
        return _Headers({path: header for path in paths if (node := nodes.get(path)) and (header := node.header)})

    def states(self, paths: Iterable[str]) -> Mapping[str, FileState]:
        """Return, by path, the states of the files in these headers."""
        nodes = self._sums.uploaded.tree.sent_nodes
        states = {}
        for path in paths:
            node = nodes.get(path)
            state = state_of(path, node.header) if node is not None and node.header is not None else None
            if state is not None:
                states[path] = state
        return states

    def entries(self) -> Mapping[str, Entry]:
        """Return all files that were sent, by path."""
        tree = self._sums.uploaded.tree
        return {path: node.entry for path in tree.paths() if (node := tree.get(path)) is not None}

    def content(self, path: str) -> Iterator[bytes]:
        """Yield the current content of a file in the context, in pieces. Raises `DataError`."""
        node = self._sums.uploaded.tree.sent_nodes[path]
        return (
            iter((node.data,)) if node.data is not None else self._context.read(node.source, follow=node.follows_links)
        )

    def contents(self, paths: Iterable[str]) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield each path with the content, which must be read before the next. Raises what `content` raises."""
        return ((path, self.content(path)) for path in paths)

    def headers_by(self, client: Client, paths: Iterable[str]) -> Mapping[str, bytes]:
        """Return the same as `headers`, for a client from `by_other_clients`."""
        return (self._others.get(client.name) or self._sent_by(client)).headers(paths)

    def _sent_by(self, client: Client) -> ContextChecksums:
        name, text = self._dockerfile_name, self._dockerfile
        return ContextChecksums(self._context, name, self._release, client, self._hasher, text, written=self._written)

    def by_other_clients(self, copy: CopySources) -> Iterator[tuple[Client, SourcesSum]]:
        """Yield the same sources as other clients send them; not for all clients if reading them takes too long."""
        left = _MAX_READ_BYTES
        umasks = [self.client.with_umask(umask) for umask in _OTHER_UMASKS] if self.client.has_umask else []
        for client in (*umasks, *CLIENTS.values()):
            if client.name == self.client.name or left < 0 or self.is_packed:
                continue
            other = self._others.get(client.name)
            if other is None:
                other = self._sent_by(client)
                if len(self._sums.uploaded.tree.sent_nodes) <= _MAX_FILES_FOR_KEPT_TARS:
                    self._others[client.name] = other
            with suppress(DataError, UnknownError):
                result = other.sum(copy)
                nodes = other._sums.uploaded.tree.sent_nodes
                left -= sum(nodes[path].entry.size for path, _ in result.files if path in nodes)
                yield client, result
