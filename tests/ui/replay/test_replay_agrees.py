"""The selected step and the verdict never contradict each other, whatever the user does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot
from replay_kit import opened_of, real_build, write_context

from cacheview.model import Image, ImageStore, SuiteProbe
from cacheview.replay.result import StepStatus
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation
from cacheview.ui.docks import REPLAY
from cacheview.ui.replay.build import build_at
from cacheview.ui.replay.rows import ReplayRow, RowKind
from cacheview.ui.session import Session
from cacheview.ui.window import MainWindow

ROWS = 10
RULES = ("Docker 20.10.24, graph driver", "containerd-71ebfc7", "graphdriver-29")


class Person:
    """Performs the actions of a user in a window with a replay, and checks what it shows."""

    def __init__(self, window: MainWindow, qtbot: QtBot, context: Path) -> None:
        self.window = window
        self.qtbot = qtbot
        self.context = context
        self.dockerfile = (context / "Dockerfile").read_text()
        case = real_build("site/again")
        self.engine = opened_of(case)
        self.images = self.engine.cases[0].store.images
        self.suite = _suite(self.engine.cases[0].store)

    @property
    def session(self) -> Session:
        assert self.window.session is not None
        return self.window.session

    def open_store(self, location: str, *_: object, **__: object) -> OpenedLocation:
        return self.suite if location == "a.suite.jsonl" else self.engine

    # Actions

    def begin(self) -> None:
        pane = self.window.docks.get(REPLAY).pane
        self.engine = self.holding(self.images)
        (self.context / "Dockerfile").write_text(self.dockerfile)
        self.opens("engine:")
        with self.qtbot.waitSignal(pane.settled, timeout=9_000):
            self.window.docks.get(REPLAY).open_build(build_at(self.context).model_copy(update={"client": "docker-cli"}))

    def holding(self, images: Sequence[Image]) -> OpenedLocation:
        case = self.engine.cases[0]
        store = ImageStore(tuple(images), case.store.title, case.store.location, release=case.store.release)
        return dataclasses.replace(self.engine, cases=(dataclasses.replace(case, store=store),))

    def opens(self, location: str) -> None:
        with self.qtbot.waitSignal(self.window.settled, timeout=9_000):
            self.window.open(location)

    def reloads(self, dropped: int) -> None:
        if self.session.opened.location == "engine:":
            last = len(self.images) - dropped
            self.engine = self.holding(self.images[dropped:] if dropped % 2 else self.images[:last])
        with self.qtbot.waitSignal(self.window.settled, timeout=9_000):
            self.window.commands.reload.trigger()

    def chooses_row(self, number: int) -> None:
        pane = self.window.docks.get(REPLAY).pane
        if pane.isVisible():
            pane.view.setCurrentIndex(pane.model.index(number % max(1, pane.model.rowCount()), 0))

    def shows_or_hides(self) -> None:
        self.window.docks.get(REPLAY).show_or_hide()

    def edits(self, user: str) -> None:
        self.session.document.set_field("User", user)

    def builds_on(self, number: int) -> None:
        images = self.session.store.images
        self.session.document.use_as_parent(images[number] if number < len(images) else None)

    def asks_about(self, number: int) -> None:
        images, workspace = self.session.store.images, self.window.workspace
        assert workspace is not None
        if number < len(images):
            workspace.probe.load_from_image(images[number])

    def uses_rules(self, name: str) -> None:
        self.session.choose_rules(name)

    def chooses_probe(self, number: int) -> None:
        if number < len(self.session.case.probes):
            self.session.places.choose_probe(number)

    def chooses_case(self, number: int) -> None:
        if number < len(self.session.opened.cases):
            self.session.places.choose_case(number)

    def writes(self, text: str) -> None:
        (self.context / "Dockerfile").write_text(text or self.dockerfile)
        pane = self.window.docks.get(REPLAY).pane
        if pane.isVisible():
            with self.qtbot.waitSignal(pane.settled, timeout=9_000):
                pane.head.again_button.click()

    def undoes(self) -> None:
        self.window.commands.undo.trigger()

    def redoes(self) -> None:
        self.window.commands.redo.trigger()

    def applies(self) -> None:
        self.window.commands.apply.trigger()

    def goes_back(self) -> None:
        assert self.window.workspace is not None
        subject = self.window.workspace.verdict.subject
        for button in subject.findChildren(QToolButton):
            if button.isVisible():
                self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def continues(self) -> None:
        pane = self.window.docks.get(REPLAY).pane
        if pane.isVisible():
            pane.head.continue_button.click()

    # Checks

    def waits(self) -> None:
        """Wait until the steps are those of the open store and rules."""
        pane = self.window.docks.get(REPLAY).pane

        def is_settled() -> bool:
            if not pane.isVisible() or not pane.view.isVisible() or pane.result is None:
                return not pane.isVisible() or pane.result is not None
            asked = pane.result.request
            return asked.store is self.session.store and asked.daemon == self.session.daemon

        self.qtbot.waitUntil(is_settled, timeout=9_000)

    def looks(self, *, settled: bool) -> None:
        """Compare the selected row with the verdict."""
        assert self.window.workspace is not None
        replay, verdict = self.window.docks.get(REPLAY).pane, self.window.workspace.verdict
        row = replay.model.row(replay.view.currentIndex()) if replay.view.isVisible() else None
        subject, explanation = verdict.subject.text, verdict.trace.explanation
        if row is None:
            assert subject == "", "no step is selected"
            return
        if explanation is None:
            title, _ = verdict.nothing
            assert title in (f"{_name(row)} has no probe", *(f"Image {i.title} has no probe" for i in self.images))
            if not title.startswith("Image "):
                assert row.step is None or row.step.probe is None or not settled
            return
        name, step = _name(row), row.step
        if "before the store or rules changed" in subject:
            assert not settled
            assert subject.startswith(name)
        elif "The probe has changed" in subject:
            assert subject.endswith(f"{name[:1].lower()}{name[1:]}.")
            assert step is None or explanation.trace.probe != step.probe or not settled
            assert "see the probe and verdict panes" not in "".join(replay.detail.texts)
        else:
            assert subject == name or subject.startswith(f"{name} is unknown.")
            assert step is not None
            assert step.probe == explanation.trace.probe
            assert "do not currently show this step" not in "".join(replay.detail.texts)
            if step.status is StepStatus.HIT:
                assert explanation.verdict.image is not None
                assert explanation.verdict.image.id == step.image
            elif step.status is StepStatus.MISS:
                assert explanation.verdict.image is None


def _name(row: ReplayRow) -> str:
    if row.step is None:
        return "The refusal" + (f" at line {row.line}" if row.line else "")
    assert row.kind is RowKind.STEP
    return f"Step {row.step.number}"


def _suite(store: ImageStore) -> OpenedLocation:
    """A suite of two cases with two probes each: one case has the whole store, the other has half of it."""
    parent = store.images[-1].id
    probes = (SuiteProbe(parent=parent, name="one"), SuiteProbe(parent=store.images[0].id, name="two"))
    half = ImageStore(store.images[: len(store.images) // 2], "half")
    cases = (OpenedCase("whole", store, "", probes), OpenedCase("half", half, "", probes))
    return OpenedLocation("a suite", "a.suite.jsonl", OpenedKind.SUITE, cases)


Act = Callable[[Person], None]

_ACTS: dict[str, Act] = {
    **{f"row {n}": partial(Person.chooses_row, number=n) for n in range(ROWS)},
    **{f"rules {name}": partial(Person.uses_rules, name=name) for name in RULES},
    **{f"image {n}": partial(Person.asks_about, number=n) for n in (0, 4)},
    **{f"parent {n}": partial(Person.builds_on, number=n) for n in (3, 99)},
    **{f"reload without {n}": partial(Person.reloads, dropped=n) for n in (0, 3, 6)},
    **{f"probe {n}": partial(Person.chooses_probe, number=n) for n in (0, 1)},
    **{f"case {n}": partial(Person.chooses_case, number=n) for n in (0, 1)},
    "dock": Person.shows_or_hides,
    "engine": lambda person: person.opens("engine:"),
    "suite": lambda person: person.opens("a.suite.jsonl"),
    "edit": lambda person: person.edits("someone"),
    "edit again": lambda person: person.edits("another"),
    "undo": Person.undoes,
    "redo": Person.redoes,
    "apply": Person.applies,
    "back": Person.goes_back,
    "continue": Person.continues,
    "short file": lambda person: person.writes("FROM scratch\nLABEL a=b\n"),
    "broken file": lambda person: person.writes("FROM scratch\nFOO\n"),
    "same file": lambda person: person.writes(""),
}


@pytest.fixture
def person(window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    context = write_context(real_build("site/again"), tmp_path / "site")
    person = Person(window, qtbot, context)
    monkeypatch.setattr("cacheview.stores.open.open_store", person.open_store)
    return person


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
@given(acts=st.lists(st.sampled_from(sorted(_ACTS)), min_size=1, max_size=12))
@example(acts=["row 6", "dock", "edit", "dock", "undo"])
@example(acts=["row 6", "suite", "probe 1", "case 1", "undo", "undo", "engine"])
@example(acts=["row 5", "image 0", "edit", "undo", "rules containerd-71ebfc7", "reload without 3"])
@example(acts=["row 7", "edit", "broken file", "dock", "dock", "same file", "row 4", "short file"])
def test_any_sequence_of_user_actions_keeps_the_replay_consistent(person: Person, acts: list[str]) -> None:
    person.begin()
    person.looks(settled=True)
    for act in acts:
        _ACTS[act](person)
        person.looks(settled=False)
        person.waits()
        person.looks(settled=True)
