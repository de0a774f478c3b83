"""How long the window is busy at a time, action by action, in stores of 10,000 and of 100,000 images."""

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
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

sys.path.append(str(Path(__file__).parents[1] / "ui"))

from large_kit import many_images
from live_kit import FakeEngine
from turns import Turns

from cacheview.engine import RULE_SETS, RuleSet
from cacheview.model import SuiteCase, SuiteProbe
from cacheview.stores.line_pieces import line_pieces
from cacheview.ui.compare.pane import ComparePane
from cacheview.ui.docks import AUDIT, COMPARE, REPLAY, load_docks
from cacheview.ui.dropping import open_paths
from cacheview.ui.session import Session
from cacheview.ui.settings import Settings
from cacheview.ui.stores.save_dialog import SaveDialog
from cacheview.ui.window import MainWindow
from cacheview.ui.workspace import Workspace

SIZES = tuple(int(text) for text in os.environ.get("IMAGES", "10000 100000").split())
SELECTED_PARTS = os.environ.get("PARTS", "images edits copies docks modes cases").split()
MAX_TURN_SECONDS = 0.05  # of work in one turn of the event loop, which may include the lookup
MAX_TURN_SECONDS_WITHOUT_LOOKUP = 0.03  # in a store so large that another thread looks up the probe
MAX_IMAGES_WITH_LOOKUP = 32_000  # as in `ui/answering.py`
TURNS_UNTIL_PAINTED = 20  # turns after an action in which its effect is painted
SECONDS_UNTIL_PAINTED = 0.1  # seconds after an action: panes whose size changed are painted some frames later
TIMEOUT_MS = 120_000


@dataclass
class WindowUser:
    """Acts in a window, and records the turns that each action took.

    Attributes:
        limit: the limit in seconds of work in one turn, on an idle machine.
    """

    window: MainWindow
    qtbot: QtBot
    limit: float
    results: list[tuple[str, Turns]] = field(default_factory=list)

    def act(self, name: str, do: Callable[[], object], done: Callable[[], bool] = lambda: True) -> None:
        """Do something, and record its turns. ``done``: whether all of its effects are visible."""
        turns = Turns()
        do()
        self.qtbot.waitUntil(done, timeout=TIMEOUT_MS)
        ended, painted = len(turns.turns) + TURNS_UNTIL_PAINTED, turns.seconds + SECONDS_UNTIL_PAINTED
        self.qtbot.waitUntil(lambda: len(turns.turns) > ended and turns.seconds > painted, timeout=TIMEOUT_MS)
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
        """The actions that took too long."""
        return [
            f"{name}: {turns.most_cpu}"
            for name, turns in self.results
            if turns.most_cpu.cpu >= self.limit * turns.slowdown
        ]


def opened(count: int, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> WindowUser:
    FakeEngine(many_images(count)).install(monkeypatch)
    window = MainWindow(Settings(folder / "settings.ini"))
    qtbot.addWidget(window)
    window.resize(1400, 900)
    with qtbot.waitExposed(window):
        window.show()
    limit = MAX_TURN_SECONDS if count <= MAX_IMAGES_WITH_LOOKUP else MAX_TURN_SECONDS_WITHOUT_LOOKUP
    user = WindowUser(window, qtbot, limit)
    load_docks(lambda: None)
    with qtbot.waitSignal(window.settled, timeout=TIMEOUT_MS):
        window.open("engine:")
    qtbot.waitUntil(lambda: not window.opener._settle_timer.isActive(), timeout=TIMEOUT_MS)
    return user


@pytest.mark.usefixtures("as_in_the_program")
@pytest.mark.parametrize("count", SIZES)
def test_no_turn_is_long(count: int, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    print(f"\n{count:,} images")
    user = opened(count, tmp_path, qtbot, monkeypatch)
    for part in PARTS:
        if part.__name__ in SELECTED_PARTS:
            part(user, tmp_path)
    user.act("close the window", user.window.close)
    assert not user.longest, "\n".join(user.longest)


def images(user: WindowUser, _folder: Path) -> None:
    pane = user.panes.images
    tree, box = pane.tree, pane._box
    count = len(user.session.store.images)

    def shown() -> bool:
        return not pane.is_filtering

    for name, text in (
        ("filter: one that few have", "step 77 "),
        ("filter: one that all have", "step"),
        ("filter: two words", "app 7"),
        ("filter: nothing", "no such image"),
        ("filter: an id", user.session.store.images[count // 2].id[7:30]),
    ):
        for number, letter in enumerate(text, 1):
            if number in (1, len(text)):
                user.act(f"{name}, letter {number}", partial(QTest.keyClicks, box, letter), shown)
            else:
                QTest.keyClicks(box, letter)
        user.act(f"{name}, cleared", lambda: QTest.keyClick(box, Qt.Key.Key_Escape), shown)
    boxes = [pane._footer.marked, pane._footer.intermediate]
    for check in (boxes[0], boxes[0], boxes[1], boxes[1]):
        user.act(f"{check.text()} {'off' if check.isChecked() else 'on'}", check.click, shown)
    tree.setFocus()
    for name, key in (("collapse what scratch has", Qt.Key.Key_Minus), ("expand all of it", Qt.Key.Key_Asterisk)):
        tree.setCurrentIndex(tree.model().index(0, 0))
        user.act(name, partial(QTest.keyClick, tree, key))
    user.act("to the end", lambda: QTest.keyClick(tree, Qt.Key.Key_End))
    user.act("to the beginning", lambda: QTest.keyClick(tree, Qt.Key.Key_Home))
    user.act("page down", lambda: QTest.keyClick(tree, Qt.Key.Key_PageDown))
    user.act("letters typed in the tree", lambda: QTest.keyClicks(tree, "zz"))
    user.act("collapse all", lambda: tree.expand_ids(set()))
    user.act("reveal an image", lambda: pane.reveal(user.session.store.images[count // 2].id))
    user.act("select another row", lambda: QTest.keyClick(tree, Qt.Key.Key_Down))


def has_answers(pane: ComparePane) -> bool:
    """Whether every rule set has answered, and the pane does not look anything up."""
    return not pane._loader.is_busy and all(line.why is not None for line in pane.model.lines)


def edits(user: WindowUser, _folder: Path) -> None:
    session, pane = user.session, user.panes
    images = session.store.images
    document = session.document
    count = len(images)

    def there() -> bool:
        return session.answer is not None

    user.act("load an image's probe", lambda: pane.probe.load_from_image(images[count // 2]), there)
    wide = next(i for i in reversed(images) if i.parent == images[0].id)
    user.act("load a probe of the widest parent", lambda: pane.probe.load_from_image(wide), there)
    user.act("use as parent", lambda: document.use_as_parent(images[1]), there)
    user.act("use the widest parent", lambda: document.use_as_parent(images[0]), there)
    user.act("undo", document.undo_stack.undo, there)
    user.act("redo", document.undo_stack.redo, there)
    user.act("add to cache from", lambda: document.add_cache_from(images[-1]), there)
    own = session.cache.rules
    for rules in (RULE_SETS["graphdriver-24.0.7"], own):
        choose = partial(user.window._headline.choose_rules, rules.name)
        user.act(f"choose rules {rules.name}", choose, partial(_asks_by, session, rules))


def _asks_by(session: Session, rules: RuleSet) -> bool:
    return session.cache.rules is rules and session.answer is not None


def copies(user: WindowUser, _folder: Path) -> None:
    do = user.window.commands
    for action in (do.copy_text, do.copy_markdown, do.copy_json):
        QGuiApplication.clipboard().clear()
        user.act(f"copy the verdict {action.text()}", action.trigger, lambda: bool(QGuiApplication.clipboard().text()))
    view = user.panes.verdict.view
    user.act("verdict: nearest first", lambda: user.panes.verdict.show_nearest_first(True))
    user.act("verdict: the daemon's order", lambda: user.panes.verdict.show_nearest_first(False))
    user.act("verdict: to the end", lambda: (view.setFocus(), QTest.keyClick(view, Qt.Key.Key_End)))
    user.act("verdict: all checks", lambda: user.panes.verdict.show_differences_only(False))


def docks(user: WindowUser, folder: Path) -> None:
    window = user.window

    def settled(pane: Any) -> Callable[[], bool]:
        return lambda: not pane._loader.is_busy

    audit = window.docks.get(AUDIT)
    user.act(
        "audit", audit.dock.show_or_hide, lambda: bool(audit.pane.model.hazards) and not audit.pane._loader.is_busy
    )
    for row in range(len(audit.pane.model.hazards)):
        user.act(f"audit: hazard {row + 1}", partial(audit.pane.hazards.selectRow, row))
    user.act("audit: all images chosen", audit.pane.images.selectAll)
    user.act("audit: ids copied", lambda: audit.pane._copy_images(), settled(audit.pane))
    QGuiApplication.clipboard().clear()
    user.act("audit: copied", lambda: audit.pane._copy_all(), lambda: bool(QGuiApplication.clipboard().text()))
    user.act("audit: closed", audit.dock.show_or_hide)
    compare = window.docks.get(COMPARE)
    user.act("compare rules", compare.dock.show_or_hide, lambda: has_answers(compare.pane))
    session = user.session
    user.act(
        "compare rules: another probe",
        lambda: user.panes.probe.load_from_image(session.store.images[-7]),
        lambda: session.answer is not None and has_answers(compare.pane),
    )
    QGuiApplication.clipboard().clear()
    user.act(
        "compare rules: copied",
        lambda: compare.pane.head.copy_requested.emit("text"),
        lambda: bool(QGuiApplication.clipboard().text()),
    )
    user.act("compare rules: closed", compare.dock.show_or_hide)
    user.act("save the store", window.commands.save_suite.trigger, lambda: save_dialog() is not None)
    dialog = save_dialog()
    assert dialog is not None
    dialog.path.setText(str(folder / "saved.suite.jsonl"))
    user.act(
        "save the store: accepted",
        lambda: QTest.keyClick(dialog.path, Qt.Key.Key_Return),
        lambda: save_dialog() is None and not window.saver._loader.is_busy,
    )
    assert (folder / "saved.suite.jsonl").exists()


def save_dialog() -> SaveDialog | None:
    """The dialog that asks where to save, if it is open."""
    windows = QApplication.topLevelWidgets()
    return next((each for each in windows if isinstance(each, SaveDialog) and each.isVisible()), None)


def modes(user: WindowUser, folder: Path) -> None:
    window, session = user.window, user.session
    (folder / "Dockerfile").write_text("FROM scratch\nRUN one\nRUN two\nRUN three\n")

    def replayed() -> bool:
        replays = window.docks.existing(REPLAY)
        return replays is not None and replays.pane.result is not None and not replays.pane._loader.is_busy

    user.act("replay a Dockerfile", lambda: open_paths([str(folder)], window.open, window.docks), replayed)
    user.act("replay: closed", window.docks.get(REPLAY).dock.show_or_hide)
    mode = window.what_if
    user.act(
        "what if: prune",
        lambda: mode._named("prune"),
        lambda: session.supposed is not None and session.answer is not None,
    )
    user.act("what if: left", mode.leave, lambda: session.supposed is None and session.answer is not None)

    def reloaded() -> bool:
        is_settled = not window.opener.is_busy and not window.opener._settle_timer.isActive()
        return is_settled and session.answer is not None

    user.act("reload", window.opener.reload, reloaded)


def cases(user: WindowUser, folder: Path) -> None:
    """A suite of two cases, of which only one fits into memory if they are large."""
    window, session = user.window, user.session
    images = many_images(len(session.store.images))
    suite, probe = folder / "two.jsonl", SuiteProbe(parent=images[0].id, config=images[-1].config.config)
    with suite.open("w") as file:
        for rules in ("graphdriver-28.5.2", "graphdriver-24.0.7"):
            file.writelines(line_pieces(SuiteCase(rules=rules, images=images, probes=(probe, probe))))
    del images

    def is_at(case: int, probe: int) -> Callable[[], bool]:
        return lambda: (session.case_number, session.probe_number) == (case, probe) and session.answer is not None

    user.act("open a suite", lambda: window.open(str(suite)), lambda: _is_open(window, suite))
    for name, case in (("choose another case", 1), ("choose the first case", 0)):
        user.act(name, partial(session.places.choose_case, case), is_at(case, 0))
    user.act("choose another probe", partial(session.places.choose_probe, 1), is_at(0, 1))
    user.act("filter after that", partial(QTest.keyClicks, user.panes.images._box, "s"), _is_filtered(user))


def _is_open(window: MainWindow, suite: Path) -> bool:
    is_shown = window.session is not None and window.session.opened.location == str(suite)
    is_settled = not window.opener.is_busy and not window.opener._settle_timer.isActive()
    return is_shown and is_settled and window.session is not None and window.session.answer is not None


def _is_filtered(user: WindowUser) -> Callable[[], bool]:
    return lambda: not user.panes.images.is_filtering


PARTS = (images, edits, copies, docks, modes, cases)
