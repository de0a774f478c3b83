"""A widget that scrolls if there is too little space, so that it does not enlarge the window and is not cut off."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QStyle, QWidget

__all__ = ["Scrolled"]


class Scrolled(QScrollArea):
    """Scrolls vertically. If there is enough space, the content fills it, without a scroll bar.

    Unlike a resizable `QScrollArea`, it gives content with wrapped lines its minimum height, not its preferred height.
    A widget that gets the focus is scrolled into view.

    Args:
        least: the minimum height in pixels.
    """

    def __init__(self, content: QWidget, min_height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._min_height = min_height
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)
        content.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)
        content.installEventFilter(self)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow)

    def fit(self) -> None:
        """Resize the content now. After a change of the content, this also happens automatically, but later."""
        content, bar = self.widget(), self.verticalScrollBar()
        if content is None:
            return
        extent = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, bar)
        height, width = self.height(), self.width()
        is_low = _needed(content, width) > height
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOn if is_low else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if policy is not self.verticalScrollBarPolicy():
            self.setVerticalScrollBarPolicy(policy)
        if is_low:
            width -= max(extent, bar.sizeHint().width())
        content.resize(width, max(height, _needed(content, width)))

    def sizeHint(self) -> QSize:
        content = self.widget()
        return content.sizeHint() if content is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        content = self.widget()
        if content is None:
            return super().minimumSizeHint()
        least = content.minimumSizeHint()
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(least.width() + bar, min(self._min_height, least.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.widget() and event.type() is QEvent.Type.LayoutRequest:
            self.fit()
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def _follow(self, _before: QWidget | None, now: QWidget | None) -> None:
        content = self.widget()
        if now is not None and content is not None and content.isAncestorOf(now):
            self.ensureWidgetVisible(now, 0, 0)


def _needed(content: QWidget, width: int) -> int:
    """Return the minimum height of a widget with a given width."""
    layout = content.layout()
    if layout is not None and layout.hasHeightForWidth():
        return max(layout.totalMinimumHeightForWidth(width), content.minimumHeight())
    return max(content.minimumSizeHint().height(), content.minimumHeight())
