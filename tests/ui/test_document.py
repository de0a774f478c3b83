"""Every change of the probe can be undone, and continuous typing is one undo step."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from functools import partial
from random import Random

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from cacheview.engine.walk import PREVIOUS
from cacheview.model import ContainerConfig, Probe
from cacheview.ui.document import Place, ProbeDocument
from cacheview.ui.original import Original


@pytest.fixture
def document(qapp: object) -> ProbeDocument:
    return ProbeDocument(Probe(config=ContainerConfig(User="root")))


def record_probes(document: ProbeDocument) -> list[Probe]:
    probes: list[Probe] = []
    document.probe_changed.connect(probes.append)
    return probes


def test_edit_undo_redo(document: ProbeDocument) -> None:
    probes = record_probes(document)
    before = document.probe
    assert document.set_field("User", "1000", "Edit User")
    after = document.probe
    assert after.config.User == "1000"
    assert document.undo_stack.undoText() == "Edit User"
    document.undo_stack.undo()
    assert document.probe == before
    document.undo_stack.redo()
    assert document.probe == after
    assert probes == [after, before, after]


def test_equal_probe_pushes_nothing(document: ProbeDocument) -> None:
    probes = record_probes(document)
    assert not document.edit(document.probe.model_copy(), "Edit nothing")
    assert document.undo_stack.count() == 0
    assert probes == []


def test_an_empty_list_differs_from_no_value(document: ProbeDocument) -> None:
    assert document.set_field("Env", ())
    assert document.probe.config.Env == ()
    document.undo_stack.undo()
    assert document.probe.config.Env is None


def test_typing_is_one_step(document: ProbeDocument) -> None:
    for text in ("1", "10", "100"):
        document.set_field("User", text, merge="User")
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert document.probe.config.User == "root"


def test_an_edit_of_another_field_ends_the_undo_step(document: ProbeDocument) -> None:
    document.set_field("User", "1", merge="User")
    document.set_field("Hostname", "h", merge="Hostname")
    document.set_field("User", "12", merge="User")
    document.set_field("User", "123")
    document.set_field("User", "1234", merge="User")
    assert document.undo_stack.count() == 5


def test_a_reverted_edit_leaves_no_undo_step(document: ProbeDocument) -> None:
    document.set_field("User", "root2", merge="User")
    document.set_field("User", "root", merge="User")
    assert document.undo_stack.count() == 0
    assert document.probe.config.User == "root"


def test_loading_a_probe_clears_the_undo_stack(document: ProbeDocument) -> None:
    document.set_field("User", "1")
    probes = record_probes(document)
    loaded = Probe(parent="sha256:1")
    document.load(loaded)
    assert document.probe == loaded
    assert not document.undo_stack.canUndo()
    assert probes == [loaded]


def test_another_original_is_no_step(document: ProbeDocument) -> None:
    """The unedited probe of the place, and the parent of the edited ones, are what they are when they are shown."""
    shown = ShownPlaces()
    document.follow(shown)
    document.moving.connect(shown.move)
    document.set_field("User", "1")
    document.edit(document.probe.model_copy(update={"parent": "chosen"}), "Choose a parent")
    document.move((0, 1), None, "Go")
    assert document.probe == Probe(parent="old")
    document.undo_stack.undo()
    probes = record_probes(document)
    shown.previous = "new"
    shown.move(document.place)
    document.show_again()
    assert probes == [], "a chosen parent stays"
    assert document.undo_stack.count() == 3
    for parent, user in (("new", "1"), ("new", "")):
        document.undo_stack.undo()
        assert (document.probe.parent, document.probe.config.User) == (parent, user)
    assert (document.edited, document.held.parent) == (None, PREVIOUS)
    shown.previous = "newest"
    shown.move(document.place)
    document.show_again()
    assert [probe.parent for probe in probes] == ["new", "new", "newest"]
    for _ in range(3):
        document.undo_stack.redo()
    assert (document.place, document.probe) == ((0, 1), Probe(parent="newest"))


class ShownPlaces:
    """Stands for a walk with the same probe at all places."""

    def __init__(self) -> None:
        self.previous = "old"
        self.move((0, 0))

    def move(self, place: Place) -> None:
        self.original = Original(Probe(parent=PREVIOUS), self.previous)


def test_unknown_field(document: ProbeDocument) -> None:
    with pytest.raises(KeyError):
        document.set_field("Color", "red")


edits = st.lists(st.tuples(st.sampled_from(["User", "Hostname"]), st.text(max_size=2), st.booleans()))


@given(edits=edits)
@examples(0.75)
def test_undo_goes_back_through_the_shown_states(edits: list[tuple[str, str, bool]], qapp: object) -> None:
    document = ProbeDocument()
    shown = [document.probe]
    for field, text, merge in edits:
        document.set_field(field, text, merge=field if merge else "")
        shown.append(document.probe)
    last = document.probe
    while document.undo_stack.canUndo():
        document.undo_stack.undo()
        assert document.probe in shown
    assert document.probe == Probe()
    while document.undo_stack.canRedo():
        document.undo_stack.redo()
    assert document.probe == last


@pytest.fixture
def collector() -> Iterator[None]:
    """Disables automatic garbage collection; the test collects explicitly."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("seed", range(5))
def test_no_step_ends_before_its_stack(seed: int, qapp: object, collector: None) -> None:
    """If a step is collected before its stack, Qt keeps a dangling pointer and the program crashes."""
    random = Random(seed)
    ended: list[int] = []  # numbers of the documents whose stack was destroyed
    early: list[int] = []

    def step_ended(number: int) -> None:
        if number not in ended:
            early.append(number)

    for number in range(100):
        document = ProbeDocument()
        held: list[object] = []  # part of the cycle, so that steps are collected in a different order
        for user in range(random.randint(1, 4)):
            document.set_field("User", str(user))
            step = document.undo_stack.command(user)
            weakref.finalize(step, step_ended, number)
            held.append((step, held))
            gc.collect(random.randint(0, 1))
        document.undo_stack.destroyed.connect(partial(ended.append, number))
        document.__dict__["held"] = held
        del document, held, step
    gc.collect()
    assert sorted(ended) == list(range(100))
    assert early == []
