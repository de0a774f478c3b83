"""Checks the names of ``--chown`` in an image: the builder looks them up when it has to copy the files.

moby: ``parseChownFlag``, ``lookupUser`` and ``lookupGroup`` of ``builder/dockerfile/internals_linux.go``, and
``ParsePasswdFilter`` and ``ParseGroupFilter`` of ``runc/libcontainer/user`` (later ``moby/sys/user``).
"""

from __future__ import annotations

import re
from typing import Final

from cacheview.dockerfile.context.entry import EntryKind
from cacheview.dockerfile.context.tree import ForbiddenPathError
from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.layers.image_sums import ImageSums

__all__ = ["UNNAMED_ROOT", "check_owner"]

UNNAMED_ROOT: Final = "<the root of the new layer>"
"""A placeholder in the daemon's messages for the folder at which it mounts the new layer."""

_PASSWD, _GROUP = "etc/passwd", "etc/group"
_MAX_FILE_BYTES: Final = 16 << 20  # of one of these files
_MAX_LINE_BYTES: Final = 64 * 1024 - 1  # of Go's bufio.Scanner
_NUMBER: Final = re.compile(r"[+-]?[0-9]+", re.ASCII)
_ID_LIMIT: Final = 2**63
_SPACE: Final = " \t\n\v\f\r\x85\xa0"


def check_owner(owner: str, image: ImageSums, release: BuilderRelease) -> None:
    """Look up the user and the group of ``--chown`` in an image, like the builder.

    Args:
        owner: as written, with at most one colon.
        image: the image that the step is built on.
        release: of the builder.

    Raises:
        BuildRefusedError: one of them is not known there; with the daemon's message.
        UnknownError: the layers do not show the files with the names.
        LayerUnavailableError, LayerError: a layer cannot be read.
    """
    user, colon, group = owner.partition(":")
    group = group if colon else user
    places = {path: _resolved(path, image) for path in (_PASSWD, _GROUP)}
    if not _is_number(user) and user not in _names(places[_PASSWD], f"can't find uid for user {user}: ", image):
        raise _refused(f"can't find uid for user {user}: no such user: {user}")
    if _is_number(group):
        return
    result = _names(places[_GROUP], f"can't find gid for group {group}: ", image, group_of=release)
    if group not in result:
        raise _refused(f"can't find gid for group {group}: no such group: {group}")


def _is_number(text: str) -> bool:
    """Return whether Go's ``Atoi`` accepts it."""
    return _NUMBER.fullmatch(text) is not None and -_ID_LIMIT <= int(text) < _ID_LIMIT


def _resolved(path: str, image: ImageSums) -> str:
    try:
        return image.tree.resolve(path)
    except ForbiddenPathError as error:
        # The system's error is not known: it may be a loop of links, or a file instead of a folder.
        raise UnknownError(f"the path /{path} in the image cannot be followed: {error.what}") from None


def _names(path: str, message: str, image: ImageSums, *, group_of: BuilderRelease | None = None) -> set[str]:
    """Return the first field of each line of a file. ``group_of``: the release that reads it as ``/etc/group``."""
    node = image.tree.get(path)
    if node is None and path:
        raise _refused(f"{message}open {UNNAMED_ROOT}/{path}: no such file or directory")
    if node is None or node.entry.kind is EntryKind.DIRECTORY:
        raise _refused(f"{message}read {UNNAMED_ROOT}/{path}: is a directory")
    if node.entry.kind is not EntryKind.FILE:
        raise UnknownError(f"/{path[:200]} in the image is not a file")
    content = image.content(path, _MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise UnknownError(f"/{path[:200]} in the image is larger than {_MAX_FILE_BYTES:,} bytes")
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    is_trimmed = group_of is None or group_of.trims_groups
    if (group_of is None or not group_of.trims_groups) and any(
        len(line.encode("utf-8", "surrogateescape")) > _MAX_LINE_BYTES for line in lines
    ):
        raise _refused(f"{message}bufio.Scanner: token too long")
    kept = (line.strip(_SPACE) if is_trimmed else line.removesuffix("\r") for line in lines)
    has_comments = group_of is not None and group_of.trims_groups
    return {line.split(":", 1)[0] for line in kept if line and not (has_comments and line.startswith("#"))}


def _refused(why: str) -> BuildRefusedError:
    message = f"unable to convert uid/gid chown string to host mapping: {why}"
    return BuildRefusedError(f"--chown names an owner that the image does not have: {why}", message=message)
