"""The window from opening a store to closing: panes, keyboard, layout and settings."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shared_window import SharedWindow
from window_kit import OpenWindow, drag, drop

from cacheview.cli import main
from cacheview.engine import VerdictOutcome
from cacheview.model import Image
from cacheview.ui import opener as opener_module
from cacheview.ui.loading import Report
from cacheview.ui.session import Session
from cacheview.ui.settings import Settings
from cacheview.ui.shown_store import ProbeAnswer
from cacheview.ui.window import MainWindow
from cacheview.ui.workspace import Workspace

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
CHAIN = SAMPLES / "28.5.2-gd" / "save-chain.tar.gz"
TAGS = SAMPLES / "71ebfc7c63-c8d" / "save-all-tags.tar.gz"
BY_CONFIG = "containerd-71ebfc7"
"""Rules that find the images of an archive: those of newer releases require a mark that no archive stores."""


@pytest.fixture
def window(lent_window: MainWindow) -> MainWindow:
    return lent_window


@pytest.fixture
def settings(shared_window: SharedWindow) -> Settings:
    """Of the window."""
    return shared_window.settings


def opened(window: MainWindow, qtbot: QtBot, location: Path | str, *, well: bool = True) -> None:
    with qtbot.waitSignal(window.settled, timeout=20_000) as settled:
        window.open(str(location))
    assert settled.args == [well]


def session(window: MainWindow) -> Session:
    assert window.session is not None
    return window.session


def panes(window: MainWindow) -> Workspace:
    assert window.workspace is not None
    return window.workspace


def outcome(window: MainWindow) -> VerdictOutcome:
    answer = session(window).answer
    assert answer is not None
    return answer.explanation.verdict.outcome


def texts(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]


def button(widget: QWidget, text: str) -> QPushButton:
    found = [b for b in widget.findChildren(QPushButton) if b.text().replace("&", "") == text and b.isVisible()]
    assert len(found) == 1, [b.text() for b in widget.findChildren(QPushButton) if b.isVisible()]
    return found[0]


def suite(path: Path, *cases: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(case) + "\n" for case in cases))
    return path


def case(name: str, *names: str) -> dict[str, object]:
    """A base with a child for each name, and two probes: a hit for the first child, and a miss."""
    ids = {known: f"sha256:{i:064x}" for i, known in enumerate((name, *names), 1)}
    images: list[dict[str, object]] = [
        {
            "id": image_id,
            "names": [f"docker.io/library/{known}:1"],
            **({"parent": ids[name]} if known != name else {}),
            "config": {
                "created": "2024-01-01T00:00:00Z",
                "history": [{"created_by": known, "empty_layer": True}],
                "container_config": {"Cmd": [known]},
            },
        }
        for known, image_id in ids.items()
    ]
    probes = [
        {
            "name": "found",
            "parent": ids[name],
            "config": {"Cmd": [names[0]]},
            "expect": {"outcome": "hit", "image": ids[names[0]]},
        },
        {"name": "not found", "parent": ids[name], "config": {"Cmd": ["else"]}, "expect": {"outcome": "hit"}},
    ]
    return {"rules": "containerd-71ebfc7", "name": name, "images": images, "probes": probes}


# Opening


def test_archive(window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, CHAIN)
    assert len(session(window).store.images) == 35
    session(window).choose_rules(BY_CONFIG)
    # The first probe is that of the newest image whose parent is known: a hit.
    assert outcome(window) is VerdictOutcome.HIT
    status = texts(window.status)
    assert "35 images" in status
    assert any(text.endswith(" ms") for text in status)
    assert window.windowTitle() == "save-chain.tar.gz — cacheview"


def test_archive_without_parents_says_so(window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, TAGS)
    assert window.notice.isVisible()
    (notice,) = (text for text in texts(window.notice) if "No image has a parent" in text)
    # With rules that compare layers it can match more; with rules that require marked first steps, nothing.
    assert "With rules that follow recorded parents, the local cache can match at most the first step" in notice
    session(window).choose_rules(BY_CONFIG)
    assert outcome(window) is VerdictOutcome.HIT


def test_demo_shows_what_it_expects(window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, "demo:")
    probes = session(window).case.probes
    assert len(probes) > 5
    for number in range(len(probes)):
        session(window).places.choose_probe(number)
        answer = session(window).answer
        assert answer is not None
        assert answer.differences == ()
        assert "✓ as the suite expects" in texts(window.status)
        assert window.tool_bar.probe.currentIndex() == number


def test_suite_with_cases_and_probes(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    opened(window, qtbot, suite(tmp_path / "s.jsonl", case("one", "a"), case("two", "b", "c")))
    cases, probes = window.tool_bar.case, window.tool_bar.probe
    assert [cases.itemText(i) for i in range(cases.count())] == ["1 one", "2 two"]
    assert [probes.itemText(i) for i in range(probes.count())] == ["1 found", "2 not found"]
    assert outcome(window) is VerdictOutcome.HIT
    choose(cases, 1, qtbot)
    assert len(session(window).store.images) == 3
    assert "3 images" in texts(window.status)
    choose(probes, 1, qtbot)
    assert outcome(window) is VerdictOutcome.MISS
    assert "✗ not as the suite expects" in texts(window.status)
    window.commands.previous_case.trigger()
    assert session(window).case.name == "one"
    assert cases.currentIndex() == 0


def choose(box: QComboBox, row: int, qtbot: QtBot) -> None:
    box.setFocus()
    while box.currentIndex() != row:
        qtbot.keyClick(box, Qt.Key.Key_Down if box.currentIndex() < row else Qt.Key.Key_Up)


def test_a_suite_with_unknown_rules_opens_without_its_expectations(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    other = case("one", "a") | {"rules": "graphdriver-1.0"}
    opened(window, qtbot, suite(tmp_path / "s.jsonl", other))
    assert any("graphdriver-1.0" in text for text in texts(window.notice))
    answer = session(window).answer
    assert answer is not None
    assert answer.differences is None  # the expectations are meant for other rules


def test_what_could_not_be_read(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = suite(tmp_path / "s.jsonl", case("one", "a"))
    file.write_text(file.read_text() + '{"rules": 5}\n<b>not JSON</b>\n')
    opened(window, qtbot, file)
    printed = window.notice.text
    assert printed.startswith("2 entries could not be read; the rest are shown. First: line 2: ")
    button(window.notice, "Show details").click()
    button(window.notice, "Copy").click()
    copied = QGuiApplication.clipboard().text()
    assert copied.count("\n") == 2
    assert "line 2" in copied
    window.notice.closed.emit()
    assert not window.notice.isVisible()


def test_error_without_a_store(open_window: OpenWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window()
    file = tmp_path / "<b>x.tar"
    opened(window, qtbot, file, well=False)
    assert window.session is None
    assert f"{file.name} could not be opened" in texts(window.center.start_page)
    file.write_bytes(CHAIN.read_bytes())
    with qtbot.waitSignal(window.settled, timeout=20_000) as settled:
        button(window.center.start_page, "Try again").click()
    assert settled.args == [True]


def test_error_keeps_the_store_that_is_open(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    opened(window, qtbot, CHAIN)
    before = session(window).store
    empty = tmp_path / "empty.tar"
    empty.touch()
    opened(window, qtbot, empty, well=False)
    assert session(window).store is before
    assert panes(window).isVisible()
    assert any("empty.tar could not be opened" in text for text in texts(window.notice))
    assert window.windowTitle().startswith("save-chain")
    window.commands.reload.trigger()  # reloads the open store, not the one that failed
    with qtbot.waitSignal(window.settled, timeout=20_000) as settled:
        pass
    assert settled.args == [True]
    assert len(session(window).store.images) == 35


def test_fault_of_our_own_is_reported(open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window = open_window()

    def broken(report: Report) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(opener_module, "open_work", lambda *_: broken)
    with qtbot.captureExceptions() as faults:
        opened(window, qtbot, CHAIN, well=False)
        qtbot.waitUntil(lambda: bool(faults))
    assert any("ZeroDivisionError" in text and "bug in cacheview" in text for text in texts(window.center.start_page))
    assert [str(fault) for _, fault, _ in faults] == ["by zero"]


def test_cancel(open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window = open_window()
    begun = threading.Event()

    def endless(report: Report) -> None:
        while True:
            begun.set()
            report(1, 100, "Reading <i>x</i>")

    monkeypatch.setattr(opener_module, "open_work", lambda *_: endless)
    with qtbot.waitSignal(window.opener.progressed):
        window.open(str(CHAIN))
    assert window.center.busy_page.text == "Reading <i>x</i>"
    assert window.center.busy_page.isVisible()
    assert window.commands.cancel.isEnabled()
    button(window.center.busy_page, "Cancel").click()
    assert "Open an image store" in texts(window.center.start_page)
    assert not window.commands.cancel.isEnabled()


def test_late_result_is_dropped(open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window = open_window()
    real = opener_module.open_work
    let_go = threading.Event()

    def slow_first(location: str, *others: Any) -> object:
        work = real(location, *others)

        def slow(report: Report) -> object:
            result = work(report)
            let_go.wait(5)
            return result

        return slow if location == str(TAGS) else work

    monkeypatch.setattr(opener_module, "open_work", slow_first)
    window.open(str(TAGS))
    opened(window, qtbot, CHAIN)
    let_go.set()
    window.opener.close()
    qtbot.wait(1)
    assert len(session(window).store.images) == 35


def test_closing_while_loading(open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    window = open_window()
    begun = threading.Event()

    def endless(report: Report) -> None:
        while True:
            begun.set()
            report(1, None, "")

    monkeypatch.setattr(opener_module, "open_work", lambda *_: endless)
    window.open(str(CHAIN))
    assert begun.wait(5)
    assert window.close()


def test_slow_opening_beside_an_open_store(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(window, qtbot, CHAIN)

    def endless(report: Report) -> None:
        while True:
            report(1, 100, "")

    monkeypatch.setattr(opener_module, "open_work", lambda *_: endless)
    window.open(str(TAGS))
    qtbot.waitUntil(lambda: "Opening save-all-tags.tar.gz…" in texts(window.notice))
    assert panes(window).isVisible()
    button(window.notice, "Cancel").click()
    assert "Opening save-all-tags.tar.gz…" not in texts(window.notice)
    assert len(session(window).store.images) == 35


def test_drop(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.settled, timeout=20_000):
        drop(window, CHAIN)
    assert len(session(window).store.images) == 35


def test_drop_of_text_is_not_for_the_window(window: MainWindow) -> None:
    data = QMimeData()
    data.setText("just text")
    assert not drag(window, data)


def test_recent(window: MainWindow, qtbot: QtBot, settings: Settings) -> None:
    opened(window, qtbot, "demo:")
    opened(window, qtbot, CHAIN)
    opened(window, qtbot, TAGS)
    assert settings.recent == [str(TAGS), str(CHAIN)]  # the demo has its own entry in the menu
    window.commands.recent_menu.aboutToShow.emit()
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.commands.recent_menu.actions()[1].trigger()
    assert len(session(window).store.images) == 35


# From pane to pane


def test_edit_and_undo(window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, CHAIN)
    session(window).choose_rules(BY_CONFIG)
    document = session(window).document
    before = document.probe
    with qtbot.waitSignal(session(window).answered):
        document.set_field("User", "nobody", "Set User to nobody")
    assert outcome(window) is VerdictOutcome.MISS
    assert window.commands.undo.text() == "&Undo Set User to nobody"
    window.commands.undo.trigger()
    assert document.probe == before
    assert outcome(window) is VerdictOutcome.HIT
    assert not window.commands.undo.isEnabled()
    window.commands.redo.trigger()
    assert outcome(window) is VerdictOutcome.MISS


def test_smallest_edit_by_key(window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, "demo:")
    assert outcome(window) is VerdictOutcome.MISS
    assert window.commands.apply.isEnabled()
    qtbot.keyClick(panes(window).images.tree, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert outcome(window) is VerdictOutcome.HIT
    assert window.commands.undo.text().startswith("&Undo Set ")
    assert not window.commands.apply.isEnabled()


def test_an_edit_that_the_verdict_pane_asks_for(window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, "demo:")
    answer = session(window).answer
    assert answer is not None
    panes(window).verdict.edit_requested.emit(answer.explanation.edit)
    assert outcome(window) is VerdictOutcome.HIT
    assert session(window).document.undo_stack.count() == 1


def test_the_image_menu_sets_the_probe(window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, CHAIN)
    session(window).choose_rules(BY_CONFIG)
    images, document = panes(window).images, session(window).document
    image = next(image for image in session(window).store.images if image.names)
    images.menu.probe_requested.emit(image)
    assert document.probe.parent == image.parent
    assert hit(window) == image
    images.menu.parent_requested.emit(image)
    assert document.probe.parent == image.id
    assert "Use shop/" in document.undo_stack.undoText()
    images.menu.cache_from_requested.emit(image)
    images.menu.cache_from_requested.emit(image)
    assert document.probe.cache_from == (image.names[0],)
    images.menu.parent_requested.emit(None)
    assert document.probe.parent == ""


def hit(window: MainWindow) -> Image | None:
    answer = session(window).answer
    assert answer is not None
    return answer.explanation.verdict.image


def test_marks_follow_the_probe(window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, "demo:")
    model = panes(window).images.model
    parent = session(window).document.probe.parent

    def words() -> dict[str, list[str]]:
        return {
            node.image.title: [mark.word for mark in model.marks_of(node)]
            for node in model.forest.nodes
            if node.image and model.marks_of(node)
        }

    before = words()
    assert before[session(window).store.by_id[parent].title] == ["parent"]
    assert ["Cmd[3]"] in before.values()
    window.commands.apply.trigger()
    assert ["hit"] in words().values()
    assert words().keys() == before.keys()


def test_navigating_between_checks_fields_and_images_does_not_look_up(window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, "demo:")
    workspace = panes(window)
    answers: list[ProbeAnswer] = []
    session(window).answered.connect(answers.append)
    nearest = next(iter(session(window).answer.explanation.nearest())).image  # type: ignore[union-attr]
    workspace.verdict.image_activated.emit(nearest.id)
    selected = workspace.images.selected()
    assert selected == nearest
    workspace.verdict.view.setFocus()
    workspace.verdict.field_activated.emit("Cmd[3]")
    assert workspace.verdict.view.hasFocus()
    workspace.verdict.field_entered.emit("Cmd[3]")
    focus = QApplication.focusWidget()
    assert focus is not None
    assert workspace.probe.isAncestorOf(focus)
    workspace.probe.field_activated.emit("Env[1]")
    workspace.images.image_selected.emit(nearest)
    assert answers == []  # navigating does not look anything up


def test_focus_stays_in_the_trace_until_enter(window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, "demo:")
    workspace = panes(window)
    view = workspace.verdict.view
    view.setFocus()
    seen = set()
    for _ in range(8):
        qtbot.keyClick(view, Qt.Key.Key_Down)
        assert view.hasFocus()
        seen.add((view.currentIndex().row(), view.currentIndex().parent().row()))
    assert len(seen) > 2  # it has moved
    assert workspace.verdict.navigation.reveal_field("Cmd[3]")
    qtbot.keyClick(view, Qt.Key.Key_Return)
    focus = QApplication.focusWidget()
    assert focus is workspace.probe.form.row("Cmd").editor.buddy()


def test_reload_keeps_the_probe(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = suite(tmp_path / "s.jsonl", case("one", "a"))
    opened(window, qtbot, file)
    session(window).document.set_field("Cmd", ("b",), "Edit Cmd")
    assert outcome(window) is VerdictOutcome.MISS
    suite(file, case("one", "a", "b"))
    with qtbot.waitSignal(window.settled, timeout=20_000):
        qtbot.keyClick(window, Qt.Key.Key_F5)
    assert session(window).document.probe.config.Cmd == ("b",)
    assert outcome(window) is VerdictOutcome.HIT
    assert session(window).document.undo_stack.canUndo()
    assert "3 images" in texts(window.status)


def test_platform_is_read_again(window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, SAMPLES / "29x-c8d" / "save-pulled.tar.gz")
    arm = next(a for a in window.commands.platform_menu.actions() if a.text() == "linux/arm64")
    with qtbot.waitSignal(window.settled, timeout=20_000):
        arm.trigger()
    assert window.tool_bar.platform.text().startswith("Platform  linux/arm64")


def test_copies(window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, "demo:")
    window.commands.copy_text.trigger()
    assert QGuiApplication.clipboard().text().startswith("MISS: ")
    window.commands.copy_json.trigger()
    copied = QGuiApplication.clipboard().text()
    assert json.loads(copied)["verdict"]
    window.commands.copy_markdown.trigger()
    assert "**" in QGuiApplication.clipboard().text()
    assert window.status.currentMessage() == "Copied: the verdict as Markdown"


def test_a_copied_verdict_is_what_the_command_line_writes(
    window: MainWindow, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(window, qtbot, "demo:")
    assert window.session is not None
    assert window.workspace is not None
    assert window.session.answer is not None
    main(["explain", "demo:", "--probe", "1", "--json"])
    written = capsys.readouterr().out.strip()
    assert json.loads(written)["using"]
    window.commands.copy_json.trigger()
    copied = [QGuiApplication.clipboard().text()]
    window.workspace.verdict.banner.copy_requested.emit("JSON")
    copied.append(QGuiApplication.clipboard().text())
    assert [text.strip() for text in copied] == [written, written]
    for form in ("text", "Markdown"):
        window.workspace.verdict.banner.copy_requested.emit(form)
        assert window.session.daemon.sentence.split(" (")[0] in QGuiApplication.clipboard().text()


def test_names_that_hold_html_are_shown_as_they_are(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    nasty = "<h1>x</h1>&amp;"
    opened(window, qtbot, suite(tmp_path / f"{nasty.replace('/', '')}.jsonl", case(nasty, "a"), case("two", "b")))
    assert window.tool_bar.case.itemText(0) == f"1 {nasty}"
    for label in window.findChildren(QLabel):
        if "<" in label.text():
            assert label.textFormat() is Qt.TextFormat.PlainText, label.text()
    for widget in window.findChildren(QWidget):
        assert "<h1>" not in widget.toolTip()


# Keyboard, layout, settings


def test_panes_by_key(window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, "demo:")
    workspace = panes(window)
    order = (workspace.images, workspace.probe, workspace.verdict)

    def focused() -> int:
        focus = QApplication.focusWidget()
        return next(i for i, pane in enumerate(order) if focus is not None and pane.isAncestorOf(focus))

    for place, key in enumerate((Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3)):
        qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
        assert focused() == place
    seen = []
    for _ in range(3):
        qtbot.keyClick(window, Qt.Key.Key_F6)
        seen.append(focused())
    assert seen == [0, 1, 2]
    qtbot.keyClick(window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert focused() == 1
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert focused() == 0


def test_shortcuts_do_not_clash(window: MainWindow) -> None:
    keys = [s.toString() for action in window.actions() for s in action.shortcuts()]
    assert len(keys) == len(set(keys)) > 15


def test_menus_have_mnemonics_of_their_own(open_window: OpenWindow) -> None:
    window = open_window()

    def check(actions: list[QAction]) -> None:
        marked = [a.text()[a.text().index("&") + 1].lower() for a in actions if "&" in a.text()]
        assert len(marked) == len(set(marked)), [a.text() for a in actions]
        assert len(marked) == sum(not a.isSeparator() for a in actions), [a.text() for a in actions]
        for action in actions:
            if action.menu() is not None:
                check(action.menu().actions())  # type: ignore[attr-defined]

    check(window.menuBar().actions())


def test_help(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.shortcuts.trigger()
    page = next(w for w in QApplication.topLevelWidgets() if w.windowTitle() == "Keyboard shortcuts")
    shown = texts(page)
    for keys in ("Ctrl+O", "F6", "Ctrl+1", "Ctrl+Return", "Ctrl+F", "Ctrl+Z", "Ctrl+Shift+Z", "F5"):
        assert keys in shown
    page.close()
    window.commands.about.trigger()
    about = next(w for w in QApplication.topLevelWidgets() if w.windowTitle() == "About cacheview")
    assert any(text.startswith("cacheview ") for text in texts(about))
    about.close()


def test_what_needs_a_store_waits_for_one(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    waiting = (window.commands.find, window.commands.copy_text, window.commands.undo, window.commands.apply)
    assert not any(action.isEnabled() for action in waiting)
    opened(window, qtbot, CHAIN)
    assert window.commands.find.isEnabled()
    assert window.commands.copy_text.isEnabled()
    assert not window.commands.undo.isEnabled()


def test_everything_that_takes_the_keyboard_has_a_name(window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, "demo:")
    nameless = []
    for widget in window.findChildren(QWidget):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
            named = widget.accessibleName() or getattr(widget, "text", str)()
            buddies = [label for label in window.findChildren(QLabel) if label.buddy() is widget]
            if not named and not buddies:
                nameless.append(f"{type(widget).__name__} {widget.objectName()} in {type(widget.parent()).__name__}")
    assert nameless == []


@pytest.mark.looks
def test_fits_a_small_laptop(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    opened(window, qtbot, "demo:")
    assert window.minimumSizeHint().width() <= 1366
    assert window.minimumSizeHint().height() <= 700


@pytest.mark.looks
def test_layout_is_kept(open_window: OpenWindow, tmp_path: Path) -> None:
    file = tmp_path / "kept.ini"
    first = open_window(str(CHAIN), size=None, settings=Settings(file))
    first.resize(790, 600)  # the size of the off-screen platform's screen
    panes(first).widths = [230, 270, 310]
    widths = panes(first).widths
    panes(first).images.intermediate = False
    panes(first).images.tree.columns.set_hidden(["created"])
    first.close()
    again = open_window(str(CHAIN), size=None, settings=Settings(file))
    assert (again.width(), again.height()) == (first.width(), 600)
    assert panes(again).widths == widths
    assert not panes(again).images.intermediate
    assert panes(again).images.tree.columns.hidden == ["created"]


@pytest.mark.looks
def test_invalid_settings_are_ignored(open_window: OpenWindow, tmp_path: Path) -> None:
    file = tmp_path / "bad.ini"
    file.write_text("[window]\ngeometry=@ByteArray(garbage)\npanes=9, 9\n[images]\nhidden=image\nintermediate=7\n")
    window = open_window(str(CHAIN), size=None, settings=Settings(file))
    assert window.width() > 600


@pytest.mark.looks
def test_the_banner_shrinks_for_the_shorter_verdict_of_another_probe(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    opened(window, qtbot, "demo:")
    banner = panes(window).verdict.banner
    assert banner.edit_button.isVisible()
    window.commands.apply.trigger()
    kept = banner.height()
    window.commands.next_probe.trigger()
    assert outcome(window) is VerdictOutcome.HIT
    qtbot.waitUntil(lambda: banner.height() < kept)
