"""The files of a context on the daemon: the files that the client sent, unpacked, and their links.

Facts from moby's ``pkg/archive`` (later ``moby/go-archive``), ``builder/remotecontext`` and ``moby/sys/symlink``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.gopath import clean, raw, walk_key, within
from cacheview.dockerfile.context.tarsum import Header
from cacheview.model import DataError

__all__ = ["ForbiddenPathError", "Tree", "TreeNode"]

_MAX_PATH_STEPS = 255  # names and links in a path
_SAFE_PATH_CHARACTERS = 2 * (_MAX_PATH_STEPS - 2)  # a path this long cannot contain more names than that
_MAX_NAME_BYTES = 255


class ForbiddenPathError(DataError):
    """A path that leads out of the context, goes through a file, follows a cycle of links, or has too long a name."""


class TreeNode(NamedTuple):
    """An entry on the daemon.

    Attributes:
        entry: as sent; for a folder without a member in the tar, only its path.
        header: of its member in the tar; None if there was none.
        is_hard_link: whether it is a second name of a file, so its content was not sent with it.
        source: the path in the context that its content is read from.
        follows_links: whether links are followed to read it.
        data: content that the client created; None if the content is read from `source`.
        digest: its sum, if already known; otherwise empty.
    """

    entry: Entry
    header: Header | None = None
    is_hard_link: bool = False
    source: str = ""
    follows_links: bool = False
    data: bytes | None = None
    digest: str = ""

    @property
    def hashed_header(self) -> bytes:
        """The bytes hashed before its content; empty if it was sent without a header."""
        return self.header.hashed_bytes() if self.header is not None else b""

    @property
    def has_content(self) -> bool:
        """Whether the content of a file is hashed after its header."""
        return self.entry.kind is EntryKind.FILE and not self.is_hard_link and self.entry.size > 0


class Tree:
    """Entries by path, in walk order.

    Attributes:
        sent_nodes: all entries with a header, including those since removed: the daemon computes sums while unpacking.
    """

    def __init__(self, nodes: Mapping[str, TreeNode], sent: Mapping[str, TreeNode] | None = None) -> None:
        """Create a tree. ``sent``: all entries with a header, if they differ from ``nodes``."""
        self._nodes = {path: nodes[path] for path in sorted(nodes, key=walk_key)}
        self.sent_nodes = (
            {path: node for path, node in self._nodes.items() if node.header is not None} if sent is None else sent
        )
        self._children: dict[str, list[str]] = {}
        self._to_resolve: set[str] = set()
        # A path in `nodes` never goes through a link, so only its last name can be a link.
        for path, node in self._nodes.items():
            parent = path.rpartition("/")[0]
            if (children := self._children.get(parent)) is not None:
                children.append(path)
            else:
                self._children[parent] = [path]
            if node.entry.kind is EntryKind.SYMLINK or "\0" in path or len(path) > _SAFE_PATH_CHARACTERS:
                self._to_resolve.add(path)

    def __contains__(self, path: str) -> bool:
        return not path or path in self._nodes

    def get(self, path: str) -> TreeNode | None:
        """Return the entry itself; links are not followed."""
        return self._nodes.get(path)

    def is_directory(self, path: str) -> bool:
        """Return whether it is a folder; links are not followed."""
        return not path or (path in self._nodes and self._nodes[path].entry.kind is EntryKind.DIRECTORY)

    def paths(self) -> Iterator[str]:
        """Yield all paths in walk order, without the root."""
        return iter(self._nodes)

    def below(self, path: str) -> Iterator[str]:
        """Yield a folder and its entries, in walk order; for the root only its entries."""
        pending = [path] if path else self._children.get("", [])[::-1]
        while pending:
            folder = pending.pop()
            yield folder
            if children := self._children.get(folder):
                pending.extend(reversed(children))

    def remove(self, path: str) -> None:
        """Remove an entry and everything in it, but keep its sum."""
        for removed in list(self.below(path)) if path in self else ():
            del self._nodes[removed]
            self._children.pop(removed, None)
        if path in (siblings := self._children.get(path.rpartition("/")[0], [])):
            siblings.remove(path)

    def resolve(self, path: str) -> str:
        """Return the path with all links followed inside the context; it does not have to exist.

        Raises:
            ForbiddenPathError: its text leads out of the context, or it goes through a file, has too long a name, or
                has more than 255 names and links.
        """
        start = within(path)
        if start is None or "\0" in path:
            raise ForbiddenPathError("it is outside the context", where=path)
        if start in self._nodes and start not in self._to_resolve:
            return start
        pending: list[str] = ["", *start.split("/")] if start else []
        if len(pending) > _MAX_PATH_STEPS + 1:
            raise ForbiddenPathError("the path goes through too many links", where=path)
        done = ""
        steps = 0
        while pending:
            if steps > _MAX_PATH_STEPS:
                raise ForbiddenPathError("the path goes through too many links", where=path)
            steps += 1
            name = pending.pop(0)
            if not name:
                continue
            path_so_far = clean(f"/{done}{name}")[1:]
            if not path_so_far:
                done = ""
                continue
            node = self._nodes.get(path_so_far)
            if node is None:
                self._check_missing(path_so_far, path)
            if node is None or node.entry.kind is not EntryKind.SYMLINK:
                done += name + "/"
                continue
            if node.entry.target.startswith("/"):
                done = ""
            pending = [*node.entry.target.split("/"), *pending]
        return clean("/" + done)[1:]

    def resolve_existing(self, path: str) -> str:
        """Return the same as `resolve` for a path in the tree, but faster if it is known not to contain links."""
        return path if path not in self._to_resolve else self.resolve(path)

    def _check_missing(self, here: str, path: str) -> None:
        """Raise the system's errors for a path that does not exist: all except "no such file" stop the builder."""
        parent = here
        while parent and parent not in self._nodes:
            parent = parent.rpartition("/")[0]
        if not self.is_directory(parent):
            raise ForbiddenPathError("part of the path is not a folder", where=path)
        first_missing = here.removeprefix(parent).lstrip("/").split("/")[0]
        if len(raw(first_missing)) > _MAX_NAME_BYTES:
            raise ForbiddenPathError("a name in the path is too long", where=path)
