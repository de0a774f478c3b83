"""The files that match a filter, as a tree of folders. No Qt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cacheview.layers.changes import FileChange

__all__ = ["FileNode", "file_tree"]


class FileNode:
    """A file or a folder.

    Attributes:
        name: the last part of its path.
        path: its full path.
        change: its change; None: a folder of which only the content is known.
        parent, row: its parent, and its position among the children; None and 0 for the root.
        children: its children, sorted by name.
        number: its number in the tree; 0 for the root.
        files, size: the number of files shown in it, including itself, and their total size in bytes.
    """

    __slots__ = ("change", "children", "files", "name", "number", "parent", "path", "row", "size")

    def __init__(self, path: str, parent: FileNode | None) -> None:
        self.path = path
        self.name = path.rpartition("/")[2]
        self.parent = parent
        self.change: FileChange | None = None
        self.children: list[FileNode] = []
        self.row = 0
        self.number = 0
        self.files = 0
        self.size = 0

    def below(self) -> Iterator[FileNode]:
        """Yield all nodes below it, each folder before its content."""
        left = self.children[::-1]
        while left:
            node = left.pop()
            yield node
            left.extend(reversed(node.children))


def file_tree(changes: Sequence[FileChange], text: str = "", *, with_same: bool = False) -> FileNode:
    """Return the root of a tree of files.

    Args:
        changes: the changes, sorted by path.
        text: words that must all be in the path, in any case, or among the file's differences (``added``).
        with_same: whether to include unchanged files.
    """
    words = text.lower().split()
    root = FileNode("", None)
    nodes = {"": root}
    for change in changes:
        if (with_same or change.differs) and _has(change, words):
            node = _node(nodes, change.path)
            node.change = change
            _count(node, change)
    for number, node in enumerate(nodes.values()):
        node.number = number
        node.children.sort(key=lambda child: child.name)
        for row, child in enumerate(node.children):
            child.row = row
    return root


def _has(change: FileChange, words: Sequence[str]) -> bool:
    if not words:
        return True
    searched = " ".join((change.path.lower(), change.mark.value, *(aspect.value for aspect in change.aspects)))
    return all(word in searched for word in words)


def _node(nodes: dict[str, FileNode], path: str) -> FileNode:
    missing = []
    while path not in nodes:
        missing.append(path)
        path = path.rpartition("/")[0]
    node = nodes[path]
    for each in reversed(missing):
        child = nodes[each] = FileNode(each, node)
        node.children.append(child)
        node = child
    return node


def _count(node: FileNode, change: FileChange) -> None:
    ancestor: FileNode | None = node
    while ancestor is not None:
        ancestor.files += 1
        ancestor.size += change.size
        ancestor = ancestor.parent
