"""The two dialogs of the menu *Help*."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from cacheview import __version__
from cacheview.ui.dialogs import closing_buttons
from cacheview.ui.icons import app_icon
from cacheview.ui.theme import GRID, heading_font, mono_font, set_font

__all__ = ["AboutDialog", "ShortcutsDialog"]

_PANE_SHORTCUTS: Final = (
    ("Show the builder's probe for the current image", "Enter in the tree"),
    ("Move from the filter to the tree", "Down in the filter"),
    ("Clear the filter", "Esc in the filter"),
    ("Open the Dockerfile in your editor at the step's line", "F4 in the replay"),
    ("Close a dock", "Esc in the dock"),
)


class ShortcutsDialog(QDialog):
    """A dialog with all keys on one page."""

    def __init__(self, listed: Iterable[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        rows = [*listed, *_PANE_SHORTCUTS]
        grid = QGridLayout()
        grid.setHorizontalSpacing(6 * GRID)
        grid.setVerticalSpacing(GRID)
        half = (len(rows) + 1) // 2  # a single column would be taller than a small screen
        for place, (what, keys) in enumerate(rows):
            what_label, keys_label = QLabel(what), QLabel(keys)
            what_label.setTextFormat(Qt.TextFormat.PlainText)  # the name of an undo step contains text from a store
            set_font(keys_label, mono_font)
            column, row = divmod(place, half)
            grid.addWidget(what_label, row, 2 * column)
            grid.addWidget(keys_label, row, 2 * column + 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * GRID, 5 * GRID, 6 * GRID, 4 * GRID)
        layout.setSpacing(4 * GRID)
        layout.addLayout(grid)
        layout.addWidget(closing_buttons(self))


class AboutDialog(QDialog):
    """A dialog about the program."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About cacheview")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picture = QLabel()
        picture.setPixmap(app_icon().pixmap(16 * GRID, 16 * GRID))
        name = QLabel(f"cacheview {__version__}")
        set_font(name, heading_font)
        text = QLabel(
            "Why did, or didn't, Docker's classic builder reuse this image?\n\n"
            "cacheview never writes to a store. The rules follow the daemon's code\n"
            "and are tested against the daemon's own answers.\n\n"
            "Licensed under the Apache License 2.0."
        )
        text.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        words = QVBoxLayout()
        words.setSpacing(2 * GRID)
        words.addWidget(name)
        words.addWidget(text)
        row = QHBoxLayout()
        row.setSpacing(5 * GRID)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * GRID, 5 * GRID, 6 * GRID, 4 * GRID)
        layout.setSpacing(4 * GRID)
        layout.addLayout(row)
        layout.addWidget(closing_buttons(self))
