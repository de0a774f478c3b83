"""The parts of platform matching: Go's text functions, canonical forms, vectors and Windows versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.platforms.gotext import escaped, lower, signed, unsigned
from cacheview.platforms.normal import ARM64_ALIASES, ARM64_ALIASES_1_0, NormalizedPlatform, normalize
from cacheview.platforms.vector import ARM64_LEVELS, VariantRange, compatible, exactly
from cacheview.platforms.windows import (
    LTSC_2022,
    LTSC_2025,
    NO_VERSION,
    WindowsVersion,
    overwritten,
    runs_on,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("+3", 3),
        ("-3", -3),
        ("007", 7),
        ("0" * 5000 + "7", 7),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),
        (str(-(2**63)), -(2**63)),
        ("9" * 5000, None),
        ("", None),
        ("+", None),
        (" 3", None),
        ("1_0", None),
        ("\u0663", None),
        ("3.0", None),
    ],
)
def test_numbers_are_read_as_go_reads_them(text: str, number: int | None) -> None:
    assert signed(text) == number


def test_unsigned_numbers_with_a_sign_or_too_many_bits_are_invalid() -> None:
    assert [unsigned(text, 8) for text in ("255", "0000255", "256", "+1", "-0", "")] == [
        255,
        255,
        None,
        None,
        None,
        None,
    ]


@given(number=st.integers(-(2**63), 2**63 - 1))
def test_every_int64_is_read(number: int) -> None:
    assert signed(str(number)) == number


def test_lowercasing_maps_each_character_to_one() -> None:
    assert lower("LİNUX") == "linux"
    assert lower("ΑΣ") == "ασ"
    assert lower("AMD64") == "amd64"


@pytest.mark.parametrize(
    ("written", "old", "new"),
    [
        (("", "x86_64", "v1"), "linux/amd64", None),
        (("Linux", "X86-64", "V2"), "linux/amd64/v2", None),
        (("linux", "amd64", "1"), "linux/amd64/1", None),
        (("linux", "i386", "x"), "linux/386", None),
        (("linux", "386", "x"), "linux/386/x", None),
        (("linux", "aarch64", "v8"), "linux/arm64", None),
        (("linux", "arm64", "8"), "linux/arm64", None),
        (("linux", "arm64", "v8.0"), "linux/arm64/v8.0", "linux/arm64"),
        (("linux", "arm64", "8.0"), "linux/arm64/8.0", None),
        (("linux", "arm64", "9"), "linux/arm64/9", "linux/arm64/v9"),
        (("linux", "arm64", "9.0"), "linux/arm64/9.0", "linux/arm64/v9"),
        (("linux", "arm64", "V9.0"), "linux/arm64/v9.0", "linux/arm64/v9"),
        (("linux", "armhf", "v6"), "linux/arm/v7", None),
        (("linux", "armel", "v7"), "linux/arm/v6", None),
        (("linux", "arm", ""), "linux/arm/v7", None),
        (("linux", "arm", "8"), "linux/arm/v8", None),
        (("linux", "arm", "9"), "linux/arm/9", None),
        (("MacOS", "arm64", ""), "darwin/arm64", None),
        ((" linux", "amd64 ", ""), " linux/amd64 ", None),
        (("linux", "", ""), "linux", None),
    ],
)
def test_canonical_forms(written: tuple[str, str, str], old: str, new: str | None) -> None:
    assert str(normalize(*written, ARM64_ALIASES)) == old
    assert str(normalize(*written, ARM64_ALIASES_1_0)) == (new or old)


@pytest.mark.parametrize(
    ("architecture", "variant", "old", "new"),
    [
        ("amd64", "", "amd64, 386", None),
        ("amd64", "v3", "amd64/v3, amd64/v2, amd64, 386", None),
        ("amd64", "3", "amd64/3, amd64/v2, amd64, 386", None),
        ("amd64", "vv3", "amd64/vv3, 386", None),
        ("amd64", "v5", "amd64/v5, amd64/v4, amd64/v3, amd64/v2, amd64, 386", None),
        ("amd64", "v6", "amd64/v6, amd64/v5 … amd64, 386", None),
        ("386", "", "386", None),
        ("arm", "v7", "arm/v7, arm/v6, arm/v5", None),
        ("arm", "v4", "arm/v4", None),
        ("arm", "9", "arm/9, arm/v8, arm/v7, arm/v6, arm/v5", None),
        ("arm64", "", "arm64, arm/v8, arm/v7, arm/v6, arm/v5", None),
        ("arm64", "7", "arm64/7, arm/v7, arm/v6, arm/v5", ""),
        ("arm64", "v8.1", "arm64/v8.1, arm/v8.1", "arm64/v8.1, arm64, arm/v8, arm/v7, arm/v6, arm/v5"),
        ("arm64", "v10", "arm64/v10, arm/v10, arm/v9 … arm/v5", ""),
        ("s390x", "v2", "s390x/v2", None),
    ],
)
def test_vectors(architecture: str, variant: str, old: str, new: str | None) -> None:
    platform = NormalizedPlatform("linux", architecture, variant)
    assert str(compatible(platform, ARM64_ALIASES, None)) == old
    assert str(compatible(platform, ARM64_ALIASES_1_0, ARM64_LEVELS)) == (old if new is None else new)
    assert len(exactly(platform, ARM64_ALIASES).items) == 1


def test_arm64_v9_accepts_v8_up_to_five_minor_versions_higher() -> None:
    vector = compatible(NormalizedPlatform("linux", "arm64", "v9.5"), ARM64_ALIASES_1_0, ARM64_LEVELS)
    taken = {
        variant for variant in ARM64_LEVELS if vector.position("arm64", "" if variant == "v8" else variant) is not None
    }
    assert taken == {"v9", *(f"v9.{n}" for n in range(1, 6)), "v8", *(f"v8.{n}" for n in range(1, 10))}
    assert vector.position("arm64", "v9.5") == 0
    assert vector.position("arm", "v5") == len(vector.items) - 1 + len(VariantRange("arm", 7, 5)) - 1


def test_the_levels_of_arm64_are_those_of_the_library() -> None:
    assert len(ARM64_LEVELS) == 20
    assert ARM64_LEVELS["v9"] == ((9, 0), (8, 5))
    assert ARM64_LEVELS["v9.4"] == ((9, 4), (8, 9))
    assert ARM64_LEVELS["v9.7"] == ((9, 7), (8, 9))
    assert ARM64_LEVELS["v8.9"] == ((8, 9),)


def test_a_huge_variant_is_as_fast_as_a_small_one() -> None:
    number = 2**63 - 1
    vector = compatible(NormalizedPlatform("linux", "amd64", f"v{number}"), ARM64_ALIASES, None)
    assert vector.position("amd64", f"v{number}") == 0
    assert vector.position("amd64", f"v{number - 1}") == 1
    assert vector.position("amd64", "") == number - 1
    assert vector.position("386", "") is not None
    assert vector.position("amd64", "v0") is None
    assert "…" in str(vector)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("10.0.17763", "10.0.17763"),
        ("10.0.17763.5329.x", "10.0.17763"),
        ("255.255.65535", "255.255.65535"),
        ("256.0.1", "0.0.0"),
        ("10.0.65536", "0.0.0"),
        ("10.0", "0.0.0"),
        ("", "0.0.0"),
        ("..", "0.0.0"),
        ("10.0.", "0.0.0"),
        ("10.0.+1", "0.0.0"),
        ("10.0.1 ", "0.0.0"),
        ("010.00.0000000000001", "10.0.1"),
    ],
)
def test_versions(text: str, version: str) -> None:
    assert str(WindowsVersion.parse(text)) == version
    assert (WindowsVersion.parse(text) == NO_VERSION) == (version == "0.0.0")


@pytest.mark.parametrize(
    ("host", "image", "rc_1", "rc_2"),
    [
        (17763, 17763, True, True),
        (17763, 14393, False, False),
        (20347, 20348, False, False),
        (20348, 20348, True, True),
        (20348, 17763, False, False),
        (25398, 20348, True, True),
        (26100, 20348, True, True),
        (26100, 26101, False, False),
        (26101, 20348, True, False),
        (26101, 26100, True, True),
    ],
)
def test_builds(host: int, image: int, rc_1: bool, rc_2: bool) -> None:
    ours, theirs = WindowsVersion(10, 0, host), WindowsVersion(10, 0, image)
    assert runs_on(ours, theirs, (LTSC_2022,)) is rc_1
    assert runs_on(ours, theirs, (LTSC_2022, LTSC_2025)) is rc_2
    assert not runs_on(ours, theirs._replace(minor=1), (LTSC_2022,))


def test_a_windows_build_is_overwritten_only_if_both_have_three_parts() -> None:
    assert overwritten("10.0.17763.1", "11.1.20348.2227.9") == "11.1.17763.1"
    assert overwritten("10.0.17763", "11.1.20348.2227") == "11.1.17763"
    assert overwritten("10.0", "11.1.20348") == "11.1.20348"
    assert overwritten("10.0.17763.1", "10.0") == "10.0"
    assert overwritten("..5", "..") == "..5"


@pytest.mark.parametrize(
    ("char", "printed"),
    [
        ('"', r"\""),
        ("\n", r"\n"),
        (" ", " "),
        ("\u00e9", "\u00e9"),
        ("\udcff", r"\xff"),
        ("\x00", r"\x00"),
        ("\x7f", r"\x7f"),
        ("\u200b", r"\u200b"),
        ("\U000e0001", r"\U000e0001"),
    ],
)
def test_a_character_is_escaped_like_a_quoted_go_string(char: str, printed: str) -> None:
    assert escaped(char, '"') == printed
