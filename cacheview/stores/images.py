"""The files of an archive or layout, read into one store."""

from __future__ import annotations

from cacheview.model import DataError, Image, ImageStore, Platform, Problem, decode
from cacheview.stores.blobs import Blobs
from cacheview.stores.docker import ArchiveReader, from_graph_driver
from cacheview.stores.folder import FolderMembers
from cacheview.stores.limits import Limits
from cacheview.stores.manifests import ArchiveEntry, ArchiveManifest, Manifest
from cacheview.stores.members import Members
from cacheview.stores.oci import IndexReader
from cacheview.stores.opened import Case, Opened
from cacheview.stores.progress import Meter

__all__ = ["RULES", "read_images"]

RULES = "containerd-71ebfc7"
"""The rule set for every archive and layout: the only one yet."""


def read_images(members: Members, where: str, platform: Platform, limits: Limits, meter: Meter) -> Opened:
    """The store that the files make up. Raises `DataError` where they make up none."""
    problems = members.problems
    index = _document(members, "index.json", problems)
    entries = _entries(members, problems)
    in_folder = isinstance(members, FolderMembers)
    if entries is not None and (index is None or from_graph_driver(entries, members)):
        archive = ArchiveReader(members, limits, meter)
        images = archive.images(entries, (index.manifests or ()) if index else ())
        problems += archive.problems
        title, notes = "graph-driver store", _parent_notes(images)
    elif index is not None and index.manifests is not None:
        reader = IndexReader(Blobs(members), platform, limits, meter)
        images = reader.images(index.manifests)
        problems += reader.problems
        title, notes = "containerd store", [*_parent_notes(images), *_tag_notes(reader.tags)]
    else:
        raise _nothing(members, where, in_folder)
    if entries is None:
        kind, title = ("oci-layout", "OCI image layout") if in_folder else ("oci-archive", "OCI image archive")
    else:
        kind = "docker-folder" if in_folder else "docker-archive"
        title = f"docker save {'folder' if in_folder else 'archive'}, {title}"
    if not images and problems:
        raise DataError(f"no image could be read. {problems[0]}", where=where)
    store = ImageStore(
        images=tuple(images),
        title=title,
        location=where,
        rules=RULES,
        notes=(*notes, *_config_notes(images)),
        problems=tuple(problems),
    )
    return Opened(title, where, kind, (Case(title, store, RULES),), store.problems)


def _document(members: Members, name: str, problems: list[Problem]) -> Manifest | None:
    try:
        content = members.read(name)
        return None if content is None else decode(Manifest, content)
    except DataError as error:
        problems.append(Problem(name, str(error)))
        return None


def _entries(members: Members, problems: list[Problem]) -> tuple[ArchiveEntry, ...] | None:
    try:
        content = members.read("manifest.json")
        return None if content is None else decode(ArchiveManifest, content).root
    except DataError as error:
        problems.append(Problem("manifest.json", str(error)))
        return None


def _nothing(members: Members, where: str, in_folder: bool) -> DataError:
    place = "folder" if in_folder else "archive"
    if members.problems:
        what = f"no images can be found in this {place}. {members.problems[0]}. Save or copy it again"
    elif members.size("repositories") is not None:
        what = "an archive of Docker before 1.10, without manifest.json. Load it into Docker and save it again"
    else:
        what = (
            f"the {place} has neither index.json nor manifest.json at its top: it is no `docker save` "
            "archive and no OCI image layout. `docker save -o images.tar IMAGE…` makes an archive"
        )
    return DataError(what, where=where)


def _parent_notes(images: list[Image]) -> list[str]:
    if not images:
        return ["There are no images in it."]
    ids = {image.id for image in images}
    parents = [image.parent for image in images if image.parent is not None]
    if not parents:
        return [
            "No parents are recorded here. It is as after `docker load`: every image is a root, and the local "
            "cache finds an image only where a probe starts from scratch."
        ]
    if missing := sum(parent not in ids for parent in parents):
        return [f"{missing} of {len(parents)} recorded parents are not in this archive."]
    return []


def _tag_notes(tags: list[str]) -> list[str]:
    if not tags:
        return []
    shown = ", ".join(dict.fromkeys(tag[:128] for tag in tags[:5])) + (", …" if len(tags) > 5 else "")
    return [f"The index gives tags without a repository ({shown}): such images have no name here, only an id."]


def _config_notes(images: list[Image]) -> list[str]:
    if not images or any(image.config.container_config or image.container_config for image in images):
        return []
    return [
        "No image here carries a container config, so each counts as made with an empty one. Registries, OCI "
        "layouts and what the containerd stores of Docker 25 and later save leave it out."
    ]
