"""Images looked up in tables of a whole store are those found in tables of their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from blurring import blurred, lively
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import configs, stores_with_probe

from cacheview.engine import RULE_SETS, ImageCache, RuleSet, explain, is_prepared, prepare
from cacheview.engine.index import CandidateIndex
from cacheview.engine.index.bits import iterate_bits
from cacheview.engine.index.columns import Columns
from cacheview.engine.index.tables import Tables
from cacheview.engine.nearness import nearest
from cacheview.engine.ruleset import YEAR_ONE
from cacheview.model import ContainerConfig, Image, ImageConfig, ImageStore, Probe, Timestamp

many = examples(0.5)
rule_sets = st.sampled_from(list(RULE_SETS.values()))
known = st.one_of(stores_with_probe(), lively())
cases = st.one_of(known, known.flatmap(lambda case: st.tuples(blurred(case[0]), st.just(case[1]))))


def findings(index: CandidateIndex, probe: Probe) -> dict[str, object]:
    """Everything that is looked up in an index, with the images by their ids."""

    def ids(bits: int) -> list[str]:
        return [image.id for image in index.images(bits)]

    return {
        "all": ids(index.all),
        "dated": ids(index.dated),
        "newest": (newest := index.newest(probe)) and newest.id,
        "matches": [index.image(position).id for position in index.matches(probe)],
        "eligible": ids(index.eligible(probe)),
        "with config": ids(index.with_config(probe)),
        "certain": ids(index.certain),
        "may match": ids(index.may_match(probe)),
        "must match": ids(index.must_match(probe, "parent", "existence")),
        "survivors": [(left.name, ids(left.bits)) for left in index.survivors(probe)],
        "nearest": [(near.image.id, near.fields, near.elements) for near in nearest(index, probe.config, index.all)],
        "own parents": ids(index.own_parents),
        "not older": ids(index.not_older(Timestamp.parse("2001-01-01T00:00:00Z"))),
        "unknown": bool(index.unknowns),
        "unknown configs": ids(index.unknowns.configs),
        "doubts": list(index.unknowns.among(index.all)),
        "places": [index.place(image.id) for image in index.images(index.all)],
        "store order": [image.id for image in index.in_store_order(list(iterate_bits(index.all)))],
    }


@given(rule_sets, cases, st.data())
@many
def test_some_images_in_the_tables_of_all_are_as_in_their_own(
    rules: RuleSet, case: tuple[ImageStore, Probe], data: st.DataObject
) -> None:
    store, probe = case
    chosen = data.draw(st.lists(st.booleans(), min_size=len(store.images), max_size=len(store.images)))
    images = [image for image, is_chosen in zip(store.images, chosen, strict=True) if is_chosen]
    own = findings(CandidateIndex(images, rules, few=0), probe)
    makers: tuple[Callable[[], Columns], ...] = (
        lambda: Tables(store.images, dates_missing_times=rules.dates_missing_times, few=0),
        lambda: Columns(store.images, dates_missing_times=rules.dates_missing_times),
    )
    for make in makers:
        tables = make()
        assert findings(CandidateIndex(images, rules, few=0, tables=tables), probe) == own
        for image in store.images:
            if image not in images:
                assert CandidateIndex(images, rules, tables=tables).place(image.id) is None


@given(cases, st.lists(st.tuples(rule_sets, st.one_of(st.none(), configs)), min_size=1, max_size=4))
@many
def test_a_store_that_is_prepared_answers_as_one_that_is_not(
    case: tuple[ImageStore, Probe], asked: list[tuple[RuleSet, ContainerConfig | None]]
) -> None:
    store, probe = case
    ready = ImageStore(store.images)
    prepare(ready)
    for rules, config in asked:  # one after the other in the same tables
        edited = probe if config is None else probe.model_copy(update={"config": config})
        now, before = explain(ImageCache(ready, rules), edited), explain(ImageCache(store, rules), edited)
        assert (now.verdict, now.words) == (before.verdict, before.words)
        assert (now.edit, now.hazards) == (before.edit, before.hazards)
        assert [near.image.id for near in now.nearest()] == [near.image.id for near in before.nearest()]


@pytest.mark.parametrize("times", [(), ("0001-01-01T00:00:00Z",), ("0000-05-01T00:00:00Z", "2024-01-01T00:00:00Z")])
def test_a_missing_time_comes_where_the_rules_have_it(times: tuple[str, ...]) -> None:
    """Tables are shared by rules that order the images alike, and by no others."""
    created = (None, *map(Timestamp.parse, times), None, Timestamp.parse("2024-02-01T00:00:00Z"))
    images = tuple(
        Image(id=f"sha256:{number:064x}", config=ImageConfig(created=time)) for number, time in enumerate(created)
    )
    store = ImageStore(images)
    assert not is_prepared(store)
    prepare(store)
    assert is_prepared(store)
    for rules in RULE_SETS.values():
        index = ImageCache(store, rules).candidates("")
        dated = [image for image in images if rules.time(image.created) is not None]
        dated.sort(key=lambda image: (rules.time(image.created) or YEAR_ONE).instant, reverse=True)
        assert list(index.images(index.dated)) == (dated if len(index) else [])
