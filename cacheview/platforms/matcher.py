"""The platforms that match a platform: ``platforms.Only`` and ``OnlyStrict``, in each version of the library."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cacheview.model import Platform
from cacheview.platforms.features import offered, required
from cacheview.platforms.library import Library
from cacheview.platforms.normal import NormalizedPlatform
from cacheview.platforms.step import NoteKind, PlatformCheck, PlatformNote, PlatformStep
from cacheview.platforms.vector import Vector, compatible, exactly
from cacheview.platforms.windows import NO_VERSION, WindowsVersion, runs_on

__all__ = ["Matcher"]

WINDOWS = "windows"


@dataclass(frozen=True)
class Matcher:
    """Decides which image platforms a platform matches, and which of several it prefers.

    Attributes:
        platform: of the builder or the host.
        is_strict: ``OnlyStrict``, which matches only its own architecture and variant, instead of ``Only``, which
            matches everything that the platform can run.
    """

    library: Library
    platform: Platform
    is_strict: bool = False

    @cached_property
    def normal(self) -> NormalizedPlatform:
        """The platform in canonical form."""
        return self.library.normalize(self.platform)

    @cached_property
    def vector(self) -> Vector:
        """The architectures and variants that match, the preferred one first."""
        if self.is_strict:
            return exactly(self.normal, self.library.aliases)
        return compatible(self.normal, self.library.aliases, self.library.levels)

    @cached_property
    def version(self) -> WindowsVersion:
        """The platform's ``os.version``."""
        return WindowsVersion.parse(self.platform.os_version)

    @cached_property
    def features(self) -> frozenset[str]:
        """The ``os.features`` that images may require."""
        return offered(self.platform)

    @property
    def compares_versions(self) -> bool:
        """Whether the ``os.version`` of images is compared."""
        return bool(self.library.releases) and self.normal.os == WINDOWS

    def matches(self, image: Platform) -> bool:
        """Return whether an image of this platform runs here: ``Match`` of containerd/platforms."""
        return self.position(image) is not None

    def position(self, image: Platform) -> int | None:
        """Return the index of an image's platform in the order of preference; None if it does not match."""
        required_of = required(image, self.normal.os == WINDOWS) if self.library.compares_features else frozenset()
        return self.position_of(self.library.normalize(image), image.os_version, required_of)

    def position_of(self, normal: NormalizedPlatform, version: str, needs: frozenset[str]) -> int | None:
        """Return the same as `position`, given only the values that it depends on."""
        if normal.os != self.normal.os or not self._accepts_version(version) or not needs <= self.features:
            return None
        return self.vector.position(normal.architecture, normal.variant)

    def less(self, first: Platform, second: Platform) -> bool:
        """Return whether the first of two manifests is preferred: ``Less``."""
        first_place, second_place = self.position(first), self.position(second)
        if first_place is None and second_place is None:
            if not self.library.compares_features or not (first.os_features or second.os_features):
                return False
            first, second = (platform.model_copy(update={"os_features": None}) for platform in (first, second))
            first_place, second_place = self.position(first), self.position(second)
        elif first_place == second_place and self.library.compares_features:
            return len(first.os_features or ()) > len(second.os_features or ())
        return first_place is not None and (second_place is None or first_place < second_place)

    def steps(self, image: Platform) -> Iterator[PlatformStep]:
        """Yield the comparisons, up to the first that fails.

        The daemon compares each entry of the vector. Since the entries differ only in architecture and variant, these
        comparisons are one step here.
        """
        image_platform = self.library.normalize(image)
        passed = image_platform.os == self.normal.os
        yield PlatformStep(
            PlatformCheck.OS, self.normal.os, image_platform.os, passed, self._form_note(image.os, image_platform.os)
        )
        if not passed:
            return
        entry = "/".join(filter(None, image_platform[1:]))
        passed = self.vector.position(image_platform.architecture, image_platform.variant) is not None
        note = self._form_note("/".join(filter(None, (image.architecture, image.variant))), entry)
        if not self.vector.items:
            unknown = f"{self.platform.architecture}/{self.platform.variant}"
            note = PlatformNote(NoteKind.UNKNOWN_BUILDER, unknown)
        yield PlatformStep(PlatformCheck.ARCHITECTURE, str(self.vector), entry, passed, note)
        if passed and self.compares_versions:
            passed = self._accepts_version(image.os_version)
            yield PlatformStep(
                PlatformCheck.OS_VERSION,
                self.platform.os_version,
                image.os_version,
                passed,
                self._version_note(image.os_version),
            )
        if passed and self.library.compares_features:
            needs = required(image, self.normal.os == WINDOWS)
            yield PlatformStep(
                PlatformCheck.OS_FEATURES,
                ", ".join(sorted(self.features)),
                ", ".join(sorted(needs)),
                needs <= self.features,
                None if len(needs) == len(set(image.os_features or ())) else PlatformNote(NoteKind.IGNORED_FEATURE),
            )

    def _accepts_version(self, version: str) -> bool:
        if not self.compares_versions or self.version == NO_VERSION or not version:
            return True
        return runs_on(self.version, WindowsVersion.parse(version), self.library.releases)

    def _version_note(self, version: str) -> PlatformNote:
        if self.version == NO_VERSION:
            return PlatformNote(NoteKind.ANY_VERSION)
        if not version:
            return PlatformNote(NoteKind.NO_VERSION)
        parsed = WindowsVersion.parse(version)
        if parsed == NO_VERSION:
            return PlatformNote(NoteKind.NOT_FULL_VERSION)
        return PlatformNote(NoteKind.COMPARED_AS, str(self.version), str(parsed))

    @staticmethod
    def _form_note(written: str, canonical: str) -> PlatformNote | None:
        if written == canonical:
            return None
        return PlatformNote(NoteKind.WRITTEN, written) if written else PlatformNote(NoteKind.NOT_RECORDED)
