"""In a large store, probes are looked up in another thread: same answers, only for the latest probe, never outdated."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_kit import FakeEngine, make_image
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot
from window_kit import OpenWindow

from cacheview.engine import Explanation, ImageCache, ProbeEdit, explain, is_prepared
from cacheview.model import Platform, Probe
from cacheview.ui import answering, busy_timer, shown_store
from cacheview.ui.document import ProbeDocument
from cacheview.ui.session import Session
from cacheview.ui.window import MainWindow


class Gate:
    """Blocks every lookup until it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.looked_up: list[Probe] = []
        self.threads: set[threading.Thread] = set()

    def explain(self, cache: ImageCache, probe: Probe, *, at_once: bool) -> Explanation:
        self.looked_up.append(probe)
        self.threads.add(threading.current_thread())
        assert self.opened.wait(20)
        return explain(cache, probe, at_once=at_once)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate = Gate()
    monkeypatch.setattr(shown_store, "explain", gate.explain)
    monkeypatch.setattr(answering, "_MAX_IMAGES_WITHOUT_TABLES", 0)
    monkeypatch.setattr(answering, "_MAX_IMAGES_WITH_TABLES", 0)
    monkeypatch.setattr(busy_timer, "BUSY_AFTER_MS", 0)
    return gate


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets up an engine of 30 images that form a binary tree."""
    images = [make_image(n, (n - 1) // 2 if n else None, f"docker.io/library/app:{n}") for n in range(30)]
    FakeEngine(images).install(monkeypatch)


@pytest.fixture
def window(lent_window: MainWindow, qtbot: QtBot, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    install(monkeypatch)
    opened(lent_window, "engine:", qtbot)
    yield lent_window
    gate.opened.set()


def opened(window: MainWindow, location: str, qtbot: QtBot) -> MainWindow:
    with qtbot.waitSignal(window.settled):
        window.open(location)
    return window


def session_of(window: MainWindow) -> Session:
    assert window.session is not None
    return window.session


def document_of(window: MainWindow) -> ProbeDocument:
    return session_of(window).document


def same(explanation: Explanation, cache: ImageCache) -> bool:
    """Whether an explanation is the same as one from a lookup in this thread."""
    now = explain(ImageCache(cache.store, cache.rules), explanation.trace.probe)
    return (explanation.verdict, explanation.words, explanation.edit) == (now.verdict, now.words, now.edit)


def test_the_first_answer_is_looked_up_while_the_store_is_read(window: MainWindow, gate: Gate) -> None:
    assert gate.looked_up == [], "it was looked up while the store was being read"
    answer = session_of(window).answer
    assert answer is not None
    assert same(answer.explanation, session_of(window).cache)


def test_only_the_last_edit_is_answered(window: MainWindow, gate: Gate, qtbot: QtBot) -> None:
    session, document, images = session_of(window), document_of(window), session_of(window).store.images
    answered: list[str] = []
    session.answered.connect(lambda answer: answered.append(answer.explanation.trace.probe.parent))
    for number in (3, 4, 5):
        document.use_as_parent(images[number])
    assert document.probe.parent == images[5].id, "the edits are visible at once"
    assert session.is_awaited
    assert session.answer is None
    gate.opened.set()
    qtbot.waitUntil(lambda: session.answer is not None)
    assert answered == [images[5].id]
    answer = session.answer
    assert answer is not None
    assert same(answer.explanation, session.cache)
    assert threading.main_thread() not in gate.threads
    document.undo_stack.undo()
    qtbot.waitUntil(lambda: answered[-1] == images[4].id)


def test_a_pending_lookup_is_announced_and_blocks_copying(window: MainWindow, gate: Gate, qtbot: QtBot) -> None:
    assert window.workspace is not None
    banner = window.workspace.verdict.banner
    before = banner.text
    QGuiApplication.clipboard().setText("as it was")
    document_of(window).use_as_parent(session_of(window).store.images[3])
    qtbot.waitUntil(lambda: banner.text == "LOOKING UP: the changed probe")
    assert window.status.text("time") == "Looking up…"
    window.commands.copy_text.trigger()
    assert QGuiApplication.clipboard().text() == "as it was"
    assert not banner.copy_button.isEnabled()
    window.workspace.verdict.edit_requested.emit(ProbeEdit(Probe(parent="of a trace that is no more"), ()))
    assert document_of(window).probe.parent == session_of(window).store.images[3].id
    gate.opened.set()
    qtbot.waitUntil(lambda: session_of(window).answer is not None)
    assert "LOOKING UP" not in banner.text
    assert window.status.text("time").endswith(" ms")
    assert banner.copy_button.isEnabled()
    document_of(window).undo_stack.undo()
    qtbot.waitUntil(lambda: banner.text == before)


def test_any_edit_is_looked_up_immediately_once_the_store_is_ready(
    window: MainWindow, gate: Gate, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.opened.set()
    monkeypatch.setattr(answering, "_MAX_IMAGES_WITH_TABLES", 30)
    session, document = session_of(window), document_of(window)
    images = session.store.images
    probe = document.probe.model_copy(update={"parent": images[3].id})
    with_sources = probe.model_copy(update={"cache_from": ("app:5", "app:6")})

    def is_immediate(edited: Probe) -> bool:
        document.edit(edited, "Edit")
        immediate = session.answer is not None
        qtbot.waitUntil(lambda: session.answer is not None)
        assert session.answer is not None
        assert same(session.answer.explanation, session.cache)
        return immediate

    assert not is_immediate(probe), "the tables of its images do not exist yet"
    assert is_immediate(probe.model_copy(update={"parent": images[14].id}))
    assert is_immediate(with_sources)
    assert is_immediate(with_sources.model_copy(update={"platform": Platform(os="linux", architecture="arm64")}))
    session.choose_rules("graphdriver-24.0.7")
    assert session.answer is not None, "other rules use the same tables"
    assert is_immediate(with_sources.model_copy(update={"parent": images[4].id}))
    monkeypatch.setattr(answering, "_MAX_IMAGES_WITH_TABLES", 29)
    assert not is_immediate(probe), "stores above the limit are looked up in another thread"


def test_an_answer_for_previous_rules_is_dropped(window: MainWindow, gate: Gate, qtbot: QtBot) -> None:
    session = session_of(window)
    document_of(window).use_as_parent(session.store.images[3])
    session.choose_rules("graphdriver-24.0.7")
    gate.opened.set()
    qtbot.waitUntil(lambda: session.answer is not None)
    answer = session.answer
    assert answer is not None
    assert answer.explanation.trace.rules.name == "graphdriver-24.0.7"
    assert same(answer.explanation, session.cache)


def test_a_window_is_closed_while_it_looks_up(
    open_window: OpenWindow, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    window = open_window("engine:")
    document_of(window).use_as_parent(session_of(window).store.images[3])
    gate.opened.set()
    window.close()
    assert not session_of(window).is_awaited


def test_a_fault_in_a_lookup_clears_the_pending_message(
    window: MainWindow, gate: Gate, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert window.workspace is not None
    session, verdict = session_of(window), window.workspace.verdict

    def fail(*_: object, **__: object) -> Explanation:
        assert gate.opened.wait(20)
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(shown_store, "explain", fail)
    document_of(window).use_as_parent(session.store.images[3])
    qtbot.waitUntil(lambda: "LOOKING UP" in verdict.banner.text)
    with qtbot.captureExceptions() as faults:
        gate.opened.set()
        qtbot.waitUntil(lambda: not session.is_awaited)
        qtbot.waitUntil(lambda: bool(faults))
    text, hint = verdict.nothing
    assert text == "This probe could not be looked up"
    assert hint == "ZeroDivisionError: division by zero. This is a bug in cacheview: please report it."
    assert window.status.text("time") == ""
    monkeypatch.setattr(shown_store, "explain", explain)
    document_of(window).undo_stack.undo()
    qtbot.waitUntil(lambda: session.answer is not None)
    assert verdict.nothing == ("", "")


def test_an_opened_store_answers_immediately(
    lent_window: MainWindow, qtbot: QtBot, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "_MAX_IMAGES_WITH_TABLES", 100)
    gate.opened.set()
    install(monkeypatch)
    window = opened(lent_window, "engine:", qtbot)
    document_of(window).use_as_parent(session_of(window).store.images[3])
    assert session_of(window).answer is not None, "the answer is there at once"
    assert gate.threads == {threading.main_thread()}


def test_a_case_of_a_suite_is_ready_when_it_is_chosen(
    lent_window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "_MAX_IMAGES_WITHOUT_TABLES", 2)
    images = [{"id": f"sha256:{number:064x}", "config": {}} for number in range(3)]
    case = {"rules": "containerd-29", "images": images, "probes": [{"name": "one", "parent": "", "config": {}}]}
    suite = tmp_path / "two.jsonl"
    suite.write_text(f"{json.dumps(case)}\n" * 2)
    session = session_of(opened(lent_window, str(suite), qtbot))
    ready: list[bool] = []
    session.store_changed.connect(lambda: ready.append(is_prepared(session.store)))
    with qtbot.waitSignal(session.probe_loaded):
        session.places.choose_case(1)
    assert ready == [True]
    assert session.case_number == 1
    assert session.answer is not None, "it is there in the turn in which the case was chosen"


def test_panes_are_painted_in_a_later_turn_than_a_late_answer(
    open_window: OpenWindow, qtbot: QtBot, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    window = open_window("engine:")
    session, workspace = window.session, window.workspace
    assert session is not None
    assert workspace is not None
    gate.opened.set()
    qtbot.waitUntil(lambda: session.answer is not None and all(pane.updatesEnabled() for pane in workspace.panes))
    painted: list[int] = []
    session.answered.connect(lambda: painted.append(sum(pane.updatesEnabled() for pane in workspace.panes)))
    session.document.set_field("User", "nobody", "Set User to nobody")
    assert all(pane.updatesEnabled() for pane in workspace.panes), "typed text is painted at once"
    qtbot.waitUntil(lambda: bool(painted))
    assert painted == [0]
    qtbot.waitUntil(lambda: all(pane.updatesEnabled() for pane in workspace.panes))


def test_panes_are_painted_one_by_one_only_if_candidates_or_sources_change(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window("demo:")
    session, workspace = window.session, window.workspace
    assert session is not None
    assert workspace is not None

    def are_painted() -> list[bool]:
        return [pane.updatesEnabled() for pane in workspace.panes]

    qtbot.waitUntil(lambda: all(are_painted()))
    session.document.set_field("User", "nobody", "Set User to nobody")
    assert all(are_painted())
    for edit in (session.document.use_as_parent, session.document.add_cache_from):
        edit(session.store.images[-1])
        assert session.answer is not None
        assert not any(are_painted())
        qtbot.waitUntil(lambda: all(are_painted()))
