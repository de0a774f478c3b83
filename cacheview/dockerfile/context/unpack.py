"""Unpacks the tar that a client sends, as the daemon does, into its files and the checksum of each name.

Facts from ``Unpack`` of moby's ``pkg/archive`` (later ``moby/go-archive``), in a chroot of the context, and from
``TarSum.Read`` of ``pkg/tarsum``: if a name is sent twice, the sum is that of the first, and the file is the last.
From 29.7 on, paths that lead out of the context are refused (``resolveArchivePath``); before, they end at its root.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.gopath import clean, raw
from cacheview.dockerfile.context.tarsum import HARD_LINK, Header, Member
from cacheview.dockerfile.context.tree import Tree, TreeNode
from cacheview.dockerfile.gotext import quote
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import NEWEST_RELEASE, BuilderRelease
from cacheview.model import DataError
from cacheview.model.effort import go_on, paced

__all__ = ["unpack"]

_IMPLIED_MODE = 0o755
_MODE_BITS = 0o7777
_MAX_LINKS = 255
_MAX_PATH_BYTES = 4095  # PATH_MAX, bytes
_MAX_NAME_BYTES = 255  # NAME_MAX, bytes
_SAFE_NAME_CHARACTERS = _MAX_NAME_BYTES // 4  # characters, of at most 4 bytes each
_MAX_IMPLIED_BYTES = 256 << 20
_IMPLIED_FOLDER_BYTES = 600  # bytes for a folder, in addition to its path
_KINDS = {kind.value: kind for kind in EntryKind if kind.value}
_FOLDER = EntryKind.DIRECTORY.value


def unpack(members: Iterable[Member], release: BuilderRelease = NEWEST_RELEASE) -> Tree:
    """Return the unpacked tree.

    Args:
        members: in the order of the tar.
        release: the daemon's release.

    Raises:
        BuildRefusedError: the daemon cannot unpack it.
        DataError: `members` raises it, or the daemon's reaction is not known.
    """
    unpacker = _Unpacker(release)
    for member in paced(members):
        unpacker.add(member)
    unpacker.set_folder_times()
    return unpacker.tree()


class _Unpacker:
    def __init__(self, release: BuilderRelease) -> None:
        self.release = release
        self.rules = release.unpacking
        self.nodes: dict[str, TreeNode] = {}
        self.sent_nodes: dict[str, TreeNode] = {}
        self.children: dict[str, set[str]] | None = None  # paths by folder, needed once something is removed
        self.folders: dict[str, Header] = {}  # those in the tar, by path as sent
        self.is_as_sent = True
        self.implied = 0

    def tree(self) -> Tree:
        return Tree(self.nodes, None if self.is_as_sent else self.sent_nodes)

    def add(self, member: Member) -> None:
        header = member.header
        if self.rules.in_root:
            name = clean(header.name.lstrip("/"))
            if _leads_out(name):
                self._refuse(f"invalid entry name {quote(header.name)}", header, by_system=False)
        else:
            name = clean(header.name)
        path = clean(f"/{name}")[1:] if name.startswith(("/", ".")) else name
        if len(name) > _SAFE_NAME_CHARACTERS and _is_too_long(name, path):
            self._refuse("file name too long", header)
        if not path and name != ".":
            self.is_as_sent = False
            if header.type != _FOLDER:
                what = "it replaces the context's root folder; how the daemon handles this is unknown"
                raise DataError(what, where=header.name[:200])
            self.sent_nodes.setdefault("", self._node("", member))  # it is hashed if a link leads to it
            return
        if name == "." and header.type not in _KINDS:
            self.is_as_sent = False  # the daemon skips it
            return
        parent = path.rpartition("/")[0]
        is_in_folder = not parent or self._is_folder(parent)  # whose own path does not go through a link
        real = path if is_in_folder else self._place(path, header)
        if name != ".":
            self._make_room(real, parent, header, is_in_folder=is_in_folder)
        node = self._node(real, member)
        if path not in self.sent_nodes:
            self.sent_nodes[path] = node if real == path else node._replace(entry=node.entry._replace(path=path))
        else:
            self.is_as_sent = False
        if name == ".":
            self.is_as_sent = False
            return
        if real != path:
            self.is_as_sent = False
        self._put(real, node)
        if node.entry.kind is EntryKind.DIRECTORY:
            self.folders[real if self.rules.in_root else path] = header

    def _make_room(self, real: str, parent: str, header: Header, *, is_in_folder: bool) -> None:
        """Create the folders above a member, and remove what it replaces."""
        if not is_in_folder:
            self._check_links(parent, header)
            above = real.rpartition("/")[0]
            if (
                above
                and above not in self.nodes
                and header.type == _FOLDER
                and not self.rules.creates_folders_of_folders
            ):
                self._refuse("no such file or directory", header)
            self._imply(real, header)
        existing = self.nodes.get(real)
        if existing is None:
            return
        self.is_as_sent = False
        if existing.entry.kind is not EntryKind.DIRECTORY or header.type != _FOLDER:
            self._remove(real)

    def set_folder_times(self) -> None:
        """Do what the daemon does last: set the times of all folders, which fails if one is gone."""
        for path, header in paced(self.folders.items()) if self.children is not None else ():
            real = self._behind_links(path, header)
            if real and real not in self.nodes:
                why = "no such file or directory" if self._is_missing(real) else "not a directory"
                operation = f"chtimesat {path}" if self.rules.in_root else f"chtimes /{path}"
                self._refuse(f"{operation}: {why}", header, by_system=False)

    def _put(self, real: str, node: TreeNode) -> None:
        self.nodes[real] = node
        if self.children is not None:
            self.children.setdefault(real.rpartition("/")[0], set()).add(real)

    def _node(self, real: str, member: Member) -> TreeNode:
        header = member.header
        if header.type == HARD_LINK:
            place = self._place(self._target(header), header)
            target = self.nodes.get(place)
            if not place:
                self._refuse("operation not permitted", header)
            if target is None:
                self._refuse("no such file or directory" if self._is_missing(place) else "not a directory", header)
            if target.entry.kind is EntryKind.DIRECTORY:
                self._refuse("operation not permitted", header)
            entry = target.entry._replace(path=real)
            return target._replace(entry=entry, header=header, is_hard_link=True, digest=member.digest)
        kind = _KINDS.get(header.type)
        if kind is None:
            self._refuse(f"unhandled tar header type {ord(header.type[:1] or chr(0))}", header, by_system=False)
        entry = _entry(real, kind, member)
        return TreeNode(entry, header, False, member.source, member.follows_links, member.data, member.digest)

    def _target(self, header: Header) -> str:
        """Return the path in the context that a hard link refers to."""
        if self.rules.in_root:
            target = clean(header.link.lstrip("/") if header.link.startswith("/") else header.link)
            is_allowed = self.rules.accepts_absolute_hard_links or not header.link.startswith("/")
            if not is_allowed or target == "." or _leads_out(target):
                self._refuse(f"invalid hardlink target {quote(header.link)}", header, by_system=False)
        return clean(f"/{header.link}")[1:]

    def _place(self, path: str, header: Header) -> str:
        """Return the location of a path, with links followed except in the last name."""
        parent, _, name = path.rpartition("/")
        nearest = parent
        while nearest and nearest not in self.nodes:
            nearest = nearest.rpartition("/")[0]
        if not nearest or self._is_folder(nearest):  # whose own path does not go through a link
            return path
        go_on()
        done: list[str] = []
        pending = parent.split("/")
        links = 0
        may_lead_out = not self.rules.in_root  # or it begins again at the root, or ends before that
        while pending:
            part = pending.pop(0)
            if part == "..":
                if not done and not may_lead_out:
                    self._refuse(f"statat {parent}: path escapes from parent", header, by_system=False)
                done = done[:-1]
                continue
            if part in ("", "."):
                continue
            node = self.nodes.get("/".join([*done, part]))
            if node is None or node.entry.kind is not EntryKind.SYMLINK:
                may_lead_out |= node is None
                done.append(part)
                continue
            links += 1
            if links > _MAX_LINKS:
                self._refuse("too many levels of symbolic links", header)
            if node.entry.target.startswith("/"):
                if not may_lead_out and not self.rules.follows_absolute_links:
                    self._refuse("path escapes from parent", header)
                may_lead_out = True
                done = []
            pending = [*node.entry.target.split("/"), *pending]
        return "/".join([*done, name])

    def _behind_links(self, path: str, header: Header) -> str:
        """Return the location of a path, with links followed in all names."""
        return self._place(f"{path}/.", header)[:-2]

    def _check_links(self, parent: str, header: Header) -> None:
        """Refuse a member below a link that leads nowhere, unless the release creates the folders that it leads to."""
        if self.rules.creates_link_targets:
            return
        parts = parent.split("/")
        for place in ("/".join(parts[: number + 1]) for number in range(len(parts))):
            real = self._behind_links(place, header)
            if real and real not in self.nodes:
                if self._place(place, header) not in self.nodes:
                    return  # the daemon creates it
                if place == parent:
                    self._refuse("no such file or directory", header)
                self._refuse(f"mkdir /{place}: file exists", header, by_system=False)

    def _is_missing(self, path: str) -> bool:
        """Whether a path that does not exist is in a folder, or in one that does not exist either."""
        while path and path not in self.nodes:
            path = path.rpartition("/")[0]
        return not path or self._is_folder(path)

    def _is_folder(self, path: str) -> bool:
        node = self.nodes.get(path)
        return node is not None and node.entry.kind is EntryKind.DIRECTORY

    def _imply(self, real: str, header: Header) -> None:
        missing = []
        parent = real.rpartition("/")[0]
        while parent and parent not in self.nodes:
            missing.append(parent)
            parent = parent.rpartition("/")[0]
        if parent and not self._is_folder(parent):
            self._refuse("not a directory", header)
        for folder in reversed(missing):
            self.implied += len(folder) + _IMPLIED_FOLDER_BYTES
            if self.implied > _MAX_IMPLIED_BYTES:
                raise DataError(
                    f"the folders implied by the paths in the context take up more than {_MAX_IMPLIED_BYTES:,} "
                    "bytes of memory"
                )
            self._put(folder, TreeNode(Entry(folder, EntryKind.DIRECTORY, _IMPLIED_MODE)))

    def _remove(self, real: str) -> None:
        children = self._all_children()
        pending = [real]
        while pending:
            removed = pending.pop()
            del self.nodes[removed]
            pending.extend(children.pop(removed, ()))
        children[real.rpartition("/")[0]].discard(real)

    def _all_children(self) -> dict[str, set[str]]:
        if self.children is None:
            self.children = {}
            for path in self.nodes:
                self.children.setdefault(path.rpartition("/")[0], set()).add(path)
        return self.children

    def _refuse(self, why: str, header: Header, *, by_system: bool = True) -> NoReturn:
        """Refuse the tar.

        ``by_system``: whether the daemon adds the failed operation (Go's ``PathError`` and ``LinkError``).
        """
        message = f"{_failed_operation(header, in_root=self.rules.in_root)}{why}" if by_system else why
        what = f"the daemon cannot unpack the context: {why}"
        message = self.release.not_unpacked_message.format(message)
        raise BuildRefusedError(what, message=message, where=header.name[:200])


def _is_too_long(name: str, path: str) -> bool:
    return len(raw(name)) > _MAX_PATH_BYTES or any(len(raw(part)) > _MAX_NAME_BYTES for part in path.split("/"))


def _leads_out(path: str) -> bool:
    return path == ".." or path.startswith("../")


def _failed_operation(header: Header, *, in_root: bool) -> str:
    if in_root:
        path, at, target = clean(header.name.lstrip("/")), "at", clean(header.link.lstrip("/"))
    else:
        path, at, target = clean(f"/{header.name}"), "", clean(f"/{header.link}")
    match header.type:
        case EntryKind.FILE.value:
            return f"open{at} {path}: "
        case EntryKind.DIRECTORY.value:
            return f"mkdir{at} {path}: "
        case EntryKind.SYMLINK.value:
            return f"symlink{at} {header.link} {path}: "
        case kind if kind == HARD_LINK:
            return f"link{at} {target} {path}: "
    return ""  # the error of the call that creates a device or a pipe contains no path


def _entry(real: str, kind: EntryKind, member: Member) -> Entry:
    header = member.header
    return Entry(
        path=real,
        kind=kind,
        mode=header.mode & _MODE_BITS,
        size=header.size if kind is EntryKind.FILE else 0,
        target=header.link if kind is EntryKind.SYMLINK else "",
        device=header.device,
        uid=header.uid,
        gid=header.gid,
        stamp=member.stamp,
    )
