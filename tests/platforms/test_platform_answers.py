"""Answers by the releases' own platform code for 3,000 common and unusual triples: library matchers, order, callers."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cacheview.model import Platform, decode
from cacheview.platforms import Library, Matcher, PlatformRule
from cacheview.platforms.library import (
    CONTAINERD_1_6,
    CONTAINERD_1_7,
    PLATFORMS_RC_1,
    PLATFORMS_RC_2,
    PLATFORMS_RC_4,
)
from cacheview.platforms.rules import (
    COMPATIBLE,
    COMPATIBLE_FEATURES,
    COMPATIBLE_MAJOR_MINOR,
    COMPATIBLE_VERSION,
    COMPATIBLE_VERSION_RC_2,
)

ANSWERS = Path(__file__).parents[1] / "data" / "platforms" / "answers.json.gz"
LIBRARIES = {
    "containerd 1.6.22": CONTAINERD_1_6,
    "containerd 1.7.12": CONTAINERD_1_7,
    "platforms 0.2.1": CONTAINERD_1_7,
    "platforms 1.0.0-rc.1": PLATFORMS_RC_1,
    "platforms 1.0.0-rc.2": PLATFORMS_RC_2,
    "platforms 1.0.0-rc.4": PLATFORMS_RC_4,
}
RULES = {
    "v23.0.18": COMPATIBLE_MAJOR_MINOR,
    "v25.0.5": COMPATIBLE,
    "v27.5.1": COMPATIBLE,
    "v28.5.2": COMPATIBLE_VERSION,
    "docker-v29.5.3": COMPATIBLE_VERSION_RC_2,
    "docker-v29.7.2": COMPATIBLE_FEATURES,
}
Row = tuple[Platform, Platform, Platform, dict[str, bool]]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    document = json.loads(gzip.decompress(ANSWERS.read_bytes()))
    platforms = [decode(Platform, json.dumps(platform)) for platform in document["platforms"]]
    columns = document["columns"]

    def read(line: str) -> Row:
        *places, answers = line.split()
        builder, image, other = (platforms[int(place)] for place in places)
        bits = format(int(answers, 16), f"0{len(columns)}b")
        return builder, image, other, {column: bit == "1" for column, bit in zip(columns, bits, strict=True)}

    return [read(line) for line in document["rows"]]


def differing(rows: list[Row], column: str, ours: Callable[[Platform, Platform, Platform], bool]) -> list[object]:
    """The rows for which our answer differs. The column must contain both answers."""
    assert {answers[column] for *_, answers in rows} == {True, False}
    return [
        (builder, image, other)
        for builder, image, other, answers in rows
        if ours(builder, image, other) != answers[column]
    ]


@pytest.mark.parametrize("kind", ["Only", "OnlyStrict"])
@pytest.mark.parametrize(("name", "library"), LIBRARIES.items())
def test_platform_matching_and_order_match_the_recorded_answers(
    rows: list[Row], name: str, library: Library, kind: str
) -> None:
    matchers = {builder: Matcher(library, builder, kind == "OnlyStrict") for builder, *_ in rows}
    column = f"{name}|{kind}"
    assert not differing(rows, f"{column}|match", lambda builder, image, _: matchers[builder].matches(image))
    assert not differing(rows, f"{column}|less", lambda builder, image, other: matchers[builder].less(image, other))
    assert not differing(rows, f"{column}|more", lambda builder, image, other: matchers[builder].less(other, image))


@pytest.mark.parametrize(("tag", "rule"), RULES.items())
def test_platform_comparison_matches_the_recorded_answers(rows: list[Row], tag: str, rule: PlatformRule) -> None:
    recorded = [row for row in rows if row[1].os or row[1].architecture]
    column = f"comparePlatform|{tag}"
    assert not differing(recorded, column, lambda builder, image, _: rule.matches(builder, image))
    assert not differing(recorded, column, lambda b, image, _: all(step.passed for step in rule.explain(b, image)))


def test_an_image_without_platform_is_dropped_before(rows: list[Row]) -> None:
    unrecorded = [row for row in rows if not row[1].os and not row[1].architecture]
    assert unrecorded
    assert not any(rule.matches(builder, image) for builder, image, *_ in unrecorded for rule in RULES.values())
