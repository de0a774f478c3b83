"""Platform rules: matching, explaining and grouping by key agree, and releases differ where they should."""

from __future__ import annotations

from functools import cmp_to_key

import pytest
from hypothesis import given
from platform_strategies import pairs, platforms

from cacheview.engine import RULE_SETS
from cacheview.engine.words.trace import platform_note
from cacheview.model import Platform
from cacheview.platforms import HOST, Matcher, PlatformCheck, PlatformRule, rules
from cacheview.platforms.library import CONTAINERD_1_6, PLATFORMS_RC_1, PLATFORMS_RC_4
from cacheview.platforms.rules import (
    ANY_PLATFORM,
    COMPATIBLE,
    COMPATIBLE_FEATURES,
    COMPATIBLE_MAJOR_MINOR,
    COMPATIBLE_VERSION,
    COMPATIBLE_VERSION_RC_2,
    SAME_PLATFORM,
    SAME_PLATFORM_1_7,
    SAME_PLATFORM_CONTAINERD,
)
from cacheview.platforms.step import NoteKind, PlatformNote

RULES = sorted({rule_set.platform for rule_set in RULE_SETS.values()}, key=lambda rule: rule.name)


def windows(version: str = "", *features: str, os: str = "windows") -> Platform:
    return Platform(os=os, architecture="amd64", os_version=version, os_features=features or None)


def linux(architecture: str, variant: str = "", *features: str) -> Platform:
    return Platform(os="linux", architecture=architecture, variant=variant, os_features=features or None)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(pair=pairs())
def test_matches_explanations_and_keys_of_a_rule_agree(rule: PlatformRule, pair: tuple[Platform, Platform]) -> None:
    builder, image = pair
    steps = rule.explain(builder, image)
    assert rule.matches(builder, image) == all(step.passed for step in steps)
    assert (
        rule.matches(builder, image) == rule.decide(builder, rule.key(image)) == rule.admits(builder, rule.key(image))
    )
    assert all(step.passed for step in steps[:-1])
    hash(rule.key(image))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(image=platforms)
def test_a_builder_without_a_platform_is_the_host(rule: PlatformRule, image: Platform) -> None:
    assert rule.matches(None, image) == rule.matches(HOST, image)
    assert rule.explain(None, image) == rule.explain(HOST, image)


@given(pair=pairs())
def test_stricter_platform_rules_imply_more_lenient_ones(pair: tuple[Platform, Platform]) -> None:
    builder, image = pair
    assert SAME_PLATFORM.matches(builder, image) == SAME_PLATFORM_1_7.matches(builder, image)
    if SAME_PLATFORM.matches(builder, image):
        assert COMPATIBLE.matches(builder, image)
        assert SAME_PLATFORM_CONTAINERD.matches(builder, image)
    if COMPATIBLE_MAJOR_MINOR.matches(builder, image):
        assert COMPATIBLE.matches(builder, image)
    if COMPATIBLE_FEATURES.matches(builder, image):
        assert COMPATIBLE_VERSION_RC_2.matches(builder, image)


def test_each_rule_has_its_own_name_and_a_rule_set_that_uses_it() -> None:
    defined = [rule for rule in vars(rules).values() if isinstance(rule, PlatformRule)]
    assert len({rule.name for rule in defined}) == len(set(defined)) == len(defined)
    assert set(defined) == set(RULES)


def test_an_any_rule_makes_no_comparison() -> None:
    assert ANY_PLATFORM.explain(HOST, linux("s390x")) == ()
    assert ANY_PLATFORM.matches(HOST, Platform())
    assert ANY_PLATFORM.key(HOST) == ANY_PLATFORM.key(Platform())


def test_only_containerd_25_matches_a_builder_and_image_without_platform() -> None:
    builder = Platform()
    takers = [rule for rule in RULES if rule is not ANY_PLATFORM and rule.matches(builder, Platform())]
    assert takers == [SAME_PLATFORM_CONTAINERD]


def test_a_missing_os_means_linux_and_a_missing_architecture_never_matches() -> None:
    assert COMPATIBLE.matches(HOST, Platform(architecture="amd64"))
    assert not COMPATIBLE.matches(HOST, Platform(os="linux"))
    assert COMPATIBLE.matches(Platform(os="linux"), Platform(os="linux"))
    assert not COMPATIBLE.matches(Platform(), HOST)


@pytest.mark.parametrize(
    ("builder", "image", "taken"),
    [
        ("10.0.17763.1", "11.1.17763.1", False),
        ("10.0.17763.1", "10", True),
        ("10.0.17763.1", "", False),  # "" has a single part, ""
        ("", "", True),
        ("10", "10.9.1", True),
        ("10.", "10.0", False),
        ("10.0", "10.0.1.2.3", True),
        ("010.0.1", "10.0.1", False),  # compared as text
    ],
)
def test_23_compares_major_and_minor_as_text_where_both_have_them(builder: str, image: str, taken: bool) -> None:
    assert COMPATIBLE_MAJOR_MINOR.matches(windows(builder), windows(image)) is taken
    assert COMPATIBLE_MAJOR_MINOR.matches(windows(builder), windows(image, os="Windows"))
    assert COMPATIBLE_MAJOR_MINOR.matches(windows(builder, os="Windows"), windows(image))


def test_versions_are_parsed_from_28_on() -> None:
    assert COMPATIBLE_VERSION.matches(windows("010.0.1"), windows("10.0.1"))
    assert not COMPATIBLE_VERSION.matches(windows("10.0.17763"), windows("11.0.17763"))
    assert COMPATIBLE_VERSION.matches(windows("10.0.99999"), windows("11.0.17763"))  # not a 16-bit build: matches all
    assert not COMPATIBLE_VERSION.matches(windows("10.0.1"), windows("x.y.z"))
    assert COMPATIBLE_VERSION.matches(windows("0.0.0.7"), windows("11.1.17763"))


def test_windows_builds_are_compared_unless_os_is_lowercase_windows() -> None:
    builder = windows("10.0.26200.1")
    assert COMPATIBLE_VERSION.matches(builder, windows("10.0.17763.1"))
    assert not COMPATIBLE_VERSION.matches(builder, windows("10.0.17763.1", os="Windows"))
    old = windows("10.0.20348.1", os="Windows")
    assert COMPATIBLE_VERSION.matches(builder, old)
    # v1.0.0-rc.2 knows Server 2025: the only difference between Docker 28 and 29.0 to 29.5.
    assert not COMPATIBLE_VERSION_RC_2.matches(builder, old)
    assert COMPATIBLE_VERSION_RC_2.matches(windows("10.0.26100.1"), old)


def test_the_step_shows_an_overwritten_version() -> None:
    *_, step = COMPATIBLE_VERSION.explain(windows("10.0.17763.1"), windows("11.1.20348.5"))
    assert step.check is PlatformCheck.OS_VERSION
    assert step.image == "11.1.17763.1"
    assert "11.1.20348.5" in platform_note(step.note)


def test_platform_features_are_compared_since_29_6() -> None:
    for features in (("f",), ("f", "f"), ("g", "f")):
        assert COMPATIBLE_VERSION.matches(HOST, linux("amd64", "", *features))
        assert not COMPATIBLE_FEATURES.matches(HOST, linux("amd64", "", *features))
        assert COMPATIBLE_FEATURES.matches(linux("amd64", "", "h", "g", "f"), linux("amd64", "", *features))
    assert COMPATIBLE_FEATURES.matches(linux("amd64", "", "f"), HOST)
    assert not COMPATIBLE_FEATURES.matches(HOST, linux("amd64", "", ""))


def test_one_extra_win32k_feature_is_tolerated_only_on_windows() -> None:
    assert COMPATIBLE_FEATURES.matches(windows(), windows("", "win32k"))
    assert not COMPATIBLE_FEATURES.matches(windows(), windows("", "win32k", "win32k"))
    assert COMPATIBLE_FEATURES.matches(windows("", "win32k"), windows("", "win32k", "win32k"))
    assert not COMPATIBLE_FEATURES.matches(windows(), windows("", "win32k", "f"))
    assert not COMPATIBLE_FEATURES.matches(HOST, linux("amd64", "", "win32k"))


def test_an_unknown_arm64_variant_does_not_match_itself_since_28() -> None:
    for variant in ("v10", "v8.10", "8.0", "7"):
        assert COMPATIBLE.matches(linux("arm64", variant), linux("arm64", variant))
        assert not COMPATIBLE_VERSION.matches(linux("arm64", variant), linux("arm64", variant))
        (*_, last) = COMPATIBLE_VERSION.explain(linux("arm64", variant), linux("arm64", variant))
        assert last.note == PlatformNote(NoteKind.UNKNOWN_BUILDER, f"arm64/{variant}")


def test_platform_keys_distinguish_only_what_the_rule_does() -> None:
    assert COMPATIBLE.key(windows("10.0.1")) == COMPATIBLE.key(windows("11.0.1", "f", os="WINDOWS"))
    assert COMPATIBLE_MAJOR_MINOR.key(windows("10.0.1")) == COMPATIBLE_MAJOR_MINOR.key(windows("10.0.2"))
    assert COMPATIBLE_MAJOR_MINOR.key(windows("10.0.1")) != COMPATIBLE_MAJOR_MINOR.key(windows("11.0.1"))
    assert COMPATIBLE_VERSION.key(windows("10.0.1")) != COMPATIBLE_VERSION.key(windows("10.0.1", os="Windows"))
    assert COMPATIBLE_FEATURES.key(linux("x86_64", "v1", "f", "g")) == COMPATIBLE_FEATURES.key(
        linux("amd64", "", "g", "f", "f")
    )


def preferred(matcher: Matcher, *platforms: Platform) -> Platform:
    """The first platform after sorting, as in a pull."""

    def order(first: Platform, second: Platform) -> int:
        return matcher.less(second, first) - matcher.less(first, second)

    return min(platforms, key=cmp_to_key(order))


def test_the_preferred_of_several() -> None:
    several = [linux("s390x"), linux("arm", "v6"), linux("arm", "v7"), linux("arm64"), linux("arm64", "v8")]
    matcher = Matcher(CONTAINERD_1_6, linux("arm64"))
    assert preferred(matcher, *several) is several[3]
    assert preferred(matcher, *several[:3]) is several[2]
    assert not any(map(Matcher(CONTAINERD_1_6, linux("arm64"), is_strict=True).matches, several[:3]))
    assert preferred(Matcher(CONTAINERD_1_6, HOST), *several) is several[0]


def test_platform_features_are_ranked_like_in_each_library_version() -> None:
    plain, rich, other = linux("amd64"), linux("amd64", "", "f"), linux("s390x")
    assert preferred(Matcher(PLATFORMS_RC_4, linux("amd64", "", "f")), plain, rich) is rich
    assert preferred(Matcher(PLATFORMS_RC_1, linux("amd64", "", "f")), plain, rich) is plain
    for library in (PLATFORMS_RC_4, PLATFORMS_RC_1):
        assert preferred(Matcher(library, HOST), other, rich) is rich
    assert preferred(Matcher(PLATFORMS_RC_4, HOST), rich, plain) is plain
