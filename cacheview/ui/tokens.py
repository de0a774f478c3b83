"""Named colors with fixed meanings, for light and dark. Only values: no Qt."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["DARK", "LIGHT", "Tokens"]


class Tokens(NamedTuple):
    """Colors as ``#rrggbb``. ``tests/ui/test_theme.py`` lists the pairs of text and background.

    Passed and failed are blue and orange, which color-blind people can distinguish, and always come with a shape and a
    word.
    """

    dark: bool

    text: str
    text_muted: str  # labels
    text_faint: str  # ages, ids beside names, placeholders
    surface: str  # panes
    surface_raised: str  # editors, badges, headers
    band: str  # the header of a section
    line: str  # hairlines
    line_strong: str  # borders of editors and buttons
    outline: str  # of a check box: 3:1 or more
    accent: str  # the main button, the focus
    on_accent: str
    link: str
    selection: str
    hover: str

    passed: str
    passed_surface: str
    failed: str
    failed_surface: str
    difference: str  # behind the part of a value that differs
    not_reached: str
    not_compared: str
    hazard: str
    hazard_surface: str

    hit: str
    hit_surface: str
    miss: str
    miss_surface: str
    error: str
    error_surface: str
    diverges: str
    diverges_surface: str


LIGHT: Final = Tokens(
    dark=False,
    text="#1a1f26",
    text_muted="#525c68",
    text_faint="#5f6873",
    surface="#ffffff",
    surface_raised="#f5f7f9",
    band="#edf0f3",
    line="#dce1e7",
    line_strong="#c3cad3",
    outline="#7d8793",
    accent="#1a65d6",
    on_accent="#ffffff",
    link="#1558bd",
    selection="#dfe9fa",
    hover="#f0f3f7",
    passed="#1558bd",
    passed_surface="#e8f0fc",
    failed="#a44200",
    failed_surface="#fdf1e0",
    difference="#ffd591",
    not_reached="#5f6873",
    not_compared="#66707b",
    hazard="#7a5200",
    hazard_surface="#fdf7e3",
    hit="#1558bd",
    hit_surface="#e8f0fc",
    miss="#a44200",
    miss_surface="#fdf1e0",
    error="#a8214b",
    error_surface="#fdecf0",
    diverges="#6a3aab",
    diverges_surface="#f4eefc",
)

DARK: Final = Tokens(
    dark=True,
    text="#e5e9ee",
    text_muted="#a7b0bb",
    text_faint="#99a3af",
    surface="#191d23",
    surface_raised="#21262e",
    band="#252b33",
    line="#303741",
    line_strong="#454e5a",
    outline="#75808d",
    accent="#69a9ff",
    on_accent="#0b1320",
    link="#7db4ff",
    selection="#20375c",
    hover="#242a33",
    passed="#7db4ff",
    passed_surface="#17294a",
    failed="#ffab57",
    failed_surface="#37260f",
    difference="#7a4d0c",
    not_reached="#99a3af",
    not_compared="#8b95a1",
    hazard="#f0cd6b",
    hazard_surface="#2e2811",
    hit="#7db4ff",
    hit_surface="#17294a",
    miss="#ffab57",
    miss_surface="#37260f",
    error="#ff94ab",
    error_surface="#3b1823",
    diverges="#c9a6ff",
    diverges_surface="#2c1f42",
)
