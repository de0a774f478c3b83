"""Removing and pruning images of a graph-driver store: ``image_delete.go``, ``image_prune.go`` of ``daemon/images``."""

from __future__ import annotations

from collections.abc import Iterable

from cacheview.model import Containers, DataError, Image, parse_reference, short_id
from cacheview.model.effort import paced
from cacheview.whatif.conflicts import container_of, is_id_prefix, running_of, stopped_of, unable
from cacheview.whatif.draft import Draft, RefusedChange, RemovedFor

__all__ = ["prune", "remove"]


def remove(
    draft: Draft,
    image: Image,
    reference: str,
    containers: Containers,
    *,
    force: bool = False,
    prunes: bool = True,
    reason: RemovedFor = RemovedFor.REQUESTED,
) -> None:
    """``ImageDelete`` of an image that a reference refers to. Raises `RefusedChange` if the daemon refuses."""
    image_id = image.id
    names = sorted(image.names)
    if not is_id_prefix(image_id, reference):
        if not force and _is_single(names) and (container := container_of(containers, image_id)):
            raise RefusedChange(
                f'conflict: unable to remove repository reference "{reference}" (must force) - container '
                f"{container} is using its referenced image {short_id(image_id)}"
            )
        rest = _remove_name(draft, names, reference)
        if rest:
            return
        _delete(draft, image_id, containers, reason, force=force, prunes=prunes, quiet=True)
        return
    if _is_single(names):
        conflict = _conflict(draft, image_id, containers, names=False, stopped=not force)
        if conflict:
            raise RefusedChange(conflict)
        for name in names:
            draft.untag(name)
    _delete(draft, image_id, containers, reason, force=force, prunes=prunes, quiet=False)


def prune(draft: Draft, containers: Containers, *, everything: bool) -> None:
    """``ImagesPrune``, without a filter.

    The daemon's order of images is random, but all orders have the same result.
    """
    reason = RemovedFor.UNUSED if everything else RemovedFor.DANGLING
    heads = [image for image in draft.images if everything or not draft.has_children(image.id)]
    for listed in paced([image for image in heads if image.names or not draft.has_children(image.id)]):
        image = draft.get(listed.id)
        if image is None:
            continue  # removed together with an image that was built on it
        names = sorted(image.names)
        if not names:
            _remove_if_unused(draft, image, image.id.partition(":")[2], containers, reason)
        elif everything or all("@" in name for name in names):
            for name in names:
                named = draft.named(name)
                if named is not None:
                    _remove_if_unused(draft, named, name, containers, reason)


def _remove_if_unused(draft: Draft, image: Image, reference: str, containers: Containers, reason: RemovedFor) -> None:
    """``imageDeleteFailed``: images in use stay."""
    try:
        remove(draft, image, reference, containers, reason=reason)
    except RefusedChange:
        return


def _is_single(names: list[str]) -> bool:
    """``isSingleReference``: all names are in one repository, and there is at most one tag."""
    if len(names) <= 1:
        return len(names) == 1
    tags = [name for name in names if "@" not in name]
    if len(tags) > 1:
        return False
    repositories = {_repository(name) for name in names if "@" in name}
    return repositories == {_repository((tags or names)[0])}


def _repository(name: str) -> str:
    try:
        return parse_reference(name).name
    except DataError:
        return name


def _remove_name(draft: Draft, names: Iterable[str], reference: str) -> list[str]:
    """Remove a name, and names by digest if no tag of their repository is left; return the remaining names."""
    parsed = parse_reference(reference)
    removed_name = f"{parsed.name}@{parsed.digest}" if parsed.digest else parsed.tagged
    rest = [name for name in names if name != removed_name]
    if draft.named(removed_name) is not None:
        draft.untag(removed_name)
    own = [name for name in rest if _repository(name) == parsed.name]
    if not parsed.digest and all("@" in name for name in own):
        for name in own:
            draft.untag(name)
        rest = [name for name in rest if name not in own]
    return rest


def _conflict(draft: Draft, image_id: str, containers: Containers, *, names: bool, stopped: bool) -> str:
    """``checkImageDeleteConflict``: the reason to keep the image, as the daemon's message; empty: there is none."""
    what = short_id(image_id)
    image = draft.get(image_id)
    if draft.has_children(image_id):
        return unable(what, "image has dependent child images", hard=True)
    if container := running_of(containers, image_id):
        return unable(what, f"image is being used by running container {container}", hard=True)
    if names and image is not None and image.names:
        return unable(what, "image is referenced in multiple repositories")
    if stopped and (container := stopped_of(containers, image_id)):
        return unable(what, f"image is being used by stopped container {container}")
    return ""


def _delete(
    draft: Draft,
    image_id: str,
    containers: Containers,
    reason: RemovedFor,
    *,
    force: bool,
    prunes: bool,
    quiet: bool,
) -> None:
    """``imageDeleteHelper``: the image, and each parent that nothing else keeps."""
    while (image := draft.get(image_id)) is not None:
        conflict = _conflict(draft, image_id, containers, names=not force, stopped=not force)
        if conflict:
            is_used = running_of(containers, image_id) or stopped_of(containers, image_id)
            is_dangling = not image.names and not draft.has_children(image_id)
            if quiet and (not is_dangling or is_used):
                return
            raise RefusedChange(conflict)
        draft.remove(image_id, reason)
        if not prunes or image.parent is None:
            return
        image_id, reason, force, quiet = image.parent, RemovedFor.PARENT, False, True
