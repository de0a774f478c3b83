"""The images of a store by lineage, as a plain tree. No Qt."""

from __future__ import annotations

import weakref
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cacheview.model.effort import paced

if TYPE_CHECKING:
    from cacheview.model import Image, ImageStore

__all__ = ["BUILDKIT", "IMPORTED", "NOT_READ", "NO_PARENT", "PULLED", "Forest", "ImageNode", "forest", "root_word"]

NO_PARENT = "no parent recorded"
"""The word for most roots, and for all roots in a store that was loaded from an archive."""

PULLED = "pulled"
IMPORTED = "imported"

BUILDKIT = "by BuildKit"
"""The word for an image built by BuildKit, which records no parent."""

NOT_READ = "not read"
"""The word for an image that is only known to exist, because it has not been read yet or cannot be read."""


class ImageNode:
    """One row of the tree.

    An only child is *below* its parent, on the same level, so that the steps of a build read as a list. If several
    images were built on one, they are *under* it. Nodes do not keep the nodes above them alive, so a dropped tree is
    freed immediately, however large, without garbage collection.

    Attributes:
        number: its position in `Forest.nodes`, which is the order of the rows when nothing is folded up.
        image: its image; None for scratch.
        origin: the node of the image that it was built on; None for a root.
        parent: the node that it is under: its origin or an earlier ancestor; None on the top level.
        children: the nodes under it.
        row: its position among its siblings.
        last_head: the position of the last of its children that starts a build.
        follows: whether it is below its origin, in the next row.
        followed: whether its only child is below it.
        word: the reason that it is a root, if that is not obvious; usually empty.
    """

    __slots__ = (
        "__weakref__",
        "_origin",
        "_parent",
        "children",
        "followed",
        "follows",
        "image",
        "last_head",
        "number",
        "row",
        "word",
    )

    def __init__(self, number: int, image: Image | None, word: str = "") -> None:
        self.number = number
        self.image = image
        self._origin: weakref.ref[ImageNode] | None = None
        self._parent: weakref.ref[ImageNode] | None = None
        self.children: list[ImageNode] = []
        self.row = 0
        self.last_head = 0
        self.follows = False
        self.followed = False
        self.word = word

    @property
    def image_id(self) -> str:
        """The id of its image; empty for scratch."""
        return self.image.id if self.image is not None else ""

    @property
    def origin(self) -> ImageNode | None:
        """The node of the image that this one was built on; None for a root."""
        return self._origin() if self._origin is not None else None

    @origin.setter
    def origin(self, node: ImageNode | None) -> None:
        self._origin = weakref.ref(node) if node is not None else None

    @property
    def parent(self) -> ImageNode | None:
        """The node above this one: its origin or an earlier ancestor; None at the top level."""
        return self._parent() if self._parent is not None else None

    @parent.setter
    def parent(self, node: ImageNode | None) -> None:
        self._parent = weakref.ref(node) if node is not None else None


@dataclass(frozen=True, slots=True)
class Forest:
    """All nodes of a tree, one for each image.

    Attributes:
        roots: the top level.
        nodes: all nodes, in the order of the rows when nothing is folded up.
        by_id: the nodes of the shown images, by id.
        hidden: the number of images that are not shown.
        levels: by a node's number, the number of nodes that it is under.
        ends: by a node's number, the number of the first later node that is not under it.
        has_sizes: whether the size of any image in the store is known.
    """

    roots: Sequence[ImageNode] = ()
    nodes: Sequence[ImageNode] = ()
    by_id: Mapping[str, ImageNode] = field(default_factory=dict)
    hidden: int = 0
    levels: Sequence[int] = ()
    ends: Sequence[int] = ()
    has_sizes: bool = False

    def node_of(self, image_id: str) -> ImageNode | None:
        """Return the node of an image, or of scratch for the empty id; None: it is not shown."""
        if not image_id:
            return self.nodes[0] if self.nodes else None
        return self.by_id.get(image_id)


def forest(store: ImageStore, *, intermediate: bool = True) -> Forest:
    """Return the lineage tree of a store, in store order, with scratch first unless there is no image at all.

    The images created by the first step of a FROM scratch build are under scratch. Other images without a parent are
    roots, and so are those whose parent is not in the store. A cycle of parents is cut at the first in store order.

    Args:
        intermediate: whether to include unnamed images that others were built on. Otherwise images built on them are
            under the nearest ancestor that is shown.
    """
    if not store.images:
        return Forest()
    hidden = set() if intermediate else _intermediate(store)
    scratch = ImageNode(0, None)
    nodes = [scratch]
    by_id: dict[str, ImageNode] = {}
    for image in paced(store.images):
        if image.id not in hidden:
            node = by_id[image.id] = ImageNode(len(nodes), image)
            nodes.append(node)
    roots = [scratch]
    for node in paced(nodes[1:]):
        above, word = _above(store, node, hidden)
        if above is None:
            node.word = word
            if word:
                roots.append(node)
            else:
                node.origin = scratch
        else:
            node.origin = by_id[above]
    built: list[list[ImageNode]] = [[] for _ in nodes]
    for node in paced(nodes):
        if node.origin is not None:
            built[node.origin.number].append(node)
    _open_cycles(nodes, roots, built)
    top = _arrange(roots, built)
    nodes, levels, ends = _number(top, len(nodes))
    has_sizes = any(image.size is not None for image in paced(store.images))
    return Forest(top, nodes, by_id, len(hidden), levels, ends, has_sizes)


def _intermediate(store: ImageStore) -> set[str]:
    built_on = {image.parent for image in store.images if image.parent != image.id}
    return {image.id for image in store.images if not image.names and image.id in built_on}


def _above(store: ImageStore, node: ImageNode, hidden: set[str]) -> tuple[str | None, str]:
    """Return the id of the nearest ancestor that is shown; otherwise None, and the word for the kind of root."""
    assert node.image is not None
    image, seen = node.image, {node.image.id}
    while True:
        if image.parent is None:
            return None, root_word(image)
        if image.parent in seen:
            return None, "its own parent" if image.parent == image.id else "parent cycle"
        parent = store.by_id.get(image.parent)
        if parent is None:
            return None, f"parent not in store: {image.parent.rpartition(':')[2][:12]}"
        if parent.id not in hidden:
            return parent.id, ""
        seen.add(parent.id)
        image = parent


def root_word(image: Image) -> str:
    """Return the word for an image without a parent; empty for the first step of a FROM scratch build."""
    if not image.history and (image.doubt("history") or image.doubt("config")):
        return NOT_READ
    if len(image.history) == 1 and image.history[0].comment.startswith("Imported from"):
        return IMPORTED
    if image.is_first_step:
        return ""
    word = PULLED if image.is_pulled else NO_PARENT
    if not image.is_by_buildkit:
        return word
    return BUILDKIT if word == NO_PARENT else f"{word}, {BUILDKIT}"


def _open_cycles(nodes: Sequence[ImageNode], roots: list[ImageNode], built: Sequence[list[ImageNode]]) -> None:
    """Add roots until every node is reachable from one."""
    reached = bytearray(len(nodes))
    _mark_reached(roots, built, reached)
    for node in nodes:
        if not reached[node.number]:
            assert node.origin is not None
            built[node.origin.number].remove(node)
            node.origin = None
            node.word = "parent cycle"
            roots.append(node)
            _mark_reached((node,), built, reached)


def _mark_reached(start: Iterable[ImageNode], built: Sequence[list[ImageNode]], reached: bytearray) -> None:
    waiting = list(start)
    while waiting:
        node = waiting.pop()
        reached[node.number] = 1
        waiting.extend(built[node.number])


def _arrange(roots: Iterable[ImageNode], built: Sequence[list[ImageNode]]) -> list[ImageNode]:
    """Put each node under or below its origin. Returns the top level."""
    top: list[ImageNode] = []
    waiting: list[tuple[ImageNode | None, list[ImageNode], Iterable[ImageNode]]] = [(None, top, roots)]
    while waiting:
        parent, level, heads = waiting.pop()
        for head in heads:
            node, follows = head, False
            if parent is not None:
                parent.last_head = len(level)
            while True:
                node.parent, node.follows, node.row = parent, follows, len(level)
                level.append(node)
                images = built[node.number]
                # The first image of a FROM scratch build is always under scratch.
                if len(images) != 1 or node.image is None:
                    break
                node.followed = True
                node, follows = images[0], True
            if images:
                waiting.append((node, node.children, images))
    return top


def _number(top: Iterable[ImageNode], count: int) -> tuple[list[ImageNode], array[int], array[int]]:
    """Number the nodes in the order of their rows. Returns them, their levels, and the ends of their subtrees."""
    nodes: list[ImageNode] = []
    levels, ends = array("I"), array("I", bytes(array("I").itemsize * count))
    ancestors: list[ImageNode] = []
    waiting = [iter(top)]
    while waiting:
        node = next(waiting[-1], None)
        if node is None:
            waiting.pop()
            if ancestors:
                ends[ancestors.pop().number] = len(nodes)
            continue
        node.number = len(nodes)
        nodes.append(node)
        levels.append(len(ancestors))
        if node.children:
            ancestors.append(node)
            waiting.append(iter(node.children))
        else:
            ends[node.number] = len(nodes)
    return nodes, levels, ends
