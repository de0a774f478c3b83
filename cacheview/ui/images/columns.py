"""The visible columns of the tree: those that the user chose, if there is enough space beside the images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHeaderView, QMenu, QTreeView

from cacheview.ui.images.model import ImagesColumn
from cacheview.ui.theme import GRID, mono_font, small_font

__all__ = ["TreeColumns"]

_SAMPLE_TEXTS: Final = {
    ImagesColumn.ID: "0123456789ab",
    ImagesColumn.CREATED: "30 Nov 00:00",
    ImagesColumn.SIZE: "000.0 MB",
}
_HIDEABLE: Final = (ImagesColumn.ID, ImagesColumn.CREATED, ImagesColumn.SIZE)
_INITIALLY_HIDDEN: Final = (ImagesColumn.ID, ImagesColumn.SIZE)
_HIDING_ORDER: Final = (ImagesColumn.SIZE, ImagesColumn.CREATED, ImagesColumn.ID)
"""The columns in the order in which they are hidden if the images would not have enough space."""
_MIN_IMAGE_CHARACTERS: Final = 50  # minimum width of the image column beside the others, in average characters


class TreeColumns(QObject):
    """The columns beside the images.

    Args:
        tree: the view with its model.

    Signals: ``changed()``: the user has shown or hidden a column.
    """

    changed = Signal()

    def __init__(self, tree: QTreeView) -> None:
        super().__init__(tree)
        self._tree = tree
        self._hidden = set(_INITIALLY_HIDDEN)
        self._empty: set[ImagesColumn] = set()
        self._narrow: set[ImagesColumn] = set()
        self._forced: set[ImagesColumn] = set()  # shown by the user regardless of the space
        self._widths: dict[ImagesColumn, int] = {}
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(ImagesColumn.IMAGE, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(8 * GRID)
        header.setSectionsMovable(False)
        header.setStyleSheet(f"QHeaderView::section {{ padding: {GRID}px {2 * GRID}px {GRID}px {GRID + 2}px }}")
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._open_menu)
        self.fit_font()
        self._show()

    @property
    def shown(self) -> Sequence[ImagesColumn]:
        """The visible columns, except that of the images."""
        return [column for column in _HIDEABLE if not self._tree.isColumnHidden(column)]

    @property
    def hidden(self) -> list[str]:
        """The names of the columns that the user has hidden."""
        return sorted(column.name.lower() for column in self._hidden)

    def set_hidden(self, names: Sequence[str]) -> None:
        """Hide columns by name (``id``, ``created``, ``size``), and show the others."""
        self._hidden = {column for column in _HIDEABLE if column.name.lower() in names}
        self.fit_to_width()
        self._show()

    def reset(self) -> None:
        """Restore the initial choice of columns."""
        self.set_hidden([column.name.lower() for column in _INITIALLY_HIDDEN])

    def set_empty(self, columns: set[ImagesColumn]) -> None:
        """Hide these columns, which have no content for this store."""
        self._empty = columns
        self.fit_to_width()
        self._show()

    def fit_font(self) -> None:
        """Set each column's width to that of a typical text in the current font."""
        for column, sample in _SAMPLE_TEXTS.items():
            font = mono_font() if column is ImagesColumn.ID else small_font()
            self._widths[column] = QFontMetrics(font).horizontalAdvance(sample) + 4 * GRID
            self._tree.header().resizeSection(column, self._widths[column])

    def fit_to_width(self) -> None:
        """Hide columns if they leave the images too little space. Tool tips still show everything."""
        available = self._tree.viewport().width() - _MIN_IMAGE_CHARACTERS * self._tree.fontMetrics().averageCharWidth()
        visible = [column for column in _HIDEABLE if column not in self._hidden | self._empty]
        narrow: set[ImagesColumn] = set()
        for column in _HIDING_ORDER:
            needed = sum(self._widths[each] for each in visible if each not in narrow)
            if needed > available and column in visible and column not in self._forced:
                narrow.add(column)
        if narrow != self._narrow:
            self._narrow = narrow
            self._show()

    def menu(self) -> QMenu:
        """Return a menu that shows and hides columns."""
        menu = QMenu(self._tree)
        for column in _HIDEABLE:
            action = menu.addAction(column.name.capitalize())
            action.setCheckable(True)
            action.setChecked(column not in self._hidden | self._narrow)
            action.toggled.connect(lambda shown, column=column: self._choose(column, shown=shown))
        return menu

    def _show(self) -> None:
        for column in _HIDEABLE:
            self._tree.setColumnHidden(column, column in self._hidden | self._empty | self._narrow)

    def _open_menu(self, where: QPoint) -> None:
        menu = self.menu()
        menu.exec(self._tree.header().mapToGlobal(where))
        menu.deleteLater()

    def _choose(self, column: ImagesColumn, *, shown: bool) -> None:
        (self._hidden.discard if shown else self._hidden.add)(column)
        (self._forced.add if shown else self._forced.discard)(column)
        self.fit_to_width()
        self._show()
        self.changed.emit()
