"""The tree widget. It folds up rows, and draws each row completely."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QStyle, QStyleOptionViewItem, QTreeView, QWidget

from cacheview.ui.icons import pixmap
from cacheview.ui.images.columns import TreeColumns
from cacheview.ui.images.model import ImagesColumn, ImageTreeModel
from cacheview.ui.images.row_painter import RowHeight, RowPainter
from cacheview.ui.images.tree import ImageNode
from cacheview.ui.row_keys import place_of_menu
from cacheview.ui.theme import GRID

__all__ = ["ImageTree", "TreePlace"]

_Index = QModelIndex | QPersistentModelIndex
_MAX_LEVELS: Final = 64
"""The maximum number of levels for which a row draws lines, since more are not visible together."""


@dataclass(frozen=True, slots=True)
class TreePlace:
    """The user's position in the tree. It consists of ids, since rows may come and go; the empty id stands for scratch.

    Attributes:
        current: the current row; None if there is none.
        folded: the rows that are folded up. All others stay open, including those that have nothing under them.
        top: the first visible row; None if there is none.
        scrolled: the value of the scroll bar.
    """

    current: str | None
    folded: set[str]
    top: str | None
    scrolled: int


class ImageTree(QTreeView):
    """Shows the flat rows of the model as a tree, and folds them up.

    Signals:
        activated_row: Enter was pressed on a row, or it was double-clicked.
        menu_requested: a context menu is requested at a global position.
        current_changed: the current row has changed.
        typed(str): text was typed that is not one of the tree's keys.
        touched(): the user is about to do something in the tree with the keyboard, the mouse or the wheel.
    """

    current_changed = Signal(QModelIndex)
    activated_row = Signal(QModelIndex)
    menu_requested = Signal(QModelIndex, QPoint)
    typed = Signal(str)
    touched = Signal()

    def __init__(self, model: ImageTreeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._painter = RowPainter()
        self._height = RowHeight(self._painter.height)
        self._companions: tuple[str, ...] = ()
        self.setModel(model)
        self.setItemDelegate(self._height)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformRowHeights(True)
        self.setRootIsDecorated(False)  # indentation and arrows are drawn here
        self.setItemsExpandable(False)
        self.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.setIndentation(3 * GRID + 2)
        self.setAllColumnsShowFocus(True)
        self.setSelectionBehavior(QTreeView.SelectionBehavior.SelectRows)
        self.setExpandsOnDoubleClick(False)
        self.setMouseTracking(True)
        self.setAccessibleName("Images by lineage")
        self.columns = TreeColumns(self)
        self.doubleClicked.connect(self.activated_row)

    # Rows

    def node(self, row: _Index) -> ImageNode | None:
        """Return the node of a row; None for an invalid index."""
        return self._model.node(row)

    def row_of_image(self, image_id: str) -> QModelIndex:
        """Return the row of an image, or of scratch for the empty id; invalid if it is not shown."""
        return self._model.index_of_image(image_id)

    def current_id(self) -> str | None:
        """Return the id of the current row's image, empty for scratch; None if there is none."""
        node = self.node(self.currentIndex())
        return None if node is None else node.image_id

    def go_to_image(self, image_id: str) -> None:
        """Make the row of an image current and scroll to it, if the filter keeps it. Rows that hide it are expanded."""
        self.expand_to(image_id)
        self._select(image_id)
        self.scroll_to(image_id)

    def scroll_to(self, image_id: str) -> None:
        """Scroll to the row of an image, if the filter keeps it. Rows that hide it are expanded."""
        self.expand_to(image_id)
        row = self.row_of_image(image_id)
        if row.isValid():
            self.scrollTo(row)

    def keep_in_sight(self, *image_ids: str) -> None:
        """Scroll so that the rows of images, as far as they are shown, are visible together with the current row.

        They stay visible if the tree becomes less tall. If there is not enough space, the current row is preferred, and
        then the first images.
        """
        self._companions = image_ids
        self._scroll_to_all()

    def _scroll_to_all(self) -> None:
        scroll, height = self.verticalScrollBar(), self.viewport().height()
        kept: list[QModelIndex] = []
        for row in (self.currentIndex(), *map(self.row_of_image, self._companions)):
            if row.isValid():
                place = scroll.value()
                self.scrollTo(row)
                if all(self._is_in_sight(other, height) for other in kept):
                    kept.append(row)
                else:
                    scroll.setValue(place)

    def _is_in_sight(self, index: QModelIndex, height: int) -> bool:
        """Whether a row is completely visible, in a viewport of that height."""
        place = self.visualRect(index)
        return place.isValid() and place.top() >= 0 and place.bottom() < height

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        super().currentChanged(current, previous)
        self.current_changed.emit(current)

    # Folding

    def isExpanded(self, index: _Index) -> bool:
        node = self.node(index)
        return node is not None and self._model.is_open(node)

    def expand(self, index: _Index) -> None:
        node = self.node(index)
        if node is not None:
            self._model.unfold(node)

    def collapse(self, index: _Index) -> None:
        """Fold up a row. If this hides the current row, the folded row becomes the current one."""
        node = self.node(index)
        if node is None:
            return
        if self._stands_under(self.node(self.currentIndex()), node):
            self.setCurrentIndex(self._model.index_of(node))
        self._model.fold(node)

    def _select(self, image_id: str | None) -> None:
        """Make the row of an image current, if it is shown."""
        row = self.row_of_image(image_id) if image_id is not None else QModelIndex()
        if row.isValid():
            self.setCurrentIndex(row)

    def expand_to(self, image_id: str) -> None:
        """Expand the rows that hide an image."""
        node = self._model.forest.node_of(image_id)
        ancestors = []
        while node is not None and (node := node.parent) is not None:
            ancestors.append(node)
        for node in reversed(ancestors):
            self._model.unfold(node)

    def _stands_under(self, node: ImageNode | None, above: ImageNode) -> bool:
        return node is not None and above.number < node.number < self._model.forest.ends[above.number]

    def expanded_ids(self) -> set[str]:
        """Return the ids of images whose rows are expanded; the empty id stands for scratch."""
        return {node.image_id for node in self._model.branching(is_open=True)}

    def expand_ids(self, ids: set[str]) -> None:
        """Expand these rows, and no others."""
        self._model.unfold_only(ids)

    def place(self) -> TreePlace:
        """Return the user's position, to be restored after the store has been read again."""
        first = self.node(self.indexAt(QPoint(0, 0)))
        return TreePlace(
            self.current_id(),
            {node.image_id for node in self._model.branching(is_open=False)},
            None if first is None else first.image_id,
            self.verticalScrollBar().value(),
        )

    def go_to(self, place: TreePlace) -> None:
        """Return to a place whose rows are already folded as they were."""
        self.setUpdatesEnabled(False)
        self._select(place.current)
        self.executeDelayedItemsLayout()
        self.verticalScrollBar().setValue(place.scrolled)
        # By the first visible row, since rows above it may have come or gone.
        if place.top is not None and (top := self.row_of_image(place.top)).isValid():
            self.scrollTo(top, QTreeView.ScrollHint.PositionAtTop)
        self.setUpdatesEnabled(True)

    # Drawing

    def update_rows(self, changed: Callable[[QModelIndex], bool]) -> None:
        """Repaint the visible rows for which a function returns that they have changed."""
        bottom = self.viewport().height()
        row = self.indexAt(QPoint(0, 0))
        while row.isValid():
            place = self.visualRect(row)
            if place.y() > bottom:
                break
            if changed(row):
                self.viewport().update(0, place.y(), self.viewport().width(), place.height())
            row = self.indexBelow(row)

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        # Drawn completely here: a style would draw its own selection over part of the row, and take more time.
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
            # A line separates lineages: within one, an image below another was built on it.
            painter.fillRect(row.x(), row.y(), row.width(), 1, QColor(tokens.line))
        if self.hasFocus() and first == self.currentIndex().siblingAtColumn(0):
            painter.fillRect(row.x(), row.y(), GRID - 1, row.height(), QColor(tokens.accent))
        ratio = painter.device().devicePixelRatioF()
        item = self._item(first, node)
        cells = {ImagesColumn.IMAGE: item}
        header = self.header()
        for column in self.columns.shown:
            left, width = header.sectionViewportPosition(column), header.sectionSize(column)
            cells[column] = QRect(left, row.y(), width, row.height())
        if not self._model.is_filtered:
            self._draw_branches(painter, item, row, node)
        if self._model.has_rows_under(node):
            self._draw_arrow(painter, item, ratio, opened=self._model.is_open(node))
        self._painter.paint(painter, node, self._model.marks_of(node), cells, ratio)

    def _item(self, index: _Index, node: ImageNode) -> QRect:
        """Return the rectangle of a row's image, to the right of its arrow."""
        return self.visualRect(index).adjusted(
            self.indentation() * (self._model.forest.levels[node.number] + 1), 0, 0, 0
        )

    def _draw_branches(self, painter: QPainter, item: QRect, row: QRect, node: ImageNode) -> None:
        """Draw the lines from each image to the builds that continue from it, so that the builds can be told apart."""
        tokens, step, icon_middle = self._painter.tokens, self.indentation(), self._painter.icon_middle
        left, middle = item.x() - step + icon_middle, row.center().y()
        begins, level = not node.follows, node
        painter.setPen(QColor(tokens.outline))
        parent = node.parent
        if parent is not None and begins:
            painter.drawLine(left, row.top(), left, middle)
            painter.drawLine(left, middle, item.x() + GRID, middle)
            if node.row and (node.followed or parent.children[node.row - 1].follows):
                # A build with more than one step ends above, or starts here.
                painter.fillRect(item.x(), row.y(), row.right() - item.x(), 1, QColor(tokens.line))
        for _ in range(_MAX_LEVELS):
            if parent is None or left < 0:
                break
            if level.row < parent.last_head:
                top = middle if begins and level is node else row.top()
                painter.drawLine(left, top, left, row.bottom())
            level, left, parent = parent, left - step, parent.parent

    def _draw_arrow(self, painter: QPainter, item: QRect, ratio: float, *, opened: bool) -> None:
        """Draw the arrow to the left of an item that has more under it."""
        size = self.indentation()
        name = "chevron" if opened else "chevron-right"
        top = item.y() + (item.height() - size) // 2
        painter.drawPixmap(item.x() - size, top, pixmap(name, "text_muted", size, ratio))

    # Keys and mouse

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.touched.emit()
        index = self.currentIndex().siblingAtColumn(0)
        node = self.node(index)
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if node is not None:
                self.activated_row.emit(index)
            case Qt.Key.Key_Left if node is not None:
                self._go_out(index, node)
            case Qt.Key.Key_Right if node is not None:
                self._go_in(index, node)
            case Qt.Key.Key_Plus if node is not None:
                self.expand(index)
            case Qt.Key.Key_Minus if node is not None:
                self.collapse(index)
            case Qt.Key.Key_Asterisk if node is not None:
                self._model.unfold_under(node)
            case _:
                super().keyPressEvent(event)
                return
        event.accept()

    def _go_out(self, index: QModelIndex, node: ImageNode) -> None:
        if self._model.has_rows_under(node) and self._model.is_open(node):
            self.collapse(index)
        elif node.parent is not None:
            self.setCurrentIndex(self._model.index_of(node.parent))

    def _go_in(self, index: QModelIndex, node: ImageNode) -> None:
        if not self._model.has_rows_under(node):
            return
        if self._model.is_open(node):
            self.setCurrentIndex(index.siblingAtRow(index.row() + 1))
        else:
            self.expand(index)

    def keyboardSearch(self, search: str) -> None:
        # The base class would do this row by row, and there may be 100,000.
        self.typed.emit(search)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.touched.emit()
        super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.touched.emit()
        if event.button() != Qt.MouseButton.LeftButton or not self._press_arrow(event.position().toPoint()):
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self._press_arrow(event.position().toPoint()):
            super().mouseDoubleClickEvent(event)

    def _press_arrow(self, place: QPoint) -> bool:
        """Expand or collapse the row whose arrow is at a point. Returns whether there is one."""
        index = self.indexAt(place).siblingAtColumn(0)
        node = self.node(index)
        if node is None or not self._model.has_rows_under(node):
            return False
        left = self._item(index, node).x()
        if not left - self.indentation() <= place.x() < left:
            return False
        (self.collapse if self._model.is_open(node) else self.expand)(index)
        return True

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.touched.emit()
        index, where = place_of_menu(self, event)
        if index.isValid():
            self.menu_requested.emit(index.siblingAtColumn(0), where)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        looks = (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange, QEvent.Type.PaletteChange)
        if event.type() in looks:
            self._painter = RowPainter()
            self._height.height = self._painter.height
            self.columns.fit_font()
            self.columns.fit_to_width()
            self.scheduleDelayedItemsLayout()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.columns.fit_to_width()
        before = event.oldSize().height()
        if event.size().height() < before and self._is_in_sight(self.currentIndex(), before):
            self._scroll_to_all()
