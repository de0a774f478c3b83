"""What keeps an image from being removed, in the daemon's words."""

from __future__ import annotations

from cacheview.model import Containers, short_id

__all__ = ["container_of", "is_id_prefix", "running_of", "stopped_of", "unable"]


def is_id_prefix(image_id: str, text: str) -> bool:
    """``isImageIDPrefix`` of ``image_delete.go``: whether what was typed is the beginning of an id."""
    return image_id.startswith(text) or image_id.partition(":")[2].startswith(text)


def container_of(containers: Containers, image_id: str) -> str:
    """A container that uses the image; empty: none does."""
    return next((short_id(each.id) for each in containers.of(image_id)), "")


def running_of(containers: Containers, image_id: str) -> str:
    """A running container that uses the image; empty: none does."""
    return next((short_id(each.id) for each in containers.of(image_id) if each.is_running), "")


def stopped_of(containers: Containers, image_id: str) -> str:
    """A stopped container that uses the image; empty: none does."""
    return next((short_id(each.id) for each in containers.of(image_id) if not each.is_running), "")


def unable(what: str, message: str, *, hard: bool = False) -> str:
    """``imageDeleteConflict`` of both kinds of store."""
    how = "cannot be forced" if hard else "must be forced"
    return f"conflict: unable to delete {what} ({how}) - {message}"
