"""The probe pane: each kind of editor, undo, marks and revealing fields."""

from __future__ import annotations

import statistics
import time

import pytest
from probe_kit import BASE, STORE, WEB, WORKDIR, focused, go_to, image, press, rows, type_text
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QLineEdit, QListView, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from cacheview.model import CONFIG_FIELDS, ContainerConfig, HealthConfig, ImageStore, Probe
from cacheview.ui.document import ProbeDocument
from cacheview.ui.probe.fields import FlagField, NumberField, TextField
from cacheview.ui.probe.healthcheck import HealthcheckField
from cacheview.ui.probe.image_search import IMAGE_ROLE, ImageIndex
from cacheview.ui.probe.instruction_dialog import InstructionDialog
from cacheview.ui.probe.marks import FieldMark
from cacheview.ui.probe.pane import ProbePane
from cacheview.ui.probe.rows_model import MARK_ROLE
from cacheview.ui.probe.rows_view import RowsView
from cacheview.ui.theme import DARK, LIGHT, apply_theme

Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier


def text_line(pane: ProbePane, name: str) -> QLineEdit:
    editor = pane.form.row(name).editor
    assert isinstance(editor, TextField)
    return editor.line


# Kinds of editor


def test_text(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    line = text_line(pane, "User")
    line.setFocus()
    type_text(qtbot, "1000")
    assert document.probe.config.User == "1000"
    assert document.undo_stack.count() == 1
    press(qtbot, Key.Key_Z, CONTROL)
    assert document.probe.config.User == ""
    assert line.text() == ""
    press(qtbot, Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert line.text() == "1000"


def test_leaving_a_field_ends_the_undo_step(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    line = text_line(pane, "User")
    line.setFocus()
    type_text(qtbot, "a")
    rows(pane, "Env").view.setFocus()
    line.setFocus()
    line.end(False)
    type_text(qtbot, "b")
    assert document.undo_stack.count() == 2


def test_flag(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    pane.reveal("Tty")
    editor = pane.form.row("Tty").editor
    assert isinstance(editor, FlagField)
    press(qtbot, Key.Key_Space)
    assert document.probe.config.Tty is True
    assert document.undo_stack.undoText() == "Set Tty"
    document.undo_stack.undo()
    assert not editor.box.isChecked()


def test_number(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    pane.reveal("StopTimeout")
    editor = pane.form.row("StopTimeout").editor
    assert isinstance(editor, NumberField)
    type_text(qtbot, "-1x0")
    assert document.probe.config.StopTimeout == -10
    press(qtbot, Key.Key_Up)
    assert document.probe.config.StopTimeout == -9
    editor.number.selectAll()
    type_text(qtbot, "9999999999999999999")
    assert document.probe.config.StopTimeout == 999999999999999999, "a digit that would exceed 64 bits is not accepted"
    editor.number.selectAll()
    press(qtbot, Key.Key_Delete)
    assert document.probe.config.StopTimeout is None
    type_text(qtbot, "0")
    assert document.probe.config.StopTimeout == 0


def test_healthcheck(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    pane.reveal("Healthcheck")
    editor = pane.form.row("Healthcheck").editor
    assert isinstance(editor, HealthcheckField)
    press(qtbot, Key.Key_Space)
    assert document.probe.config.Healthcheck == HealthConfig(), "an empty health check is not the same as none"
    pane.reveal("Healthcheck.Interval")
    type_text(qtbot, "1m30")
    assert document.probe.config.Healthcheck == HealthConfig(Interval=60_000_000_000)
    assert "not a duration" in editor.problems["Interval"].text()
    type_text(qtbot, "s")
    assert document.probe.config.Healthcheck == HealthConfig(Interval=90_000_000_000)
    assert editor.problems["Interval"].isHidden()
    pane.reveal("Healthcheck.Retries")
    type_text(qtbot, "3")
    pane.reveal("Healthcheck.Test")
    type_text(qtbot, "NONE")
    press(qtbot, Key.Key_Tab)
    assert document.probe.config.Healthcheck == HealthConfig(Test=("NONE",), Interval=90_000_000_000, Retries=3)
    editor.box.setFocus()
    press(qtbot, Key.Key_Space)
    assert document.probe.config.Healthcheck is None
    document.undo_stack.undo()
    assert editor.durations["Interval"].text() == "1m30s"
    assert editor.retries.text() == "3"


def test_a_wrong_duration_is_reported_and_leaves_the_probe(
    pane: ProbePane, document: ProbeDocument, qtbot: QtBot
) -> None:
    document.set_field("Healthcheck", HealthConfig(Timeout=5_000_000_000))
    pane.reveal("Healthcheck.Timeout")
    editor = pane.form.row("Healthcheck").editor
    assert isinstance(editor, HealthcheckField)
    line = editor.durations["Timeout"]
    line.selectAll()
    type_text(qtbot, "x")
    problem = editor.problems["Timeout"]
    assert "not a duration" in problem.text()
    assert document.probe.config.Healthcheck == HealthConfig(Timeout=5_000_000_000)
    assert problem.geometry().top() > line.geometry().top()
    assert problem.geometry().top() < editor.durations["StartPeriod"].geometry().top()
    for key in (Key.Key_Return, Key.Key_Tab):
        press(qtbot, key)
        assert line.text() == "x", "the typed text stays, and the error is shown"
        assert not problem.isHidden()
    document.set_field("User", "me")
    assert line.text() == "x"
    line.setFocus()
    line.selectAll()
    type_text(qtbot, "7s")
    assert problem.isHidden()
    assert document.probe.config.Healthcheck == HealthConfig(Timeout=7_000_000_000)


# Parent and sources


def test_parent_is_searched_and_chosen(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    line = pane.parent_field.line
    line.setFocus()
    type_text(qtbot, "workdir")
    assert line.list_is_open
    assert document.probe.parent == BASE.id, "typing alone does not change the parent"
    qtbot.keyClick(line, Key.Key_Return)
    assert document.probe.parent == WORKDIR.id
    assert document.undo_stack.undoText() == f"Set parent to {WORKDIR.short_id}"
    document.undo_stack.undo()
    assert line.text() == "shop/base:1"
    assert pane.parent_field.hint.text() == BASE.short_id


def test_parent_from_the_open_list(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    line = pane.parent_field.line
    line.setFocus()
    qtbot.keyClick(line, Key.Key_Down)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, QListView)
    before = document.probe.parent
    assert popup.currentIndex().data(IMAGE_ROLE).id == before, "the list opens at the current parent"
    qtbot.keyClick(popup, Key.Key_Return)
    assert document.probe.parent == before
    qtbot.keyClick(line, Key.Key_Down)
    qtbot.keyClick(popup, Key.Key_Home, Qt.KeyboardModifier.ControlModifier)  # Home alone moves the cursor in the line
    qtbot.keyClick(popup, Key.Key_Return)
    assert document.probe.parent == "", "scratch is the first entry"
    assert line.text() == "scratch"


def test_all_images_are_listed_by_name_then_the_newest() -> None:
    named = [found.title for found in ImageIndex(STORE).search("") if found.names]
    unnamed = [found for found in ImageIndex(STORE).search("") if not found.names]
    assert named == sorted(named, key=str.lower)
    assert len(named) + len(unnamed) == len(STORE.images)
    times = [found.created.instant for found in unnamed if found.created is not None]
    assert times == sorted(times, reverse=True)


def test_the_fold_says_how_many_of_its_fields_are_set(pane: ProbePane, document: ProbeDocument) -> None:
    pane.form.set_unfolded(True)
    assert pane.form.fold.text().endswith("defaults")
    document.set_field("Tty", True)
    document.set_field("StopSignal", "SIGTERM")
    assert pane.form.fold.text().endswith(", 2 of them set")
    assert pane.form.fold.accessibleName().endswith(", 2 of them set")
    document.undo_stack.undo()
    document.undo_stack.undo()
    assert pane.form.fold.text().endswith("defaults")


def test_parent_that_the_store_lacks_is_kept(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    unknown = "sha256:" + "ab" * 32
    line = pane.parent_field.line
    line.setFocus()
    line.selectAll()
    type_text(qtbot, unknown)
    press(qtbot, Key.Key_Return)
    assert document.probe.parent == unknown
    rows(pane, "Env").view.setFocus()
    assert pane.parent_field.hint.text() == "not in this store"
    assert line.text() == "abababababab"
    line.setFocus()
    assert line.text() == unknown
    press(qtbot, Key.Key_Return)
    assert document.undo_stack.count() == 1


def test_leaving_an_incomplete_parent_changes_nothing(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    line = pane.parent_field.line
    line.setFocus()
    type_text(qtbot, "zzz")
    rows(pane, "Env").view.setFocus()
    assert line.text() == "shop/base:1"
    assert document.probe.parent == BASE.id
    assert document.undo_stack.count() == 0


def test_cache_from(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    field = rows(pane, "cache_from")
    field.view.setFocus()
    press(qtbot, Key.Key_Return)
    type_text(qtbot, "nowhere/else:3")
    assert document.probe.cache_from == (), "a reference takes effect only when it is confirmed"
    press(qtbot, Key.Key_Return)
    assert document.probe.cache_from == ("nowhere/else:3",)
    note = field.model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "skipped: no such image" in note
    type_text(qtbot, "web")
    editor = focused()
    qtbot.keyClick(QApplication.activePopupWidget() or editor, Key.Key_Down)
    qtbot.keyClick(QApplication.activePopupWidget() or editor, Key.Key_Return)
    assert document.probe.cache_from == ("nowhere/else:3", "shop/web:1.1")
    assert WEB.short_id in field.model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    press(qtbot, Key.Key_Escape)
    go_to(field.view, 1)
    press(qtbot, Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert document.probe.cache_from == ("shop/web:1.1", "nowhere/else:3")
    assert document.undo_stack.undoText() == "Move Cache from[1] up"


def test_platform(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    line = pane.platform_field.line
    line.setFocus()
    type_text(qtbot, "linux/arm/v7")
    press(qtbot, Key.Key_Return)
    assert str(document.probe.platform) == "linux/arm/v7"
    line.selectAll()
    type_text(qtbot, "linux")
    press(qtbot, Key.Key_Return)
    assert "is not a platform" in pane.platform_field.problem.text()
    assert str(document.probe.platform) == "linux/arm/v7"
    line.selectAll()
    press(qtbot, Key.Key_Delete)
    press(qtbot, Key.Key_Return)
    assert document.probe.platform is None
    assert pane.platform_field.problem.isHidden()


# JSON


def paste(pane: ProbePane, text: str) -> None:
    edit = pane.json.text
    edit.selectAll()
    if text:
        QApplication.clipboard().setText(text)
        edit.paste()
    else:
        edit.textCursor().removeSelectedText()


def test_undo_in_json_is_that_of_the_document(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    pane.show_json(True)
    pane.json.text.setFocus()
    before = document.probe.config
    pane.json.text.setPlainText('{"User": "1000"}')
    assert document.probe.config.User == "1000"
    press(qtbot, Key.Key_Z, CONTROL)
    assert document.probe.config == before
    press(qtbot, Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert document.probe.config.User == "1000"


def test_json_shows_and_takes_the_config(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    pane.show_json(True)
    assert '"Env": [' in pane.json.text.toPlainText()
    paste(pane, '{"Env": [], "user": "7", "Cmd": "one string", "Unknown": 1}')
    assert document.probe.config == ContainerConfig(Env=(), User="7", Cmd=("one string",))
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert '"A=1"' in pane.json.text.toPlainText()
    document.undo_stack.redo()
    assert '"Env": []' in pane.json.text.toPlainText()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"Env": ["A=1", 3]}', "Env[1]"),
        ('{"Env": ["A=1",\n}', "line 2"),
        ("", "not JSON"),
        ("[1, 2]", "object"),
        ('{"Config": {"Labels": {"a": 1}}}', "Config.Labels.a"),
        ("[" * 100_000, "nested too deeply"),
        ("<b>x</b>", "not JSON"),
    ],
)
def test_bad_json_is_reported_in_place(pane: ProbePane, document: ProbeDocument, text: str, why: str) -> None:
    before = document.probe
    pane.show_json(True)
    paste(pane, text)
    assert why in pane.json.message.text()
    assert pane.json.error is not None
    assert document.probe == before
    assert document.undo_stack.count() == 0
    paste(pane, "{}")
    assert pane.json.error is None
    assert document.probe.config == ContainerConfig()


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ('[{"Id": "x", "Config": {"User": "a"}, "ContainerConfig": {"User": "b"}}]', "b"),
        ('{"Id": "x", "Config": {"User": "a"}, "ContainerConfig": {}}', "a"),
        ('{"architecture": "amd64", "config": {"User": "a"}, "container_config": {"User": "c"}}', "c"),
        ('{"os": "linux", "config": {"User": "d"}}', "d"),
    ],
)
def test_pasted_inspect_output(pane: ProbePane, document: ProbeDocument, text: str, user: str) -> None:
    pane.show_json(True)
    paste(pane, text)
    assert document.probe.config == ContainerConfig(User=user)
    assert pane.json.text.toPlainText() == f'{{\n  "User": "{user}"\n}}'
    assert "Read from" in pane.json.message.text()


def test_an_edit_elsewhere_keeps_the_cursor_in_the_json(pane: ProbePane, document: ProbeDocument) -> None:
    document.set_field("Labels", {"🐳": "whale"})
    pane.show_json(True)
    cursor = pane.json.text.textCursor()
    cursor.movePosition(cursor.MoveOperation.End)
    pane.json.text.setTextCursor(cursor)
    document.set_field("Env", ("A=1", "B=🐳", "C=3"))
    after = pane.json.text.textCursor()
    assert after.atEnd()
    assert '"B=🐳"' in pane.json.text.toPlainText()
    assert pane.json.error is None


# Filling the probe


def test_from_image(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    qtbot.mouseClick(pane.from_image, Qt.MouseButton.LeftButton)
    type_text(qtbot, "WEB")
    press(qtbot, Key.Key_Return)
    assert document.probe.parent == BASE.id
    assert document.probe.config == WEB.config.container_config
    assert document.undo_stack.undoText() == "Use the probe from shop/web:1.1"
    pane.load_from_image(BASE)
    assert document.probe.parent == ""


def test_an_unknown_image_name_leaves_the_probe_unchanged(
    pane: ProbePane, document: ProbeDocument, qtbot: QtBot
) -> None:
    qtbot.mouseClick(pane.from_image, Qt.MouseButton.LeftButton)
    type_text(qtbot, "nothing-like-it")
    popup = QApplication.activePopupWidget()
    assert popup is not None
    assert any("No image" in label.text() for label in popup.findChildren(QLabel) if label.isVisible())
    press(qtbot, Key.Key_Return)
    press(qtbot, Key.Key_Escape)
    assert document.undo_stack.count() == 0


def test_from_instruction(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    qtbot.mouseClick(pane.from_instruction, Qt.MouseButton.LeftButton)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, InstructionDialog)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is dialog.line)
    type_text(qtbot, "NONSENSE x")
    press(qtbot, Key.Key_Return)
    assert dialog.isVisible(), "the error is shown in the dialog"
    assert document.undo_stack.count() == 0
    dialog.line.selectAll()
    type_text(qtbot, "ENV MODE=prod")
    press(qtbot, Key.Key_Return)
    assert document.probe.config.Cmd == ("/bin/sh", "-c", "#(nop) ", "ENV MODE=prod")
    assert document.undo_stack.undoText() == "Use the config from ENV MODE=prod"


# Folding, marks, reveal


def test_fields_at_their_defaults_are_folded(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    assert not pane.form.shows("Hostname")
    assert pane.form.fold.text() == "18 more fields, all at their defaults"
    document.set_field("Hostname", "h")
    assert pane.form.shows("Hostname")
    assert pane.form.fold.text() == "17 more fields, all at their defaults"
    document.undo_stack.undo()
    assert pane.form.shows("Hostname"), "no field disappears during editing"
    pane.form.fold.click()
    assert all(pane.form.shows(name) for name in CONFIG_FIELDS)
    pane.form.fold.click()
    assert not pane.form.shows("Hostname")
    document.set_field("Hostname", "h")
    document.load(Probe())
    assert not pane.form.shows("Hostname"), "a newly loaded probe starts folded"


def test_marks(pane: ProbePane, document: ProbeDocument) -> None:
    document.set_field("WorkingDir", "/app")
    env = rows(pane, "Env")
    pane.set_marks(
        {
            "Env[1]": FieldMark("failed", "B=12"),
            "User": FieldMark("failed", "0"),
            "WorkingDir": FieldMark("not compared"),
            "Cmd[0]": FieldMark("passed", "/bin/sh"),
            "Hostname": FieldMark("failed", "<b>h</b>", "differs"),
        }
    )
    mark = env.model.index(1, 0).data(MARK_ROLE)
    assert (mark.outcome, "B=2"[mark.part]) == ("failed", "")
    assert "image: B=12" in env.model.index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert pane.form.row("Env").remark == "failed"
    assert pane.form.row("User").remark == "failed"
    assert pane.form.row("WorkingDir").remark.startswith("not compared")
    assert pane.form.row("Cmd").remark == ""
    assert pane.form.shows("Hostname"), "a failed field is shown"
    assert "&lt;b&gt;" in text_line(pane, "Hostname").toolTip()
    document.set_field("Env", ("A=1", "B=132", "C=3"))
    assert "B=132"[env.model.index(1, 0).data(MARK_ROLE).part] == "3", "the mark follows the typed text"
    pane.set_marks({})
    assert env.model.index(1, 0).data(MARK_ROLE) is None
    assert pane.form.row("User").remark == ""


@pytest.mark.looks
def test_failed_row_is_drawn_on_the_failed_surface(pane: ProbePane) -> None:
    row = pane.form.row("User")
    before = row.grab().toImage().pixelColor(2, 2).name()
    pane.set_marks({"User": FieldMark("failed", "0")})
    after = row.grab().toImage().pixelColor(2, 2).name()
    assert before == "#ffffff"
    assert after == "#fdf1e0"


def test_a_mark_of_a_missing_key_is_shown_at_its_field(pane: ProbePane) -> None:
    pane.set_marks({'Labels["x"]': FieldMark("failed", "1"), "len(Cmd)": FieldMark("failed")})
    assert pane.form.row("Labels").remark == "failed"
    assert pane.form.row("Cmd").remark == "failed"


@pytest.mark.parametrize(
    ("path", "row"), [("Env[2]", 2), ('Labels["b"]', 1), ("Env", 0), ("Cmd[9]", 0), ("len(Cmd)", 0), ('Labels["x"]', 0)]
)
def test_reveal_of_an_element(pane: ProbePane, path: str, row: int, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(pane.field_activated):
        pane.reveal(path)
    view = focused()
    assert isinstance(view, RowsView)
    assert view.currentIndex().row() == row


def test_pointing_at_a_field_selects_it_without_moving_the_focus(pane: ProbePane) -> None:
    pane.parent_field.line.setFocus()
    pane.point_at("Env[1]")
    assert rows(pane, "Env").view.selectionModel().selectedIndexes()[0].row() == 1
    pane.point_at("Cmd[0]")
    assert focused() is pane.parent_field.line
    assert not rows(pane, "Env").view.selectionModel().hasSelection()
    assert rows(pane, "Cmd").view.selectionModel().hasSelection()


@pytest.mark.looks
def test_reveal_unfolds_and_scrolls(pane: ProbePane) -> None:
    pane.resize(420, 420)
    pane.show_json(True)
    pane.reveal("Shell")
    line = focused()
    assert line is pane.form.row("Shell").editor.buddy()
    top = line.mapTo(pane.form.viewport(), line.rect().topLeft()).y()
    assert 0 <= top < pane.form.viewport().height()
    pane.reveal("parent")
    assert focused() is pane.parent_field.line
    pane.reveal("cache_from[0]")
    assert focused() is pane.cache_from_field.view
    pane.reveal("platform")
    assert focused() is pane.platform_field.line or focused() is pane.platform_field.combo


@pytest.mark.parametrize("path", ["", "Color", "Env[", "Env[1.5]", "../x"])
def test_revealing_an_invalid_field_path_is_an_error(pane: ProbePane, path: str) -> None:
    with pytest.raises(ValueError, match="not a field path"):
        pane.reveal(path)


def test_focusing_a_field_emits_its_name(pane: ProbePane, qtbot: QtBot) -> None:
    activated: list[str] = []
    pane.field_activated.connect(activated.append)
    view = rows(pane, "Env").view
    view.setFocus()
    press(qtbot, Key.Key_Down)
    text_line(pane, "User").setFocus()
    rows(pane, "Labels").view.setFocus()
    pane.parent_field.line.setFocus()
    assert activated == ["Env[0]", "Env[1]", "User", 'Labels["a"]', "parent"]


# Changes in place


def test_a_change_from_elsewhere_keeps_focus_cursor_and_scroll(
    pane: ProbePane, document: ProbeDocument, qtbot: QtBot
) -> None:
    document.set_field("User", "abcdef")
    pane.resize(420, 400)
    pane.reveal("User")
    line = text_line(pane, "User")
    line.setCursorPosition(3)
    scroll = pane.form.verticalScrollBar().value()
    assert scroll > 0
    editors = [pane.form.row(name).editor for name in ("Cmd", "Env", "User")]
    document.set_field("Env", ("Z=1", "B=2"))
    document.set_field("User", "abcdefg")
    assert focused() is line
    assert line.cursorPosition() == 3
    assert pane.form.verticalScrollBar().value() == scroll
    assert [pane.form.row(name).editor for name in ("Cmd", "Env", "User")] == editors


def test_only_rows_that_changed_are_touched(pane: ProbePane, document: ProbeDocument) -> None:
    changed: list[tuple[int, int]] = []
    model = rows(pane, "Env").model
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    others: list[object] = []
    rows(pane, "Cmd").model.dataChanged.connect(others.append)
    document.set_field("Env", ("A=1", "B=x", "C=3"))
    assert changed == [(1, 1)]
    assert others == []


def test_an_edit_is_repainted_fast(pane: ProbePane, document: ProbeDocument) -> None:
    many = tuple(f"NAME_{number}=value {number}" for number in range(40))
    document.set_field("Env", many)
    QApplication.processEvents()
    times = []
    for number in range(30):
        start = time.perf_counter()
        document.set_field("Env", (*many[:5], f"NAME_5={number}", *many[6:]))
        pane.set_marks({"Env[5]": FieldMark("failed", f"NAME_5={number + 1}")})
        QApplication.processEvents()
        times.append(time.perf_counter() - start)
    assert statistics.median(times) < 0.1  # usually far less; a benchmark measures the actual limit


def test_ten_thousand_images_are_searched_fast(pane: ProbePane, qtbot: QtBot) -> None:
    pane.set_store(ImageStore(tuple(image(number, by=f"RUN step {number}") for number in range(1, 10_001))))
    line = pane.parent_field.line
    line.setFocus()
    type_text(qtbot, "step 99")
    assert line.list_is_open
    assert len(pane.findChildren(QWidget)) < 400, "a list over a model, without a widget for each image"
    press(qtbot, Key.Key_Escape)


# Accessibility


def test_every_editor_has_a_name_and_a_label(pane: ProbePane) -> None:
    pane.form.fold.click()
    for name in CONFIG_FIELDS:
        row = pane.form.row(name)
        assert row.editor.buddy().accessibleName() == name
        assert row.label.buddy() is row.editor.buddy()
    for widget in pane.findChildren(QWidget):
        inputs = isinstance(widget, QLineEdit | QPlainTextEdit | QCheckBox | RowsView)
        if inputs and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            assert widget.accessibleName(), widget


def test_tab_goes_into_a_healthcheck_that_was_just_set(document: ProbeDocument, qtbot: QtBot) -> None:
    pane = ProbePane(document, later=True)  # as in the window: folded fields are created last
    qtbot.addWidget(pane)
    while pane.make_next():
        pass
    with qtbot.waitActive(pane):
        pane.show()
        pane.activateWindow()
    pane.form.fold.click()
    pane.form.row("Healthcheck").editor.buddy().setFocus()
    press(qtbot, Key.Key_Space)
    seen = []
    for _ in range(7):
        press(qtbot, Key.Key_Tab)
        seen.append(focused().accessibleName())
    parts = ("Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries")
    assert seen == [*(f"Healthcheck.{part}" for part in parts), "Hostname"]


def test_tab_goes_through_the_pane_in_order(pane: ProbePane, document: ProbeDocument, qtbot: QtBot) -> None:
    document.set_field("Hostname", "h")
    pane.parent_field.line.setFocus()
    seen = []
    for _ in range(13):
        press(qtbot, Key.Key_Tab)
        widget = focused()
        seen.append(widget.accessibleName() or widget.metaObject().className())
    assert seen == [
        "Cache from",
        "Platform",
        "From image",
        "From instruction",
        "Cmd",
        "Env",
        "Labels",
        "ExposedPorts",
        "Entrypoint",
        "Volumes",
        "User",
        "Hostname",
        "Show 17 fields at their defaults",
    ]


def test_nothing_is_shown_as_markup(pane: ProbePane, document: ProbeDocument) -> None:
    document.edit(
        Probe(parent="<b>parent</b>", cache_from=("<i>x</i>",), config=ContainerConfig(User="<u>u</u>", Env=("<b>",))),
        "Edit all",
    )
    for label in pane.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText or "<" not in label.text(), label.text()
    for widget in pane.findChildren(QWidget):
        assert "<b>" not in widget.toolTip()
        assert "<u>" not in widget.toolTip()
    assert STORE.images


@pytest.mark.looks
def test_pane_follows_the_theme(pane: ProbePane, document: ProbeDocument, qapp: QApplication) -> None:
    document.edit(Probe(parent="sha256:" + "ab" * 32, config=ContainerConfig(User="1")), "Edit all")
    pane.set_marks({"User": FieldMark("failed", "0")})
    row = pane.form.row("User")
    apply_theme(qapp, Qt.ColorScheme.Dark)
    try:
        qapp.processEvents()
        assert row.label.palette().color(row.label.foregroundRole()).name() == DARK.text_muted
        assert row.grab().toImage().pixelColor(2, 2).name() == DARK.failed_surface
        hint = pane.parent_field.hint
        assert hint.palette().color(hint.foregroundRole()).name() == DARK.hazard
    finally:
        apply_theme(qapp)
    qapp.processEvents()
    assert row.label.palette().color(row.label.foregroundRole()).name() == LIGHT.text_muted
