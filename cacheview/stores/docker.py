"""The images of an archive saved by a graph-driver store, as listed in ``manifest.json``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from operator import attrgetter

from cacheview.model import DataError, Image, Problem, familiar, short_id
from cacheview.model.effort import paced, sorted_in_steps
from cacheview.stores.blobs import BlobStore, digest_of, read_config
from cacheview.stores.budget import Budget, LimitError, Resource
from cacheview.stores.manifests import ArchiveEntry, Descriptor, Manifest
from cacheview.stores.members import Members, clean_name
from cacheview.stores.names import merged, usable_name
from cacheview.stores.problems import Problems

__all__ = ["ArchiveReader", "from_graph_driver"]

_HEX_NAME = re.compile(r"(?:.*/)?([a-f0-9]{64})(?:\.json)?")


def from_graph_driver(entries: tuple[ArchiveEntry, ...], members: Members) -> bool:
    """Whether a graph-driver store wrote an archive, so that the image ids are digests of configs.

    Docker before 25 writes no ``index.json``. Later ones do, as containerd stores do; but only graph drivers write the
    file ``repositories`` (for named images) and the keys ``LayerSources`` and ``Parent``.
    """
    if members.size("index.json") is None or members.size("repositories") is not None:
        return True
    return any(entry.LayerSources or entry.Parent for entry in entries)


@dataclass
class ArchiveReader:
    """Reads the entries of ``manifest.json``. An image that cannot be read is a problem; the others are still read."""

    members: Members
    budget: Budget
    problems: Problems = field(default_factory=Problems)

    def images(self, entries: tuple[ArchiveEntry, ...], index: tuple[Descriptor, ...]) -> list[Image]:
        """Return an image for each config, in the store's order by id. ``index``: the archive's index, if any."""
        merged_entries: dict[str, list[ArchiveEntry]] = {}
        for entry in entries:
            merged_entries.setdefault(clean_name(entry.Config) or entry.Config, []).append(entry)
        images: dict[str, Image] = {}
        try:
            manifest_digests = self._manifest_digests(index)
            for same in merged_entries.values():
                self.budget.spend(Resource.IMAGES)
                self.budget.check_canceled()
                image = self._image_or_problem(same, manifest_digests)
                if image is None:
                    continue
                if image.id in images:
                    self.problems.append(Problem(image.id, "the ID occurs more than once; the first image is used"))
                images.setdefault(image.id, image)
        except LimitError as error:
            self.problems.stop(Problem("", f"the archive {error}"))
        return sorted_in_steps(list(images.values()), attrgetter("id"))

    def _manifest_digests(self, index: tuple[Descriptor, ...]) -> dict[str, str]:
        """Return the manifest digests by config digest, as far as the archive's index lists them."""
        blobs = BlobStore(self.members, self.budget)
        by_key: dict[str, str] = {}
        for digest in dict.fromkeys(descriptor.digest for descriptor in index):
            self.budget.check_canceled()
            try:
                manifest = blobs.decode(Manifest, digest)
            except DataError as error:
                self.problems.append(Problem(f"manifest {short_id(digest)[:200]}", str(error)))
                continue
            if manifest.config is not None:
                by_key.setdefault(manifest.config.digest, digest)
        return by_key

    def _image_or_problem(self, same: list[ArchiveEntry], manifest_digests: dict[str, str]) -> Image | None:
        where = f"config {same[0].Config[:200]!r}"
        names = merged(usable_name(tag, where, self.problems) for entry in same for tag in paced(entry.RepoTags or ()))
        if names:
            where = ", ".join(map(familiar, paced(names)))
        parents = {entry.Parent: None for entry in same if entry.Parent}
        if len(parents) > 1:
            self.problems.append(
                Problem(where, "the archive records several parents for this image; the first parent is used")
            )
        try:
            image_id, content = self._config(same[0].Config)
            return Image(
                id=image_id,
                names=names,
                parent=next(iter(parents), None),
                config=read_config(content, self.budget),
                config_digest=image_id,
                manifest_digest=manifest_digests.get(image_id, ""),
                size=self._size(same[0].Layers),
            )
        except DataError as error:
            self.problems.append(Problem(where, str(error)))
            return None

    def _config(self, path: str) -> tuple[str, bytes]:
        """Return the digest and the content of a config. If the path contains a digest, the content must match it."""
        name = clean_name(path)
        content = self.members.read(name) if name else None
        if content is None:
            raise DataError(f"the image's config is not in the archive: {path[:200]!r}")
        result = digest_of(content)
        match = _HEX_NAME.fullmatch(path)
        if match and result != f"sha256:{match[1]}":
            raise DataError(f"bad digest: the content stored as {path[:200]!r} has the digest {result}")
        return result, content

    def _size(self, layers: tuple[str, ...] | None) -> int | None:
        """Return the size of all layers in the archive in bytes; None if one is missing."""
        total = 0
        for layer in layers or ():
            size = self.members.size(layer)
            if size is None:
                return None
            total += size
        return total
