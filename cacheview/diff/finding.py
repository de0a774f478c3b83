"""Access to the store and build context of a build for its steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cacheview.dockerfile.context import UnknownError
from cacheview.dockerfile.dispatch import CopySources
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.engine import RuleSet
from cacheview.engine.host import builder_platform
from cacheview.model import DataError, Image, ImageStore, Platform, SpecifierError
from cacheview.platforms import parse_specifier
from cacheview.replay.bases import MustPullError, find_image
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.options import BuildOptions

__all__ = ["all_files", "base_finder"]

_COPY_OF_EVERYTHING: Final = CopySources("COPY", (".",), "/")


def base_finder(
    store: ImageStore | None, rules: RuleSet, release: BuilderRelease, options: BuildOptions
) -> Callable[[str], Image | None]:
    """Return a function that finds the base of a ``FROM`` in a store; it returns None if there is none, or no store."""

    def find(name: str) -> Image | None:
        if store is None or name == "scratch":
            return None
        daemon = builder_platform(store)
        try:
            platform: Platform | None = parse_specifier(options.platform, daemon) if options.platform else None
            return find_image(name, store, rules, release, platform, daemon)
        except (MustPullError, BuildRefusedError, SpecifierError):
            return None

    return find


def all_files(checksums: ContextChecksums) -> Callable[[], Mapping[str, str]]:
    """Return a function that reads the sum of every file of a context, by path. It may raise `DataError`."""

    def read() -> Mapping[str, str]:
        try:
            return dict(checksums.sum(_COPY_OF_EVERYTHING).files)
        except UnknownError as error:
            raise DataError(error.reason) from error

    return read
