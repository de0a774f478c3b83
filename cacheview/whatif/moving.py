"""Adds images to a store: loaded from an archive, pulled from a registry, saved and loaded again.

moby: ``image/tarexport/save.go`` and ``load.go``, ``distribution/pull_v2.go`` (graph drivers);
``daemon/containerd/image_exporter.go``, ``image_pull.go``, and containerd's ``client/import.go`` and ``pull.go``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from cacheview.engine.candidate import container_config_of
from cacheview.model import DataError, Doubt, Image, StoreKind, familiar, parse_reference, short_id
from cacheview.model.effort import paced
from cacheview.whatif.containerd import set_dangling
from cacheview.whatif.draft import Draft, RefusedChange, RemovedFor
from cacheview.whatif.engine_behavior import EngineBehavior
from cacheview.whatif.selected import SavedImage

__all__ = ["load", "pull", "saved_images"]

_RESET_FIELDS: Final[Mapping[str, Any]] = {
    "parent": None,
    "from_scratch": False,
    "built_locally": False,
    "dangling": None,
    "container_config": None,
}
"""The data that a store keeps separately from an image, and that archives and registries therefore lack."""

_CONTRADICTION = (
    "the image's records in containerd would contradict each other, because `docker load` moves the name to the new "
    "image but keeps the labels of the old one"
)
_REMEDY = "Remove the name before loading the image"
_TWO_PARENTS = Doubt(aspect="parent", reason=_CONTRADICTION, remedy=_REMEDY)
_BUILT_TWICE = Doubt(aspect="built_locally", reason=_CONTRADICTION, remedy=_REMEDY)


def saved_images(saved: Sequence[SavedImage], kind: StoreKind) -> tuple[Image, ...]:
    """Return the images of an archive as written by ``docker save``, with the parents that it records.

    Raises `RefusedChange` if the daemon does not write it.
    """
    if kind is StoreKind.GRAPH_DRIVER and any(not each.image.diff_ids for each in saved):
        raise RefusedChange("empty export - not implemented")
    ids = {each.image.id for each in saved}
    results = []
    for each in saved:
        parent = each.image.parent if kind is StoreKind.GRAPH_DRIVER and each.image.parent in ids else None
        kept = {**_RESET_FIELDS, "names": each.names, "parent": parent, "dangling": each.by_id or None}
        results.append(each.image.model_copy(update=kept))
    return tuple(results)


def load(draft: Draft, images: Iterable[Image], kind: StoreKind | None, behavior: EngineBehavior) -> None:
    """``docker load``.

    Args:
        images: the images in the archive. Their names with a tag are loaded, and for a graph driver their parents. If
            `Image.dangling` is set, the image is also in the archive without a name.
        kind: the kind of store that their ids are from.

    Raises:
        DataError: the id of an image is not known.
        RefusedChange: the daemon stops.
    """
    images = tuple(images)
    ids = {image.id: _id_here(draft, image, kind, behavior, image.manifest_digest) for image in images}
    for image in paced(images):
        image_id = ids[image.id]
        if draft.get(image_id) is None:
            draft.add(image.model_copy(update={**_RESET_FIELDS, "id": image_id, "names": ()}))
            if behavior.is_by_records:
                set_dangling(draft, image_id, is_dangling=False)
        tags = [name for name in image.names if "@" not in name]
        for name in tags:
            _load_name(draft, name, image_id, behavior)
        if behavior.is_by_records and (not tags or image.dangling):
            set_dangling(draft, image_id, is_dangling=True)
    if not behavior.is_by_records:
        _link_parents(draft, images, ids)


def _load_name(draft: Draft, name: str, image_id: str, behavior: EngineBehavior) -> None:
    if not behavior.is_by_records:
        draft.tag(name, image_id)
        return
    old, was_dangling = draft.named(name), _is_dangling(draft, image_id)
    if old is None or old.id == image_id:
        draft.tag(name, image_id)
        keeps_old = old is not None and behavior.load_keeps_old  # the daemon does not check whether it is the same
        set_dangling(draft, image_id, is_dangling=was_dangling or keeps_old)
        return
    _move(draft, name, image_id, old, keeps_old=behavior.load_keeps_old)
    set_dangling(draft, image_id, is_dangling=was_dangling)
    new = draft.get(image_id)
    if new is not None:
        draft.put(_with_labels_of(new, old))


def _with_labels_of(new: Image, old: Image) -> Image:
    """Return an image that got the record of another one. ``Import`` updates only the record's target, so labels stay.

    If the image has other records with different labels, the daemon finds both.
    """
    doubts = list(new.doubts)
    if new.parent and old.parent and new.parent != old.parent:
        doubts.append(_TWO_PARENTS)
    if new.built_locally and old.built_locally and container_config_of(new) != container_config_of(old):
        doubts.append(_BUILT_TWICE)
    kept = {
        "parent": new.parent or old.parent,
        "from_scratch": new.from_scratch or old.from_scratch,
        "built_locally": new.built_locally or old.built_locally,
        "doubts": tuple(doubts),
    }
    return new.model_copy(update=kept)


def _move(draft: Draft, name: str, image_id: str, old: Image, *, keeps_old: bool) -> None:
    """Move a name from the image ``old`` to another, and update the old one."""
    stays_dangling = old.is_dangling or keeps_old
    draft.tag(name, image_id)
    if len(old.names) > 1 or stays_dangling:
        set_dangling(draft, old.id, is_dangling=stays_dangling)
    else:
        draft.remove(old.id, RemovedFor.REPLACED)


def _is_dangling(draft: Draft, image_id: str) -> bool:
    image = draft.get(image_id)
    return image is not None and image.is_dangling


def _link_parents(draft: Draft, images: Sequence[Image], ids: Mapping[str, str]) -> None:
    """``setParentID``, for parents that are in the archive too."""
    for image in images:
        parent = draft.get(ids.get(image.parent or "", ""))
        child = draft.get(ids[image.id])
        if parent is None or child is None:
            continue
        if not _is_valid_parent(child, parent):
            raise RefusedChange(f"image {parent.id} is not a valid parent for {child.id}")
        draft.put(child.model_copy(update={"parent": parent.id}))


def _is_valid_parent(child: Image, parent: Image) -> bool:
    """``checkValidParent``: the child's history is that of the parent with one more entry."""
    if not child.history and not parent.history:
        return True
    if len(child.history) - len(parent.history) != 1:
        return False
    for child_entry, parent_entry in zip(child.history, parent.history, strict=False):
        times = [each.created.instant if each.created is not None else None for each in (child_entry, parent_entry)]
        if times[0] != times[1] or child_entry.key[1:] != parent_entry.key[1:]:
            return False
    return True


def pull(
    draft: Draft, images: Iterable[Image], kind: StoreKind | None, behavior: EngineBehavior, digests: Mapping[str, str]
) -> None:
    """``docker pull`` of each tag, or of the digests of an image without a tag.

    Raises `DataError` if the id of an image is not known.
    """
    for image in paced(images):
        tags = [name for name in image.names if "@" not in name] or list(image.names)
        if not tags:
            continue
        image_id = _id_here(draft, image, kind, behavior, digests.get(tags[0], ""))
        is_new = draft.get(image_id) is None
        if is_new:
            draft.add(image.model_copy(update={**_RESET_FIELDS, "id": image_id, "names": ()}))
        for name in tags:
            if behavior.is_by_records:
                _pull_record(draft, name, image_id, behavior)
            else:
                _pull_name(draft, name, image_id, digests.get(name, ""))


def _pull_name(draft: Draft, name: str, image_id: str, digest: str) -> None:
    draft.tag(name, image_id)
    if digest:
        draft.tag(f"{parse_reference(name).name}@{digest}", image_id)


def _pull_record(draft: Draft, name: str, image_id: str, behavior: EngineBehavior) -> None:
    """Create a record again without labels, like containerd's client, and remove that image's record without a name."""
    old = draft.named(name)
    if old is not None and old.id != image_id:
        _move(draft, name, image_id, old, keeps_old=behavior.pull_keeps_old)
    else:
        draft.tag(name, image_id)
    set_dangling(draft, image_id, is_dangling=False)
    new = draft.get(image_id)
    if new is not None and new.names == (name,):
        draft.put(new.model_copy(update={"parent": None, "from_scratch": False, "built_locally": False}))


def _id_here(draft: Draft, image: Image, kind: StoreKind | None, behavior: EngineBehavior, manifest: str) -> str:
    """Return the id that the store gives an image from another store.

    It is the digest of the config for a graph driver, and of the name's target for containerd. If that digest is not
    known but no image of the store has the same content, the image is new: its title replaces the id. Otherwise raises
    `DataError`.
    """
    if kind is behavior.store:
        return image.id
    result = manifest if behavior.is_by_records else image.config_digest
    if result:
        return result
    title = familiar(image.names[0]) if image.names else short_id(image.id)
    if any(each.diff_ids == image.diff_ids and len(each.history) == len(image.history) for each in draft.images):
        what = "manifest" if behavior.is_by_records else "config"
        raise DataError(
            f"its {what} digest, which would be its ID in this store, is unknown, so the store may already have the "
            "image",
            where=title,
        )
    return f"{title} from elsewhere"
