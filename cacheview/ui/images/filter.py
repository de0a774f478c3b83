"""The tree, filtered: what matches, and the ancestors that lead there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel

from cacheview.ui.images.model import ImageTreeModel
from cacheview.ui.images.texts import search_text

if TYPE_CHECKING:
    from cacheview.ui.images.tree import Node

__all__ = ["ImageFilter"]

_Index = QModelIndex | QPersistentModelIndex


class ImageFilter(QSortFilterProxyModel):
    """Keeps the rows that hold every word of a text, or that have a mark, with their ancestors.

    Which rows stay is worked out once for each change, in one pass over the nodes: asking each row for its
    descendants, as Qt's own recursive filtering does, takes long in a store of 10,000 images.
    """

    def __init__(self, model: ImageTreeModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._words: tuple[str, ...] = ()
        self._only_marked = False
        self._concerned: frozenset[str] = frozenset()
        self._texts: list[str] = []
        self._kept: bytearray | None = None
        self._matching = 0
        self.setSourceModel(model)
        # After the base class has taken the reset in: what is kept belongs to the nodes of before.
        model.modelAboutToBeReset.connect(self._forget)
        model.modelReset.connect(self._marks_changed)
        model.marks_changed.connect(self._marks_changed)

    @property
    def images(self) -> ImageTreeModel:
        """The model behind it."""
        return self._model

    def node(self, row: _Index) -> Node | None:
        """The node of a row of this model."""
        return self._model.node(self.mapToSource(row))

    def set_text(self, text: str) -> None:
        """Keep what holds all words of the text, in names, ids or instructions, in any order; upper or lower case."""
        words = tuple(text.lower().split())
        if words != self._words:
            self._words = words
            self._kept = None
            self._start_anew()

    def set_only_marked(self, only: bool) -> None:
        """Keep only what the probe concerns: candidates, sources, its parent, the hit."""
        if only != self._only_marked:
            self._only_marked = only
            self._kept = None
            self._concerned = self._now_concerned()
            self._start_anew()

    @property
    def is_active(self) -> bool:
        return bool(self._words) or self._only_marked

    @property
    def matching_count(self) -> int:
        """How many images match; ancestors that are merely kept do not count."""
        self._keep()
        return self._matching

    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:
        if not self.is_active:
            return True
        kept = self._keep()
        return bool(kept[self._model.rows_under(parent)[row].number])

    def _start_anew(self) -> None:
        """Filter all again in one step.

        Qt's `invalidateRowsFilter` would take out each run of rows by itself, and a view lays itself out after each:
        with every third of 10,000 rows kept that takes minutes.
        """
        self.invalidate()

    def _forget(self) -> None:
        self._kept = None
        self._texts = []

    def _marks_changed(self) -> None:
        if self._only_marked and self._concerned != self._now_concerned():
            self._concerned = self._now_concerned()
            self._kept = None
            self._start_anew()

    def _now_concerned(self) -> frozenset[str]:
        return self._model.marks.concerned if self._model.marks is not None else frozenset()

    def _keep(self) -> bytearray:
        """For each node whether it stays."""
        nodes = self._model.forest.nodes
        if self._kept is None or len(self._kept) != len(nodes):
            kept = bytearray(len(nodes))
            self._matching = 0
            for node in nodes:
                if self._matches(node):
                    self._matching += node.image is not None
                    above: Node | None = node
                    while above is not None and not kept[above.number]:
                        kept[above.number] = 1
                        above = above.origin
            self._kept = kept
        return self._kept

    def _matches(self, node: Node) -> bool:
        image_id = node.image.id if node.image is not None else ""
        if self._only_marked and image_id not in self._concerned:
            return False
        if not self._words:
            return True
        if not self._texts:
            self._texts = [search_text(n.image) if n.image is not None else "scratch" for n in self._model.forest.nodes]
        text = self._texts[node.number]
        return all(word in text for word in self._words)
