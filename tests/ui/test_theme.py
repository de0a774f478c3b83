"""Properties of the theme: contrast in both schemes, sizes that follow the font, and icons."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from cacheview.bundled import resource
from cacheview.ui.icons import ICONS, app_icon, icon, pixmap
from cacheview.ui.theme import (
    DARK,
    LIGHT,
    Tokens,
    apply_theme,
    current_tokens,
    mono_font,
    palette_for,
    small_font,
    tokens_for,
)

pytestmark = pytest.mark.looks

ON_SURFACES = ("surface", "surface_raised", "hover")
TEXT_PAIRS = (
    *((text, on) for text in ("text", "text_muted", "text_faint", "link") for on in (*ON_SURFACES, "band")),
    *((text, "selection") for text in ("text", "text_muted", "text_faint", "link", "failed", "passed", "hazard")),
    *((text, on) for text in ("passed", "failed", "hazard", "not_reached", "not_compared") for on in ON_SURFACES),
    *((text, on) for text in ("hit", "miss", "error", "diverges") for on in (*ON_SURFACES, "band", "selection")),
    *(
        (text, f"{name}_surface")
        for name in ("passed", "failed", "hazard", "hit", "miss", "error", "diverges")
        for text in (name, "text", "text_muted")
    ),
    ("text_faint", "failed_surface"),
    ("text", "difference"),
    ("on_accent", "accent"),
)
"""Every (text, background) pair that is drawn, by field name, with a contrast of at least 4.5:1 in both schemes."""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two ``#rrggbb`` colors as defined by WCAG 2.1: from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    parts = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


SCHEMES = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])


def test_contrast_is_computed_by_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


@SCHEMES
@pytest.mark.parametrize(("text", "background"), TEXT_PAIRS)
def test_text_colors_have_sufficient_contrast(tokens: Tokens, text: str, background: str) -> None:
    assert contrast(getattr(tokens, text), getattr(tokens, background)) >= 4.5


@SCHEMES
def test_outlines_can_be_seen(tokens: Tokens) -> None:
    assert contrast(tokens.outline, tokens.surface) >= 3
    assert contrast(tokens.accent, tokens.surface) >= 3


@SCHEMES
def test_every_color_of_text_is_in_a_pair(tokens: Tokens) -> None:
    backgrounds = {"line", "line_strong", "outline"}  # used only for lines, never for text or its background
    named = {name for pair in TEXT_PAIRS for name in pair}
    fields = set(tokens._fields) - {"dark"} - backgrounds
    assert fields - named == set()


@SCHEMES
def test_palette_shows_its_scheme(tokens: Tokens) -> None:
    palette = palette_for(tokens)
    assert tokens_for(palette) is tokens
    text, base = (palette.color(role).name() for role in (QPalette.ColorRole.Text, QPalette.ColorRole.Base))
    assert contrast(text, base) >= 4.5


def test_application_follows_a_held_scheme(qapp: QApplication) -> None:
    apply_theme(qapp, Qt.ColorScheme.Dark)
    try:
        assert current_tokens() is DARK
        assert DARK.surface_raised in qapp.styleSheet()
    finally:
        apply_theme(qapp)
    assert current_tokens() is LIGHT
    assert DARK.surface_raised not in qapp.styleSheet()


def test_sizes_follow_the_application_font(qapp: QApplication) -> None:
    small, mono = small_font().pointSizeF(), mono_font().pointSizeF()
    before = QGuiApplication.font()
    large = QFont(before)
    large.setPointSizeF(before.pointSizeF() * 2)
    qapp.setFont(large)
    try:
        assert small_font().pointSizeF() == pytest.approx(2 * small)
        assert mono_font().pointSizeF() == pytest.approx(2 * mono)
    finally:
        qapp.setFont(before)


@pytest.mark.parametrize("name", ICONS)
def test_icon_is_drawn_in_its_color(name: str) -> None:
    image = pixmap(name, "failed", 32).toImage()
    solid = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }
    assert solid == {current_tokens().failed}
    assert not icon(name).isNull()


def test_every_drawing_has_a_name() -> None:
    drawings = {entry.name.removesuffix(".svg") for entry in resource("icons").iterdir()}
    assert drawings == {*ICONS, "app"}
    assert not app_icon().isNull()


def test_unknown_icon_and_resource() -> None:
    with pytest.raises(KeyError):
        icon("no-such-icon")
    with pytest.raises(FileNotFoundError, match=r"icons/none\.svg"):
        resource("icons/none.svg")
