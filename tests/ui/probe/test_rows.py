"""Lists and maps edited in rows, by keyboard and mouse. Qt's tester checks every model."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from model_kit import checked_by_qt
from probe_kit import focused, go_to, press, rows, type_text
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from cacheview.ui.document import ProbeDocument
from cacheview.ui.probe.inputs import LineEdit
from cacheview.ui.probe.pane import ProbePane
from cacheview.ui.probe.rows_model import ConfigRowsModel, RowTexts

Key = Qt.Key
ALT = Qt.KeyboardModifier.AltModifier


def env(document: ProbeDocument) -> tuple[str, ...] | None:
    return document.probe.config.Env


def test_add_by_keyboard(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    rows(pane, "Env").view.setFocus()
    press(qtbot, Key.Key_Return)
    type_text(qtbot, "D=4")
    assert env(document) == ("A=1", "B=2", "C=3", "D=4"), "the probe follows while the text is typed"
    press(qtbot, Key.Key_Return)
    type_text(qtbot, "E=5")
    press(qtbot, Key.Key_Return)
    press(qtbot, Key.Key_Return)  # an empty row adds nothing
    assert env(document) == ("A=1", "B=2", "C=3", "D=4", "E=5")
    assert document.undo_stack.count() == 2
    assert document.undo_stack.undoText() == "Add Env[4]"
    assert focused() is rows(pane, "Env").view


def test_edit_by_keyboard(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    go_to(rows(pane, "Env").view, 1)
    press(qtbot, Key.Key_F2)
    press(qtbot, Key.Key_End)
    type_text(qtbot, "34")
    assert env(document) == ("A=1", "B=234", "C=3")
    press(qtbot, Key.Key_Return)
    assert document.undo_stack.undoText() == "Edit Env[1]"
    document.undo_stack.undo()
    assert env(document) == ("A=1", "B=2", "C=3")
    assert rows(pane, "Env").model.rows[1] == ("B=2",)


def test_a_click_on_the_selected_empty_row_starts_editing(pane: ProbePane, qtbot: QtBot) -> None:
    view = rows(pane, "Env").view
    go_to(view, 3)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.row_rect(3).center())
    assert view.state() == view.State.EditingState
    assert isinstance(focused(), LineEdit)


def test_typing_on_a_row_replaces_it(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    go_to(rows(pane, "Env").view, 0)
    type_text(qtbot, "X")
    assert isinstance(focused(), LineEdit)
    press(qtbot, Key.Key_Return)
    assert env(document) == ("X", "B=2", "C=3")


def test_escape_takes_back_what_was_typed(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    go_to(rows(pane, "Env").view, 1)
    press(qtbot, Key.Key_F2)
    type_text(qtbot, "zz")
    assert env(document) != ("A=1", "B=2", "C=3")
    press(qtbot, Key.Key_Escape)
    assert env(document) == ("A=1", "B=2", "C=3")
    press(qtbot, Key.Key_Return)
    type_text(qtbot, "new")
    press(qtbot, Key.Key_Escape)
    assert env(document) == ("A=1", "B=2", "C=3")
    assert not document.undo_stack.canUndo()


def test_an_element_can_be_empty(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    go_to(rows(pane, "Env").view, 2)
    press(qtbot, Key.Key_F2)
    focused().selectAll()  # type: ignore[attr-defined]
    press(qtbot, Key.Key_Delete)
    press(qtbot, Key.Key_Return)
    assert env(document) == ("A=1", "B=2", "")


def test_move_and_remove_by_keyboard(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    view = rows(pane, "Env").view
    go_to(view, 2)
    press(qtbot, Key.Key_Up, ALT)
    assert env(document) == ("A=1", "C=3", "B=2")
    assert view.currentIndex().row() == 1, "the moved row stays selected"
    press(qtbot, Key.Key_Up, ALT)
    press(qtbot, Key.Key_Up, ALT)  # it is already the first row
    assert env(document) == ("C=3", "A=1", "B=2")
    press(qtbot, Key.Key_Down, ALT)
    assert env(document) == ("A=1", "C=3", "B=2")
    assert document.undo_stack.undoText() == "Move Env[0] down"
    press(qtbot, Key.Key_Delete)
    assert env(document) == ("A=1", "B=2")
    for _ in range(3):
        press(qtbot, Key.Key_Delete)  # the empty row stays
    assert env(document) == ("A=1",)
    while document.undo_stack.canUndo():
        document.undo_stack.undo()
    assert env(document) == ("A=1", "B=2", "C=3")
    assert [row[0] for row in rows(pane, "Env").model.rows] == ["A=1", "B=2", "C=3"]


def test_add_and_remove_by_pointer(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    view = rows(pane, "Env").view
    left = Qt.MouseButton.LeftButton
    qtbot.mouseClick(view.viewport(), left, pos=view.row_rect(3).center())
    type_text(qtbot, "D")
    press(qtbot, Key.Key_Return)
    press(qtbot, Key.Key_Escape)
    assert env(document) == ("A=1", "B=2", "C=3", "D")
    place = view.row_rect(0)
    qtbot.mouseMove(view.viewport(), place.center())
    qtbot.mouseClick(view.viewport(), left, pos=QPoint(place.right() - 14, place.center().y()))
    assert env(document) == ("B=2", "C=3", "D")


def test_menu_of_a_row(pane: ProbePane, document: ProbeDocument) -> None:
    view = rows(pane, "Env").view
    menu = view.row_menu(0)
    enabled = {action.text().replace("&", "").partition("\t")[0]: action.isEnabled() for action in menu.actions()}
    assert enabled["Move down"]
    assert not enabled["Move up"]
    next(action for action in menu.actions() if action.text().replace("&", "") == "Move down").trigger()
    assert env(document) == ("B=2", "A=1", "C=3")
    menu.deleteLater()


def test_lines_are_pasted_as_rows_and_rows_copied(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    view = rows(pane, "Env").view
    go_to(view, 0)
    press(qtbot, Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "A=1"
    QGuiApplication.clipboard().setText("X=1\nY=2\n")
    press(qtbot, Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert env(document) == ("A=1", "B=2", "C=3", "X=1", "Y=2")
    document.undo_stack.undo()
    assert env(document) == ("A=1", "B=2", "C=3")


def test_undo_key_while_a_row_is_edited(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    go_to(rows(pane, "Env").view, 0)
    press(qtbot, Key.Key_F2)
    type_text(qtbot, "X")
    press(qtbot, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert env(document) == ("A=1", "B=2", "C=3")
    assert isinstance(focused(), LineEdit)
    assert focused().text() == "A=1", "the open editor follows"  # type: ignore[attr-defined]
    press(qtbot, Key.Key_Return)
    assert env(document) == ("A=1", "B=2", "C=3")


def test_label_is_key_then_value(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    rows(pane, "Labels").view.setFocus()
    press(qtbot, Key.Key_Return)
    type_text(qtbot, "team")
    press(qtbot, Key.Key_Return)
    type_text(qtbot, "web")
    press(qtbot, Key.Key_Return)
    press(qtbot, Key.Key_Escape)
    assert document.probe.config.Labels == {"a": "1", "b": "2", "team": "web"}
    assert document.undo_stack.count() == 1, "key and value are a single undo step"
    document.undo_stack.undo()
    assert document.probe.config.Labels == {"a": "1", "b": "2"}


def test_key_that_occurs_twice_is_reported_and_kept(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    field = rows(pane, "Labels")
    go_to(field.view, 1)
    press(qtbot, Key.Key_F2)
    press(qtbot, Key.Key_Backspace)
    type_text(qtbot, "a")
    assert document.probe.config.Labels == {"a": "1"}
    assert [row[0] for row in field.model.rows] == ["a", "a"]
    assert "already in a row above" in field.model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    type_text(qtbot, "b")
    press(qtbot, Key.Key_Tab)
    press(qtbot, Key.Key_Tab)
    assert document.probe.config.Labels == {"a": "1", "ab": "2"}
    assert "already in a row above" not in field.model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)


def test_ports(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    rows(pane, "ExposedPorts").view.setFocus()
    press(qtbot, Key.Key_Return)
    type_text(qtbot, "80/tcp")
    press(qtbot, Key.Key_Return)
    type_text(qtbot, "53/udp")
    press(qtbot, Key.Key_Tab)
    assert document.probe.config.ExposedPorts == {"80/tcp": {}, "53/udp": {}}


def test_an_unusual_volume_value_is_kept(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    document.set_field("Volumes", {"/data": {"odd": 1}})
    rows(pane, "Volumes").view.setFocus()
    press(qtbot, Key.Key_Return)
    type_text(qtbot, "/x")
    press(qtbot, Key.Key_Tab)
    assert document.probe.config.Volumes == {"/data": {"odd": 1}, "/x": {}}


def test_none_and_empty_look_different(pane: ProbePane, document: ProbeDocument) -> None:
    field = rows(pane, "Entrypoint")
    assert field.model.prompts == ("none",)
    document.set_field("Entrypoint", ())
    assert field.model.prompts == ("empty",)
    document.undo_stack.undo()
    assert field.model.prompts == ("none",)


@pytest.mark.parametrize("text", ["<b>bold</b>", "a\nb\x00c", "\u202egnp", "x" * 100_000, "  "])
def test_any_text_is_shown_as_text(pane: ProbePane, document: ProbeDocument, text: str) -> None:
    document.set_field("Env", (text,))
    field = rows(pane, "Env")
    pane.grab()
    assert field.model.index(0, 0).data() == text
    tip = field.model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "<b>" not in tip
    assert len(tip) < 10_000


texts = st.lists(st.sampled_from("abc").map(lambda text: (text,)), max_size=6)


@given(states=st.lists(texts, min_size=1, max_size=5))
@examples(1)
def test_views_are_notified_of_every_row_change(states: list[list[RowTexts]], qapp: object) -> None:
    model = ConfigRowsModel("Env", 1, ordered=True)
    tester = checked_by_qt(model)
    seen: list[str] = [""]

    def text(row: int) -> str:
        return str(model.index(row, 0).data())

    def inserted(_: QModelIndex, first: int, last: int) -> None:
        seen[first:first] = [text(row) for row in range(first, last + 1)]

    def removed(_: QModelIndex, first: int, last: int) -> None:
        del seen[first : last + 1]

    def changed(first: QModelIndex, last: QModelIndex) -> None:
        seen[first.row() : last.row() + 1] = [text(row) for row in range(first.row(), last.row() + 1)]

    model.rowsInserted.connect(inserted)
    model.rowsRemoved.connect(removed)
    model.dataChanged.connect(changed)
    for state in states:
        model.set_rows(state)
        assert seen == [*(row[0] for row in state), ""]
    assert tester.model() is model


@given(actions=st.lists(st.tuples(st.sampled_from(["up", "down", "remove", "add"]), st.integers(0, 5)), max_size=12))
@examples(1)
def test_actions_do_what_they_say(actions: list[tuple[str, int]], qapp: object) -> None:
    model = ConfigRowsModel("Cmd", 1, ordered=True)
    tester = checked_by_qt(model)
    requests: list[Sequence[RowTexts]] = []
    model.requested.connect(lambda rows, *_: requests.append(rows))
    expected = ["a", "b", "c"]
    model.set_rows([(text,) for text in expected])
    for action, row in actions:
        requests.clear()
        before = list(expected)
        if action == "add":
            model.setData(model.index(len(expected), 0), str(row))
            expected.append(str(row))
        elif action == "remove":
            model.remove(row)
            del expected[row : row + 1]
        else:
            step = -1 if action == "up" else 1
            model.move(row, step)
            if row < len(expected) and 0 <= row + step < len(expected):
                expected[row], expected[row + step] = expected[row + step], expected[row]
        assert [text[0] for text in model.rows] == expected
        if expected != before:
            assert [text[0] for text in requests[-1]] == expected
        elif action in ("add", "remove"):
            assert requests == []
    assert tester.model() is model
