"""The reasons why an image cannot be removed, as the daemon's messages."""

from __future__ import annotations

from cacheview.model import Containers, short_id

__all__ = ["container_of", "is_id_prefix", "running_of", "stopped_of", "unable"]


def is_id_prefix(image_id: str, text: str) -> bool:
    """``isImageIDPrefix`` of ``image_delete.go``: whether the text is the beginning of an id."""
    return image_id.startswith(text) or image_id.partition(":")[2].startswith(text)


def container_of(containers: Containers, image_id: str) -> str:
    """Return a container that uses the image; empty: there is none."""
    return next((short_id(each.id) for each in containers.of(image_id)), "")


def running_of(containers: Containers, image_id: str) -> str:
    """Return a running container that uses the image; empty: there is none."""
    return next((short_id(each.id) for each in containers.of(image_id) if each.is_running), "")


def stopped_of(containers: Containers, image_id: str) -> str:
    """Return a stopped container that uses the image; empty: there is none."""
    return next((short_id(each.id) for each in containers.of(image_id) if not each.is_running), "")


def unable(what: str, message: str, *, hard: bool = False) -> str:
    """``imageDeleteConflict`` of both kinds of store."""
    how = "cannot be forced" if hard else "must be forced"
    return f"conflict: unable to delete {what} ({how}) - {message}"
