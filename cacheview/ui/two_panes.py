"""The parts of a pane, beside or below each other."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSplitter, QWidget

__all__ = ["TwoPaneSplitter", "is_tall"]

_TALL: Final = 1.3
"""Of its height."""


def is_tall(pane: QSize) -> bool:
    """Whether a pane is so narrow for its height that its parts stand below each other."""
    return pane.width() < _TALL * pane.height()


class TwoPaneSplitter(QSplitter):
    """The person can move the line between them, but not close one of them."""

    def __init__(
        self, first: QWidget, second: QWidget, *, shares: tuple[int, int] = (9, 5), parent: QWidget | None = None
    ) -> None:
        """``shares``: of each part, at first and of what a larger pane gains."""
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self.addWidget(first)
        self.addWidget(second)
        self.setSizes([100 * share for share in shares])
        for place, share in enumerate(shares):
            self.setStretchFactor(place, share)

    def turn_for(self, pane: QSize) -> None:
        """Stand beside or below each other, whichever suits a pane of this size."""
        orientation = Qt.Orientation.Vertical if is_tall(pane) else Qt.Orientation.Horizontal
        if orientation is not self.orientation():
            self.setOrientation(orientation)
