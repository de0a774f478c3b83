"""A list of images to choose from, which opens below a button."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QListView, QVBoxLayout, QWidget

from cacheview.model import Image
from cacheview.ui.probe.image_search import ImageDelegate, ImageIndex, ImageListModel
from cacheview.ui.probe.inputs import LineEdit
from cacheview.ui.probe.labels import TokenLabel
from cacheview.ui.theme import GRID, set_font, small_font

__all__ = ["ImagePopup"]

_VISIBLE_ROWS: Final = 10


class ImagePopup(QFrame):
    """A search line above its results. Esc closes it.

    Signals: ``chosen(Image)``: the user's choice, after which it closes.
    """

    chosen = Signal(object)

    def __init__(self, index: ImageIndex, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.line = LineEdit(self)
        self.line.setPlaceholderText("name, ID or instruction")
        self.line.setAccessibleName("Find an image")
        self.model = ImageListModel(self)
        self.model.set_index(index)
        self.list = QListView(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(ImageDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setAccessibleName("Images found")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.empty = TokenLabel("", self, "text_muted")
        set_font(self.empty, small_font)
        self.empty.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        for widget in (self.line, self.empty, self.list):
            layout.addWidget(widget)
        self.line.installEventFilter(self)
        self.line.textEdited.connect(self._search)
        self.list.clicked.connect(self._choose)
        self.list.activated.connect(self._choose)
        self._search("")

    def open_under(self, widget: QWidget) -> None:
        """Show it below a widget, with the right edges aligned."""
        width = 110 * GRID
        self.resize(width, self.line.sizeHint().height() + _VISIBLE_ROWS * self.list.sizeHintForRow(0) + 6 * GRID)
        corner = widget.mapToGlobal(QPoint(widget.width() - width, widget.height() + GRID))
        area = widget.screen().availableGeometry()
        self.move(max(area.left(), corner.x()), min(corner.y(), area.bottom() - self.height()))
        self.show()
        self.line.setFocus(Qt.FocusReason.PopupFocusReason)

    def _search(self, text: str) -> None:
        match = self.model.search(text)
        self.empty.setText("No images match all of these words." if text.strip() else "The store has no images.")
        self.empty.setVisible(not match)
        if match:
            self.list.setCurrentIndex(self.model.index(0))

    def _choose(self, index: QModelIndex) -> None:
        image: Image | None = self.model.image(index.row()) if index.isValid() else None
        if image is not None:
            self.close()
            self.chosen.emit(image)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(self.list.currentIndex())
                return True
            if key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
                # The line keeps the focus while the user moves in the list.
                row = self.list.currentIndex().row()
                page = _VISIBLE_ROWS if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) else 1
                step = -page if key in (Qt.Key.Key_Up, Qt.Key.Key_PageUp) else page
                target = max(0, min(self.model.rowCount() - 1, row + step))
                self.list.setCurrentIndex(self.model.index(target))
                return True
        return super().eventFilter(watched, event)
