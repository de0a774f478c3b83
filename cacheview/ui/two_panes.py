"""The two parts of a pane, side by side or stacked."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSplitter, QWidget

__all__ = ["TwoPaneSplitter", "is_tall"]

_MAX_STACKED_RATIO: Final = 1.3
"""The ratio of width to height below which the parts of a pane are stacked."""


def is_tall(pane: QSize) -> bool:
    """Whether a pane is so narrow in relation to its height that its parts are stacked."""
    return pane.width() < _MAX_STACKED_RATIO * pane.height()


class TwoPaneSplitter(QSplitter):
    """A splitter whose parts the user can resize, but not collapse.

    Args:
        shares: the share of each part, initially and when the pane grows.
    """

    def __init__(
        self, first: QWidget, second: QWidget, *, shares: tuple[int, int] = (9, 5), parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self.addWidget(first)
        self.addWidget(second)
        self.setSizes([100 * share for share in shares])
        for place, share in enumerate(shares):
            self.setStretchFactor(place, share)

    def turn_for(self, pane: QSize) -> None:
        """Arrange the parts side by side or stacked, whichever suits this size."""
        orientation = Qt.Orientation.Vertical if is_tall(pane) else Qt.Orientation.Horizontal
        if orientation is not self.orientation():
            self.setOrientation(orientation)
