"""The screenshots in the README, drawn off screen by the program itself.

``pytest --update-screenshots`` writes them again, together with the words in the window. Every run draws them to check
that they are plausible, and that the stored words are still those of the window. Pictures cannot be compared, because
their fonts depend on the machine that drew them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from forked import DOCKS, PROGRAM, run_forked
from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QHeaderView, QLabel, QLineEdit, QTreeView, QWidget
from pytestqt.qtbot import QtBot
from window_kit import OpenWindow

from cacheview.ui.docks import REPLAY
from cacheview.ui.window import MainWindow

pytestmark = pytest.mark.looks

SCREENSHOTS = Path(__file__).parents[2] / "resources" / "screenshots"
SIZE = (1440, 900)
DOCKERFILE = """FROM alpine:3.19
RUN apk add --no-cache nginx
ENV MODE=staging
EXPOSE 8080
CMD ["nginx"]
"""
SCHEMES = ("light", "dark")
WORDS: Final = "Words"
"""The metadata key under which a screenshot stores its words."""
UPDATE: Final = "run pytest tests/ui/test_screenshots.py --update-screenshots"


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A context in the home folder, so that no screenshot shows a path of this machine."""
    monkeypatch.setenv("HOME", str(tmp_path))
    context = tmp_path / "shop"
    context.mkdir()
    (context / "Dockerfile").write_text(DOCKERFILE)
    return context


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_readme_screenshots_are_current(
    scheme: str, context: Path, tmp_path: Path, open_window: OpenWindow, request: pytest.FixtureRequest, qtbot: QtBot
) -> None:
    file = tmp_path / "window.png"
    arguments = ["demo:", "--scheme", scheme, "--size", f"{SIZE[0]}x{SIZE[1]}", "--screenshot", str(file)]
    arguments += ["--replay", str(context)]
    drawn = run_forked(PROGRAM, *arguments, modules=DOCKS)
    assert (drawn.returncode, drawn.stderr) == (0, "")
    picture = QImage(str(file))
    assert (picture.width(), picture.height()) == SIZE
    # A rendered window has text and color; a blank one has only a few colors.
    colors = {picture.pixel(x, y) for x in range(0, SIZE[0], 5) for y in range(0, SIZE[1], 5)}
    assert len(colors) > 100
    assert looks(picture, scheme)
    words = "\n".join(words_of(opened(open_window, context, qtbot)))
    assert str(tmp_path) not in words
    kept = SCREENSHOTS / f"window-{scheme}.png"
    if request.config.getoption("--update-screenshots"):
        kept.parent.mkdir(exist_ok=True)
        picture.setText(WORDS, words)
        assert picture.save(str(kept))
    shown = QImage(str(kept))
    assert (shown.width(), shown.height()) == SIZE, UPDATE
    assert looks(shown, scheme), UPDATE
    assert shown.text(WORDS) == words, UPDATE


def looks(picture: QImage, scheme: str) -> bool:
    """Whether a picture has the background of a color scheme."""
    corner = picture.pixelColor(5, SIZE[1] // 2).lightness()
    return corner > 200 if scheme == "light" else corner < 60


def opened(open_window: OpenWindow, context: Path, qtbot: QtBot) -> MainWindow:
    """The same window as the program draws."""
    window = open_window("demo:", size=SIZE)
    replays = window.docks.get(REPLAY)
    with qtbot.waitSignal(replays.pane.settled, timeout=20_000):
        replays.open(str(context), "")
    return window


def words_of(window: MainWindow) -> Iterator[str]:
    """The words in the window, without times and without placeholder texts, whose length depends on the font."""
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or isinstance(widget.parent(), QLineEdit):
            continue
        if isinstance(widget, QLabel | QAbstractButton):
            yield without_times(widget.accessibleName() or widget.text())
        elif isinstance(widget, QLineEdit):
            yield widget.text() or widget.placeholderText()
        elif isinstance(widget, QAbstractItemView) and not isinstance(widget, QHeaderView):
            yield " | ".join(headers_of(widget.model()))
            yield from rows_of(widget, QModelIndex())


def rows_of(view: QAbstractItemView, parent: QModelIndex) -> Iterator[str]:
    model = view.model()
    for row in range(model.rowCount(parent)):
        cells = [model.index(row, column, parent).data() for column in range(model.columnCount(parent))]
        yield without_times(" | ".join(str(cell) for cell in cells if cell is not None))
        first = model.index(row, 0, parent)
        if isinstance(view, QTreeView) and view.isExpanded(first):
            yield from rows_of(view, first)


def headers_of(model: QAbstractItemModel) -> Iterator[str]:
    for column in range(model.columnCount()):
        yield str(model.headerData(column, Qt.Orientation.Horizontal) or "")


def without_times(text: str) -> str:
    return re.sub(r"[\d.,]+ ms\b", "… ms", text)
