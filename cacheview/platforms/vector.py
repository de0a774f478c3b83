"""The architectures and variants that a platform accepts, in order of preference: ``platformVector`` of compare.go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cacheview.platforms.gotext import signed
from cacheview.platforms.normal import Aliases, NormalizedPlatform, normalize_arch

__all__ = ["ARM64_LEVELS", "Levels", "VariantRange", "Vector", "compatible", "exactly"]

Levels = Mapping[str, tuple[tuple[int, int], ...]]
"""Variants of arm64, each with the major versions that it accepts and the highest minor version of each."""

_OLDEST_VARIANTS = {"amd64": 1, "arm": 5}
_LAST_MINOR = 9
_V9_MINORS = 8
_MAX_SHOWN_VARIANTS = 4


def _levels() -> Levels:
    levels: dict[str, tuple[tuple[int, int], ...]] = {f"v8.{minor}": ((8, minor),) for minor in range(_LAST_MINOR + 1)}
    for minor in range(_V9_MINORS):
        levels[f"v9.{minor}"] = ((9, minor), (8, min(minor + 5, _LAST_MINOR)))
    levels["v8"], levels["v9"] = levels["v8.0"], levels["v9.0"]
    return MappingProxyType(levels)


ARM64_LEVELS = _levels()
"""``arm64variantToVersion`` since containerd/platforms v1.0.0-rc.1: v9.x accepts everything that v8.(x+5) accepts."""


@dataclass(frozen=True)
class VariantRange:
    """Variants of one architecture from ``v{high}`` down to ``v{low}``.

    Stored as numbers, since there may be very many.
    """

    architecture: str
    high: int
    low: int

    def __len__(self) -> int:
        # Limited to what len() can return; no daemon could build a list that long.
        return min(self.high - self.low + 1, 1 << 62)

    def position(self, architecture: str, variant: str) -> int | None:
        """Return the index of a variant, from 0; None: it is not in the range."""
        number = self._number(variant) if architecture == self.architecture else None
        return None if number is None or not self.low <= number <= self.high else self.high - number

    def _number(self, variant: str) -> int | None:
        if self.architecture == "amd64" and not variant:
            return 1
        return signed(variant[1:]) if re.fullmatch("v[1-9][0-9]*", variant) else None

    def __str__(self) -> str:
        def name(number: int) -> str:
            return (
                self.architecture if (self.architecture, number) == ("amd64", 1) else f"{self.architecture}/v{number}"
            )

        if len(self) > _MAX_SHOWN_VARIANTS:
            return f"{name(self.high)} … {name(self.low)}"
        return ", ".join(name(number) for number in range(self.high, self.low - 1, -1))


@dataclass(frozen=True)
class Vector:
    """Architectures with variants in order of preference. Empty: nothing matches."""

    items: tuple[tuple[str, str] | VariantRange, ...]

    def position(self, architecture: str, variant: str) -> int | None:
        """Return the index of the first entry that is equal, both in canonical form; None: there is none."""
        offset = 0
        for item in self.items:
            if isinstance(item, VariantRange):
                index = item.position(architecture, variant)
                if index is not None:
                    return offset + index
                offset += len(item)
            elif item == (architecture, variant):
                return offset
            else:
                offset += 1
        return None

    def __str__(self) -> str:
        return ", ".join(
            str(item) if isinstance(item, VariantRange) else "/".join(filter(None, item)) for item in self.items
        )


def exactly(platform: NormalizedPlatform, aliases: Aliases) -> Vector:
    """``OnlyStrict``: only the platform itself."""
    return Vector((normalize_arch(platform.architecture, platform.variant, aliases),))


def compatible(platform: NormalizedPlatform, aliases: Aliases, levels: Levels | None) -> Vector:
    """``Only``: the platform, then everything else that it runs.

    ``levels`` are those of arm64; None: the release has none.

    With levels, an arm64 variant that is not among them matches nothing, not even itself.
    """
    # Each entry becomes a separate matcher, which normalizes it again.
    return Vector(
        tuple(
            item if isinstance(item, VariantRange) else normalize_arch(*item, aliases)
            for item in _entries(platform.architecture, platform.variant, levels)
        )
    )


def _entries(architecture: str, variant: str, levels: Levels | None) -> Iterator[tuple[str, str] | VariantRange]:
    if architecture == "arm64" and levels is not None:
        majors = levels.get(variant or "v8", ())
        for major, last in majors:
            for minor in range(last, -1, -1):
                yield architecture, f"v{major}.{minor}" if minor else f"v{major}"
        if majors:
            yield from _entries("arm", "v8", levels)
        return
    yield architecture, variant
    if architecture in _OLDEST_VARIANTS:
        number, oldest = signed(variant.removeprefix("v")), _OLDEST_VARIANTS[architecture]
        if number is not None and number > oldest:
            yield VariantRange(architecture, number - 1, oldest)
    if architecture == "amd64":
        yield "386", ""
    elif architecture == "arm64":
        yield from _entries("arm", variant or "v8", levels)
