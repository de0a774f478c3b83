"""What is visible of the verdict pane at every size: whole rows of the trace, and all words of the headline."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from verdict_kit import many_cache, many_probe, small, small_cache, small_probe

from cacheview.engine import StageKind, explain
from cacheview.ui.selected_item import SelectedItem
from cacheview.ui.verdict.labels import WrappedText
from cacheview.ui.verdict.pane import VerdictPane
from cacheview.ui.wrapped import Wrapped

HEIGHTS = range(430, 760, 7)


@pytest.fixture
def pane(qtbot: QtBot) -> VerdictPane:
    pane = VerdictPane()
    qtbot.addWidget(pane)
    pane.setMinimumSize(1, 1)  # as in a window on a small screen
    pane.resize(640, 520)
    with qtbot.waitExposed(pane):
        pane.show()
    return pane


def top_of_first_row(pane: VerdictPane) -> int:
    return pane.view.visualRect(pane.view.indexAt(QPoint(2, 0))).top()


def sees_deciding_check(pane: VerdictPane) -> bool:
    place = pane.view.visualRect(pane.navigation.deciding_index())
    return place.top() >= 0 and place.bottom() < pane.view.viewport().height()


def test_a_new_trace_begins_with_a_whole_row_and_shows_the_deciding_check(pane: VerdictPane) -> None:
    for height in HEIGHTS:
        pane.resize(640, height)
        pane.show_explanation(explain(many_cache(30), many_probe(20, "x")))  # of another store each time
        assert pane.view.verticalScrollBar().value() > 0, height
        assert (top_of_first_row(pane), sees_deciding_check(pane)) == (0, True), height


def test_a_resized_trace_begins_with_a_whole_row_and_shows_the_deciding_check(pane: VerdictPane) -> None:
    pane.show_explanation(explain(many_cache(30), many_probe(20, "x")))
    for height in (*reversed(HEIGHTS), *HEIGHTS):
        pane.resize(640, height)
        QApplication.processEvents()
        assert (top_of_first_row(pane), sees_deciding_check(pane)) == (0, True), height


def test_the_end_of_a_trace_begins_with_a_whole_row(pane: VerdictPane, qtbot: QtBot) -> None:
    pane.show_explanation(explain(many_cache(30), many_probe(20, "x")))
    pane.show_differences_only(False)
    pane.view.setFocus()
    for height in HEIGHTS:
        pane.resize(640, height)
        qtbot.keyClick(pane.view, Qt.Key.Key_Home)
        qtbot.keyClick(pane.view, Qt.Key.Key_End)
        last = pane.view.visualRect(pane.view.currentIndex())
        assert top_of_first_row(pane) == 0, height
        assert 0 <= last.top() <= last.bottom() < pane.view.viewport().height(), height


def test_the_user_scrolls_by_pixels_and_a_click_then_moves_nothing(pane: VerdictPane, qtbot: QtBot) -> None:
    pane.show_explanation(explain(many_cache(30), many_probe(20, "x")))
    viewport, scroll = pane.view.viewport(), pane.view.verticalScrollBar()
    before = scroll.value()
    scroll.setValue(before - 5)
    assert scroll.value() == before - 5
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(200, 45))
    assert pane.view.currentIndex().isValid()
    assert scroll.value() == before - 5


CONDITIONS = ("", "step 15 had hit")


@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_headline_shows_all_its_words_at_every_width(pane: VerdictPane, condition: str) -> None:
    probe = small_probe()
    pane.show_explanation(small(), SelectedItem("step", probe, only_if=condition))
    banner = pane.banner
    assert "MISS" in banner.text
    assert condition in banner.text
    for width in range(180, 700, 13):
        pane.resize(width, 600)
        QApplication.processEvents()
        for label in (banner._word, banner._head):
            widest = max(map(label.fontMetrics().horizontalAdvance, broken_into_parts(label)))
            assert label.width() >= widest, (width, label.text())
            assert label.height() >= label.heightForWidth(label.width()), (width, label.text())
            assert banner.rect().contains(label.geometry()), (width, label.text())


def broken_into_parts(label: WrappedText) -> list[str]:
    """What cannot be broken."""
    shown = str(super(Wrapped, label).text())
    return shown.replace("\u200b", " ").split()


def test_the_sentence_stands_beside_its_word_if_there_is_space(pane: VerdictPane) -> None:
    pane.show_explanation(explain(small_cache(), small_probe()))
    for width, is_beside in ((600, True), (210, False), (600, True)):
        pane.resize(width, 600)
        QApplication.processEvents()
        word, head = pane.banner._word.geometry(), pane.banner._head.geometry()
        assert (head.left() > word.right()) is is_beside
        assert (head.top() >= word.bottom()) is not is_beside


def test_the_image_of_a_candidate_is_revealed_below_a_whole_row(pane: VerdictPane) -> None:
    explanation = explain(many_cache(30), many_probe(3, "x"))
    pane.show_explanation(explanation)
    stage = explanation.trace.stage(StageKind.LOCAL)
    assert stage is not None
    for position in (29, 5, 17, 2):
        pane.reveal_image(stage.subjects[position].image.id)
        place = pane.view.visualRect(pane.view.currentIndex())
        assert top_of_first_row(pane) == 0
        assert 0 <= place.top() <= place.bottom() < pane.view.viewport().height()
