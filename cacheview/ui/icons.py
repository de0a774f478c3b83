"""The icons: small drawings in one color, which follows the theme."""

from __future__ import annotations

from functools import cache
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, QSize
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from cacheview.bundled import resource
from cacheview.ui.theme import GRID, current_tokens, icon_size

__all__ = ["ICONS", "app_icon", "icon", "pixmap"]

ICONS: Final = (
    "add", "candidate", "chevron", "chevron-right", "copy", "differs", "diverges", "down", "error", "failed", "filter",
    "hazard", "hit",
    "image", "image-unnamed", "miss", "new", "not-certain", "not-compared", "not-reached", "open", "parent", "passed",
    "redo", "reload", "remove", "scratch", "source", "undo", "up",
)  # fmt: skip
"""The names that `icon` and `pixmap` know."""

_SMALL_SIZE: Final = 4 * GRID
"""The size of an icon in a list, on a button and in a field, as in Qt."""
_APP_SIZES: Final = (16, 24, 32, 48, 64, 128, 256)


def icon(name: str, color_token: str = "text") -> QIcon:
    """Return an icon in a color of the current theme, by the name of the token (``failed``).

    It keeps that color, and the current icon sizes at the ratio of the finest screen: create it again on
    `QEvent.PaletteChange`. Raises KeyError for a name not in `ICONS`.
    """
    result, tokens = QIcon(), current_tokens()
    color, faint = getattr(tokens, color_token), tokens.text_faint
    app = QGuiApplication.instance()
    assert isinstance(app, QGuiApplication)
    ratio = app.devicePixelRatio()
    # Only sizes that are shown are drawn: a dock has a dozen icons, and each drawing takes part of a millisecond.
    for size in {_SMALL_SIZE, icon_size()}:
        result.addPixmap(_drawn(name, color, size, ratio))
        result.addPixmap(_drawn(name, faint, size, ratio), QIcon.Mode.Disabled)
    return result


def pixmap(name: str, color_token: str, size: int, ratio: float = 1.0) -> QPixmap:
    """Return an icon for a delegate. ``size``: in logical pixels; ``ratio``: that of the paint device."""
    return _drawn(name, getattr(current_tokens(), color_token), size, ratio)


def _drawn(name: str, color: str, size: int, ratio: float) -> QPixmap:
    """Return a drawing in a color, which is given as in SVG. It is drawn once, and then cached."""
    key = f"cacheview/{name}/{color}/{size}/{ratio}"
    result = QPixmap()
    if not QPixmapCache.find(key, result):
        result = _render(_drawing(name).replace(b"#000", color.encode()), size, ratio)
        QPixmapCache.insert(key, result)
    return result


def app_icon() -> QIcon:
    """Return the program's own icon, in its own colors."""
    drawing = resource("icons/app.svg").read_bytes()
    result = QIcon()
    for size in _APP_SIZES:
        result.addPixmap(_render(drawing, size, 1.0))
    return result


@cache
def _drawing(name: str) -> bytes:
    if name not in ICONS:
        raise KeyError(name)
    return resource(f"icons/{name}.svg").read_bytes()


def _render(drawing: bytes, size: int, ratio: float) -> QPixmap:
    result = QPixmap(QSize(size, size) * ratio)
    result.setDevicePixelRatio(ratio)
    result.fill(QColor(0, 0, 0, 0))
    painter = QPainter(result)
    QSvgRenderer(QByteArray(drawing)).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return result
