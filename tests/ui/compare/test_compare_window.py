"""All rule sets side by side in the window: showing, updating, switching and copying."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from model_kit import checked_by_qt
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QPushButton
from pytestqt.qtbot import QtBot
from shared_window import ShowStore
from window_kit import OpenWindow

from cacheview.cases import daemon_known
from cacheview.engine import RULE_SETS, Explanation, ImageCache, RuleSet, VerdictOutcome
from cacheview.engine.matrix import Matrix, MatrixRow, compare, row_of
from cacheview.model import ContainerConfig, Doubt, Image, ImageConfig, ImageStore, Probe
from cacheview.report import matrices
from cacheview.ui import answering
from cacheview.ui.compare import lookup as lookups
from cacheview.ui.compare.model import MatrixColumn
from cacheview.ui.compare.pane import ComparePane
from cacheview.ui.docks import COMPARE
from cacheview.ui.selected_item import SelectedItem
from cacheview.ui.session import Session
from cacheview.ui.window import MainWindow

CHAIN = Path(__file__).parents[2] / "data" / "samples" / "28.5.2-gd" / "save-chain.tar.gz"


@pytest.fixture
def window(lent_window: MainWindow) -> MainWindow:
    return lent_window


@pytest.fixture
def demo(show_store: ShowStore) -> MainWindow:
    return show_store("demo:")


@pytest.fixture
def shown(demo: MainWindow, qtbot: QtBot) -> ComparePane:
    show(demo, qtbot)
    return demo.docks.get(COMPARE).pane


def show(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.docks.get(COMPARE).pane.settled, timeout=20_000):
        qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)


def session(window: MainWindow) -> Session:
    assert window.session is not None
    return window.session


def edit(window: MainWindow, *command: str) -> Probe:
    document = session(window).document
    probe = document.probe.model_copy(update={"config": ContainerConfig(Cmd=command)})
    document.edit(probe, "edit")
    return probe


def answers(pane: ComparePane) -> dict[str, tuple[object, ...]]:
    """What is shown for each rule set."""
    return {
        line.rules.name: (line.verdict.outcome, line.verdict.image and line.verdict.image.id, line.why)
        for line in pane.model.lines
        if line.verdict is not None
    }


def expected(window: MainWindow) -> dict[str, tuple[object, ...]]:
    """The answers that `answers` should show, computed again."""
    return answers_in(compare(session(window).store, session(window).document.probe))


def answers_in(matrix: Matrix) -> dict[str, tuple[object, ...]]:
    return {
        row.rules.name: (row.verdict.outcome, row.verdict.image and row.verdict.image.id, row.why)
        for row in matrix.rows
    }


def row_rect(pane: ComparePane, rules: RuleSet) -> QRect:
    return pane.view.visualRect(pane.model.row_of(rules))


def other_than(window: MainWindow) -> RuleSet:
    return next(rules for rules in RULE_SETS.values() if rules is not session(window).cache.rules)


# Showing


def test_the_dock_is_created_on_first_use(demo: MainWindow, qtbot: QtBot) -> None:
    assert demo.docks.existing(COMPARE) is None
    assert not demo.findChildren(QDockWidget)
    assert not demo.commands.compare.isChecked()
    show(demo, qtbot)
    pane = demo.docks.get(COMPARE).pane
    assert pane.isVisible()
    assert demo.commands.compare.isChecked()
    assert QApplication.focusWidget() is pane.view
    assert demo.dockWidgetArea(demo.docks.get(COMPARE).dock) is Qt.DockWidgetArea.BottomDockWidgetArea


@pytest.mark.looks
def test_a_wide_window_shows_all_rule_sets_at_the_right(demo: MainWindow, qtbot: QtBot) -> None:
    demo.resize(1920, 1080)
    show(demo, qtbot)
    assert demo.dockWidgetArea(demo.docks.get(COMPARE).dock) is Qt.DockWidgetArea.RightDockWidgetArea
    view = demo.docks.get(COMPARE).pane.view
    assert all(
        view.viewport().rect().contains(row_rect(demo.docks.get(COMPARE).pane, each)) for each in RULE_SETS.values()
    )


def test_escape_hides_the_dock_and_restores_the_focus(demo: MainWindow, qtbot: QtBot) -> None:
    assert demo.workspace is not None
    tree = demo.workspace.images.tree
    tree.setFocus()
    show(demo, qtbot)
    qtbot.keyClick(demo.docks.get(COMPARE).pane.view, Qt.Key.Key_Escape)
    assert demo.docks.get(COMPARE).dock.isHidden()
    assert not demo.commands.compare.isChecked()
    assert QApplication.focusWidget() is tree
    demo.commands.compare.trigger()
    qtbot.waitUntil(lambda: not demo.docks.get(COMPARE).dock.isHidden(), timeout=20_000)
    assert not demo.docks.get(COMPARE).pane._loader.is_busy  # nothing has changed, so nothing is looked up
    assert demo.commands.compare.isChecked()
    qtbot.mouseClick(demo.docks.get(COMPARE).pane.head.close_button, Qt.MouseButton.LeftButton)
    assert demo.docks.get(COMPARE).dock.isHidden()
    assert not demo.commands.compare.isChecked()


def test_an_item_without_a_probe_replaces_the_previous_answers(demo: MainWindow, qtbot: QtBot) -> None:
    session = demo.session
    assert session is not None
    session.select(SelectedItem("step 1", why="It names the base image."))
    demo.commands.compare.trigger()
    pane = demo.docks.get(COMPARE).pane

    def texts() -> set[str]:
        return {label.text() for label in pane.findChildren(QLabel) if label.isVisible()}

    qtbot.waitUntil(lambda: {"Step 1 has no probe", "It names the base image."} <= texts(), timeout=20_000)
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        session.select(SelectedItem("step 2", session.document.probe))
    assert pane.view.isVisible()
    assert pane.head.copy_button.isEnabled()
    session.select(SelectedItem("step 1", why="It names the base image."))
    assert "Step 1 has no probe" in texts()
    assert not pane.head.copy_button.isEnabled()


def test_the_matrix_is_empty_without_a_store_and_fills_later(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    window.commands.compare.trigger()
    pane = window.docks.get(COMPARE).pane
    qtbot.waitUntil(pane.isVisible, timeout=20_000)
    reported = [label.text() for label in pane.findChildren(QLabel) if label.isVisible()]
    assert "No store is open" in reported
    assert not pane.head.copy_button.isEnabled()
    qtbot.keyClick(pane.head.close_button, Qt.Key.Key_Escape)
    assert window.docks.get(COMPARE).dock.isHidden()
    window.commands.compare.trigger()
    qtbot.waitUntil(pane.isVisible, timeout=20_000)
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        window.open("demo:")
    assert pane.page is pane.view
    assert answers(pane) == expected(window)


# Contents


def test_every_probe_of_the_demo(shown: ComparePane, demo: MainWindow, qtbot: QtBot) -> None:
    tester = checked_by_qt(shown.model)
    outcomes = set()
    for number in range(1, len(session(demo).case.probes)):
        with qtbot.waitSignal(shown.settled, timeout=20_000):
            session(demo).places.choose_probe(number)
        matrix = compare(session(demo).store, session(demo).document.probe)
        assert answers(shown) == answers_in(matrix)
        groups = [[row.rules.name for row in group.rows] for group in matrix.groups]
        assert [line.rules.name for line in shown.model.lines] == [name for group in groups for name in group]
        begins = [row for row in range(len(RULE_SETS)) if row == 0 or shown.model.begins_group(row)]
        assert len(begins) == len(groups)
        outcomes |= {row.verdict.outcome for row in matrix.rows}
        assert shown.view.grab().width() > 0
    assert outcomes >= {VerdictOutcome.HIT, VerdictOutcome.MISS, VerdictOutcome.ERROR, VerdictOutcome.DIVERGES}
    del tester


def test_follows_every_edit_undo_and_redo(shown: ComparePane, demo: MainWindow, qtbot: QtBot) -> None:
    seen = [answers(shown)]
    for act in (lambda: edit(demo, "never made"), session(demo).document.undo_stack.undo, demo.commands.redo.trigger):
        with qtbot.waitSignal(shown.settled, timeout=20_000):
            act()
        assert answers(shown) == expected(demo)
        seen.append(answers(shown))
    assert seen[0] == seen[2] != seen[1] == seen[3]


def test_opening_another_store_updates_the_matrix(shown: ComparePane, demo: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shown.settled, timeout=20_000):
        demo.open(str(CHAIN))
    assert answers(shown) == expected(demo)
    assert {line.verdict.outcome for line in shown.model.lines if line.verdict} >= {VerdictOutcome.HIT}


def test_a_hidden_dock_does_no_lookups(
    shown: ComparePane, demo: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[Probe] = []
    real = lookups.RuleSetLookup.looking_up

    def spy(self: lookups.RuleSetLookup, probe: Probe, known: MatrixRow) -> object:
        looked_up.append(probe)
        return real(self, probe, known)

    monkeypatch.setattr(lookups.RuleSetLookup, "looking_up", spy)
    demo.commands.compare.trigger()
    qtbot.waitUntil(demo.docks.get(COMPARE).dock.isHidden, timeout=20_000)
    before = answers(shown)
    edit(demo, "one")
    last = edit(demo, "two")
    assert not looked_up
    assert answers(shown) == before
    show(demo, qtbot)
    assert looked_up == [last]
    assert answers(shown) == expected(demo)


# Late answers


class Gate:
    """Blocks lookups of a probe until it is opened; signals when one has reached it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, held: Probe | None = None) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        self.threads: set[int] = set()
        real = lookups.row_of

        def blocked_row_of(cache: ImageCache, probe: Probe) -> MatrixRow:
            self.threads.add(threading.get_ident())
            if held is None or probe == held:
                self.reached.set()
                assert self.open.wait(20)
            return real(cache, probe)

        monkeypatch.setattr(lookups, "row_of", blocked_row_of)


def test_an_answer_to_an_older_probe_is_dropped(
    shown: ComparePane, demo: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = session(demo).document
    held = document.probe.model_copy(update={"config": ContainerConfig(Cmd=("held",))})
    gate = Gate(monkeypatch, held)
    settled: list[int] = []
    shown.settled.connect(lambda: settled.append(1))
    document.edit(held, "held")
    qtbot.waitUntil(gate.reached.is_set, timeout=20_000)
    with qtbot.waitSignal(shown.settled, timeout=20_000):
        document.undo_stack.undo()
        gate.open.set()
    shown.stop()
    QApplication.processEvents()
    assert settled == [1]
    assert document.probe != held
    assert answers(shown) == expected(demo)


def test_lookups_run_in_another_thread_and_show_verdicts_first(
    shown: ComparePane, demo: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    edit(demo, "something new")
    qtbot.waitUntil(gate.reached.is_set, timeout=20_000)
    in_use = session(demo).cache.rules

    def waiting() -> bool:
        return all(
            line.verdict is not None and (line.why is None) == (line.rules is not in_use) for line in shown.model.lines
        )

    # The window's own answer is there at once; all others show their verdict but not yet the deciding check.
    qtbot.waitUntil(waiting, timeout=20_000)
    assert shown.head.text.endswith("…")
    assert not shown.head.copy_button.isEnabled()
    assert shown.model.data(shown.model.index(0, MatrixColumn.DECIDING)) == "…"
    with qtbot.waitSignal(shown.settled, timeout=20_000):
        gate.open.set()
    assert answers(shown) == expected(demo)
    assert gate.threads
    assert threading.get_ident() not in gate.threads
    assert not shown.head.text.endswith("…")


def test_progress_is_shown_and_the_work_can_be_canceled(
    shown: ComparePane, demo: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = shown.head
    with monkeypatch.context() as held:
        gate = Gate(held)
        edit(demo, "something new")
        qtbot.waitUntil(gate.reached.is_set, timeout=20_000)
        qtbot.waitUntil(lambda: all(line.verdict is not None for line in shown.model.lines), timeout=20_000)
        qtbot.waitUntil(head.cancel_button.isVisible, timeout=20_000)
        assert head.progress.isVisible()
        assert not head.again_button.isVisible()
        head.cancel_button.click()
        assert head.text == f"Canceled: {len(RULE_SETS)} of {len(RULE_SETS)} rule sets answered"
        assert not head.cancel_button.isVisible()
        column = [shown.model.data(shown.model.index(row, MatrixColumn.DECIDING)) for row in range(len(RULE_SETS))]
        assert column.count("not looked up") == len(RULE_SETS) - 1  # except for the rules in use
        assert not head.copy_button.isEnabled()
        gate.open.set()
        shown._loader.wait(time.monotonic() + 20)
    with qtbot.waitSignal(shown.settled, timeout=20_000):
        head.again_button.click()
    assert answers(shown) == expected(demo)
    assert not head.again_button.isVisible()


def test_the_window_can_be_closed_during_a_lookup(
    open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = open_window("demo:")
    show(demo, qtbot)
    gate = Gate(monkeypatch)
    edit(demo, "something new")
    qtbot.waitUntil(gate.reached.is_set, timeout=20_000)
    gate.open.set()
    demo.close()
    assert not demo.isVisible()


def test_a_fault_of_our_own_is_reported(
    shown: ComparePane, demo: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(cache: ImageCache, probe: Probe) -> MatrixRow:
        raise ZeroDivisionError("by zero")

    with monkeypatch.context() as patched, qtbot.captureExceptions() as faults:
        patched.setattr(lookups, "row_of", broken)
        edit(demo, "something new")
        qtbot.waitUntil(lambda: shown.page is not shown.view, timeout=20_000)
        qtbot.waitUntil(lambda: [str(fault) for _, fault, _ in faults] == ["by zero"])
    reported = [label.text() for label in shown.findChildren(QLabel) if label.isVisible()]
    assert "The rule sets could not be compared" in reported
    assert any("ZeroDivisionError: by zero" in text for text in reported)
    again = next(button for button in shown.findChildren(QPushButton) if button.isVisible())
    with qtbot.waitSignal(shown.settled, timeout=20_000):
        qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    assert answers(shown) == expected(demo)


class Replayed:
    """Stands in for the window's report and collects the parts."""

    def __init__(self) -> None:
        self.parts: list[object] = []

    def __call__(self, done: int, total: int | None, what: str) -> None:
        assert total is None or 0 <= done <= total
        assert what

    def commit(self) -> None: ...

    def fault(self, error: Exception) -> None:
        raise error

    def part(self, make: Callable[[], object], *, last: bool = False) -> None:
        self.parts.append(make())


def test_doubtful_verdicts_are_shown_as_unknown_in_the_matrix() -> None:
    doubt = Doubt(aspect="container_config", reason="It was not read", remedy="Read it")
    made = Image(id="sha256:" + "2" * 64, parent="sha256:" + "1" * 64, config=ImageConfig(), doubts=(doubt,))
    store = ImageStore((Image(id="sha256:" + "1" * 64, config=ImageConfig()), made))
    probe = Probe(parent="sha256:" + "1" * 64, config=ContainerConfig(Cmd=("make",)))
    own = ImageCache(store, RULE_SETS["containerd-71ebfc7"])
    known = row_of(own, probe)
    report = Replayed()
    lines = lookups.RuleSetLookup(store).looking_up(probe, known)(report)
    assert isinstance(lines, list)
    outcomes = {line.rules.name: line.verdict.outcome for line in lines}
    # Some rules never match an image without a time; the others compare its container config.
    assert set(outcomes.values()) == {VerdictOutcome.UNKNOWN, VerdictOutcome.MISS}
    assert outcomes["containerd-71ebfc7"] is VerdictOutcome.MISS
    assert outcomes["graphdriver-24.0.7"] is VerdictOutcome.UNKNOWN
    assert report.parts


# Switching


def test_a_click_switches_the_window(shown: ComparePane, demo: MainWindow, qtbot: QtBot) -> None:
    chosen, before = other_than(demo), answers(shown)
    shown.view.scrollTo(shown.model.row_of(chosen))
    with qtbot.waitSignal(session(demo).rules_changed, timeout=20_000):
        qtbot.mouseClick(shown.view.viewport(), Qt.MouseButton.LeftButton, pos=row_rect(shown, chosen).center())
    assert session(demo).cache.rules is chosen
    assert demo.tool_bar.rules.accessibleName() == f"Rules: {chosen.name.replace('-', ' ', 1)}"
    answer = session(demo).answer
    assert answer is not None
    assert answer.explanation.trace.rules is chosen
    marked = [line.rules for line in shown.model.lines if shown.model.is_in_use(line)]
    assert marked == [chosen]
    reported = str(shown.model.data(shown.model.row_of(chosen), Qt.ItemDataRole.AccessibleTextRole))
    assert ", in use, " in reported
    assert answers(shown) == before  # the probe is the same, so nothing is looked up again
    assert not shown._loader.is_busy
    assert not shown.head.text.endswith("…")


def test_enter_switches_and_arrows_do_not(shown: ComparePane, demo: MainWindow, qtbot: QtBot) -> None:
    first = session(demo).cache.rules
    assert shown.model.line(shown.view.currentIndex()).rules is first
    key = Qt.Key.Key_Up if shown.view.currentIndex().row() else Qt.Key.Key_Down
    qtbot.keyClick(shown.view, key)
    chosen = shown.model.line(shown.view.currentIndex()).rules
    assert chosen is not first
    assert session(demo).cache.rules is first
    with qtbot.waitSignal(session(demo).rules_changed, timeout=20_000):
        qtbot.keyClick(shown.view, Qt.Key.Key_Return)
    assert session(demo).cache.rules is chosen
    with qtbot.waitSignal(shown.settled, timeout=20_000):
        edit(demo, "something new")
    assert answers(shown) == expected(demo)


def test_switching_rules_during_lookups_restarts_them(
    shown: ComparePane, demo: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    edit(demo, "something new")
    qtbot.waitUntil(gate.reached.is_set, timeout=20_000)
    chosen = other_than(demo)
    shown.view.setCurrentIndex(shown.model.row_of(chosen))
    qtbot.keyClick(shown.view, Qt.Key.Key_Return)
    with qtbot.waitSignal(shown.settled, timeout=20_000):
        gate.open.set()
    assert session(demo).cache.rules is chosen
    assert answers(shown) == expected(demo)


def large(tmp_path: Path) -> str:
    """A store so large that other rules are prepared for it in another thread."""
    parent = "sha256:" + "f" * 64
    images: list[dict[str, object]] = [{"id": parent, "config": {}}]
    for number in range(600):
        made = {"created": "2024-01-01T00:00:00Z", "container_config": {"Cmd": [str(number)]}}
        images.append({"id": f"sha256:{number:064x}", "parent": parent, "config": made})
    file = tmp_path / "large.jsonl"
    probes = [{"name": "one", "parent": parent, "config": {"Cmd": ["5"]}}]
    file.write_text(json.dumps({"rules": "containerd-71ebfc7", "images": images, "probes": probes}) + "\n")
    return str(file)


class Preparing:
    """Blocks the preparation of other rules until it is opened; records the caches."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        self.caches: list[ImageCache] = []
        self.threads: set[int] = set()
        real = lookups.explain

        def slow(cache: ImageCache, probe: Probe, *, at_once: bool = True) -> Explanation:
            self.caches.append(cache)
            self.threads.add(threading.get_ident())
            self.reached.set()
            assert self.open.wait(20)
            return real(cache, probe, at_once=at_once)

        monkeypatch.setattr(lookups, "explain", slow)
        # otherwise the other rules would read existing tables
        monkeypatch.setattr(answering, "_MAX_IMAGES_WITH_TABLES", 0)


def test_rules_for_a_large_store_are_made_ready_in_another_thread(
    show_store: ShowStore, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = show_store(large(tmp_path))
    show(window, qtbot)
    pane, chosen = window.docks.get(COMPARE).pane, other_than(window)
    preparing = Preparing(monkeypatch)
    pane.view.setCurrentIndex(pane.model.row_of(chosen))
    qtbot.keyClick(pane.view, Qt.Key.Key_Return)
    qtbot.waitUntil(preparing.reached.is_set, timeout=20_000)
    assert session(window).cache.rules is not chosen
    with qtbot.waitSignal(session(window).rules_changed, timeout=20_000):
        preparing.open.set()
    assert [session(window).cache] == preparing.caches  # the one whose indexes exist already
    assert threading.get_ident() not in preparing.threads
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        edit(window, "something new")
    assert answers(pane) == expected(window)


def test_preparing_rules_does_not_wait_for_all_lookups(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    store, probe = ImageStore((Image(id="sha256:" + "1" * 64, config=ImageConfig()),)), Probe()
    known = row_of(ImageCache(store, RULE_SETS["containerd-29"]), probe)
    gate, preparing = Gate(monkeypatch), Preparing(monkeypatch)
    preparing.open.set()
    lookup, done = lookups.RuleSetLookup(store), []
    lookup_thread = threading.Thread(target=lambda: done.append(lookup.looking_up(probe, known)(Replayed())))
    lookup_thread.start()
    assert gate.reached.wait(20)
    rules = RULE_SETS["containerd-25.0.0"]
    preparing_thread = threading.Thread(target=lambda: done.append(lookup.preparing(rules, probe)(Replayed())))
    preparing_thread.start()
    qtbot.waitUntil(lambda: not lookup._free.is_set(), timeout=20_000)
    gate.open.set()
    preparing_thread.join(20)
    lookup_thread.join(20)
    assert lookup._free.is_set()
    cache, lines = done  # in this order
    assert isinstance(cache, ImageCache)
    assert cache.rules is rules
    assert isinstance(lines, list)
    assert len(lines) == len(RULE_SETS)


def test_a_late_rules_switch_applies_to_the_newly_opened_store(
    show_store: ShowStore, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = show_store(large(tmp_path))
    show(window, qtbot)
    pane = window.docks.get(COMPARE).pane
    preparing = Preparing(monkeypatch)
    pane.view.setCurrentIndex(pane.model.row_of(other_than(window)))
    qtbot.keyClick(pane.view, Qt.Key.Key_Return)
    qtbot.waitUntil(preparing.reached.is_set, timeout=20_000)
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        window.open(str(CHAIN))
    preparing.open.set()
    pane.stop()
    QApplication.processEvents()
    assert session(window).cache.store is session(window).store
    assert len(session(window).store.images) == 35
    assert answers(pane) == expected(window)


def test_the_later_of_two_choices_counts(
    show_store: ShowStore, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = show_store(large(tmp_path))
    show(window, qtbot)
    pane, own = window.docks.get(COMPARE).pane, session(window).cache.rules
    preparing = Preparing(monkeypatch)
    changed: list[str] = []
    session(window).rules_changed.connect(lambda: changed.append(session(window).cache.rules.name))
    pane.view.setCurrentIndex(pane.model.row_of(other_than(window)))
    qtbot.keyClick(pane.view, Qt.Key.Key_Return)
    qtbot.waitUntil(preparing.reached.is_set, timeout=20_000)
    pane.view.setCurrentIndex(pane.model.row_of(own))  # back again, before the first choice has taken effect
    qtbot.keyClick(pane.view, Qt.Key.Key_Return)
    preparing.open.set()
    last = RULE_SETS["containerd-29"]
    pane.view.setCurrentIndex(pane.model.row_of(last))
    with qtbot.waitSignal(session(window).rules_changed, timeout=20_000):
        qtbot.keyClick(pane.view, Qt.Key.Key_Return)
    assert changed == [last.name]


def test_rules_chosen_elsewhere_are_marked(shown: ComparePane, demo: MainWindow) -> None:
    own, chosen = session(demo).cache.rules, other_than(demo)
    session(demo).choose_rules(chosen.name)
    assert [line.rules for line in shown.model.lines if shown.model.is_in_use(line)] == [chosen]
    # The demo is meant for other rules, which is also shown.
    assert [line.rules for line in shown.model.lines if shown.model.is_of_store(line)] == [own]


# Copying


@pytest.mark.parametrize(
    ("form", "formatter"),
    [
        ("text", matrices.matrix_as_text),
        ("Markdown", matrices.matrix_as_markdown),
        ("JSON", matrices.matrix_as_json),
    ],
)
def test_copy(shown: ComparePane, demo: MainWindow, qtbot: QtBot, form: str, formatter: object) -> None:
    actions = shown.head.copy_button.menu().actions()
    assert [action.text() for action in actions] == ["As text", "As Markdown", "As JSON"]
    with qtbot.waitSignal(shown.copied, timeout=20_000):
        next(action for action in actions if action.text() == f"As {form}").trigger()
    store, probe = session(demo).store, session(demo).document.probe
    own = daemon_known(session(demo).case)
    assert callable(formatter)
    assert QGuiApplication.clipboard().text() == formatter(compare(store, probe), own)
    assert demo.status.currentMessage() == f"Copied: the answers of all rule sets as {form}"


def test_copy_by_keyboard(shown: ComparePane, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shown.copied, timeout=20_000):
        qtbot.keyClick(shown.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().count("* this store's rules") == 1


def test_markdown_lists_every_rule_set_once(demo: MainWindow) -> None:
    matrix = compare(session(demo).store, session(demo).document.probe)
    reported = matrices.matrix_as_markdown(matrix, session(demo).daemon)
    for rules in RULE_SETS.values():
        assert reported.count(f"| {rules.name} | {rules.title} |") == 1
    assert reported.count("| ✓ | containerd-71ebfc7 |") == 1
    assert reported.count("**MISS**: ") == len(matrix.groups) == 3
