"""The style sheet, for what a palette cannot express. It is small, since Qt matches it against every widget."""

from __future__ import annotations

from cacheview.bundled import resource
from cacheview.ui.tokens import Tokens

__all__ = ["style_sheet"]


def style_sheet(tokens: Tokens, grid: int) -> str:
    """Return the style sheet for a set of colors. ``grid``: in pixels. Font sizes are set through fonts."""
    t, half = tokens, grid // 2
    # Qt reads these by path. Resources are files, whether installed or not.
    arrow = str(resource("style/arrow.svg")).replace("\\", "/")
    check = str(resource(f"style/check-{'dark' if t.dark else 'light'}.svg")).replace("\\", "/")
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
QComboBox QLineEdit, QComboBox QLineEdit:focus, QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus {{
  border: none; padding: 0; background: transparent;
}}
NameList {{ combobox-popup: 0; }} /* a menu would be as long as the list, and measure every name */
QComboBox::drop-down {{ border: none; width: {6 * grid}px; }}
QComboBox::down-arrow {{ image: url("{arrow}"); width: {4 * grid}px; height: {4 * grid}px; }}
QCheckBox::indicator {{
  width: {4 * grid - 2}px; height: {4 * grid - 2}px; border: 1px solid {t.outline}; border-radius: {half + 1}px;
  background: {t.surface_raised};
}}
QCheckBox::indicator:checked {{ image: url("{check}"); background: {t.accent}; border-color: {t.accent}; }}
QCheckBox::indicator:focus, QCheckBox::indicator:hover {{ border-color: {t.accent}; }}
QScrollBar {{ background: transparent; border: none; margin: 0; }}
QScrollBar:vertical {{ width: {3 * grid}px; }}
QScrollBar:horizontal {{ height: {3 * grid}px; }}
QScrollBar::handle {{ background: {t.line_strong}; border-radius: {grid}px; margin: {half}px; }}
QScrollBar::handle:vertical {{ min-height: {6 * grid}px; }}
QScrollBar::handle:horizontal {{ min-width: {6 * grid}px; }}
QScrollBar::handle:hover {{ background: {t.outline}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
JsonEdit, JsonEdit:hover, JsonEdit:focus {{ border: none; border-radius: 0; background: {t.surface}; }}
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
QPushButton:default:enabled {{ color: {t.on_accent}; background: {t.accent}; border-color: {t.accent}; }}
QToolButton {{
  color: {t.text}; background: transparent; border: 1px solid transparent; border-radius: {grid}px;
  padding: {half}px {grid + half}px;
}}
QToolButton:hover {{ background: {t.hover}; border-color: {t.line}; }}
QToolButton:pressed, QToolButton:checked {{ background: {t.band}; }}
QToolButton:focus {{ border-color: {t.accent}; }}
QToolButton:disabled {{ color: {t.text_faint}; }}
QToolButton#fold {{
  color: {t.text_muted}; text-align: left; border-radius: 0; padding: {2 * grid}px {2 * grid}px;
}}
QToolButton::menu-indicator {{ image: none; width: 0; }}
QHeaderView::section {{
  color: {t.text_muted}; background: {t.surface}; border: none; border-bottom: 1px solid {t.line};
  padding: {grid}px {half}px;
}}
QToolBar {{ border: none; border-bottom: 1px solid {t.line}; padding: {half}px {grid}px; spacing: {grid}px; }}
QProgressBar {{ background: {t.band}; border: none; border-radius: {half + 1}px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: {half + 1}px; }}
QSplitter::handle {{ background: {t.line}; }}
QMainWindow::separator {{ background: {t.line}; width: {half}px; height: {half}px; }}
QMainWindow::separator:hover {{ background: {t.line_strong}; }}
QStatusBar {{ border-top: 1px solid {t.line}; }}
QStatusBar::item {{ border: none; }}
"""
