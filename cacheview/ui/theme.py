"""The appearance in one place: the grid, the type scale, the light and dark colors, and how they reach Qt.

The colors in use follow from the application's palette, which `apply_theme` sets from the system's color scheme: Qt has
the only copy of this state.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from cacheview.ui.stylesheet import style_sheet
from cacheview.ui.tokens import DARK, LIGHT, Tokens

if TYPE_CHECKING:
    # Importing this namespace creates all of its enums, which takes a tenth of the start. The first paint needs none.
    from PySide6.QtCore import Qt, SignalInstance

__all__ = [
    "DARK",
    "GRID",
    "LIGHT",
    "Tokens",
    "apply_theme",
    "current_tokens",
    "heading_font",
    "icon_size",
    "look_changed",
    "mono_font",
    "palette_for",
    "plain_font",
    "scaled_font",
    "set_font",
    "set_zoom",
    "small_font",
    "strong_font",
    "styled_application",
    "tokens_for",
]

GRID: Final = 4
"""The unit of all margins, gaps and fixed sizes, in pixels."""

SMALL_FACTOR: Final = 0.88
HEADING_FACTOR: Final = 1.22
MONO_FACTOR: Final = 0.95
"""The type scale, relative to the application's font: for small text, the verdict, and monospace values."""

_MONO_FAMILIES: Final = {
    "win32": ("Cascadia Mono", "Consolas"),
    "darwin": ("SF Mono", "Menlo"),
}


def tokens_for(source: QPalette | Qt.ColorScheme) -> Tokens:
    """Return the colors of a scheme, or of a palette's scheme (dark if the window is darker than its text)."""
    if isinstance(source, QPalette):
        window, text = source.color(QPalette.ColorRole.Window), source.color(QPalette.ColorRole.WindowText)
        return DARK if window.lightness() < text.lightness() else LIGHT
    return DARK if source.name == "Dark" else LIGHT


def current_tokens() -> Tokens:
    """Return the colors in use. Widgets call it when they paint, and again on `QEvent.PaletteChange`."""
    return _tokens_of(QGuiApplication.palette().cacheKey())


@lru_cache(maxsize=2)
def _tokens_of(key: int) -> Tokens:
    """Return the colors of the application's palette, cached by its key, since painting each row calls this."""
    del key
    return tokens_for(QGuiApplication.palette())


def apply_theme(app: QApplication, scheme: Qt.ColorScheme | None = None) -> None:
    """Apply the appearance to an application, and follow the system.

    ``scheme`` fixes it to light or dark, regardless of the system. May be called again.
    """
    follower = app.property(_FOLLOWER_PROPERTY)
    if follower is None:
        follower = _ColorSchemeFollower(app)
        app.setProperty(_FOLLOWER_PROPERTY, follower)
    follower.follow(scheme)


def set_zoom(app: QApplication, percent: int) -> None:
    """Scale all text relative to the system's. Call this after `apply_theme`; it may be called again."""
    follower = app.property(_FOLLOWER_PROPERTY)
    assert follower is not None
    follower.zoom(percent)


def look_changed() -> SignalInstance:
    """Return ``changed()``, emitted after `apply_theme` or `set_zoom` has changed the appearance.

    It is for widgets of the first paint. All others override `QWidget.changeEvent`. The first call of such an override
    creates the classes of all events, which takes a hundredth of a start.
    """
    app = QApplication.instance()
    assert app is not None
    follower = app.property(_FOLLOWER_PROPERTY)
    assert isinstance(follower, _ColorSchemeFollower)
    return follower.changed


def set_font(widget: QWidget, font: Callable[[], QFont]) -> None:
    """Set the font of a widget to one of the fonts below, now and after each `set_zoom`."""
    widget.setFont(font())
    widget.setProperty(_FONT_PROPERTY, font)


_QT_STYLE: Final = "Fusion"
"""The style, which is the same on every system: the panes draw with it, and no other follows a palette completely."""

_STYLED_PROPERTY: Final = "has the style"
# a property, since finding the follower among the children would create wrappers for all of them
_FOLLOWER_PROPERTY: Final = "color-scheme-follower"
_FONT_PROPERTY: Final = "type-scale-font"


def styled_application(arguments: list[str]) -> QApplication:
    """Return an application that has the style from the start: setting it later would create the enums of `QStyle`."""
    app = QApplication([*arguments, "-style", _QT_STYLE])
    app.setProperty(_STYLED_PROPERTY, True)
    return app


class _ColorSchemeFollower(QObject):
    """Applies the system's color scheme, now and when it changes. Owned by the application."""

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._fixed_scheme: Qt.ColorScheme | None = None
        self._applied = False
        if not app.property(_STYLED_PROPERTY):
            app.setStyle(_QT_STYLE)
        self._font = _tabular(app.font())
        self._percent = 100
        app.setFont(self._font)
        app.styleHints().colorSchemeChanged.connect(self._apply)

    def follow(self, fixed_scheme: Qt.ColorScheme | None) -> None:
        self._fixed_scheme = fixed_scheme
        self._apply()

    def zoom(self, percent: int) -> None:
        if percent == self._percent:
            return
        self._percent = percent
        font = QFont(self._font)
        _scale(font, percent / 100)
        # Under a style sheet, widgets keep the font that they had when it was set.
        sheet = self._app.styleSheet()
        self._app.setStyleSheet("")
        self._app.setFont(font)
        self._app.setStyleSheet(sheet)
        for widget in self._app.allWidgets():
            own = widget.property(_FONT_PROPERTY)
            if own is not None:
                widget.setFont(own())
        self.changed.emit()

    def _apply(self) -> None:
        if self._fixed_scheme is not None:
            tokens = tokens_for(self._fixed_scheme)
        elif not self._applied:
            tokens = tokens_for(self._app.palette())  # still the system's
        else:
            tokens = tokens_for(self._app.styleHints().colorScheme())
        self._applied = True
        palette = palette_for(tokens)
        sheet = style_sheet(tokens, GRID)
        is_other = palette != self._app.palette(), sheet != self._app.styleSheet()
        if is_other[0]:
            self._app.setPalette(palette)
        if is_other[1]:
            self._app.setStyleSheet(sheet)
        if any(is_other):
            self.changed.emit()


def palette_for(tokens: Tokens) -> QPalette:
    """Return the palette that makes plain widgets match the rest."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette()
    for where, color in {
        role.Window: tokens.surface,
        role.WindowText: tokens.text,
        role.Base: tokens.surface,
        role.AlternateBase: tokens.surface_raised,
        role.Text: tokens.text,
        role.PlaceholderText: tokens.text_faint,
        role.Button: tokens.surface_raised,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.failed,
        role.ToolTipBase: tokens.surface_raised,
        role.ToolTipText: tokens.text,
        role.Link: tokens.link,
        role.LinkVisited: tokens.link,
        role.Highlight: tokens.selection,
        role.HighlightedText: tokens.text,
        role.Accent: tokens.accent,
        role.Light: tokens.surface,
        role.Midlight: tokens.band,
        role.Mid: tokens.line,
        role.Dark: tokens.line_strong,
        role.Shadow: tokens.line_strong,
    }.items():
        palette.setColor(where, QColor(color))
    for where in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(group.Disabled, where, QColor(tokens.text_faint))
    return palette


def scaled_font(factor: float, *, weight: QFont.Weight | None = None) -> QFont:
    """Return the application's font, scaled, with digits of one width."""
    font = _tabular(QGuiApplication.font())
    _scale(font, factor)
    if weight is not None:
        font.setWeight(weight)
    return font


def plain_font() -> QFont:
    """Return the font for text: the application's."""
    return scaled_font(1.0)


def small_font() -> QFont:
    """Return the font for additions to a value: ages, counts, notes."""
    return scaled_font(SMALL_FACTOR)


def strong_font() -> QFont:
    """Return the font for names of panes and sections."""
    return scaled_font(1.0, weight=QFont.Weight.DemiBold)


def heading_font() -> QFont:
    """Return the font for the verdict, which should be the first sentence that is seen."""
    return scaled_font(HEADING_FACTOR, weight=QFont.Weight.DemiBold)


def mono_font(factor: float = MONO_FACTOR) -> QFont:
    """Return the font for ids, configs and values: the system's monospace font, or a better one if available."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    for family in _MONO_FAMILIES.get(sys.platform, ()):
        if QFontDatabase.hasFamily(family):
            font = QFont(family)
            break
    font.setStyleHint(QFont.StyleHint.Monospace)
    # Ligatures would hide the characters of a value.
    font.setFeature(QFont.Tag("liga"), 0)
    font.setFeature(QFont.Tag("calt"), 0)
    base = QGuiApplication.font()
    if base.pointSizeF() > 0:
        font.setPointSizeF(base.pointSizeF())
    else:
        font.setPixelSize(base.pixelSize())
    _scale(font, factor)
    return font


def icon_size() -> int:
    """Return the size of an icon beside text in pixels, which grows with the application's font."""
    return max(4 * GRID, QFontMetrics(QGuiApplication.font()).height())


def _tabular(font: QFont) -> QFont:
    font = QFont(font)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def _scale(font: QFont, factor: float) -> None:
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * factor)
    else:
        font.setPixelSize(max(1, round(font.pixelSize() * factor)))
