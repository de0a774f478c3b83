"""The title bar of a dock: its name, a line about its state, and its buttons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QProgressBar, QSizePolicy, QToolButton, QWidget

from cacheview.ui.icons import icon, pixmap
from cacheview.ui.theme import GRID, icon_size, set_font, small_font, strong_font
from cacheview.ui.tips import set_tip
from cacheview.ui.verdict.labels import ElidedLabel

__all__ = ["BusyHead", "DockHead"]

_MIN_LINE_WIDTH: Final = 20 * GRID
"""If the line would be narrower than this, the texts of buttons are hidden."""


class DockHead(QWidget):
    """The title bar. Signals: ``closed()``: the user clicked the close button."""

    closed = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawings: dict[QToolButton, str] = {}
        self._brief: dict[QToolButton, tuple[str, str]] = {}
        self._shrinking: list[QWidget] = []  # in narrow widths, these have their minimum width
        self._look: tuple[str, str] | None = None
        self._title = QLabel(title)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._picture = QLabel()
        self._message = ElidedLabel(small_font, "text_muted")
        # Otherwise the mouse would select text instead of moving the dock.
        self._message.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.close_button = _button("", "Close (Esc)", f"Close: {title}")
        self.close_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.close_button.clicked.connect(self.closed)
        self._drawings[self.close_button] = "remove"
        self._is_short = False
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(3 * GRID, GRID, 2 * GRID, GRID)
        self._row.setSpacing(2 * GRID)
        self._row.addWidget(self._title)
        self._row.addSpacing(GRID)
        self._row.addWidget(self._picture)
        self._row.addWidget(self._message, 1)
        self._row.addWidget(self.close_button)
        self.setMinimumHeight(9 * GRID)  # the height of the panes' headers
        self._update_look()

    @property
    def title(self) -> str:
        """The name of the dock."""
        return self._title.text()

    @property
    def text(self) -> str:
        """The line next to the title."""
        return self._message.whole()

    def show_text(self, text: str, look: tuple[str, str] | None = None) -> None:
        """Set the line. ``look``: the icon before it, and the color token; None: no icon, and the usual color."""
        self._message.show_text(text)
        if look != self._look:
            self._look = look
            self._update_look()

    def add_button(
        self,
        text: str,
        tip: str,
        signal: SignalInstance | None = None,
        *,
        drawing: str = "",
        name: str = "",
        short: str = "",
    ) -> QToolButton:
        """Add a button after the existing ones.

        Args:
            signal: the signal that it emits.
            drawing: the drawing of its icon, which replaces the text in narrow widths.
            name: the accessible name, if it is not the text.
            short: the text for narrow widths.
        """
        button = _button(text, tip, name or (text if short else ""))
        if short:
            self._brief[button] = (text, short)
        if signal is not None:
            button.clicked.connect(signal)
        if drawing:
            self._drawings[button] = drawing
            _draw(button, drawing)
        self._add(button)
        return button

    def add_copy_menu(self, tip: str, forms: Iterable[str], requested: SignalInstance, *, name: str) -> QToolButton:
        """Add a button that copies in one of several formats.

        It emits ``requested(form)``. ``name``: see `add_button`.
        """
        button = self.add_button("Copy ▾", tip, drawing="copy", name=name)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for form in forms:
            menu.addAction(f"As {form}").triggered.connect(lambda _=False, form=form: requested.emit(form))
        button.setMenu(menu)
        return button

    def _add(self, widget: QWidget) -> None:
        """Insert a widget before the close button, both visually and in the tab order."""
        self._row.insertWidget(self._row.count() - 1, widget)
        self.setTabOrder(widget, self.close_button)

    def minimumSizeHint(self) -> QSize:
        """Return a size that fits if buttons with an icon show only the icon."""
        layout = super().minimumSizeHint()
        return QSize(self._needed(short=True), layout.height())

    def _needed(self, *, short: bool) -> int:
        """Return the width of everything visible. ``short``: without texts next to the icons of buttons."""
        items = (self._row.itemAt(place) for place in range(self._row.count()))
        inner = [item.widget() for item in items if item is not None]
        shown = [
            widget for widget in inner if widget is not None and not widget.isHidden() and widget is not self._message
        ]
        words = sum(_words_width(widget) for widget in shown if widget in self._drawings and widget.text())
        for button, (text, brief) in self._brief.items():
            measure = button.fontMetrics().horizontalAdvance
            words += measure(text) - measure(brief)
        sizes = (
            widget.minimumSizeHint() if short and widget in self._shrinking else widget.sizeHint() for widget in shown
        )
        needed = sum(size.width() + 2 * GRID for size in sizes) + 8 * GRID
        if short == self._is_short:
            return needed
        return needed - words if short else needed + words

    def _fit(self) -> None:
        """Hide the texts of buttons if they would leave too little width for the line."""
        # With short texts, the total width is an estimate. Some slack keeps the bar from switching back and forth.
        slack = 4 * GRID if self._is_short else 0
        is_short = self._needed(short=False) + _MIN_LINE_WIDTH + slack > self.width()
        if is_short == self._is_short:
            return
        self._is_short = is_short
        look = Qt.ToolButtonStyle.ToolButtonIconOnly if is_short else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        for button in self._drawings:
            if button.text():
                button.setToolButtonStyle(look)
        for button, (text, brief) in self._brief.items():
            button.setText(brief if is_short else text)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()  # a button was shown or hidden
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            self._update_look()

    def _update_look(self) -> None:
        set_font(self._title, strong_font)
        set_font(self._message, small_font)
        self._picture.setVisible(self._look is not None)
        drawing, color = self._look or ("", "text_muted")
        if drawing:
            self._picture.setPixmap(pixmap(drawing, color, icon_size(), self.devicePixelRatioF()))
        self._message.set_color(color)
        for button, name in self._drawings.items():
            _draw(button, name)


class BusyHead(DockHead):
    """The title bar of a dock with long work: its progress, and the buttons to stop it or start it again.

    Args:
        progress: the name of the progress bar.
        again: the text of the button that starts again.

    Signals: ``cancel_requested()``, ``again_requested()``.
    """

    cancel_requested = Signal()
    again_requested = Signal()

    def __init__(
        self,
        title: str,
        *,
        progress: str,
        cancel_tip: str,
        again: str,
        again_tip: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, parent)
        self.progress = _ProgressBar()
        self._shrinking.append(self.progress)
        self.progress.setAccessibleName(progress)
        self._add(self.progress)
        self.cancel_button = self.add_button("Cancel", cancel_tip, self.cancel_requested, drawing="remove")
        self.again_button = self.add_button(again, again_tip, self.again_requested, drawing="reload")
        self.set_busy(False)

    def set_busy(self, busy: bool) -> None:
        """Show or hide that work is running."""
        self.progress.setVisible(busy)
        self.cancel_button.setVisible(busy)
        self.again_button.setVisible(not busy)

    def show_progress(self, done: int, total: int | None) -> None:
        """Show the progress. Without a total, the bar only moves."""
        self.progress.setRange(0, 1000 if total else 0)
        if total:
            self.progress.setValue(min(1000, done * 1000 // total))


class _ProgressBar(QProgressBar):
    """A progress bar without text, which becomes short in a narrow title bar."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextVisible(False)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(30 * GRID, 2 * GRID - 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(8 * GRID, 2 * GRID - 2)


def _draw(button: QToolButton, name: str) -> None:
    button.setIcon(icon(name, "text_muted"))
    button.setIconSize(QSize(icon_size(), icon_size()))


def _words_width(button: QToolButton) -> int:
    """Return the width of the text next to a button's icon, including the two spaces that Qt adds."""
    measure = button.fontMetrics().horizontalAdvance
    return measure(button.text()) + 2 * measure(" ") + GRID


def _button(text: str, tip: str, name: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    set_tip(button, tip)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    if name:
        button.setAccessibleName(name)
    return button
