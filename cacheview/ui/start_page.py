"""The page shown while no store is open: the ways to open one, or why one could not be opened."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal, SignalInstance
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from cacheview.ui.icons import pixmap
from cacheview.ui.names import name_of
from cacheview.ui.plain import one_line, visible
from cacheview.ui.theme import GRID, heading_font, set_font, small_font
from cacheview.ui.tips import set_tip
from cacheview.ui.wrapped import Wrapped

__all__ = ["StartPage", "clear"]

_ICON_SIZE = 12 * GRID
_Button = tuple[str, SignalInstance]


class StartPage(QWidget):
    """The start page, with a signal for each of its buttons.

    Signals:
        file_requested(), folder_requested(), demo_requested(): the user wants to open a file, a folder or the demo.
        again_requested(): the user wants to try again to open the store.
        recent_requested(str): the user wants to open this recent location.
    """

    file_requested = Signal()
    folder_requested = Signal()
    demo_requested = Signal()
    again_requested = Signal()
    recent_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = ("open", "text_faint")
        self._picture = _label()
        self._title = _label()
        set_font(self._title, heading_font)
        self._text = _label()
        self._text.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(2 * GRID)
        self._recent_title = _label("Recent")
        set_font(self._recent_title, small_font)
        self._recent_title.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        column = QVBoxLayout()
        column.setSpacing(3 * GRID)
        column.addStretch(2)
        for widget in (self._picture, self._title, self._text):
            column.addWidget(widget)
        column.addLayout(self._buttons)
        column.addSpacing(2 * GRID)
        column.addWidget(self._recent_title)
        column.addLayout(self._recent)
        column.addStretch(3)
        layout = QHBoxLayout(self)
        layout.addStretch(1)
        layout.addLayout(column, 3)
        layout.addStretch(1)

    def show_welcome(self, recent: Sequence[str] = ()) -> None:
        """Show the ways to open a store, and the recent locations."""
        self._show(
            ("open", "text_faint"),
            "Open an image store",
            "Drop a docker save archive, an OCI image layout or a suite file here, or choose one.",
            self._open_buttons(),
        )
        self._list(recent)

    def show_error(self, title: str, text: str) -> None:
        """Show why a store could not be opened, and what to do."""
        self._show(("error", "error"), title, text, (("&Try again", self.again_requested), *self._open_buttons()))

    def _open_buttons(self) -> tuple[_Button, ...]:
        return (
            ("Open &file…", self.file_requested),
            ("Open f&older…", self.folder_requested),
            ("Open the &demo", self.demo_requested),
        )

    def _show(self, look: tuple[str, str], title: str, text: str, buttons: Sequence[_Button]) -> None:
        self._look = look
        self._update_look()
        self._title.setText(visible(title))
        self._text.setText(visible(text))
        clear(self._buttons)
        self._buttons.addStretch(1)
        widgets = [self._button(label, pressed) for label, pressed in buttons]
        for button in widgets:
            self._buttons.addWidget(button)
            button.show()
        self._buttons.addStretch(1)
        self._list(())
        widgets[0].setFocus()  # the page is the only content

    def _list(self, recent: Sequence[str]) -> None:
        clear(self._recent)
        self._recent_title.setVisible(bool(recent))
        for location in recent:
            button = QToolButton()
            button.setText(one_line(name_of(location)).replace("&", "&&"))
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            set_tip(button, location)
            button.setAccessibleName(f"Open {location}")
            button.clicked.connect(lambda _checked=False, location=location: self.recent_requested.emit(location))
            self._recent.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)

    def _button(self, text: str, pressed: SignalInstance) -> QPushButton:
        button = QPushButton(text, self)
        button.clicked.connect(lambda: pressed.emit())
        return button

    def _update_look(self) -> None:
        self._picture.setPixmap(pixmap(*self._look, _ICON_SIZE, self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._update_look()


def clear(layout: QLayout) -> None:
    """Remove and delete everything in a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def _label(text: str = "") -> QLabel:
    label = Wrapped(text)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return label
