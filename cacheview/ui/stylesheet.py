"""The style sheet: what a palette cannot say. Kept small, as Qt matches it against every widget."""

from __future__ import annotations

from cacheview.ui.tokens import Tokens

__all__ = ["style_sheet"]


def style_sheet(tokens: Tokens, grid: int) -> str:
    """The sheet for a set of colours. ``grid`` in pixels; type sizes are left to the fonts."""
    t, half = tokens, grid // 2
    return f"""
QToolTip {{
  color: {t.text}; background: {t.surface_raised}; border: 1px solid {t.line_strong}; padding: {half}px;
}}
QLineEdit, QPlainTextEdit, QAbstractSpinBox, QComboBox {{
  color: {t.text}; background: {t.surface_raised}; border: 1px solid {t.line}; border-radius: {grid}px;
  padding: {half}px {grid + half}px; selection-background-color: {t.accent}; selection-color: {t.on_accent};
}}
QLineEdit:hover, QPlainTextEdit:hover, QAbstractSpinBox:hover, QComboBox:hover {{
  border-color: {t.line_strong};
}}
QLineEdit:focus, QPlainTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {{
  border-color: {t.accent}; background: {t.surface};
}}
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {{ color: {t.text_faint}; }}
QComboBox QLineEdit, QAbstractSpinBox QLineEdit {{ border: none; padding: 0; background: transparent; }}
QComboBox::drop-down {{ border: none; width: {5 * grid}px; }}
RowsView {{
  background: {t.surface_raised}; border: 1px solid {t.line}; border-radius: {grid}px;
}}
RowsView:hover {{ border-color: {t.line_strong}; }}
RowsView:focus {{ border-color: {t.accent}; }}
RowsView QLineEdit, RowsView QLineEdit:focus {{
  border: none; border-radius: 0; padding: 0; background: {t.surface};
}}
QPushButton {{
  color: {t.text}; background: {t.surface}; border: 1px solid {t.line_strong}; border-radius: {grid}px;
  padding: {grid}px {3 * grid}px;
}}
QPushButton:hover {{ background: {t.hover}; }}
QPushButton:pressed {{ background: {t.band}; }}
QPushButton:focus {{ border-color: {t.accent}; }}
QPushButton:disabled {{ color: {t.text_faint}; border-color: {t.line}; }}
QPushButton:default {{ color: {t.on_accent}; background: {t.accent}; border-color: {t.accent}; }}
QToolButton {{
  color: {t.text}; background: transparent; border: 1px solid transparent; border-radius: {grid}px;
  padding: {half}px {grid + half}px;
}}
QToolButton:hover {{ background: {t.hover}; border-color: {t.line}; }}
QToolButton:pressed, QToolButton:checked {{ background: {t.band}; }}
QToolButton:focus {{ border-color: {t.accent}; }}
QToolButton:disabled {{ color: {t.text_faint}; }}
QToolButton::menu-indicator {{ image: none; width: 0; }}
QHeaderView::section {{
  color: {t.text_muted}; background: {t.surface}; border: none; border-bottom: 1px solid {t.line};
  padding: {grid}px {half}px;
}}
QSplitter::handle {{ background: {t.line}; }}
QStatusBar {{ border-top: 1px solid {t.line}; }}
QStatusBar::item {{ border: none; }}
"""
