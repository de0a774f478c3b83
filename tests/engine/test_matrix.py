"""One probe under all rule sets: each answer equals that of the rule set alone, and equal answers are grouped."""

from __future__ import annotations

import pytest

from cacheview.engine import RULE_SETS, ImageCache, VerdictOutcome, explain
from cacheview.engine.matrix import compare
from cacheview.engine.rule_set_caches import RuleSetCaches
from cacheview.model import ContainerConfig, Image, ImageConfig, ImageStore, Probe, Timestamp

BASE, CHILD = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def store(*, working_dir: str = "") -> ImageStore:
    made = ContainerConfig(Cmd=("make",), WorkingDir=working_dir)
    config = ImageConfig(created=Timestamp(1, 0, None), os="linux", architecture="amd64", container_config=made)
    return ImageStore(
        (
            Image(id=BASE, config=ImageConfig(created=Timestamp(0, 0, None))),
            Image(id=CHILD, parent=BASE, built_locally=True, container_config=made, config=config),
        )
    )


PROBE = Probe(parent=BASE, config=ContainerConfig(Cmd=("make",)))


@pytest.mark.parametrize("probe", [PROBE, Probe(), PROBE.model_copy(update={"cache_from": ("none",)})])
def test_each_row_is_the_answer_of_its_rules(probe: Probe) -> None:
    opened = store(working_dir="/src")
    matrix = compare(opened, probe)
    assert [row.rules.name for row in matrix.rows] == list(RULE_SETS)
    for row in matrix.rows:
        explanation = explain(ImageCache(opened, row.rules), probe)
        assert row.verdict == explanation.verdict
        ours, theirs = row.deciding, explanation.deciding
        assert (ours.check.name if ours and ours.check else None) == (
            theirs.check.name if theirs and theirs.check else None
        )
        assert row.why


def test_groups_hold_every_rule_set_once_in_order() -> None:
    matrix = compare(store(), PROBE)
    places = {name: place for place, name in enumerate(RULE_SETS)}
    in_groups = [[places[row.rules.name] for row in group.rows] for group in matrix.groups]
    assert sorted(place for group in in_groups for place in group) == list(range(len(RULE_SETS)))
    assert all(group == sorted(group) for group in in_groups)
    assert [group[0] for group in in_groups] == sorted(group[0] for group in in_groups)
    assert len({group.rows[0].key for group in matrix.groups}) == len(matrix.groups)


def test_a_field_compared_by_some_rule_sets_splits_the_groups() -> None:
    matrix = compare(store(working_dir="/src"), PROBE)
    outcome = {row.rules.name: row.verdict.outcome for row in matrix.rows}
    assert outcome["graphdriver-24.0.7"] is VerdictOutcome.HIT
    assert outcome["graphdriver-25.0.2"] is VerdictOutcome.MISS
    refused = next(group for group in matrix.groups if RULE_SETS["graphdriver-25.0.2"] in group)
    assert "WorkingDir" in refused.rows[0].why
    assert refused.explanation.deciding is not None
    assert refused.explanation is refused.explanation


def test_caches_are_reused_and_bound_to_one_store() -> None:
    opened = store()
    known = ImageCache(opened, RULE_SETS["graphdriver-29"])
    caches = RuleSetCaches(opened, [known])
    assert caches.cache(known.rules) is known
    rules = RULE_SETS["containerd-29"]
    assert caches.cache(rules) is caches.cache(rules)
    with_caches, without = compare(opened, PROBE, caches=caches), compare(opened, PROBE)
    assert [row.key for row in with_caches.rows] == [row.key for row in without.rows]
    with pytest.raises(ValueError, match="different store"):
        compare(store(), PROBE, caches=caches)
