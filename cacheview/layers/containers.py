"""Files that a new container has, and that remain below the layer that is committed from it.

A containerd store of Docker 25.0 and later unpacks the changes committed from a container onto the snapshot with which
the container started (``applyDiffLayer`` of ``daemon/containerd/image_commit.go``). That snapshot contains the mount
points of every container (``Setup`` of ``daemon/initlayer/setup_unix.go``). The layers of the image do not contain
them, but ``COPY --from`` copies them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cacheview.dockerfile.context.entry import EntryKind
from cacheview.engine.candidate import container_config_of
from cacheview.layers.entry import LayerEntry
from cacheview.model import Image, ImageStore

__all__ = ["CONTAINER_FILES", "committed_layers"]

_DEFAULT_MODE: Final = 0o755
_COMMENT: Final = "#(nop) "
_FOLDER, _FILE = EntryKind.DIRECTORY, EntryKind.FILE


def _entry(path: str, kind: EntryKind, target: str = "") -> LayerEntry:
    return LayerEntry(-1, path, kind, 0o777 if target else _DEFAULT_MODE, 0, 0, target=target)


CONTAINER_FILES: Final[Mapping[str, LayerEntry]] = {
    "dev/pts": _entry("dev/pts", _FOLDER),
    "dev/shm": _entry("dev/shm", _FOLDER),
    "proc": _entry("proc", _FOLDER),
    "sys": _entry("sys", _FOLDER),
    ".dockerenv": _entry(".dockerenv", _FILE),
    "etc/resolv.conf": _entry("etc/resolv.conf", _FILE),
    "etc/hosts": _entry("etc/hosts", _FILE),
    "etc/hostname": _entry("etc/hostname", _FILE),
    "dev/console": _entry("dev/console", _FILE),
    "etc/mtab": _entry("etc/mtab", EntryKind.SYMLINK, "/proc/mounts"),
}
"""The files by path. They replace existing files, but not existing folders."""


def committed_layers(image: Image, store: ImageStore) -> tuple[int, ...]:
    """Return the indexes of an image's layers that were committed from a container, lowest first.

    The store records the parent only of images that were built here; others were unpacked as they are. A layer of
    ``COPY`` or ``ADD`` is not committed from a container: the config of its step has no host name, which a container
    would have, and its command is a comment, unlike that of ``RUN`` (``withCmdComment`` of
    ``builder/dockerfile/internals.go``).
    """
    places = []
    seen: set[str] = set()
    at: Image | None = image
    while at is not None and at.id not in seen:
        seen.add(at.id)
        parent = store.by_id.get(at.parent) if at.parent else None
        below = len(parent.diff_ids) if parent is not None else 0
        is_built = parent is not None or at.from_scratch
        if is_built and len(at.diff_ids) == below + 1 and _is_of_container(at):
            places.append(below)
        at = parent
    return tuple(reversed(places))


def _is_of_container(image: Image) -> bool:
    config = container_config_of(image)
    if config is None:
        return False
    return bool(config.Hostname) or not (config.Cmd or ("",))[-1].startswith(_COMMENT)
