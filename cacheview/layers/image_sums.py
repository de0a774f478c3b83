"""The checksum of ``COPY --from``, for which the builder itself hashes the files of an image's root.

moby: ``lazySource`` and ``NewFileHash`` of ``builder/remotecontext``, and ``FileInfoHeader`` of ``pkg/archive`` (later
``moby/go-archive``). Docker 20.10 puts type bits into the mode and owner names of the engine's host into the header,
23.0 only the bits, 24.0 and later neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.sources import SourcesSum, sum_folder, sum_sources
from cacheview.dockerfile.context.tarsum import TYPE_BITS, Header, without_root_user
from cacheview.dockerfile.context.tree import Tree, TreeNode
from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.layers.changes import FileState
from cacheview.layers.entry import LayerEntry
from cacheview.layers.files import LayerFiles, SumRequest
from cacheview.layers.header_states import states_of
from cacheview.layers.listing import RootFile
from cacheview.model import Problem

__all__ = ["ImageSums"]


class ImageSums:
    """Checksums of files in the root of one image, as computed by the builder of one release.

    Args:
        files: the layers of the store.
        diff_ids: the layers of the image, bottom first.
        release: of the builder.
        committed: see `root_of`.
    """

    def __init__(
        self, files: LayerFiles, diff_ids: Sequence[str], release: BuilderRelease, committed: Sequence[int] = ()
    ) -> None:
        self._files = files
        self._release = release
        self._root: Mapping[str, RootFile] = files.root(diff_ids, committed) if diff_ids else {}
        shared: dict[tuple[EntryKind, str], TreeNode] = {}  # a tree needs only the kinds and targets of files
        self.tree = Tree({path: _node(file.entry, shared) for path, file in self._root.items()})
        self.problems: dict[str, Problem] = {}

    def of_sources(self, sources: Sequence[str], *, destination: str) -> SourcesSum:
        """Return the checksum of a ``COPY --from`` this image.

        Raises:
            BuildRefusedError: the builder stops here.
            UnknownError: the layers do not show everything that is hashed.
            LayerUnavailableError, LayerError: a layer cannot be read.
        """
        return sum_sources(self, sources, instruction="COPY", destination=destination)

    def of_folder(self, real: str) -> SourcesSum:
        """Return the checksum of one folder, whose path must not contain links."""
        return sum_folder(self, real, self.problems)

    def sums_of(self, paths: Iterable[str]) -> dict[str, str]:
        """See `TreeChecksums`."""
        return self._files.sums_by(self._requests(paths))

    def _requests(self, paths: Iterable[str]) -> Iterator[tuple[str, SumRequest]]:
        for path in paths:
            if not path:
                raise UnknownError("a link points to the image's root folder, whose mode is not recorded in any layer")
            file = self._root.get(path)
            if file is not None:
                yield path, (file.diff_id, file.entry, self._header(path, file))

    def entries(self) -> Mapping[str, Entry]:
        """Return the files by path, as in the layers."""
        return {path: _entry(path, file.entry) for path, file in self._root.items()}

    def headers(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """Return the bytes hashed before the content of each file, by path, without following links.

        Raises like `of_sources`.
        """
        return {path: self._header(path, file) for path in paths if (file := self._root.get(path)) is not None}

    def states(self, paths: Iterable[str]) -> Mapping[str, FileState]:
        """Return the states in these headers, by path. Raises like `of_sources`."""
        return states_of(self.headers(paths))

    def content(self, path: str, limit: int) -> bytes:
        """Return the beginning of a file, without following links. Raises `LayerUnavailableError`, `LayerError`."""
        file = self._root[path]
        return self._files.content(file.diff_id, file.entry, limit)

    def contents(self, paths: Iterable[str]) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield files by path with their content, without following links. Read each to its end before the next.

        Raises `LayerUnavailableError`, `LayerError`.
        """
        files = {path: self._root[path] for path in paths if path in self._root}
        return self._files.contents((path, (file.diff_id, file.entry)) for path, file in files.items())

    def without_sum(self, _path: str, real: str) -> str:
        """Return the path itself, with links followed, which the builder uses if nothing is there
        (``lazySource.Hash``)."""
        return real

    def not_found(self, path: str) -> str:
        """Return the daemon's message for a source that does not exist."""
        return f"stat {path}: file does not exist"

    def _header(self, path: str, file: RootFile) -> bytes:
        """Return the bytes that the builder hashes before the content.

        moby: ``tarsumHash.Reset`` for the header of the file on disk.
        """
        entry = file.entry
        if file.implied_by:
            unpacked = self._files.unpacked_folder(path, file)
            if unpacked is None:
                layer = file.implied_by[:19]
                raise UnknownError(
                    f"the layer {layer} has no entry for the folder /{path[:200]}, so the folder's mode and owner "
                    "depend on the storage driver"
                )
            entry = unpacked
        owner = ""
        if self._release.sums_owner_names:
            if (entry.uid, entry.gid) != (0, 0):
                raise UnknownError(
                    f"/{path[:200]} belongs to {entry.uid}:{entry.gid}, and Docker {self._release.release} "
                    "includes owner names from the engine's host in the checksum"
                )
            owner = "root"
        capability = without_root_user(entry.capability)
        return Header(
            path + ("/" if entry.kind is EntryKind.DIRECTORY else ""),
            entry.mode | (TYPE_BITS[entry.kind] if self._release.sums_type_bits else 0),
            entry.uid,
            entry.gid,
            entry.size,
            entry.kind.value,
            entry.target,
            entry.device,
            (("security.capability", capability),) if capability else (),
            (owner, owner),
        ).hashed_bytes()


def _entry(path: str, entry: LayerEntry) -> Entry:
    return Entry(
        path,
        entry.kind,
        entry.mode,
        entry.size,
        entry.target,
        device=entry.device,
        capability=entry.capability,
        uid=entry.uid,
        gid=entry.gid,
    )


def _node(entry: LayerEntry, shared: dict[tuple[EntryKind, str], TreeNode]) -> TreeNode:
    key = (entry.kind, entry.target)
    if key not in shared:
        shared[key] = TreeNode(Entry("", entry.kind, 0, target=entry.target))
    return shared[key]
