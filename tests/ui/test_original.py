"""A probe on the previous probe's result is held so that it follows the rules; a chosen parent stays."""

from __future__ import annotations

import pytest

from cacheview.engine.walk import PREVIOUS
from cacheview.model import ContainerConfig, Probe
from cacheview.ui.original import Original

CONFIG = ContainerConfig(User="me")
ORIGINAL = Original(Probe(parent=PREVIOUS), "old")
NOW = Original(Probe(parent=PREVIOUS), "new")


def test_the_unedited_probe_is_on_the_previous_result() -> None:
    assert ORIGINAL.probe == ORIGINAL.shown(None) == Probe(parent="old")
    assert ORIGINAL.edited(Probe(parent="old"), None) is None


def test_an_edited_probe_keeps_its_parent_in_other_words() -> None:
    edited = ORIGINAL.edited(Probe(parent="old", config=CONFIG), None)
    assert edited == Probe(parent=PREVIOUS, config=CONFIG)
    assert NOW.shown(edited) == Probe(parent="new", config=CONFIG)


def test_the_previous_result_can_be_chosen_again() -> None:
    chosen = ORIGINAL.edited(Probe(parent="other"), None)
    assert chosen == Probe(parent="other")
    assert ORIGINAL.edited(Probe(parent="old"), chosen) is None


def test_a_chosen_parent_stays_if_it_becomes_the_previous_result() -> None:
    chosen = ORIGINAL.edited(Probe(parent="new"), None)
    edited = NOW.edited(Probe(parent="new", config=CONFIG), chosen)
    assert edited == Probe(parent="new", config=CONFIG)
    assert NOW.edited(Probe(parent="new"), edited) == chosen
    assert ORIGINAL.shown(edited) == edited


@pytest.mark.parametrize("previous", ["", "old"])
def test_a_place_with_a_parent_of_its_own_takes_every_choice_as_it_is(previous: str) -> None:
    original = Original(Probe(parent="base"), previous)
    assert original.edited(Probe(parent=previous), None) == Probe(parent=previous)
    assert original.edited(Probe(parent="base"), Probe(parent=previous)) is None
    assert original.shown(Probe(parent=PREVIOUS)) == Probe(parent=previous)


def test_only_suites_have_a_previous_result() -> None:
    original = Original(Probe())
    edited = original.edited(Probe(parent=PREVIOUS), None)
    assert edited == original.shown(edited) == Probe(parent=PREVIOUS)
