"""Opens every dock of a window and prints as JSON what is visible each time. Run by `test_small_screens`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QDockWidget,
    QLabel,
    QSplitter,
    QSplitterHandle,
    QTabBar,
    QToolButton,
    QWidget,
)

from cacheview.ui.docks import AUDIT, COMPARE, DETAILS, REPLAY, SUITES
from cacheview.ui.settings import Settings
from cacheview.ui.status import StatusBar
from cacheview.ui.theme import apply_theme
from cacheview.ui.verdict.banner import ElidedButton
from cacheview.ui.verdict.labels import ElidedLabel
from cacheview.ui.window import MainWindow
from cacheview.ui.window_size import first_size

_DOCKERFILE = """\
FROM alpine:3.19 AS build
RUN apk add --no-cache curl
COPY a.txt /app/
FROM alpine:3.19
COPY --from=build /app /app
EXPOSE 80
CMD ["/bin/sh"]
"""
_NAME = "shop/tool:0.9"


def main(folder: Path) -> None:
    app = QApplication([])
    apply_theme(app)
    window = MainWindow(Settings(folder / "settings.ini"))
    window.resize(*first_size(window.screen().availableSize().toTuple()))
    window.setUpdatesEnabled(False)  # only places and sizes are looked at
    window.show()
    opened: list[bool] = []
    window.settled.connect(opened.append)
    window.open("demo:")
    _wait(lambda: bool(opened))
    _wait(lambda: True)
    places = [_look(window, "no dock")]
    context = folder / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(_DOCKERFILE)
    (context / "a.txt").write_text("a\n")
    assert window.workspace is not None
    docks: list[QDockWidget] = []
    for name, show, dock in (
        ("replay", lambda: window.docks.get(REPLAY).open(str(context)), lambda: window.docks.get(REPLAY).dock),
        ("compare", window.commands.compare.trigger, lambda: window.docks.get(COMPARE).dock),
        ("details", window.commands.details.trigger, lambda: window.docks.get(DETAILS).dock),
        ("audit", window.commands.audit.trigger, lambda: window.docks.get(AUDIT).dock),
        ("suite checks", window.commands.suite_checks.trigger, lambda: window.docks.get(SUITES).dock),
    ):
        show()
        _wait(dock().isVisible)
        if name == "suite checks":
            window.docks.get(SUITES).pane.run(["demo:"])
        view = next(iter(dock().findChildren(QAbstractItemView)))
        _wait(partial(lambda view: view.isVisible() and _rows(view) > 0, view))
        places.append(_look(window, name))
        # On its own, then with the others.
        for other in docks:
            other.hide()
        _wait(lambda: True)
        places.append(_look(window, f"{name} alone"))
        docks.append(dock())
        for other in docks:
            other.show()
        dock().raise_()
    window.docks.get(REPLAY).pane.show_options(True)
    window.docks.get(REPLAY).dock.raise_()
    _wait(lambda: window.docks.get(REPLAY).pane.form.isVisible())
    places.append(_look(window, "options"))
    for each in docks:
        each.hide()
    window.workspace.probe.form.set_unfolded(True)
    _wait(lambda: True)
    places.append(_look(window, "all docks closed"))
    print(json.dumps({"screen": window.screen().availableSize().toTuple(), "places": places}))
    window.close()


def _wait(until: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while True:
        for _ in range(3):
            QApplication.processEvents()
        if until():
            return
        assert time.monotonic() < ends
        time.sleep(0.005)


def _wait_until_still(window: MainWindow) -> None:
    """Wait until no widget has moved between two looks."""
    before: list[object] = []

    def is_still() -> bool:
        nonlocal before
        now: list[object] = [widget.geometry().getRect() for widget in _shown(window)]
        is_same, before = now == before, now
        return is_same

    _wait(is_still)


def _look(window: MainWindow, name: str) -> dict[str, Any]:
    assert window.workspace is not None
    _wait_until_still(window)
    parent = window.workspace.probe.parent_field.line
    shown = list(_shown(window))
    views = {type(view).__name__: _rows(view) for view in window.findChildren(QAbstractItemView) if _is_list(view)}
    return {
        "name": name,
        "window": window.size().toTuple(),
        "outside": [_named(widget) for widget in shown if not _is_inside(widget)],
        "cut": [_named(widget) for widget in shown if _is_cut(widget)],
        "rows": views,
        "parent": (parent.text_width, parent.fontMetrics().horizontalAdvance(_NAME)),
    }


def _is_list(view: QAbstractItemView) -> bool:
    """Whether the view is the main view of a pane or dock."""
    return _is_seen(view) and type(view).__name__ in (
        "ImageTree",
        "TraceView",
        "StepsView",
        "MatrixView",
        "ChecksTable",
    )


def _rows(view: QAbstractItemView) -> int:
    """How many rows fit completely into the view. Returns 0 if it has none."""
    row = view.visualRect(view.indexAt(QPoint(2, 2))).height() if view.indexAt(QPoint(2, 2)).isValid() else 0
    return view.viewport().height() // row if row else 0


def _shown(window: QWidget) -> Iterator[QWidget]:
    for widget in window.findChildren(QWidget):
        if _is_seen(widget) and widget.window() is window and not isinstance(widget, QSplitterHandle):
            yield widget


def _is_seen(widget: QWidget) -> bool:
    """Whether a widget is visible: not behind another tab, and not collapsed (Qt moves collapsed ones to the left)."""
    if not widget.isVisible() or widget.size().isEmpty():
        return False
    ancestor: QWidget | None = widget
    while ancestor is not None:
        parent = ancestor.parentWidget()
        is_moved = isinstance(ancestor, QDockWidget | QTabBar) or isinstance(parent, QSplitter)
        if is_moved and ancestor.geometry().right() < 0:
            return False
        ancestor = parent
    return True


def _is_inside(widget: QWidget) -> bool:
    """Whether a widget is inside all of its ancestors. Vertical scrolling does not count."""
    rect = QRect(QPoint(), widget.size())
    child = widget
    while not child.isWindow():
        parent = child.parentWidget()
        assert parent is not None
        rect.translate(child.pos())
        area = parent.parentWidget()
        if isinstance(area, QAbstractScrollArea) and area.viewport() is parent:
            return parent.rect().left() <= rect.left() and rect.right() <= parent.rect().right()
        if not parent.rect().contains(rect):
            return False
        child = parent
    return True


def _is_cut(widget: QWidget) -> bool:
    """Whether a widget's text has too little space, and the widget does not elide it itself."""
    if isinstance(widget, ElidedLabel | ElidedButton) or _is_context(widget):
        return False
    if isinstance(widget, QLabel):
        return bool(widget.text()) and not widget.wordWrap() and widget.width() < widget.sizeHint().width()
    if isinstance(widget, QAbstractButton):
        if isinstance(widget, QToolButton) and widget.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonIconOnly:
            return False
        return bool(widget.text()) and widget.width() < widget.sizeHint().width()
    return False


def _is_context(widget: QWidget) -> bool:
    """Whether it is the build context's path in the status bar, which is elided before all other text."""
    return isinstance(widget.parentWidget(), StatusBar) and widget.accessibleName().startswith("context ")


def _named(widget: QWidget) -> str:
    text = getattr(widget, "text", str)
    named = text() if callable(text) else text
    ancestor = widget.parentWidget()
    while ancestor is not None and type(ancestor).__name__ in ("QWidget", "QStackedWidget", "QSplitter"):
        ancestor = ancestor.parentWidget()
    of = type(ancestor).__name__ if ancestor is not None else ""
    return f"{type(widget).__name__} {named!r} {widget.geometry().getRect()} in {of}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
