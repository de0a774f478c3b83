"""Platform quirks: each release's answers for tiny stores, one per quirk, and the table of the answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cacheview.engine import RULE_SETS
from cacheview.model import Platform, SuiteCase
from cacheview.platforms import PlatformCheck
from cacheview.platforms.rules import ANY_PLATFORM
from cacheview.stores.suite import read_suite

DATA = Path(__file__).parents[1] / "data"
STORES = {"g": "graphdriver", "c": "containerd"}
PLATFORM_QUIRK = re.compile(r"[WP][0-9]+ ")
# These look up nothing by config, so they give no answers about platforms.
HISTORY_ONLY = {"containerd-24.0.7", "containerd-24.0.9"}
TABLED = sorted(set(RULE_SETS) - {"containerd-71ebfc7"})


def table() -> dict[str, dict[str, str]]:
    """The answer under each rule set, by name of the quirk."""
    head, *rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in (DATA / "platforms" / "table.md").read_text(encoding="utf-8").splitlines()
    ]
    names = [f"{STORES[column[0]]}-{column[2:]}" for column in head[1:]]
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


def quirks(name: str) -> Iterator[tuple[SuiteCase, Platform | None, Platform]]:
    """The platform cases of a rule set, each with the platforms of the builder and the candidate."""
    for case in read_suite(DATA / "quirks" / f"quirks-{name}.jsonl.gz"):
        if isinstance(case, SuiteCase) and PLATFORM_QUIRK.match(case.name):
            (probe,) = case.probes
            (image,) = (image for image in case.images if image.parent)
            yield case, probe.platform, image.config.platform


def test_the_table_has_a_column_for_each_rule_set() -> None:
    assert {tuple(sorted(row)) for row in table().values()} == {tuple(TABLED)}


@pytest.mark.parametrize("name", TABLED)
def test_quirks(name: str) -> None:
    rule, rows, seen = RULE_SETS[name].platform, table(), set()
    if name in HISTORY_ONLY:
        assert rule is ANY_PLATFORM
        assert {row[name] for row in rows.values()} == {"-"}
        return
    for case, builder, image in quirks(name):
        assert case.probes[0].expect is not None
        hit = case.probes[0].expect.outcome == "hit"
        assert rule.matches(builder, image) is hit, case.name
        assert all(step.passed for step in rule.explain(builder, image)) is hit, case.name
        assert rows[case.name][name] == ("H:K1" if hit else "-"), case.name
        seen.add(case.name)
    assert seen == set(rows)


REFUSED = {
    ("graphdriver-23.0.18", "W1"): (PlatformCheck.MAJOR, "10", "11"),
    ("graphdriver-23.0.18", "W5"): (PlatformCheck.MAJOR, "10", ""),
    ("graphdriver-28.5.2", "W1"): (PlatformCheck.OS_VERSION, "10.0.17763.1", "11.1.17763.1"),
    ("graphdriver-28.5.2", "W3"): (PlatformCheck.OS_VERSION, "10.0.17763.1", "10.0"),
    ("graphdriver-24.0.9", "P1"): (PlatformCheck.ARCHITECTURE, "amd64", "386"),
    ("graphdriver-25.0.5", "P8"): (PlatformCheck.ARCHITECTURE, "arm64/v8.2, arm/v8.2", "arm64"),
    ("graphdriver-29", "P6"): (PlatformCheck.ARCHITECTURE, "arm/v6, arm/v5", "arm/v7"),
    ("graphdriver-29", "P14"): (PlatformCheck.RECORDED, "", ""),
    ("containerd-25.0.5", "P14"): (PlatformCheck.ARCHITECTURE, "amd64", ""),
    ("graphdriver-29", "P18"): (PlatformCheck.OS_FEATURES, "", "f1"),
}


@pytest.mark.parametrize(("quirk", "refused"), REFUSED.items(), ids=" ".join)
def test_a_refusal_names_the_comparison(quirk: tuple[str, str], refused: tuple[PlatformCheck, str, str]) -> None:
    name, number = quirk
    ((builder, image),) = ((b, i) for case, b, i in quirks(name) if case.name.startswith(f"{number} "))
    *passed, last = RULE_SETS[name].platform.explain(builder, image)
    assert all(step.passed for step in passed)
    assert (last.check, last.builder, last.image, last.passed) == (*refused, False)
