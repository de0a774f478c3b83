"""The colors and text size chosen in the menu *View*, which are kept for the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from cacheview.ui.theme import apply_theme, set_zoom

if TYPE_CHECKING:
    from cacheview.ui.actions import Actions
    from cacheview.ui.settings import Settings

__all__ = ["Appearance", "apply_look"]

_ZOOM_PERCENTAGES: Final = (70, 80, 90, 100, 110, 125, 150, 175, 200, 250)


def apply_look(app: QApplication, settings: Settings, scheme: str = "") -> None:
    """Apply the chosen appearance to the application.

    Args:
        scheme: ``light`` or ``dark``; empty: the one chosen before, otherwise that of the system.
    """
    chosen = scheme or settings.scheme
    if chosen:
        from PySide6.QtCore import Qt  # importing its enums takes a tenth of a start

        apply_theme(app, Qt.ColorScheme.Dark if chosen == "dark" else Qt.ColorScheme.Light)
    else:
        apply_theme(app)
    set_zoom(app, settings.zoom)


class Appearance(QObject):
    """The actions in the menu *View* that change the appearance. The window owns this object."""

    def __init__(self, actions: Actions, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self._settings = settings
        for scheme, action in actions.schemes.items():
            action.setChecked(scheme == settings.scheme)
            action.triggered.connect(lambda _checked=False, scheme=scheme: self._choose_scheme(scheme))
        actions.zoom_in.triggered.connect(lambda: self._zoom(1))
        actions.zoom_out.triggered.connect(lambda: self._zoom(-1))
        actions.zoom_reset.triggered.connect(lambda: self._zoom(0))

    def _choose_scheme(self, scheme: str) -> None:
        self._settings.scheme = scheme
        self._apply(scheme)

    def _zoom(self, step: int) -> None:
        """Change to the next larger (1) or smaller (-1) text size, or to the system's (0)."""
        now = self._settings.zoom
        if step > 0:
            self._settings.zoom = next((percent for percent in _ZOOM_PERCENTAGES if percent > now), now)
        elif step < 0:
            self._settings.zoom = next((percent for percent in reversed(_ZOOM_PERCENTAGES) if percent < now), now)
        else:
            self._settings.zoom = 100
        self._apply()

    def _apply(self, scheme: str = "") -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        apply_look(app, self._settings, scheme)
