"""How long the window is busy at a time, action by action, in a store of 10,000 and of 100,000 images."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

sys.path.append(str(Path(__file__).parents[1] / "ui"))

from large_kit import many_images
from live_kit import FakeEngine
from turns import Turns

from cacheview.engine import RULE_SETS, RuleSet
from cacheview.ui.compare.pane import ComparePane
from cacheview.ui.docks import AUDIT, COMPARE, REPLAY, load_docks
from cacheview.ui.session import Session
from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow
from cacheview.ui.workspace import Workspace

SIZES = tuple(int(text) for text in os.environ.get("IMAGES", "10000 100000").split())
ASKED = os.environ.get("PARTS", "images edits copies docks modes").split()
LONGEST = 0.05  # seconds of work in one turn of the event loop, in which the probe may be looked up
LONGEST_BESIDE = 0.03  # likewise in a store so large that it is looked up in another thread
SAME_TURN = 20_000  # images of a store in which a probe is looked up in the turn of an edit
AFTER = 20  # turns after an action in which it is painted
PAINTED = 0.1  # seconds after an action: what makes room for something else is painted some frames later
PATIENCE = 120_000  # milliseconds


@dataclass
class Person:
    """Does one thing after the other in a window, and notes the turns that each took.

    Attributes:
        limit: seconds of work in one turn, on a machine at its quickest.
    """

    window: MainWindow
    qtbot: QtBot
    limit: float
    results: list[tuple[str, Turns]] = field(default_factory=list)

    def act(self, name: str, do: Callable[[], object], done: Callable[[], bool] = lambda: True) -> None:
        """``done``: whether all that comes of it is there."""
        turns = Turns()
        do()
        self.qtbot.waitUntil(done, timeout=PATIENCE)
        ended, painted = len(turns.turns) + AFTER, turns.seconds + PAINTED
        self.qtbot.waitUntil(lambda: len(turns.turns) > ended and turns.seconds > painted, timeout=PATIENCE)
        turns.stop()
        self.results.append((name, turns))
        print(f"  {name:<42} {turns.most_cpu.cpu * 1e3:6.0f} ms in a turn, {turns.seconds:6.2f} s in all")

    @property
    def session(self) -> Session:
        assert self.window.session is not None
        return self.window.session

    @property
    def panes(self) -> Workspace:
        assert self.window.workspace is not None
        return self.window.workspace

    @property
    def longest(self) -> list[str]:
        """Those that took too long."""
        return [
            f"{name}: {turns.most_cpu}"
            for name, turns in self.results
            if turns.most_cpu.cpu >= self.limit * turns.slowdown
        ]


def opened(count: int, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Person:
    FakeEngine(many_images(count)).install(monkeypatch)
    window = MainWindow(Settings(folder / "settings.ini"))
    qtbot.addWidget(window)
    window.resize(1400, 900)
    with qtbot.waitExposed(window):
        window.show()
    person = Person(window, qtbot, LONGEST if count <= SAME_TURN else LONGEST_BESIDE)
    load_docks(lambda: None)
    with qtbot.waitSignal(window.settled, timeout=PATIENCE):
        window.open("engine:")
    qtbot.waitUntil(lambda: not window.opener._settle_timer.isActive(), timeout=PATIENCE)
    return person


@pytest.mark.usefixtures("as_in_the_program")
@pytest.mark.parametrize("count", SIZES)
def test_no_turn_is_long(count: int, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    print(f"\n{count:,} images")
    person = opened(count, tmp_path, qtbot, monkeypatch)
    for part in PARTS:
        if part.__name__ in ASKED:
            part(person, tmp_path)
    person.act("close the window", person.window.close)
    assert not person.longest, "\n".join(person.longest)


def images(person: Person, _folder: Path) -> None:
    pane = person.panes.images
    tree, box = pane.tree, pane._box
    count = len(person.session.store.images)

    def shown() -> bool:
        return not pane.is_filtering

    for name, text in (
        ("filter: one that few have", "step 77 "),
        ("filter: one that all have", "step"),
        ("filter: two words", "app 7"),
        ("filter: nothing", "no such image"),
        ("filter: an id", person.session.store.images[count // 2].id[7:30]),
    ):
        for number, letter in enumerate(text, 1):
            if number in (1, len(text)):
                person.act(f"{name}, letter {number}", partial(QTest.keyClicks, box, letter), shown)
            else:
                QTest.keyClicks(box, letter)
        person.act(f"{name}, cleared", lambda: QTest.keyClick(box, Qt.Key.Key_Escape), shown)
    boxes = [pane._footer.marked, pane._footer.intermediate]
    for check in (boxes[0], boxes[0], boxes[1], boxes[1]):
        person.act(f"{check.text()} {'off' if check.isChecked() else 'on'}", check.click, shown)
    tree.setFocus()
    for name, key in (("collapse what scratch has", Qt.Key.Key_Minus), ("expand all of it", Qt.Key.Key_Asterisk)):
        tree.setCurrentIndex(tree.model().index(0, 0))
        person.act(name, partial(QTest.keyClick, tree, key))
    person.act("to the end", lambda: QTest.keyClick(tree, Qt.Key.Key_End))
    person.act("to the beginning", lambda: QTest.keyClick(tree, Qt.Key.Key_Home))
    person.act("page down", lambda: QTest.keyClick(tree, Qt.Key.Key_PageDown))
    person.act("letters typed in the tree", lambda: QTest.keyClicks(tree, "zz"))
    person.act("collapse all", lambda: tree.expand_ids(set()))
    person.act("reveal an image", lambda: pane.reveal(person.session.store.images[count // 2].id))
    person.act("select another row", lambda: QTest.keyClick(tree, Qt.Key.Key_Down))


def has_answers(pane: ComparePane) -> bool:
    """Whether every rule set has answered, and the pane asks no more."""
    return not pane._loader.is_busy and all(line.why is not None for line in pane.model.lines)


def edits(person: Person, _folder: Path) -> None:
    session, pane = person.session, person.panes
    images = session.store.images
    document = session.document
    count = len(images)

    def there() -> bool:
        return session.answer is not None

    person.act("ask what an image's builder asked", lambda: pane.probe.load_from_image(images[count // 2]), there)
    wide = next(i for i in reversed(images) if i.parent == images[0].id)
    person.act("ask of the widest parent", lambda: pane.probe.load_from_image(wide), there)
    person.act("use as parent", lambda: document.use_as_parent(images[1]), there)
    person.act("use the widest parent", lambda: document.use_as_parent(images[0]), there)
    person.act("undo", document.undo_stack.undo, there)
    person.act("redo", document.undo_stack.redo, there)
    person.act("add to cache from", lambda: document.add_cache_from(images[-1]), there)
    own = session.cache.rules
    for rules in (RULE_SETS["graphdriver-24.0.7"], own):
        choose = partial(person.window._headline.choose_rules, rules.name)
        person.act(f"choose rules {rules.name}", choose, partial(_asks_by, session, rules))


def _asks_by(session: Session, rules: RuleSet) -> bool:
    return session.cache.rules is rules and session.answer is not None


def copies(person: Person, _folder: Path) -> None:
    do = person.window.commands
    for action in (do.copy_text, do.copy_markdown, do.copy_json):
        QGuiApplication.clipboard().clear()
        person.act(
            f"copy the verdict {action.text()}", action.trigger, lambda: bool(QGuiApplication.clipboard().text())
        )
    view = person.panes.verdict.view
    person.act("verdict: nearest first", lambda: person.panes.verdict.show_nearest_first(True))
    person.act("verdict: the daemon's order", lambda: person.panes.verdict.show_nearest_first(False))
    person.act("verdict: to the end", lambda: (view.setFocus(), QTest.keyClick(view, Qt.Key.Key_End)))
    person.act("verdict: all checks", lambda: person.panes.verdict.show_differences_only(False))


def docks(person: Person, folder: Path) -> None:
    window = person.window

    def settled(pane: Any) -> Callable[[], bool]:
        return lambda: not pane._loader.is_busy

    audit = window.docks.get(AUDIT)
    person.act(
        "audit", audit.dock.show_or_hide, lambda: bool(audit.pane.model.hazards) and not audit.pane._loader.is_busy
    )
    for row in range(len(audit.pane.model.hazards)):
        person.act(f"audit: hazard {row + 1}", partial(audit.pane.hazards.selectRow, row))
    person.act("audit: all images chosen", audit.pane.images.selectAll)
    person.act("audit: ids copied", lambda: audit.pane._copy_images(), settled(audit.pane))
    QGuiApplication.clipboard().clear()
    person.act("audit: copied", lambda: audit.pane._copy_all(), lambda: bool(QGuiApplication.clipboard().text()))
    person.act("audit: closed", audit.dock.show_or_hide)
    compare = window.docks.get(COMPARE)
    person.act("compare rules", compare.dock.show_or_hide, lambda: has_answers(compare.pane))
    session = person.session
    person.act(
        "compare rules: another probe",
        lambda: person.panes.probe.load_from_image(session.store.images[-7]),
        lambda: session.answer is not None and has_answers(compare.pane),
    )
    QGuiApplication.clipboard().clear()
    person.act(
        "compare rules: copied",
        lambda: compare.pane.head.copy_requested.emit("text"),
        lambda: bool(QGuiApplication.clipboard().text()),
    )
    person.act("compare rules: closed", compare.dock.show_or_hide)
    place = folder / "saved.suite.jsonl"
    person.act(
        "save the store",
        lambda: window.saver._write(session, str(place), False, False),
        lambda: not window.saver._loader.is_busy,
    )


def modes(person: Person, folder: Path) -> None:
    window, session = person.window, person.session
    (folder / "Dockerfile").write_text("FROM scratch\nRUN one\nRUN two\nRUN three\n")
    replays = window.docks.get(REPLAY)
    shown: list[bool] = []
    replays.pane.settled.connect(lambda: shown.append(True))
    person.act("replay a Dockerfile", lambda: window.replays.open(str(folder)), lambda: bool(shown))
    person.act("replay: closed", replays.dock.show_or_hide)
    mode = window.what_if
    person.act(
        "what if: prune",
        lambda: mode._named("prune"),
        lambda: session.supposed is not None and session.answer is not None,
    )
    person.act("what if: left", mode.leave, lambda: session.supposed is None and session.answer is not None)

    def reloaded() -> bool:
        is_settled = not window.opener.is_busy and not window.opener._settle_timer.isActive()
        return is_settled and session.answer is not None

    person.act("reload", window.opener.reload, reloaded)


PARTS = (images, edits, copies, docks, modes)
