"""Lookups in the tables of a whole store find the same images as lookups in separate tables."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from blurring import DOUBTS, blurred, lively
from changing import changed, made_by_changes
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
from cacheview.engine.prepared import tables_of
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import YEAR_ONE, ConfigCheck
from cacheview.model import ContainerConfig, Image, ImageConfig, ImageStore, Probe, Timestamp

many, few = examples(0.5), examples(0.2)
rule_sets = st.sampled_from(list(RULE_SETS.values()))
known = st.one_of(stores_with_probe(), lively())
cases = st.one_of(known, known.flatmap(lambda case: st.tuples(blurred(case[0]), st.just(case[1]))))


def findings(index: CandidateIndex, probe: Probe) -> dict[str, object]:
    """Return everything that is looked up in an index, with images by ID."""

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
        "newer": ids(index.newer(Timestamp.parse("2001-01-01T00:00:00Z"))),
        "unknown": bool(index.unknowns),
        "unknown configs": ids(index.unknowns.configs),
        "doubts": list(index.unknowns.among(index.all)),
        "places": [index.place(image.id) for image in index.images(index.all)],
        "store order": [image.id for image in index.in_store_order(list(iterate_bits(index.all)))],
    }


@given(rule_sets, cases, st.data())
@many
def test_a_subset_of_images_in_shared_tables_gives_the_same_findings(
    rules: RuleSet, case: tuple[ImageStore, Probe], data: st.DataObject
) -> None:
    store, probe = case
    chosen = data.draw(st.lists(st.booleans(), min_size=len(store.images), max_size=len(store.images)))
    images = [image for image, is_chosen in zip(store.images, chosen, strict=True) if is_chosen]
    own = findings(CandidateIndex(images, rules, compare_up_to=0), probe)
    makers: tuple[Callable[[], Columns], ...] = (
        lambda: Tables(store.images, dates_missing_times=rules.dates_missing_times, compare_up_to=0),
        lambda: Columns(store.images, dates_missing_times=rules.dates_missing_times),
    )
    for make in makers:
        tables = make()
        assert findings(CandidateIndex(images, rules, compare_up_to=0, tables=tables), probe) == own
        for image in store.images:
            if image not in images:
                assert CandidateIndex(images, rules, tables=tables).place(image.id) is None


@given(cases, st.lists(st.tuples(rule_sets, st.one_of(st.none(), configs)), min_size=1, max_size=4))
@many
def test_a_prepared_store_answers_like_an_unprepared_one(
    case: tuple[ImageStore, Probe], lookups: list[tuple[RuleSet, ContainerConfig | None]]
) -> None:
    store, probe = case
    ready = ImageStore(store.images)
    prepare(ready)
    for rules, config in lookups:  # one after the other in the same tables
        edited = probe if config is None else probe.model_copy(update={"config": config})
        now, before = explain(ImageCache(ready, rules), edited), explain(ImageCache(store, rules), edited)
        assert (now.verdict, now.words) == (before.verdict, before.words)
        assert (now.edit, now.hazards) == (before.edit, before.hazards)
        assert [near.image.id for near in now.nearest()] == [near.image.id for near in before.nearest()]


@pytest.mark.parametrize("times", [(), ("0001-01-01T00:00:00Z",), ("0000-05-01T00:00:00Z", "2024-01-01T00:00:00Z")])
def test_an_image_without_a_time_is_ordered_by_the_rules(times: tuple[str, ...]) -> None:
    """Only rules that order the images alike share tables."""
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


@given(rule_sets, cases.flatmap(changed))
@many
def test_a_derived_store_reuses_the_tables_of_its_base_store(
    rules: RuleSet, case: tuple[ImageStore, ImageStore, Probe]
) -> None:
    made, store, probe = case
    assert made == store
    tables = tables_of(made, rules)
    if tables is None:
        return
    for parent in {probe.parent, "", *(image.parent or "" for image in store.images)}:
        images = ImageCache(made, rules).children(parent)
        assert tuple(images) == tuple(ImageCache(store, rules).children(parent))
        found = findings(CandidateIndex(images, rules, compare_up_to=0, tables=tables), probe)
        assert found == findings(CandidateIndex(images, rules, compare_up_to=0), probe)


@given(cases.flatmap(changed), st.lists(rule_sets, min_size=1, max_size=3))
@many
def test_a_derived_store_answers_like_a_new_store_of_the_same_images(
    case: tuple[ImageStore, ImageStore, Probe], rule_set_list: list[RuleSet]
) -> None:
    made, store, probe = case
    for rules in rule_set_list:
        now, before = explain(ImageCache(made, rules), probe), explain(ImageCache(store, rules), probe)
        assert (now.verdict, now.words) == (before.verdict, before.words)
        assert (now.edit, now.hazards) == (before.edit, before.hazards)
        assert [near.image.id for near in now.nearest()] == [near.image.id for near in before.nearest()]


@given(st.data())
@few
def test_tables_of_a_changed_store_equal_new_tables(data: st.DataObject) -> None:
    store, _ = data.draw(known)
    made = data.draw(made_by_changes(store.images))
    for rules in RULE_SETS.values():
        tables = tables_of(made, rules)
        if tables is None:
            continue
        own = Tables(store.images, dates_missing_times=rules.dates_missing_times)
        assert tables.order.images == own.order.images
        assert dict(tables.order.positions) == own.order.positions
        assert tables.order.places == own.order.places
        assert tables.order.without_parent == own.order.without_parent
        rows: list[ConfigCheck | Requirement] = [*rules.requirements, *rules.config_checks, *rules.later]
        for row in rows:
            assert list(tables.of(row)) == list(own.of(row))


def of_time(number: int, created: str | None) -> Image:
    time = Timestamp.parse(created) if created else None
    return Image(id=f"sha256:{number:064x}", config=ImageConfig(created=time))


@pytest.mark.parametrize("dated", [True, False])
def test_a_slightly_changed_store_is_prepared_with_its_base_store(dated: bool) -> None:
    first = ImageStore(tuple(of_time(number, "2024-01-01T00:00:00Z") for number in range(3)))
    made = first.with_changes({}, (of_time(3, "2025-01-01T00:00:00Z" if dated else None),))
    assert not is_prepared(made)
    prepare(first)
    assert is_prepared(made)
    again = made.with_changes({first.images[0].id: first.images[0].model_copy(update={"parent": "sha256:1"})})
    assert is_prepared(again)


def test_preparing_a_derived_store_prepares_its_base_store() -> None:
    first = ImageStore((of_time(0, None),))
    prepare(first.with_changes({}, (of_time(1, None),)))
    assert is_prepared(first)


def test_a_store_with_many_changes_needs_its_own_preparation() -> None:
    first = ImageStore((of_time(0, None),))
    prepare(first)
    made = first.with_changes({}, tuple(of_time(number, None) for number in range(1, 66)))
    assert not is_prepared(made)
    prepare(made)
    assert is_prepared(made)


def test_a_derived_store_with_images_without_times_has_its_own_tables() -> None:
    first = ImageStore((of_time(0, "2024-01-01T00:00:00Z"),))
    prepare(first)
    made = first.with_changes({}, (of_time(1, None), of_time(2, "0000-05-01T00:00:00Z")))
    assert not is_prepared(made)
    prepare(made)
    for rules in RULE_SETS.values():
        own = Tables(made.images, dates_missing_times=rules.dates_missing_times)
        tables = tables_of(made, rules)
        assert tables is not None
        assert tables.order.images == own.order.images


def test_a_store_with_a_changed_config_needs_its_own_preparation() -> None:
    first = ImageStore((of_time(0, None), of_time(1, None)))
    prepare(first)
    assert not is_prepared(first.with_changes({first.images[1].id: of_time(1, "2024-01-01T00:00:00Z")}))


@pytest.mark.parametrize(
    "change", [{"built_locally": True}, {"container_config": ContainerConfig()}, {"doubts": (DOUBTS["created"],)}]
)
def test_a_store_with_other_changes_than_those_of_a_build_needs_its_own_preparation(change: dict[str, object]) -> None:
    first = ImageStore((of_time(0, None), of_time(1, None)))
    prepare(first)
    changed = first.images[1].model_copy(update=change)
    assert not is_prepared(first.with_changes({changed.id: changed}))
    moved = first.images[1].model_copy(update={"parent": first.images[0].id, "names": ("docker.io/library/a:1",)})
    assert is_prepared(first.with_changes({moved.id: moved}))


def test_an_image_without_a_time_comes_after_the_others_without_one() -> None:
    first = ImageStore((of_time(0, None), of_time(1, "2024-01-01T00:00:00Z"), of_time(2, "0000-05-01T00:00:00Z")))
    prepare(first)
    made = first.with_changes({}, (of_time(3, None),))
    for rules in RULE_SETS.values():
        tables = tables_of(made, rules)
        assert tables is not None
        assert tables.order.images == Tables(made.images, dates_missing_times=rules.dates_missing_times).order.images
