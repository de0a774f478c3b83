"""Finding an engine's rules from what a person knows of it."""

from __future__ import annotations

import pytest

from cacheview.engine import RULE_SETS
from cacheview.engine.rulesets.named import named
from cacheview.engine.rulesets.releases import choose, newest_rules, store_kind
from cacheview.engine.words.rules import comparisons, differences
from cacheview.model import StoreKind

G, C = StoreKind.GRAPH_DRIVER, StoreKind.CONTAINERD


@pytest.mark.parametrize(
    ("version", "kind", "rules"),
    [
        ("24.0.7", G, "graphdriver-24.0.7"),
        ("24.0.7", C, "containerd-24.0.7"),
        ("24.0.9", G, "graphdriver-24.0.9"),
        ("20.10.24+dfsg1", G, "graphdriver-24.0.7"),
        ("20.10.7-0ubuntu5~20.04.2", G, "graphdriver-24.0.7"),
        ("23.0.9", G, "graphdriver-24.0.7"),
        ("23.0.10", G, "graphdriver-23.0.18"),
        ("25.0.0-rc.2", C, "containerd-24.0.7"),
        ("25.0.0-rc.3", C, "containerd-25.0.0"),
        ("v26.0.0-rc2", C, "containerd-25.0.5"),
        ("v26.0.0-rc3", C, "containerd-26.1.5"),
        ("27.5.1", G, "graphdriver-25.0.5"),
        ("28.5.2", C, "containerd-28.5.2"),
        ("29.0.0", C, "containerd-29.0"),
        ("29.2.1", C, "containerd-29.0"),
        ("docker-v29.5.3", C, "containerd-29.0"),
        ("29.0.0", G, "graphdriver-29.0"),
        ("docker-v29.5.3", G, "graphdriver-29.0"),
        ("29.6.0", C, "containerd-29"),
        ("29.6.0", G, "graphdriver-29"),
        ("29.7.2-dev", C, "containerd-29"),
    ],
)
def test_a_release_that_was_compared_has_its_rules(version: str, kind: StoreKind, rules: str) -> None:
    chosen = choose(version, kind)
    assert chosen is not None
    assert (chosen.rules.name, chosen.note) == (rules, "")


def test_an_unchecked_release_uses_the_previous_rules_with_a_note() -> None:
    newer = choose("99.1.0", C)
    assert newer is not None
    assert newer.rules.name == "containerd-29"
    assert "newer" in newer.note
    between = choose("29.0.0-rc.3", C)
    assert between is not None
    assert between.rules.name == "containerd-28.5.2"
    assert "has not been checked" in between.note


@pytest.mark.parametrize("version", ["24.0.0-rc.3", "24.0.0", "v24.0.1", "24.0.2"])
def test_rules_of_the_first_containerd_releases_note_the_scratch_failure(version: str) -> None:
    chosen = choose(version, C)
    assert chosen is not None
    assert chosen.rules.name == "containerd-24.0.7"
    assert "a FROM scratch step fails the build" in chosen.note
    of_graph_driver = choose(version, G)
    assert of_graph_driver is not None
    assert of_graph_driver.note == ""


@pytest.mark.parametrize("version", ["23.0.18", "24.0.0-beta.1", "24.0.0-rc.2"])
def test_a_containerd_store_before_24_0_has_no_rules(version: str) -> None:
    assert choose(version, C) is None


@pytest.mark.parametrize("version", ["19.03.5", "", "latest", "x24.0.7"])
def test_an_unknown_version_has_no_rules(version: str) -> None:
    assert choose(version, G) is None


def test_the_commit_counts_more_than_the_version() -> None:
    chosen = choose("25.0.0-dev2", C, "71ebfc7c63")
    assert chosen is not None
    assert chosen.rules.name == "containerd-71ebfc7"


def test_stores_are_known_by_their_drivers() -> None:
    assert [store_kind(name) for name in ("overlay2", "VFS", "overlayfs", "containerd", "zfs", "floppy")] == [
        *(G, G, C, C, G, None)
    ]


def test_the_newest_rules_of_a_kind_are_those_of_its_newest_release() -> None:
    for kind in (G, C):
        lasts = {span.versions()[1]: each for each in RULE_SETS.values() for span in each.spans if each.store is kind}
        assert newest_rules(kind) is lasts[max(lasts)]
        assert max(lasts).number >= (29, 7, 2)


def test_no_release_has_two_rule_sets() -> None:
    for rules in RULE_SETS.values():
        for span in rules.spans:
            for tag in (span.first, span.last):
                chosen = choose(tag, rules.store)
                assert chosen is not None
                assert chosen.rules is rules


def test_any_two_different_rule_sets_have_differences() -> None:
    for before in RULE_SETS.values():
        for after in RULE_SETS.values():
            assert bool(differences(before, after)) == (before is not after)


def test_the_rule_changes_of_the_cve_fix_are_listed() -> None:
    reported = {
        d.what: (d.before, d.after)
        for d in differences(RULE_SETS["graphdriver-24.0.7"], RULE_SETS["graphdriver-24.0.9"])
    }
    assert reported["WorkingDir"] == ("not compared", "equal")
    assert "built here" in reported["Requirements for a candidate"][1]
    assert comparisons(RULE_SETS["graphdriver-25.0.0"])["Healthcheck"] == "not compared"


@pytest.mark.parametrize("text", ["Docker 29, overlay2", "29, overlay2", "Docker 26", "docker engine , overlay2"])
def test_half_a_version_is_asked_for_in_full(text: str) -> None:
    with pytest.raises(KeyError, match="is not a Docker version; specify the full version"):
        named(text)
