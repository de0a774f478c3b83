"""The rows and paragraphs of a rule set contain everything that the engine says about it."""

from __future__ import annotations

from itertools import permutations

import pytest

from cacheview.engine import RULE_SETS
from cacheview.engine.words.rules import differences
from cacheview.model import CONFIG_FIELDS
from cacheview.ui.rules.describing import as_text, lines, paragraphs, predecessor

NAMES = list(RULE_SETS)


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_set_is_described_completely(name: str) -> None:
    rules = RULE_SETS[name]
    rows = {line.what: line for line in lines(rules)}
    assert set(CONFIG_FIELDS) < set(rows)
    assert not any(line.differs or line.before for line in rows.values())
    text = as_text(rules)
    assert all(str(span) in text for span in rules.spans)
    assert rules.source in text
    # The checks are listed in the daemon's order: the first one that fails decides.
    if rules.compared_fields:
        assert f"{', '.join(rules.compared_fields)}, in this order" in text


def test_the_rows_that_differ_are_the_differences() -> None:
    for before, after in permutations(RULE_SETS.values(), 2):
        rows = [line for line in lines(after, before) if line.differs]
        reported = [(each.what, each.before, each.after) for each in differences(before, after)]
        assert [(line.what, line.before, line.now) for line in rows] == reported
        only = lines(after, before, only_differing=True)
        assert [line for line in only if not line.is_group] == rows
        assert len(paragraphs(after, before)) == len(reported) + 1


def test_nothing_changed() -> None:
    rules = RULE_SETS[NAMES[0]]
    assert lines(rules, rules, only_differing=True) == ()
    assert [paragraph.heading for paragraph in paragraphs(rules, rules)] == ["Nothing changed"]


def test_the_preceding_rule_set_has_the_same_store_kind() -> None:
    for rules in RULE_SETS.values():
        before = predecessor(rules)
        assert before is None or before.store is rules.store
    oldest = [name for name in NAMES if predecessor(RULE_SETS[name]) is None]
    assert oldest == ["graphdriver-24.0.7", "containerd-24.0.7"]
