"""The requirements for a candidate, apart from its container config: built here, and for a matching platform."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, Protocol

from cacheview.engine.check import CheckKind
from cacheview.engine.field_comparison import NO_KEY, IndexQuery
from cacheview.model import Aspect, Image, Platform, Probe
from cacheview.model.effort import paced
from cacheview.platforms import HOST, PlatformCheck, PlatformRule
from cacheview.platforms.step import PlatformNote

__all__ = ["BuiltLocally", "FittingPlatform", "Requirement", "RequirementPart"]

_PLATFORM: Final = attrgetter(*Platform.model_fields)
"""The fields of `ImageConfig.platform`."""


@dataclass(frozen=True, slots=True)
class RequirementPart:
    """One comparison: its name, both values as text, and whether it passes."""

    name: str
    probe: object
    image: object
    passes: bool
    note: PlatformNote | None = None


class Requirement(Protocol):
    """A condition on an image. The only part of the probe that it may read is the platform."""

    @property
    def kind(self) -> CheckKind:
        """The kind of its checks."""

    @property
    def name(self) -> str:
        """The name of the check."""

    @property
    def field(self) -> str:
        """The part of the probe that it reads; empty: none."""

    @property
    def aspect(self) -> Aspect:
        """The aspect of an image that it reads."""

    @property
    def title(self) -> str:
        """A description for the tables of rules; may be empty."""

    def read_all(self, images: Sequence[Image]) -> Sequence[Hashable]:
        """Return for each image the value that it depends on. It is the same for all requirements of one name."""

    def matches(self, probe: Probe, image: Image) -> bool:
        """Return whether the image meets the requirement."""

    def parts(self, probe: Probe, image: Image) -> tuple[RequirementPart, ...]:
        """Return its comparisons in order, up to the first that fails."""

    def query(self, probe: Probe) -> IndexQuery:
        """Return the lookup of all images that meet the requirement, by the values of `read_all`."""


def _identity(value: Any) -> Hashable:
    return value  # type: ignore[no-any-return]


def _always(value: Any) -> bool:
    del value
    return True


@dataclass(frozen=True)
class BuiltLocally(Requirement):
    """The store records the image as built here (CVE-2024-24557)."""

    kind: CheckKind = CheckKind.BUILT_LOCALLY
    name: str = CheckKind.BUILT_LOCALLY.value
    field: str = ""
    aspect: Aspect = "built_locally"
    title: str = ""

    def read_all(self, images: Sequence[Image]) -> Sequence[Hashable]:
        return [image.built_locally for image in images]

    def matches(self, probe: Probe, image: Image) -> bool:
        del probe
        return image.built_locally

    def parts(self, probe: Probe, image: Image) -> tuple[RequirementPart, ...]:
        del probe, image
        return ()

    def query(self, probe: Probe) -> IndexQuery:
        del probe
        return IndexQuery(self.name, self.name, _identity, True)


@dataclass(frozen=True)
class FittingPlatform(Requirement):
    """The builder's platform accepts the image's."""

    rule: PlatformRule
    kind: CheckKind = CheckKind.PLATFORM
    name: str = CheckKind.PLATFORM.value
    field: str = "platform"
    aspect: Aspect = "config"

    @property
    def title(self) -> str:
        return self.rule.title

    def read_all(self, images: Sequence[Image]) -> Sequence[Hashable]:
        shared: dict[Hashable, Hashable] = {}  # most images share a few platforms
        platforms = (_PLATFORM(image.config) for image in paced(images))
        return [shared.setdefault(platform, platform) for platform in platforms]

    def matches(self, probe: Probe, image: Image) -> bool:
        return self.rule.matches(probe.platform, image.config.platform)

    def parts(self, probe: Probe, image: Image) -> tuple[RequirementPart, ...]:
        return tuple(
            RequirementPart(_part_name(step.check), step.builder, step.image, step.passed, step.note)
            for step in self.rule.explain(probe.platform, image.config.platform)
        )

    def query(self, probe: Probe) -> IndexQuery:
        builder = probe.platform or HOST
        keys: dict[Hashable, Hashable] = {}

        def key_of(platform: tuple[Any, ...]) -> Hashable:
            key = keys.get(platform)
            if key is None:
                fields = dict(zip(Platform.model_fields, platform, strict=True))
                key = keys[platform] = self.rule.key(Platform(**fields))
            return key

        def admits(key: Any) -> bool:
            return self.rule.admits(builder, key)

        return IndexQuery(self.name, (self.name, self.rule.name), key_of, NO_KEY, _always, admits)


def _part_name(check: PlatformCheck) -> str:
    return check.value if check is PlatformCheck.RECORDED else f"platform {check.value}"
