"""The documentation in a separate window: pages on the left, text on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QSplitter, QTextBrowser, QVBoxLayout, QWidget

from cacheview.bundled import PAGES, page_text
from cacheview.ui.theme import GRID

__all__ = ["DocumentationDialog"]


class DocumentationDialog(QDialog):
    """The reference and the glossary. The window can be used while the dialog is open; Escape closes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("cacheview documentation")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.pages = QListWidget()
        self.pages.setAccessibleName("Pages")
        self.pages.setSpacing(GRID // 2)
        self.pages.addItems(list(PAGES.values()))
        self.text = QTextBrowser()
        self.text.setAccessibleName("Page")
        self.text.document().setDocumentMargin(4 * GRID)
        self.text.setOpenLinks(False)  # pages link only to other pages, and nothing outside the program
        self.text.anchorClicked.connect(self._follow)
        self.search = QLineEdit(placeholderText="Find in this page", clearButtonEnabled=True)
        self.search.setAccessibleName("Find in this page")
        self.search.textEdited.connect(lambda: self._find_from(0))
        self.search.returnPressed.connect(lambda: self._find_from(self.text.textCursor().selectionEnd()))
        split = QSplitter()
        split.addWidget(self.pages)
        split.addWidget(self.text)
        split.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self.search)
        layout.addWidget(split, 1)
        wide = self.fontMetrics().averageCharWidth()
        split.setSizes([24 * wide, 110 * wide])
        area = self.screen().availableGeometry()
        self.resize(
            min(140 * wide, area.width() * 9 // 10), min(48 * self.fontMetrics().height(), area.height() * 8 // 10)
        )
        self.pages.currentRowChanged.connect(self._show)
        self.pages.setCurrentRow(0)
        self.pages.setFocus()

    def _show(self, row: int) -> None:
        self.text.setMarkdown(page_text(list(PAGES)[row]))

    def _follow(self, link: QUrl) -> None:
        names = list(PAGES)
        if link.path() in names:
            self.pages.setCurrentRow(names.index(link.path()))

    def _find_from(self, position: int) -> None:
        """Select the next match of the text, or after the last match, the first."""
        cursor = QTextCursor(self.text.document())
        cursor.setPosition(position)
        self.text.setTextCursor(cursor)
        if not self.text.find(self.search.text()) and position:
            self._find_from(0)
