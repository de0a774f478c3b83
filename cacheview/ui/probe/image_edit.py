"""A line to search for and choose an image, or to type its id or name."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QWidget

from cacheview.ui.icons import icon
from cacheview.ui.probe.image_search import ImageDelegate, ImageIndex, ImageListModel
from cacheview.ui.probe.inputs import LineEdit
from cacheview.ui.theme import GRID

__all__ = ["ImageEdit"]

_MAX_VISIBLE_ROWS: Final = 12
_MAX_ROWS: Final = 500
"""The maximum number of rows in the list. The completer visits all of them with every key."""
_MIN_LIST_WIDTH: Final = 110 * GRID


class ImageEdit(LineEdit):
    """A line for choosing an image. Typing alone chooses nothing.

    Signals: ``chosen(Image | None)``: an image was chosen from the list, None for scratch; ``entered(str)``: text was
    confirmed with Enter.
    """

    chosen = Signal(object)
    entered = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, scratch: bool = False, arrow: bool = True) -> None:
        super().__init__(parent)
        self._model = ImageListModel(self, scratch=scratch, limit=_MAX_ROWS)
        self._completer = QCompleter(self._model, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setMaxVisibleItems(_MAX_VISIBLE_ROWS)
        self._completer.setWidget(self)
        self._completer.activated[QModelIndex].connect(self._picked)  # type: ignore[index]  # an overloaded signal
        self.current: str | None = None  # id of the chosen image, which is current when the list opens
        self._popup: QListView | None = None
        self._arrow: QAction | None = None
        if arrow:
            self._arrow = self.addAction(icon("chevron", "text_muted"), QLineEdit.ActionPosition.TrailingPosition)
            self._arrow.setText("Show images")
            self._arrow.triggered.connect(lambda: self.open_list(""))
        self.textEdited.connect(self.open_list)

    def set_index(self, index: ImageIndex) -> None:
        """Search the images of another store."""
        self._hide_list()
        self._model.set_index(index)

    def open_list(self, text: str) -> None:
        """List the images that match a text. If there are none, the list is hidden."""
        if self._popup is None:
            # Created when first needed. With a delegate and uniform heights, 10,000 images open as fast as ten.
            self._popup = QListView()
            self._popup.setUniformItemSizes(True)
            self._completer.setPopup(self._popup)
            self._popup.setItemDelegate(ImageDelegate(self._popup))
            self._popup.setAccessibleName("Images found")
        if self._model.search(text):
            self._completer.complete(QRect(0, 0, max(self.width(), _MIN_LIST_WIDTH), self.height()))
            row = self._model.row_of(self.current) if self.current is not None and not text else None
            if row is not None:
                self._popup.setCurrentIndex(self._completer.completionModel().index(row, 0))
        else:
            self._hide_list()

    @property
    def list_is_open(self) -> bool:
        """Whether the list of images is open."""
        return self._popup is not None and self._popup.isVisible()

    def _hide_list(self) -> None:
        if self._popup is not None:
            self._popup.hide()

    def _picked(self, index: QModelIndex) -> None:
        # The index is from the completer's own model, which has the same rows in the same order.
        self.chosen.emit(self._model.image(index.row()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            current = QModelIndex()
            if self._popup is not None and self._popup.isVisible():
                current = self._popup.currentIndex()
            self._hide_list()
            if current.isValid():
                self.chosen.emit(self._model.image(current.row()))
            else:
                self.entered.emit(self.text())
            event.accept()
        elif key == Qt.Key.Key_Down and not self.list_is_open:
            self.open_list("")
            event.accept()
        else:
            super().keyPressEvent(event)
