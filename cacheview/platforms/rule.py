"""The comparison of the builder's platform with that of an image in the local cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from cacheview.model import Platform
from cacheview.platforms.features import required
from cacheview.platforms.library import Library
from cacheview.platforms.matcher import WINDOWS, Matcher
from cacheview.platforms.normal import HOST, NormalizedPlatform
from cacheview.platforms.step import NoteKind, PlatformCheck, PlatformNote, PlatformStep
from cacheview.platforms.windows import overwritten

__all__ = ["PlatformKey", "PlatformRule"]

_NO_FEATURES: frozenset[str] = frozenset()


class PlatformKey(NamedTuple):
    """Everything that a rule reads in an image's platform.

    Attributes:
        is_recorded: whether os or architecture is recorded; True if the rule does not require it.
        is_windows: whether the os is written exactly ``windows``, which moby requires before it compares the version;
            False if that does not matter.
        version: ``os.version``, or the part of it that matters; empty if it does not matter.
        needs: the features that a builder must have.
    """

    is_recorded: bool
    normal: NormalizedPlatform
    is_windows: bool = False
    version: str = ""
    needs: frozenset[str] = _NO_FEATURES


_ANY_KEY = PlatformKey(True, NormalizedPlatform("", "", ""))
_NO_KEY = PlatformKey(False, NormalizedPlatform("", "", ""))


@dataclass(frozen=True)
class PlatformRule:
    """One way of comparing platforms.

    Attributes:
        name: short and unique.
        title: what it does, for people.
        source: the code that it was read from.
        library: the matching that the release is built with; None: platforms are not compared, every image matches.
        is_strict: ``OnlyStrict`` instead of ``Only``.
        requires_recorded: an image with neither os nor architecture never matches.
        compares_major_minor: for two Windows platforms, each of the first two parts of the version that both have must
            be equal.
        overwrites_version: after that comparison, the rest of the image's version is replaced by that of the builder,
            see `overwritten`.
    """

    name: str
    title: str
    source: str
    library: Library | None = None
    is_strict: bool = False
    requires_recorded: bool = False
    compares_major_minor: bool = False
    overwrites_version: bool = False

    def __hash__(self) -> int:
        return hash(self.name)

    def matches(self, builder: Platform | None, image: Platform) -> bool:
        """Return whether the image may be used. If the builder has no platform, the host's applies, see `HOST`."""
        return self.library is None or self.admits(builder, self.key(image))

    def admits(self, builder: Platform | None, key: PlatformKey) -> bool:
        """Return the same as `matches`, for all images with that `key`. Answers are cached."""
        return self.library is None or _admits(self, HOST if builder is None else builder, key)

    def key(self, image: Platform) -> PlatformKey:
        """Return the key of a platform: images with the same key match the same builders."""
        library = self.library
        if library is None:
            return _ANY_KEY
        if self.requires_recorded and not image.os and not image.architecture:
            return _NO_KEY
        normal = library.normalize(image)
        by_version = bool(library.releases) and normal.os == WINDOWS
        is_windows = image.os == WINDOWS and (by_version or self.compares_major_minor)
        version = image.os_version if by_version else ".".join(_major_minor(image)) if is_windows else ""
        needs = required(image, normal.os == WINDOWS) if library.compares_features else _NO_FEATURES
        return PlatformKey(True, normal, is_windows, version, needs)

    def explain(self, builder: Platform | None, image: Platform) -> tuple[PlatformStep, ...]:
        """Return the comparisons, up to the first that fails: the image matches if all passed.

        Empty: nothing is compared.
        """
        return tuple(self._steps(HOST if builder is None else builder, image))

    def _steps(self, builder: Platform, image: Platform) -> Iterator[PlatformStep]:
        if self.library is None:
            return
        if self.requires_recorded:
            passed = bool(image.os or image.architecture)
            yield PlatformStep(PlatformCheck.RECORDED, "", f"{image.os}/{image.architecture}".strip("/"), passed)
            if not passed:
                return
        recorded_version = image.os_version
        if builder.os == WINDOWS and image.os == WINDOWS:
            if self.compares_major_minor:
                checks = (PlatformCheck.MAJOR, PlatformCheck.MINOR)
                for check, builder_value, image_value in zip(
                    checks, _major_minor(builder), _major_minor(image), strict=False
                ):
                    yield PlatformStep(check, builder_value, image_value, builder_value == image_value)
                    if builder_value != image_value:
                        return
            if self.overwrites_version:
                image = image.model_copy(update={"os_version": overwritten(builder.os_version, recorded_version)})
        for step in _matcher(self.library, builder, self.is_strict).steps(image):
            changed = step.check is PlatformCheck.OS_VERSION and image.os_version != recorded_version
            yield step._replace(note=PlatformNote(NoteKind.OVERWRITTEN, recorded_version)) if changed else step

    def decide(self, builder: Platform, key: PlatformKey) -> bool:
        """Return the same as `admits`, without the cache."""
        if self.library is None:
            return True
        if not key.is_recorded:
            return False
        version = key.version
        if builder.os == WINDOWS and key.is_windows:
            if self.compares_major_minor:
                parts = zip(_major_minor(builder), version.split("."), strict=False)
                if any(builder_value != image_value for builder_value, image_value in parts):
                    return False
            if self.overwrites_version:
                version = overwritten(builder.os_version, version)
        matcher = _matcher(self.library, builder, self.is_strict)
        return matcher.position_of(key.normal, version, key.needs) is not None


def _major_minor(platform: Platform) -> list[str]:
    """Return the first two parts of the version, as many as there are. An empty version has one empty part."""
    return platform.os_version.split(".")[:2]


@lru_cache(maxsize=1024)
def _matcher(library: Library, platform: Platform, strict: bool) -> Matcher:
    return Matcher(library, platform, strict)


@lru_cache(maxsize=16384)
def _admits(rule: PlatformRule, builder: Platform, key: PlatformKey) -> bool:
    return rule.decide(builder, key)
