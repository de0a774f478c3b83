"""The probe pane in little space: nothing is cut off, and fields that the rules ignore are pointed out."""

from __future__ import annotations

from functools import partial

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget
from pytestqt.qtbot import QtBot

from cacheview.model import CONFIG_FIELDS
from cacheview.ui.document import ProbeDocument
from cacheview.ui.probe.fields import RowsField
from cacheview.ui.probe.head import ParentField
from cacheview.ui.probe.inputs import LineEdit
from cacheview.ui.probe.instruction_dialog import InstructionDialog
from cacheview.ui.probe.marks import FieldMark
from cacheview.ui.probe.pane import ProbePane
from cacheview.ui.scrolled import Scrolled
from cacheview.ui.theme import current_tokens

pytestmark = pytest.mark.looks

NARROW = 250


def edges(pane: ProbePane) -> list[tuple[str, int, int]]:
    """The rows whose editor extends beyond the visible part of the form: name, right edge, visible width."""
    seen = pane.form.viewport().width()
    found = []
    content = pane.form.widget()
    assert content is not None
    for name in CONFIG_FIELDS:
        editor = pane.form.row(name).editor
        for widget in (editor, *editor.findChildren(QWidget)):
            right = widget.mapTo(content, QPoint(widget.width(), 0)).x()
            if widget.isVisible() and right > seen and not isinstance(widget.parent(), RowsField):
                found.append((name, right, seen))
    return found


@pytest.mark.parametrize("width", [NARROW, 300, 340, 420])
def test_no_editor_is_cut_off_at_the_right(pane: ProbePane, qtbot: QtBot, width: int) -> None:
    pane.form.set_unfolded(True)
    pane.resize(width, 500)
    qtbot.waitUntil(lambda: pane.form.viewport().width() < width)
    assert edges(pane) == []


def test_the_parent_hint_does_not_widen_the_pane(pane: ProbePane) -> None:
    (parent,) = pane.findChildren(ParentField)
    assert parent.line.textMargins().right() > 0
    smallest = parent.line.minimumSizeHint()
    parent.line.setTextMargins(0, 0, 0, 0)
    assert parent.line.minimumSizeHint() == smallest


def test_a_name_fits_in_the_parent_of_a_comfortable_pane_that_scrolls(pane: ProbePane, qtbot: QtBot) -> None:
    pane.resize(pane.comfortable_width(), 200)
    (scrolled,) = pane.findChildren(Scrolled)
    qtbot.waitUntil(scrolled.verticalScrollBar().isVisible)
    line = pane.parent_field.line
    for text, fits in (("shop/tool:0.9", True), ("registry.example.com/shop/tool:0.9", False)):
        line.set_value(text)
        assert (line.elided == text) is fits
        assert line.elided.endswith("…") is not fits
        line.end(False)
        line.grab()  # Qt scrolls while it paints, and only if the text is too long
        assert (line.cursorPositionAt(QPoint(0, line.height() // 2)) == 0) is fits


@pytest.mark.parametrize("width", [NARROW, 340, 366, 420])
def test_every_field_that_is_not_compared_says_so_in_words(pane: ProbePane, width: int) -> None:
    pane.form.set_unfolded(True)
    pane.resize(width, 900)
    pane.set_marks({name: FieldMark("not compared") for name in CONFIG_FIELDS})
    printed = {name: pane.form.row(name).remark for name in CONFIG_FIELDS}
    assert {name: text for name, text in printed.items() if not text.startswith("not compared")} == {}


def test_the_text_of_an_empty_map_is_not_cut_by_a_narrow_key_column(pane: ProbePane, qtbot: QtBot) -> None:
    pane.form.set_unfolded(True)
    pane.resize(300, 400)
    field = pane.form.row("Labels").editor
    assert isinstance(field, RowsField)
    field.set_value(None)
    view = field.view
    qtbot.waitUntil(view.isVisible)
    view.setColumnWidth(0, 5 * view.empty_row_width // 8)
    drawn = view.viewport().grab().toImage()
    faint = QColor(current_tokens().text_faint)
    darkest = [
        x
        for x in range(drawn.width())
        if any(abs(drawn.pixelColor(x, y).lightness() - faint.lightness()) < 40 for y in range(drawn.height()))
    ]
    assert max(darkest) >= view.empty_row_width - 6


def test_a_line_edit_scrolls_to_its_start_when_it_loses_focus(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    row = QHBoxLayout(window)
    field, other = LineEdit(), LineEdit()
    row.addWidget(field)
    row.addWidget(other)
    with qtbot.waitExposed(window):
        window.show()
    field.set_value("c36951cc7cac" * 40)
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_End)
    assert field.cursorPosition() == len(field.text())
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    assert other.hasFocus()
    assert field.cursorPosition() == 0


def test_the_title_of_the_config_stays(pane: ProbePane) -> None:
    pane.resize(NARROW, 500)
    titles = [label.text() for label in pane.findChildren(QLabel) if label.isVisible()]
    assert "Config" in titles
    assert pane.from_instruction.text().replace("&", "") == "Instruction…"
    pane.resize(600, 500)
    assert pane.from_instruction.text().replace("&", "") == "From instruction…"


def test_an_error_of_several_lines_is_shown_whole(qtbot: QtBot) -> None:
    dialog = InstructionDialog(None)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    for text in ("FOO bar", "COPY a.txt /x/", "HEALTHCHECK --interval=x CMD y"):
        dialog.line.setText(text)
        qtbot.keyClick(dialog.line, Qt.Key.Key_Return)
        problem = dialog.problem
        needed = QFontMetrics(problem.font()).boundingRect(
            0, 0, problem.width(), 10_000, int(Qt.TextFlag.TextWordWrap), problem.text()
        )
        qtbot.waitUntil(partial(lambda problem, needed: problem.height() >= needed.height(), problem, needed))
        assert dialog.rect().contains(problem.geometry()), text
    dialog.reject()


def test_an_edit_in_a_narrow_pane_keeps_the_focus(pane: ProbePane, document: ProbeDocument) -> None:
    pane.resize(600, 500)
    row = pane.form.row("User")
    row.editor.buddy().setFocus()
    pane.resize(NARROW, 500)
    assert row.editor.buddy().hasFocus()
    document.set_field("User", "x", "Edit User", "")
    assert row.editor.buddy().hasFocus()
