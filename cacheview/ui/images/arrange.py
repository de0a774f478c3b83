"""Finds the rows of the tree that match the filter, with their ancestors. No Qt."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from cacheview.model.effort import paced
from cacheview.ui.images.tree import Forest, ImageNode, forest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacheview.model import Image, ImageStore

__all__ = ["FilteredNodes", "PreparedTree", "SearchTexts", "TreeQuery", "filter_nodes", "prepare"]

_IMAGES_PER_REPORT: Final = 2048  # images between two progress reports


@dataclass(frozen=True, eq=False)
class TreeQuery:
    """A request for rows.

    Attributes:
        intermediate: whether to include unnamed images that others were built on.
        words: words in lower case that an image must all have in its names, id or instruction, in any order.
        concerned: ids of the images to keep; None: all. The empty id stands for scratch.
        removed: ids of images that are shown, but not counted.
    """

    store: ImageStore
    intermediate: bool = True
    words: tuple[str, ...] = ()
    concerned: frozenset[str] | None = None
    removed: frozenset[str] = frozenset()

    @property
    def is_filter(self) -> bool:
        """Whether some images may be left out."""
        return bool(self.words) or self.concerned is not None


@dataclass(frozen=True, eq=False)
class PreparedTree:
    """The tree of a store, with or without intermediate images. ``texts``: None until they are needed."""

    store: ImageStore
    intermediate: bool
    forest: Forest
    texts: SearchTexts | None = None

    def is_ready_for(self, query: TreeQuery) -> bool:
        """Whether it has everything needed to find the requested rows."""
        is_tree = self.store is query.store and self.intermediate == query.intermediate
        return is_tree and (self.texts is not None or not query.words)


@dataclass(frozen=True, eq=False)
class FilteredNodes:
    """The nodes that a filter keeps.

    Attributes:
        nodes: 1 at the number of each node that is kept, otherwise 0.
        matching: the number of images that match, without removed ones, and without ancestors that are kept for others.
    """

    nodes: bytearray
    matching: int


class SearchTexts:
    """The searchable texts of all nodes in one string, which is much faster than searching each.

    Args:
        progress: called repeatedly with ``(done, total)``.
    """

    def __init__(self, tree: Forest, progress: Callable[[int, int], object] = lambda *_: None) -> None:
        texts = []
        for number, node in enumerate(paced(tree.nodes)):
            if not number % _IMAGES_PER_REPORT:
                progress(number, len(tree.nodes))
            texts.append(search_text(node.image) if node.image is not None else "scratch")
        self._text = "\n".join(texts)  # words contain no line break
        self._starts = array("Q", accumulate((len(text) + 1 for text in texts), initial=0))

    def matching(self, words: Sequence[str]) -> Iterator[int]:
        """Yield, in order, the numbers of the nodes whose text contains all of the words."""
        first, *others = sorted(words, key=len, reverse=True)  # the longest word has the fewest matches
        find, starts = self._text.find, self._starts
        place = find(first)
        while place >= 0:
            number = bisect_right(starts, place) - 1
            begin, end = starts[number], starts[number + 1]
            if all(find(word, begin, end) >= 0 for word in others):
                yield number
            place = find(first, end)


def prepare(
    query: TreeQuery, prepared: PreparedTree | None = None, progress: Callable[[int, int], object] = lambda *_: None
) -> PreparedTree:
    """Return everything needed to find the requested rows.

    Args:
        prepared: an earlier result, whose tree and texts are used if they fit the request.
        progress: called with the number of nodes whose texts are ready, and the total.
    """
    if prepared is not None and prepared.store is query.store and prepared.intermediate == query.intermediate:
        tree, texts = prepared.forest, prepared.texts
    else:
        tree, texts = forest(query.store, intermediate=query.intermediate), None
    if texts is None and query.words:
        texts = SearchTexts(tree, progress)
    return PreparedTree(query.store, query.intermediate, tree, texts)


def filter_nodes(prepared: PreparedTree, query: TreeQuery) -> FilteredNodes | None:
    """Return the nodes that are kept; None: all of them."""
    if not query.is_filter:
        return None
    passing, matching = bytearray(len(prepared.forest.nodes)), 0
    for node in paced(_matching(prepared, query)):
        matching += node.image is not None and node.image.id not in query.removed
        ancestor: ImageNode | None = node
        while ancestor is not None and not passing[ancestor.number]:
            passing[ancestor.number] = 1
            ancestor = ancestor.origin
    return FilteredNodes(passing, matching)


def _matching(prepared: PreparedTree, query: TreeQuery) -> Iterator[ImageNode]:
    tree, concerned = prepared.forest, query.concerned
    if query.words:
        assert prepared.texts is not None
        found = (tree.nodes[number] for number in prepared.texts.matching(query.words))
        yield from (node for node in found if concerned is None or node.image_id in concerned)
    elif tree.nodes:
        nodes = (tree.node_of(image_id) for image_id in concerned or ())
        yield from (node for node in nodes if node is not None)


def search_text(image: Image) -> str:
    """Return the text that is searched to find an image, in lower case."""
    return "\n".join((*image.names, image.id, image.instruction)).lower()
