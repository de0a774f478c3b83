"""What can be done in the window, by what is open and what is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.ui.window import MainWindow

__all__ = ["enable_actions"]


def enable_actions(window: MainWindow, *, busy: bool) -> None:
    """What can be done now. What depends on the session alone is enabled with it."""
    do, is_open = window.commands, window.session is not None
    do.cancel.setEnabled(busy)
    do.reload.setEnabled(not busy and (is_open or bool(window.centre.last_error)))
    do.follow.setEnabled(window.session is not None and window.session.opened.kind == "engine")
    do.save_suite.setEnabled(is_open)
    do.add_probe.setEnabled(is_open)
    copies = (do.copy_text, do.copy_markdown, do.copy_json)
    for action in (*copies, do.find, *do.panes):
        action.setEnabled(is_open)
    for widget in (do.copy_menu, do.rules_menu, do.platform_menu):
        widget.setEnabled(is_open)
    for button in (window.tool_bar.rules, window.tool_bar.platform):
        button.setEnabled(is_open)
    if not is_open:
        steps = (do.next_case, do.previous_case, do.next_probe, do.previous_probe)
        for action in (do.undo, do.redo, do.apply, *steps):
            action.setEnabled(False)
