"""The window answers an edited probe of any suite as ``cacheview check`` would, if the suite had it.

In a walk, this includes a probe on the previous probe's result, whichever rules found that result.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from long_walk import long_walk
from random_suites import cases, loaded, opened, reloaded, shown, write
from strategies import IDS, LACKED

from cacheview.engine import ImageCache
from cacheview.engine.case_results import answers_to, probe_results
from cacheview.engine.walk import PREVIOUS
from cacheview.model import NO_CONTAINERS, SCRATCH, ContainerConfig, SuiteCase
from cacheview.stores.change import StoreChanges
from cacheview.ui.document import Place
from cacheview.ui.session import Session
from cacheview.ui.supposed_store import ListedImages
from cacheview.whatif.apply import unchanged

RULES = ("graphdriver-28.5.2", "containerd-71ebfc7", "containerd-24.0.7")
"""The results of a `long_walk` with these rules are new images, the source itself, and none."""
OTHERS, SOURCE = RULES[1], f"sha256:{'a' * 64}"
ACTIONS = (
    *("probe", "probe", "user", "user", "rules", "rules", "undo", "undo", "undo", "redo"),
    *("own", "case", "parent", "previous", "reload"),
)

walks = st.sampled_from([3, 4]).map(long_walk) | cases().map(lambda case: case.model_copy(update={"walk": True}))


@dataclass(frozen=True)
class State:
    """A place with its probe.

    Attributes:
        parent: the chosen parent; None: it is that of the suite.
    """

    place: Place
    user: str
    parent: str | None = None


class Expected:
    """What the user did to a suite: the states of its probes, and the undo steps between them."""

    def __init__(self, suite: Sequence[SuiteCase]) -> None:
        self.suite = suite
        self.state = self.own((0, 0))
        self.edited: dict[Place, State] = {}
        self.steps: list[tuple[State, State, bool]] = []  # the last item: whether it is a move
        self.index = 0

    def own(self, place: Place) -> State:
        """The state of an unedited probe."""
        return State(place, self.suite[place[0]].probes[place[1]].config.User)

    def move(self, place: Place, *, own: bool = False) -> None:
        state = self.own(place) if own else self.edited.get(place, self.own(place))
        if state == self.state:
            return
        if self.steps:
            self._push(state, is_move=True)
        self._show(state)

    def edit(self, state: State) -> None:
        if state != self.state:
            self._push(state, is_move=False)
            self._show(state)

    def undo(self) -> None:
        if self.index:
            self.index -= 1
            self._show(self.steps[self.index][0])

    def redo(self) -> None:
        if self.index < len(self.steps):
            self.index += 1
            self._show(self.steps[self.index - 1][1])

    def _push(self, state: State, *, is_move: bool) -> None:
        del self.steps[self.index :]
        before = self.state
        if is_move and self.steps and self.steps[-1][2]:
            before = self.steps.pop()[0]
        if before != state or not is_move:
            self.steps.append((before, state, is_move))
        self.index = len(self.steps)

    def _show(self, state: State) -> None:
        self.state = state
        if state == self.own(state.place):
            self.edited.pop(state.place, None)
        else:
            self.edited[state.place] = state

    @property
    def case(self) -> SuiteCase:
        """The case with the probe as it is edited."""
        case, number = self.suite[self.state.place[0]], self.state.place[1]
        probe = case.probes[number]
        config = probe.config.model_copy(update={"User": self.state.user})
        parent = probe.parent if self.state.parent is None else self.state.parent
        probes = (*case.probes[:number], probe.model_copy(update={"config": config, "parent": parent}))
        return case.model_copy(update={"probes": probes})


def previous(session: Session, case: SuiteCase) -> str:
    """The result of the last earlier probe that has one, with the rules that are shown."""
    answers = answers_to(case.store, session.cache.rules, case.probes[:-1], walk=True)
    found = [verdict.image.id for _, verdict in answers if verdict.image is not None] if case.walk else []
    return found[-1] if found else SCRATCH


def choose_parent(session: Session, expected: Expected, parent: str) -> None:
    """Choose a parent. The result of the previous probe is what the suite means, unless another one was chosen."""
    state = expected.state
    place = state.place
    own = expected.suite[place[0]].probes[place[1]].parent
    is_own = parent == (previous(session, expected.case) if own == PREVIOUS else own)
    if parent != state.parent:
        expected.edit(replace(state, parent=None if is_own else parent))
    session.document.edit(session.document.probe.model_copy(update={"parent": parent}), "Choose a parent")


def act(action: str, session: Session, expected: Expected, path: Path, data: st.DataObject) -> None:
    places, place = session.places, expected.state.place
    count = len(expected.suite[place[0]].probes)
    match action:
        case "probe" | "own":
            number, own = data.draw(st.integers(0, count - 1)), action == "own"
            expected.move((place[0], number), own=own)
            places.choose_probe(number, own=own)
        case "case":
            number = data.draw(st.integers(0, len(expected.suite) - 1))
            if number != place[0]:
                expected.move((number, 0))
            places.choose_case(number)
        case "user":
            user = data.draw(st.sampled_from(["", "root", "me"]))
            expected.edit(replace(expected.state, user=user))
            session.document.set_field("User", user)
        case "parent":
            choose_parent(session, expected, data.draw(st.sampled_from([SCRATCH, *IDS[:3], LACKED, "new:0"])))
        case "previous":
            choose_parent(session, expected, previous(session, expected.case))
        case "rules":
            session.choose_rules(data.draw(st.sampled_from([*RULES, ""])))
        case "undo":
            expected.undo()
            places.undo()
        case "redo":
            expected.redo()
            places.redo()
        case "reload":
            session.reload(reloaded(path, session))


@given(st.lists(walks, min_size=1, max_size=2), st.data())
@examples(0.5)
def test_a_probe_on_the_previous_result_follows_the_rules(suite: list[SuiteCase], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.jsonl")
        write(path, suite)
        session, expected = opened(path), Expected(suite)
        for action in data.draw(st.lists(st.sampled_from(ACTIONS), min_size=10, max_size=30)):
            act(action, session, expected, path, data)
            assert session.document.place == expected.state.place
            assert session.document.probe.config.User == expected.state.user
            assert set(session.edits.places) == set(expected.edited)
            case = expected.case
            parent = case.probes[-1].parent
            assert session.document.probe.parent == (previous(session, case) if parent == PREVIOUS else parent)
            assert shown(session) == list(probe_results(case, session.cache.rules))[-1].verdict


@pytest.mark.parametrize("number", [1, 2])
def test_an_undo_step_follows_the_rules_chosen_at_another_place(tmp_path: Path, number: int) -> None:
    path = tmp_path / "a.jsonl"
    write(path, [long_walk(3)])
    session = opened(path)
    session.places.choose_probe(number)
    session.document.set_field("User", "me")
    session.places.choose_probe(0)
    session.choose_rules(OTHERS)
    session.places.undo()
    assert (session.probe_number, session.document.probe.config.User) == (number, "me")
    assert session.document.probe.parent == SOURCE
    session.places.undo()
    assert session.document.probe.parent == SOURCE
    assert not session.edits.places
    session.choose_rules("")
    assert session.document.probe.parent == f"new:{number - 1}"


def test_a_draft_follows_the_rules_that_its_store_is_opened_with_again(tmp_path: Path) -> None:
    path, other = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    case = long_walk(3)
    write(path, [case])
    write(other, [case])
    session = opened(path)
    session.places.choose_probe(1)
    session.document.set_field("User", "me")
    session.open(loaded(other))
    write(path, [case.model_copy(update={"rules": OTHERS})])
    session.open(loaded(path))
    assert (session.probe_number, session.document.probe.config.User) == (1, "me")
    assert session.document.probe.parent == SOURCE
    assert [draft.probe.parent for draft in session.edits.drafts()] == [PREVIOUS]


def test_an_undo_step_to_an_unedited_probe_shows_the_one_that_the_suite_has_now(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    case = long_walk(3)
    write(path, [case])
    session = opened(path)
    session.document.set_field("User", "me")
    session.places.choose_probe(1)
    session.places.choose_probe(2, own=True)
    session.document.set_field("User", "me")
    session.places.choose_probe(0)
    changed = [probe.model_copy(update={"config": ContainerConfig(Cmd=("another",))}) for probe in case.probes]
    write(path, [case.model_copy(update={"probes": tuple(changed)})])
    session.reload(reloaded(path, session))
    session.places.undo()
    session.places.undo()
    assert session.probe_number == 2
    assert session.document.probe.config == ContainerConfig(Cmd=("another",))
    assert set(session.edits.places) == {(0, 0)}


@pytest.mark.parametrize("walk", [True, False])
def test_an_edited_probe_stays_on_the_previous_result_if_the_suite_names_another_parent(
    tmp_path: Path, *, walk: bool
) -> None:
    path = tmp_path / "a.jsonl"
    case = long_walk(3)
    write(path, [case])
    session = opened(path)
    session.places.choose_probe(1)
    session.document.set_field("User", "me")
    probes = tuple(probe.model_copy(update={"parent": LACKED}) for probe in case.probes[1:])
    write(path, [case.model_copy(update={"probes": (case.probes[0], *probes), "walk": walk})])
    session.reload(reloaded(path, session))
    assert session.document.probe.config.User == "me"
    assert session.document.probe.parent == ("new:0" if walk else SCRATCH)
    session.places.undo()
    assert session.document.probe.parent == LACKED


def test_what_if_is_left_with_the_probe_as_it_was_held(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write(path, [long_walk(3)])
    session = opened(path)
    session.places.choose_probe(1)
    session.document.set_field("User", "me")
    held = session.document.held
    cache = ImageCache(session.store, session.cache.rules)
    changed = unchanged(session.store, session.daemon, NO_CONTAINERS)
    session.suppose(changed, cache, StoreChanges(), ListedImages(session.store, frozenset(), None))
    session.document.edit(session.document.probe.model_copy(update={"parent": LACKED}), "Choose a parent")
    session.choose_rules(OTHERS)
    assert session.supposed is None
    assert session.document.held == held
    assert session.document.probe.parent == SOURCE
