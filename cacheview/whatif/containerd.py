"""Removing and pruning images of a containerd store: ``daemon/containerd/image_delete.go``, ``image_prune.go``.

There, each name is a separate record. An image created by a build has a record named ``moby-dangling@DIGEST`` until it
gets a name, so intermediate images are dangling: ``docker image prune`` removes them.
"""

from __future__ import annotations

from collections.abc import Sequence

from cacheview.model import Containers, DataError, Image, familiar, parse_reference, short_id
from cacheview.model.effort import paced
from cacheview.whatif.conflicts import container_of, is_id_prefix, running_of, stopped_of, unable
from cacheview.whatif.draft import Draft, RefusedChange, RemovedFor
from cacheview.whatif.engine_behavior import EngineBehavior, InUse, Parents

__all__ = ["dangling_record", "prune", "records", "remove", "remove_record", "set_dangling"]

_DANGLING = "moby-dangling@"


def dangling_record(image: Image) -> str:
    """Return the name of the record of an image without a name."""
    return f"{_DANGLING}{image.id}"


def records(image: Image) -> list[str]:
    """Return the names of all records of an image, as containerd lists them; its id if only other clients named it."""
    return sorted((*image.names, *((dangling_record(image),) if image.is_dangling else ()))) or [image.id]


def set_dangling(draft: Draft, image_id: str, *, is_dangling: bool) -> None:
    """Add or remove an image's record without a name, whatever its other names."""
    image = draft.get(image_id)
    value = None if image is None or is_dangling != bool(image.names) else is_dangling
    if image is not None and image.dangling != value:
        draft.put(image.model_copy(update={"dangling": value}))


def remove_record(draft: Draft, image_id: str, record: str, reason: RemovedFor) -> None:
    """Remove one record of an image. Without its last record, the image no longer exists."""
    image = draft.get(image_id)
    if image is None:
        return
    left = [each for each in records(image) if each != record]
    if not left:
        draft.remove(image_id, reason)
    elif record == dangling_record(image):
        set_dangling(draft, image_id, is_dangling=False)
    else:
        was_dangling = image.is_dangling
        draft.untag(record)
        set_dangling(draft, image_id, is_dangling=was_dangling)


def remove(
    draft: Draft,
    image: Image,
    reference: str,
    containers: Containers,
    behavior: EngineBehavior,
    *,
    force: bool = False,
    prunes: bool = True,
) -> None:
    """``ImageDelete`` of an image that a reference refers to. Raises `RefusedChange` if the daemon refuses."""
    all_records = records(image)
    if is_id_prefix(image.id, reference):
        same = _same_references("", all_records)
        checks_names = not force and (behavior.parents is Parents.BY_LAYERS or len(same) != len(all_records))
        _delete_all(draft, image, all_records, containers, behavior, prunes, force=force, checks_names=checks_names)
        return
    parsed = parse_reference(reference)
    record = f"{parsed.name}@{parsed.digest}" if parsed.digest else parsed.tagged
    is_record = record in all_records
    same = (
        _same_references(record, all_records)
        if behavior.parents is Parents.RECORDED
        else _single_reference(record, all_records)
    )
    if len(same) != len(all_records):
        for each in same:
            remove_record(draft, image.id, each, RemovedFor.REQUESTED)
        return
    if is_record and (container := container_of(containers, image.id)):
        if not force:
            text = f"container {container} is using its referenced image {short_id(image.id)}"
            raise RefusedChange(unable(familiar(record), text))
        if len(all_records) == 1:
            set_dangling(draft, image.id, is_dangling=True)
        remove_record(draft, image.id, record, RemovedFor.REQUESTED)
        return
    checks_names = not force and (behavior.parents is Parents.BY_LAYERS or (is_record and len(all_records) == 1))
    _delete_all(draft, image, all_records, containers, behavior, prunes, force=force, checks_names=checks_names)


def _single_reference(record: str, all_records: Sequence[str]) -> list[str]:
    """``isSingleReference`` of v24.0: all records, if no other one has a name; otherwise only this one."""
    others = [each for each in all_records if not each.startswith(_DANGLING) and each != record]
    return [record] if others else list(all_records)


def _same_references(record: str, all_records: Sequence[str]) -> list[str]:
    """``getSameReferences``: the records that are removed with one, in the daemon's order."""
    name, tag, all_tags = "", "", False
    if record:
        parsed = parse_reference(record)
        name, tag, all_tags = parsed.name, parsed.tag, not parsed.tag
    same: list[str] = []
    by_digest: list[str] | None = []  # None: another tag of the repository keeps them
    for each in all_records:
        if not each.startswith(_DANGLING):
            parsed = parse_reference(each)
            if not name:
                name, tag = parsed.name, parsed.tag
            elif parsed.name != name:
                continue
            elif not all_tags and not parsed.tag:
                if by_digest is not None:
                    by_digest.append(each)
                continue
            elif not all_tags and tag not in ("", parsed.tag):
                by_digest = None
                continue
            elif not all_tags:
                tag = parsed.tag
        same.append(each)
    return [*same, *(by_digest or ())]


def _conflict(image_id: str, containers: Containers, *, force: bool, several: bool) -> str:
    """``checkImageDeleteConflict``: the reason to keep the image, as the daemon's message; empty: there is none."""
    what = short_id(image_id)
    if container := running_of(containers, image_id):
        return unable(what, f"image is being used by running container {container}", hard=True)
    if not force and (container := stopped_of(containers, image_id)):
        return unable(what, f"image is being used by stopped container {container}")
    return unable(what, "image is referenced in multiple repositories") if several else ""


def _delete_all(
    draft: Draft,
    image: Image,
    all_records: Sequence[str],
    containers: Containers,
    behavior: EngineBehavior,
    prunes: bool,
    *,
    force: bool,
    checks_names: bool,
) -> None:
    """``deleteAll``: all records of the image, and its parents without a name, up to the first that has one.

    The daemon does not check whether other images are built on those parents.
    """
    parents = _parents(draft, image, behavior) if prunes else []
    conflict = _conflict(image.id, containers, force=force, several=checks_names and len(all_records) > 1)
    if conflict:
        raise RefusedChange(conflict)
    stays_for_children = (
        behavior.keeps_unnamed_parent
        and checks_names
        and all_records == list(image.names)
        and len(all_records) == 1
        and draft.has_children(image.id)
    )
    if stays_for_children:
        set_dangling(draft, image.id, is_dangling=True)
    for record in all_records:
        remove_record(draft, image.id, record, RemovedFor.REQUESTED)
    for parent in parents:
        own = records(parent)
        if own[0] != dangling_record(parent):
            return
        several = len(own if behavior.parents is Parents.BY_LAYERS else all_records) > 1
        if _conflict(parent.id, containers, force=False, several=several):
            return
        remove_record(draft, parent.id, own[0], RemovedFor.PARENT)


def _parents(draft: Draft, image: Image, behavior: EngineBehavior) -> list[Image]:
    """``parents`` of ``image_children.go``: none if a recorded one is missing."""
    if behavior.parents is Parents.BY_LAYERS:
        below = [each for each in draft.images if _is_below(each, image)]
        return sorted(below, key=lambda each: (-len(each.diff_ids), records(each)[0] != dangling_record(each)))
    results: dict[str, Image] = {}
    while image.parent is not None:
        parent = draft.get(image.parent)
        if parent is None or parent.id in results:
            return []
        results[parent.id] = image = parent
    return list(results.values())


def _is_below(parent: Image, child: Image) -> bool:
    """``isRootfsChildOf`` of v24.0: the parent's layers are the first layers of the child, which has more."""
    count = len(parent.diff_ids)
    return count < len(child.diff_ids) and child.diff_ids[:count] == parent.diff_ids


def prune(draft: Draft, containers: Containers, behavior: EngineBehavior, *, everything: bool) -> None:
    """``pruneUnused``, without a filter."""
    reason = RemovedFor.UNUSED if everything else RemovedFor.DANGLING
    to_prune: dict[str, str] = {}  # images by record
    count: dict[str, int] = {}
    for image in paced(draft.images):
        for record in records(image):
            count[image.id] = count.get(image.id, 0) + 1
            if everything or record == dangling_record(image):
                to_prune[record] = image.id
    used = _exclude_used(to_prune, containers, behavior)
    for record in sorted(to_prune):
        image_id = to_prune[record]
        count[image_id] -= 1
        if count[image_id] == 0 and image_id in used:
            if behavior.in_use is InUse.LAST_NAME:
                del to_prune[record]
            else:
                set_dangling(draft, image_id, is_dangling=True)
                to_prune.pop(f"{_DANGLING}{image_id}", None)
    for record, image_id in paced(list(to_prune.items())):
        remove_record(draft, image_id, record, reason)


def _exclude_used(to_prune: dict[str, str], containers: Containers, behavior: EngineBehavior) -> set[str]:
    """Take the records that containers use by name out of ``to_prune``; return the images that they use by id."""
    used = set()
    for container in containers.listed or ():
        to_prune.pop(f"{_DANGLING}{container.image_id}", None)
        reference, image_id = container.image, container.image_id
        is_id = image_id.startswith(f"sha256:{reference.removeprefix('sha256:')}")
        is_newer = behavior.in_use is InUse.LAST_NAME
        if is_id or (is_newer and reference.endswith(f"@{image_id}")):
            used.add(image_id)
            if not is_newer:
                continue
        try:
            parsed = parse_reference(reference)
        except DataError:
            continue
        if not parsed.name:
            continue
        if parsed.digest and not parsed.tag:
            to_prune.pop(f"{parsed.name}@{parsed.digest}", None)
        elif is_newer or not parsed.digest:
            to_prune.pop(parsed.tagged, None)
    return used
