"""Reads the files of an archive or layout into one store."""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar

from cacheview.model import DataError, Image, ImageStore, Platform, Problem, Release, StoreKind
from cacheview.model.base import AnyModel
from cacheview.model.effort import free_in_steps
from cacheview.stores.blobs import BlobStore
from cacheview.stores.budget import Budget, LimitError
from cacheview.stores.docker import ArchiveReader, from_graph_driver
from cacheview.stores.folder import FolderMembers
from cacheview.stores.manifests import ArchiveEntry, ArchiveManifest, Descriptor, Manifest
from cacheview.stores.members import Members
from cacheview.stores.oci import IndexReader
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation
from cacheview.stores.problems import Problems

__all__ = ["read_images"]

M = TypeVar("M", bound=AnyModel)

_BLOB: Final = re.compile("blobs/(sha256|sha384|sha512)/([a-f0-9]+)")
_OLD_CONFIG: Final = re.compile(r"[a-f0-9]{64}\.json")
_NO_TABLE: Final = (
    "the archive's table of contents cannot be read, so names and parents are unknown, and some images may be missing"
)


def read_images(members: Members, where: str, platform: Platform, budget: Budget) -> OpenedLocation:
    """Return the store that the files contain. Raises `DataError` if there is none."""
    in_folder = isinstance(members, FolderMembers)
    problems = Problems(members.problems)
    index = _document(members, Manifest, "index.json", budget, problems)
    manifest = _document(members, ArchiveManifest, "manifest.json", budget, problems)
    saved = manifest is not None
    manifests = index.manifests if index is not None else None
    entries = manifest.root if manifest is not None else None
    del index, manifest
    if manifests is None and entries is None and problems:
        entries, manifests = _unlisted_entries(members) or None, _unlisted_manifests(members, budget) or None
        if entries or manifests:
            problems.append(Problem("", _NO_TABLE))

    if entries is not None and (manifests is None or from_graph_driver(entries, members)):
        archive = ArchiveReader(members, budget, problems)
        images, tags, kind_of_store = archive.images(entries, manifests or ()), [], StoreKind.GRAPH_DRIVER
    elif manifests is not None:
        unused: list[Any] = [entries]
        entries = None
        free_in_steps(unused)  # makes room for the images
        reader = IndexReader(BlobStore(members, budget), platform, budget, problems)
        images, tags, kind_of_store = reader.images(manifests), reader.tags, StoreKind.CONTAINERD
    else:
        raise DataError(_why_nothing(members, problems, in_folder), where=where)
    unused = [entries, manifests]
    del entries, manifests
    free_in_steps(unused)
    if problems and not images:
        raise DataError(
            f"no image could be read. {'. '.join(str(problem).rstrip('.') for problem in problems[:3])}", where=where
        )

    if saved:
        kind, title = (
            OpenedKind.DOCKER_FOLDER if in_folder else OpenedKind.DOCKER_ARCHIVE,
            f"docker save archive, {kind_of_store.store_title}",
        )
    else:
        kind, title = (
            (OpenedKind.OCI_LAYOUT, "OCI image layout") if in_folder else (OpenedKind.OCI_ARCHIVE, "OCI image archive")
        )
    notes = (*_parent_notes(images), *_tag_notes(tags), *_config_notes(images))
    release = Release(kind_of_store)
    store = ImageStore(tuple(images), title, where, "", notes, problems.reported(), release, layers_at=where)
    return OpenedLocation(title, where, kind, (OpenedCase(title, store, ""),), store.problems)


def _document(members: Members, model: type[M], name: str, budget: Budget, problems: Problems) -> M | None:
    """Return a document at the top; None if it is missing or, with a problem, if it cannot be read."""
    try:
        content = members.read(name)
        return None if content is None else budget.decode(model, content)
    except DataError as error:
        problems.append(Problem(name, str(error)))
    except LimitError as error:
        problems.stop(Problem(name, str(error)))
    return None


# `docker save` writes the table of contents last, so a truncated archive has none.


def _unlisted_manifests(members: Members, budget: Budget) -> tuple[Descriptor, ...]:
    """Return the image manifests among the blobs, each by its digest."""
    results = []
    for name in members.documents():
        match = _BLOB.fullmatch(name)
        content = members.read(name) if match else None
        if match is None or content is None or b'"layers"' not in content:
            continue
        try:
            manifest = budget.decode(Manifest, content, kept=False)
        except LimitError:
            break  # the manifests found so far are read, as far as the limit allows
        except DataError:
            continue  # some other document; only the lost table of contents would identify it
        if manifest.config is not None and manifest.layers is not None:
            results.append(Descriptor(digest=f"{match[1]}:{match[2]}", mediaType=manifest.mediaType))
    return tuple(results)


def _unlisted_entries(members: Members) -> tuple[ArchiveEntry, ...]:
    """Return the image configs at the top of an archive of the old layout."""
    return tuple(ArchiveEntry(Config=name) for name in members.documents() if _OLD_CONFIG.fullmatch(name))


def _why_nothing(members: Members, problems: Problems, in_folder: bool) -> str:
    place = "folder" if in_folder else "archive"
    if problems:
        return f"no images can be found in this {place}: {problems[0]}. Save or copy the {place} again"
    if members.size("repositories") is not None:
        return (
            "this archive was saved by a Docker version earlier than 1.10 and has no manifest.json. Load it into an "
            "older Docker version that supports this format, and save it again"
        )
    return (
        f"the {place} has no index.json or manifest.json at its top level, so it is neither a `docker save` archive "
        "nor an OCI image layout. `docker save -o images.tar IMAGE…` creates an archive"
    )


def _parent_notes(images: list[Image]) -> list[str]:
    if not images:
        return ["This store has no images."]
    ids = {image.id for image in images}
    parents = [image.parent for image in images if image.parent is not None]
    if not parents:
        return [
            "No image has a parent, as is usual after `docker load`. With rules that follow recorded parents, the "
            "local cache can match at most the first step of a FROM scratch build."
        ]
    if missing := sum(parent not in ids for parent in parents):
        return [f"Recorded parents that are not in this archive: {missing} of {len(parents)}."]
    return []


def _tag_notes(tags: list[str]) -> list[str]:
    if not tags:
        return []
    shown = ", ".join(dict.fromkeys(tag[:128] for tag in tags[:5])) + (", …" if len(tags) > 5 else "")
    return [
        f"The index contains tags without a repository ({shown}). The images with these tags have no names here, only "
        "IDs."
    ]


def _config_notes(images: list[Image]) -> list[str]:
    if not images or any(image.config.container_config or image.container_config for image in images):
        return []
    return [
        "No image has a container config, so the container config of every image is treated as empty. Registries, OCI "
        "layouts, and archives saved from the containerd store of Docker 25 and later do not include container configs."
    ]
