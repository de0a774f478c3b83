"""Groups image records by digest. Each group is one image, with the names and labels of all its records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cacheview.model import DataError, Problem, familiar
from cacheview.model.effort import paced
from cacheview.stores.containerd.records import ImageRecord
from cacheview.stores.limits import Limits
from cacheview.stores.names import full_name
from cacheview.stores.problems import Problems

__all__ = ["ImageRecords", "grouped", "parent_of"]

_PARENT = "org.mobyproject.image.parent"  # moby 28.5.2 daemon/containerd/image_builder.go
_DIGEST = re.compile("sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}")


@dataclass(frozen=True, slots=True)
class ImageRecords:
    """The records of one image, and the names that they give the image."""

    digest: str
    records: tuple[ImageRecord, ...]
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        """The image's name in problems: its names, or its digest if it has none."""
        return ", ".join(map(familiar, self.names)) or self.digest[:200]


def grouped(records: Iterable[ImageRecord], limits: Limits) -> tuple[list[ImageRecords], Problems]:
    """Return the images of the records, in the order of a containerd store, and the records that cannot be used."""
    by_digest: dict[str, list[ImageRecord]] = {}
    problems = Problems()
    for record in paced(records):
        if record.digest not in by_digest and len(by_digest) >= limits.images:
            problems.stop(Problem("", f"there are more than {limits.images:,} images; the rest were not read"))
            break
        by_digest.setdefault(record.digest, []).append(record)
    groups = []
    for digest, same in paced(by_digest.items()):
        same.sort(key=lambda record: record.name)
        names = []
        for record in paced(same):
            try:
                if name := _name(record):
                    names.append(name)
            except DataError as error:
                problems.append(Problem(f"image record {record.name[:200]!r}", f"the name is ignored: {error}"))
        groups.append(ImageRecords(digest, tuple(same), tuple(names)))
    groups.sort(key=lambda group: (not group.names, group.names or (group.digest,)))
    return groups, problems


def _name(record: ImageRecord) -> str:
    """Return the name that a record gives an image; empty if the record only marks an image without a name.

    ``moby-dangling@DIGEST`` is Docker's (``soft_delete.go``). Other words before the ``@`` come from other clients, and
    a digest alone from Kubernetes.

    Raises:
        DataError: Docker cannot parse the name, or never looks it up.
    """
    prefix, _, digest = record.name.rpartition("@")
    if _DIGEST.fullmatch(record.name) or (digest == record.digest and "/" not in prefix):
        return ""
    name = full_name(record.name)
    if name != record.name:
        raise DataError(f"Docker looks for {name[:300]} instead")
    return name


def parent_of(records: Sequence[ImageRecord]) -> str:
    """Return the parent that the records name; empty if there is none.

    Source: ``getImageLabelByDigest`` in moby's image.go.

    Raises:
        DataError: the records name different parents (the first is its ``path``), or one is not a digest.
    """
    parents = list(dict.fromkeys(label for record in records if (label := record.labels.get(_PARENT))))
    if not parents:
        return ""
    if not all(map(_DIGEST.fullmatch, parents)):
        wrong = next(parent for parent in parents if not _DIGEST.fullmatch(parent))
        raise DataError(f"the parent label {wrong[:100]!r} is not a digest, so the parent is unknown")
    if len(parents) > 1:
        text = (
            f"the image's records name {len(parents)} different parents, so the parent is unknown. The first of "
            "these parents is shown"
        )
        raise DataError(text, path=parents[0])
    return parents[0]
