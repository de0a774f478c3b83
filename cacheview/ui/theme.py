"""The look, in one place: the grid, the type scale, the colours for light and dark, and how they reach Qt.

The colours in use follow from the application's palette, which `apply_theme` sets from the system's
colour scheme: nothing is kept apart from what Qt keeps.
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
    # All enums of this namespace are made when it is imported: a tenth of a start. The first paint does without it.
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
"""Pixels. Every margin, gap and fixed size is a multiple of it."""

SMALL: Final = 0.88
HEADING: Final = 1.22
MONO: Final = 0.95
"""The type scale, relative to the application's font: small print, the verdict, monospace values."""

_MONO_FAMILIES: Final = {
    "win32": ("Cascadia Mono", "Consolas"),
    "darwin": ("SF Mono", "Menlo"),
}


def tokens_for(source: QPalette | Qt.ColorScheme) -> Tokens:
    """The colours for a scheme, or for the scheme that a palette is of (darker window than text: dark)."""
    if isinstance(source, QPalette):
        window, text = source.color(QPalette.ColorRole.Window), source.color(QPalette.ColorRole.WindowText)
        return DARK if window.lightness() < text.lightness() else LIGHT
    return DARK if source.name == "Dark" else LIGHT


def current_tokens() -> Tokens:
    """The colours in use. Widgets ask when they paint, and again on `QEvent.PaletteChange`."""
    return _tokens_of(QGuiApplication.palette().cacheKey())


@lru_cache(maxsize=2)
def _tokens_of(key: int) -> Tokens:
    """Those of the application's palette, which has this key as long as it is the same: each row painted asks."""
    del key
    return tokens_for(QGuiApplication.palette())


def apply_theme(app: QApplication, scheme: Qt.ColorScheme | None = None) -> None:
    """Give an application the look, and keep it in step with the system.

    ``scheme`` holds it to light or dark, whatever the system says. May be called again.
    """
    follower = app.property(_FOLLOWER)
    if follower is None:
        follower = _ColorSchemeFollower(app)
        app.setProperty(_FOLLOWER, follower)
    follower.follow(scheme)


def set_zoom(app: QApplication, percent: int) -> None:
    """Make all text larger or smaller than the system's. After `apply_theme`; may be called again."""
    follower = app.property(_FOLLOWER)
    assert follower is not None
    follower.zoom(percent)


def look_changed() -> SignalInstance:
    """``changed()``: emitted whenever `apply_theme` or `set_zoom` has given the application another look.

    For what is part of the first paint. All else overrides `QWidget.changeEvent`; the first such override that is
    called makes the classes of all events, which takes a hundredth of a start.
    """
    app = QApplication.instance()
    assert app is not None
    follower = app.property(_FOLLOWER)
    assert isinstance(follower, _ColorSchemeFollower)
    return follower.changed


def set_font(widget: QWidget, font: Callable[[], QFont]) -> None:
    """Give a widget one of the fonts below, now and after each `set_zoom`."""
    widget.setFont(font())
    widget.setProperty(_FONT, font)


_QT_STYLE: Final = "Fusion"
"""One style on every system: the panes draw on it, and only it follows a palette wholly."""

_STYLED: Final = "has the style"
_FOLLOWER: Final = "follower of the color scheme"  # looking for it among the children would make wrappers of all
_FONT: Final = "font of the type scale"


def styled_application(arguments: list[str]) -> QApplication:
    """An application that begins with the style: setting it later would make the many enums of `QStyle`."""
    app = QApplication([*arguments, "-style", _QT_STYLE])
    app.setProperty(_STYLED, True)
    return app


class _ColorSchemeFollower(QObject):
    """Owned by the application: applies the colour scheme of the system, now and when it changes."""

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._held: Qt.ColorScheme | None = None
        self._applied = False
        if not app.property(_STYLED):
            app.setStyle(_QT_STYLE)
        self._font = _tabular(app.font())
        self._percent = 100
        app.setFont(self._font)
        app.styleHints().colorSchemeChanged.connect(self._apply)

    def follow(self, held: Qt.ColorScheme | None) -> None:
        self._held = held
        self._apply()

    def zoom(self, percent: int) -> None:
        if percent == self._percent:
            return
        self._percent = percent
        font = QFont(self._font)
        _scale(font, percent / 100)
        # Under a style sheet, widgets keep the font that they were given with it.
        sheet = self._app.styleSheet()
        self._app.setStyleSheet("")
        self._app.setFont(font)
        self._app.setStyleSheet(sheet)
        for widget in self._app.allWidgets():
            own = widget.property(_FONT)
            if own is not None:
                widget.setFont(own())
        self.changed.emit()

    def _apply(self) -> None:
        if self._held is not None:
            tokens = tokens_for(self._held)
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
    """The palette that makes plain widgets look like the rest."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette()
    for where, colour in {
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
        palette.setColor(where, QColor(colour))
    for where in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(group.Disabled, where, QColor(tokens.text_faint))
    return palette


def scaled_font(factor: float, *, weight: QFont.Weight | None = None) -> QFont:
    """The application's font, larger or smaller, with figures of one width."""
    font = _tabular(QGuiApplication.font())
    _scale(font, factor)
    if weight is not None:
        font.setWeight(weight)
    return font


def plain_font() -> QFont:
    """For words: the application's."""
    return scaled_font(1.0)


def small_font() -> QFont:
    """For what stands beside a value: ages, counts, notes."""
    return scaled_font(SMALL)


def strong_font() -> QFont:
    """For names of panes and sections."""
    return scaled_font(1.0, weight=QFont.Weight.DemiBold)


def heading_font() -> QFont:
    """For the verdict: the one sentence that the eye lands on first."""
    return scaled_font(HEADING, weight=QFont.Weight.DemiBold)


def mono_font(factor: float = MONO) -> QFont:
    """For ids, configs and values: the system's monospace face, or a better one where the system has it."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    for family in _MONO_FAMILIES.get(sys.platform, ()):
        if QFontDatabase.hasFamily(family):
            font = QFont(family)
            break
    font.setStyleHint(QFont.StyleHint.Monospace)
    # Ligatures would hide what a value is made of.
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
    """Pixels of an icon beside text: grows with the application's font."""
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
