"""Files as a tree of folders, as far as a filter lets them through. No Qt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cacheview.layers.changes import FileChange

__all__ = ["FileNode", "file_tree"]


class FileNode:
    """A file or a folder.

    Attributes:
        name: the last part of its path.
        path: whole.
        change: what happened to it; None: of a folder nothing is known but what is in it.
        parent, row: where it stands; of the root None and 0.
        children: by name.
        number: in its tree, the root has 0.
        files, size: how many files there are in it that are shown, itself among them, and their bytes.
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
        """All nodes below, each folder before what is in it."""
        left = self.children[::-1]
        while left:
            node = left.pop()
            yield node
            left.extend(reversed(node.children))


def file_tree(changes: Sequence[FileChange], text: str = "", *, with_same: bool = False) -> FileNode:
    """The root of a tree.

    Args:
        changes: by path.
        text: words that a path has to have, all of them, upper or lower case; a mark is a word too (``added``).
        with_same: also files that are the same.
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
    above: FileNode | None = node
    while above is not None:
        above.files += 1
        above.size += change.size
        above = above.parent
