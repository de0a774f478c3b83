"""The tree itself: rows that are drawn to their full width, columns that can be shown and hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QFrame, QHeaderView, QMenu, QStyle, QStyleOptionViewItem, QTreeView, QWidget

from cacheview.ui.icons import pixmap
from cacheview.ui.images.filter import ImageFilter
from cacheview.ui.images.model import Column
from cacheview.ui.images.row_painter import RowHeight, RowPainter
from cacheview.ui.images.tree import Node
from cacheview.ui.theme import GRID, mono_font, small_font

__all__ = ["ImageTree", "Place"]

_SAMPLES: Final = {Column.ID: "0123456789ab", Column.CREATED: "30 Nov 00:00", Column.SIZE: "000.0 MB"}
_CHOSEN: Final = (Column.ID, Column.CREATED, Column.SIZE)
_HIDDEN_AT_FIRST: Final = (Column.ID, Column.SIZE)
_GIVING_WAY: Final = (Column.SIZE, Column.CREATED, Column.ID)
"""Columns in the order in which they go where the images themselves would have no room."""
_ROOM: Final = 50  # mean characters of the font that an image has beside columns, at least
_MOST_LINES: Final = 64
"""Levels of which a row has the line: more are not on screen together."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is in the tree, by ids, as rows may come and go; the empty id stands for scratch.

    Attributes:
        current: the current row; None: there is none.
        folded: rows that are folded up. All others stay open, those too that had nothing under them before.
        top: the first row on screen; None: there is none.
        scrolled: the value of the scroll bar.
    """

    current: str | None
    folded: set[str]
    top: str | None
    scrolled: int


class ImageTree(QTreeView):
    """Shows the model itself, or through its filter while that is at work.

    The filter is left out of the way as long as it hides nothing: going through it makes the layout of 10,000 rows
    take four times as long.

    ``activated_row``: Enter or a double click. ``menu_asked``: a context menu at a global position.
    ``current_changed``: another row is the current one.
    """

    current_changed = Signal(QModelIndex)
    activated_row = Signal(QModelIndex)
    menu_asked = Signal(QModelIndex, QPoint)
    columns_changed = Signal()

    def __init__(self, rows: ImageFilter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self._hidden = set(_HIDDEN_AT_FIRST)
        self._empty: set[Column] = set()
        self._narrow: set[Column] = set()
        self._insisted: set[Column] = set()  # by the person, whether there is room or not
        self._widths: dict[Column, int] = {}
        self._painter = RowPainter()
        self._height = RowHeight(self._painter.height)
        self._filtered = False
        self.setModel(rows.images)
        self.setItemDelegate(self._height)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformRowHeights(True)
        self.setIndentation(3 * GRID + 2)
        self.setAllColumnsShowFocus(True)
        self.setSelectionBehavior(QTreeView.SelectionBehavior.SelectRows)
        self.setExpandsOnDoubleClick(False)
        self.setMouseTracking(True)
        self.setAccessibleName("Images by lineage")
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(Column.IMAGE, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(8 * GRID)
        header.setSectionsMovable(False)
        header.setStyleSheet(f"QHeaderView::section {{ padding: {GRID}px {2 * GRID}px {GRID}px {GRID + 2}px }}")
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._ask_columns)
        self.doubleClicked.connect(self.activated_row)
        self._fit_columns()
        self._show_columns()

    def set_hidden_columns(self, names: Sequence[str]) -> None:
        """Hide columns by name (``id``, ``created``, ``size``), and show the others."""
        self._hidden = {column for column in _CHOSEN if column.name.lower() in names}
        self._give_way()
        self._show_columns()

    def hidden_columns(self) -> list[str]:
        """The names of the columns that the person has hidden."""
        return sorted(column.name.lower() for column in self._hidden)

    def reset_columns(self) -> None:
        """Hide the columns that are hidden at first, and show the others."""
        self.set_hidden_columns([column.name.lower() for column in _HIDDEN_AT_FIRST])

    def set_empty_columns(self, columns: set[Column]) -> None:
        """Columns that have nothing to show for this store take no room."""
        self._empty = columns
        self._give_way()
        self._show_columns()

    def set_filtered(self, filtered: bool) -> None:
        """Show what the filter keeps, or all. Then all is folded up; the current row stays where it is there."""
        if filtered == self._filtered:
            return
        current, selection = self.node(self.currentIndex()), self.selectionModel()
        self._filtered = filtered
        self.setModel(self._rows if filtered else self._rows.images)
        selection.deleteLater()
        self._show_columns()
        if current is not None and (row := self.row_of(current)).isValid():
            self.setCurrentIndex(row)

    def node(self, row: QModelIndex | QPersistentModelIndex) -> Node | None:
        """The node of a row; None for no row."""
        return self._rows.node(row) if self._filtered else self._rows.images.node(row)

    def row_of(self, node: Node) -> QModelIndex:
        """The row of a node; invalid where it is hidden by the filter."""
        return self._row(self._rows.images.index_of(node))

    def row_of_image(self, image_id: str) -> QModelIndex:
        """The row of an image, or of scratch for the empty id; invalid where it is not shown."""
        return self._row(self._rows.images.index_of_image(image_id))

    def _row(self, index: QModelIndex) -> QModelIndex:
        return self._rows.mapFromSource(index) if self._filtered else index

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        self.current_changed.emit(current)

    def expand_top(self) -> None:
        """Expand what is on the top level, and no more."""
        for node in self._rows.images.forest.roots:
            if node.children:
                self.expand(self.row_of(node))

    def place(self) -> Place:
        """Where the person is, to be restored after the store was read again."""
        nodes = self._rows.images.forest.nodes
        folded = {_id(node) for node in nodes if node.children and not self.isExpanded(self.row_of(node))}
        node, first = self.node(self.currentIndex()), self.node(self.indexAt(QPoint(0, 0)))
        return Place(
            None if node is None else _id(node),
            folded,
            None if first is None else _id(first),
            self.verticalScrollBar().value(),
        )

    def restore(self, place: Place) -> None:
        """Go back to a place, as far as its rows are there. What was on screen before is not folded up."""
        self.setUpdatesEnabled(False)
        for node in self._rows.images.forest.nodes:
            if node.children and _id(node) not in place.folded:
                self.expand(self.row_of(node))
        if place.current is not None and (current := self.row_of_image(place.current)).isValid():
            self.setCurrentIndex(current)
        self.executeDelayedItemsLayout()
        self.verticalScrollBar().setValue(place.scrolled)
        # By the row that was on top, as rows may have come or gone above it.
        if place.top is not None and (top := self.row_of_image(place.top)).isValid():
            self.scrollTo(top, QTreeView.ScrollHint.PositionAtTop)
        self.setUpdatesEnabled(True)

    def expanded_ids(self) -> set[str]:
        """The ids of images whose rows are expanded; the empty id stands for scratch."""
        nodes = self._rows.images.forest.nodes
        return {_id(node) for node in nodes if node.children and self.isExpanded(self.row_of(node))}

    def expand_ids(self, ids: set[str]) -> None:
        """Expand these rows, and no others."""
        self.setUpdatesEnabled(False)
        self.collapseAll()
        for image_id in ids:
            index = self.row_of_image(image_id)
            if index.isValid():
                self.expand(index)
        self.setUpdatesEnabled(True)

    def update_rows(self, changed: Callable[[QModelIndex], bool]) -> None:
        """Paint those rows again, of what is on screen, that a test reports have changed."""
        bottom = self.viewport().height()
        row = self.indexAt(QPoint(0, 0))
        while row.isValid():
            place = self.visualRect(row)
            if place.y() > bottom:
                break
            if changed(row):
                self.viewport().update(0, place.y(), self.viewport().width(), place.height())
            row = self.indexBelow(row)

    def drawRow(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        # All of it by hand: a style would lay its own selection over a part of the row, and take its time.
        tokens = self._painter.tokens
        row: QRect = option.rect
        first = index if index.column() == 0 else index.sibling(index.row(), 0)
        node = self.node(first)
        if node is None:
            return
        if self.selectionModel().isSelected(first):
            painter.fillRect(row, QColor(tokens.selection))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(row, QColor(tokens.hover))
        if node.parent is None and node.row and not node.follows:
            # Lineages stand apart: what is below an image in the same one was built on it.
            painter.fillRect(row.x(), row.y(), row.width(), 1, QColor(tokens.line))
        if self.hasFocus() and first == self.currentIndex().siblingAtColumn(0):
            painter.fillRect(row.x(), row.y(), GRID - 1, row.height(), QColor(tokens.accent))
        ratio = painter.device().devicePixelRatioF()
        item = self.visualRect(first)
        cells = {Column.IMAGE: item}
        header = self.header()
        for column in _CHOSEN:
            if not header.isSectionHidden(column):
                left, width = header.sectionViewportPosition(column), header.sectionSize(column)
                cells[column] = QRect(left, row.y(), width, row.height())
        if not self._filtered:
            self._draw_branches(painter, item, row, node)
        if node.children and self.model().hasChildren(first):
            self._draw_arrow(painter, item, ratio, opened=self.isExpanded(first))
        self._painter.paint(painter, node, self._rows.images.marks_of(node), cells, ratio)

    def _draw_branches(self, painter: QPainter, item: QRect, row: QRect, node: Node) -> None:
        """From an image down to each build that goes on from it: two that begin at one image are not one."""
        tokens, step, beside = self._painter.tokens, self.indentation(), self._painter.icon_middle
        left, middle = item.x() - step + beside, row.center().y()
        begins, level = not node.follows, node
        painter.setPen(QColor(tokens.outline))
        parent = node.parent
        if parent is not None and begins:
            painter.drawLine(left, row.top(), left, middle)
            painter.drawLine(left, middle, item.x() + GRID, middle)
            if node.row and (node.followed or parent.children[node.row - 1].follows):
                # One build ends above, or begins here, that has more than one step.
                painter.fillRect(item.x(), row.y(), row.right() - item.x(), 1, QColor(tokens.line))
        for _ in range(_MOST_LINES):
            if parent is None or left < 0:
                break
            if level.row < parent.last_head:
                top = middle if begins and level is node else row.top()
                painter.drawLine(left, top, left, row.bottom())
            level, left, parent = parent, left - step, parent.parent

    def _draw_arrow(self, painter: QPainter, item: QRect, ratio: float, *, opened: bool) -> None:
        """To the left of an item: that there is more under it."""
        size = self.indentation()
        name = "chevron" if opened else "chevron-right"
        top = item.y() + (item.height() - size) // 2
        painter.drawPixmap(item.x() - size, top, pixmap(name, "text_muted", size, ratio))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.activated_row.emit(self.currentIndex())
            event.accept()
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        where = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            where = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
        if index.isValid():
            self.menu_asked.emit(index.siblingAtColumn(0), where)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        looks = (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange, QEvent.Type.PaletteChange)
        if event.type() in looks:
            self._painter = RowPainter()
            self._height.height = self._painter.height
            self._fit_columns()
            self._give_way()
            self.scheduleDelayedItemsLayout()

    def _fit_columns(self) -> None:
        for column, sample in _SAMPLES.items():
            font = mono_font() if column is Column.ID else small_font()
            self._widths[column] = QFontMetrics(font).horizontalAdvance(sample) + 4 * GRID
            self.header().resizeSection(column, self._widths[column])

    def _show_columns(self) -> None:
        for column in _CHOSEN:
            self.setColumnHidden(column, column in self._hidden | self._empty | self._narrow)

    def _give_way(self) -> None:
        """Leave out columns where the images would have too little room beside them; the tool tips have all."""
        room = self.viewport().width() - _ROOM * self.fontMetrics().averageCharWidth()
        wanted = [column for column in _CHOSEN if column not in self._hidden | self._empty]
        narrow: set[Column] = set()
        for column in _GIVING_WAY:
            taken = sum(self._widths[each] for each in wanted if each not in narrow)
            if taken > room and column in wanted and column not in self._insisted:
                narrow.add(column)
        if narrow != self._narrow:
            self._narrow = narrow
            self._show_columns()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._give_way()

    def _ask_columns(self, where: QPoint) -> None:
        menu = self.columns_menu()
        menu.exec(self.header().mapToGlobal(where))
        menu.deleteLater()

    def columns_menu(self) -> QMenu:
        """A menu in which columns are shown and hidden."""
        menu = QMenu(self)
        for column in _CHOSEN:
            action = menu.addAction(column.name.capitalize())
            action.setCheckable(True)
            action.setChecked(column not in self._hidden | self._narrow)
            action.toggled.connect(lambda shown, column=column: self._choose(column, shown=shown))
        return menu

    def _choose(self, column: Column, *, shown: bool) -> None:
        (self._hidden.discard if shown else self._hidden.add)(column)
        (self._insisted.add if shown else self._insisted.discard)(column)
        self._give_way()
        self._show_columns()
        self.columns_changed.emit()


def _id(node: Node) -> str:
    return node.image.id if node.image is not None else ""
