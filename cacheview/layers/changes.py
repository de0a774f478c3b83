"""The changes of files from one state to another: from the layers below to a layer, or in a context since a build."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

__all__ = ["Aspect", "ChangeMark", "FileChange", "FileState", "aspects_of", "change_in_words", "changed_aspects"]

_FILE, _SYMLINK, _FOLDER = "0", "2", "5"
_KINDS: Final = {
    _FILE: "a file",
    "1": "a hard link",
    _SYMLINK: "a symbolic link",
    "3": "a device",
    "4": "a device",
    _FOLDER: "a directory",
    "6": "a named pipe",
}
_MAX_CHARACTERS: Final = 200


class ChangeMark(Enum):
    """The change of a file."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    WRITTEN = "added or changed"  # the previous state is not known


class Aspect(Enum):
    """The aspects in which a file can differ."""

    CONTENT = "content"
    SIZE = "size"
    MODE = "mode"
    OWNER = "owner"
    TYPE = "type"
    LINK = "link"
    TARGET = "what the link points to"
    DEVICE = "device"
    ATTRIBUTES = "extended attributes"
    HEADER = "header"  # the same file, sent with a different header
    UNKNOWN = "not compared"  # only its checksum is known to differ, or its content was not read

    __hash__ = object.__hash__  # Enum's own is slow, and sets of aspects are looked up for every file


_SAME_PHRASES: Final = {
    Aspect.HEADER: "same file, different header",
    Aspect.UNKNOWN: "not compared: the target of the link is not in the layer",
}


class FileState(NamedTuple):
    """One file at one time.

    Attributes:
        kind: the type flag of tar: ``0`` a file, ``1`` a hard link, ``2`` a symbolic link, ``5`` a folder.
        mode: permission bits, with set-user-id, set-group-id and sticky.
        uid, gid: the owner.
        size: in bytes.
        target: of a symbolic link, as written; of a hard link, its first name.
        device: major and minor number.
        attributes: extended attributes, as they are hashed.
    """

    kind: str
    mode: int
    uid: int = 0
    gid: int = 0
    size: int = 0
    target: str = ""
    device: tuple[int, int] = (0, 0)
    attributes: bytes = b""

    @property
    def owner(self) -> str:
        """User and group as ``uid:gid``."""
        return f"{self.uid}:{self.gid}"

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file, but not a hard link to one."""
        return self.kind == _FILE

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.kind == _SYMLINK

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.kind == _FOLDER


class FileChange(NamedTuple):
    """One file, before and now.

    Attributes:
        path: without a leading slash; bytes that are not UTF-8 are surrogate escapes.
        mark: the kind of change.
        aspects: of a changed file, those that differ.
        before, now: None: there is no such file, or it is not known.
    """

    path: str
    mark: ChangeMark
    aspects: tuple[Aspect, ...] = ()
    before: FileState | None = None
    now: FileState | None = None

    @property
    def differs(self) -> bool:
        """Whether the file differs between the two states."""
        return self.mark is not ChangeMark.SAME

    @property
    def size(self) -> int:
        """The current size, or else the previous one."""
        state = self.now or self.before
        return state.size if state is not None else 0


def aspects_of(before: FileState, now: FileState, *, has_same_content: bool | None) -> tuple[Aspect, ...]:
    """Return the aspects in which two states differ; none if they are equal.

    ``has_same_content`` is for files; None: it was not compared.
    """
    if before.kind != now.kind:
        return (Aspect.TYPE,)
    results = []
    if now.is_file:
        if before.size != now.size:
            results += [Aspect.CONTENT, Aspect.SIZE]
        elif has_same_content is None:
            results.append(Aspect.UNKNOWN)
        elif not has_same_content:
            results.append(Aspect.CONTENT)
    if before.target != now.target:
        results.append(Aspect.LINK)
    if before.mode != now.mode:
        results.append(Aspect.MODE)
    if before.uid != now.uid or before.gid != now.gid:
        results.append(Aspect.OWNER)
    if before.device != now.device:
        results.append(Aspect.DEVICE)
    if before.attributes != now.attributes:
        results.append(Aspect.ATTRIBUTES)
    return tuple(results)


def change_in_words(change: FileChange, *, with_mark: bool = False) -> str:
    """Return a change as a phrase: ``mode 600, was 644``, or with its mark, ``changed: mode 600, was 644``."""
    if change.mark is ChangeMark.SAME:
        return _SAME_PHRASES[change.aspects[0]] if change.aspects else "same"
    if change.mark is not ChangeMark.CHANGED:
        return str(change.mark.value)
    if change.before is None or change.now is None:
        return "changed" if with_mark else "differs"
    phrase = changed_aspects(change, with_mark=with_mark) or "differs"
    return f"{change.mark.value}: {phrase}" if with_mark else phrase


def changed_aspects(change: FileChange, *, with_mark: bool = False) -> str:
    """Return the differences of a changed file as a phrase: ``mode 600, was 644``; empty if they are not known."""
    before, now = change.before, change.now
    if before is None or now is None:
        return ""
    words: dict[Aspect, str] = {
        Aspect.CONTENT: "content" if with_mark else "content changed",
        Aspect.SIZE: "",
        Aspect.MODE: f"mode {now.mode:03o}, was {before.mode:03o}",
        Aspect.OWNER: f"owner {now.owner}, was {before.owner}",
        Aspect.TYPE: f"now {_kind(now)}, was {_kind(before)}",
        Aspect.LINK: f"{_link(now)} to {now.target[:_MAX_CHARACTERS]}, was {before.target[:_MAX_CHARACTERS]}",
        Aspect.TARGET: f"its target ({now.target[:_MAX_CHARACTERS]}) changed",
        Aspect.DEVICE: f"device {_numbers(now)}, was {_numbers(before)}",
        Aspect.ATTRIBUTES: "extended attributes changed",
        Aspect.UNKNOWN: "content not compared",
    }
    return " and ".join(words[aspect] for aspect in change.aspects if words.get(aspect))


def _kind(state: FileState) -> str:
    return _KINDS.get(state.kind, "a different type")


def _link(state: FileState) -> str:
    return "link" if state.kind == _SYMLINK else "hard link"


def _numbers(state: FileState) -> str:
    return ":".join(map(str, state.device))
