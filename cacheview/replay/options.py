"""The options of ``docker build`` that affect the cache."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cacheview.model import DataError, Platform

__all__ = ["BuildOptions", "references"]

_MAX_REFERENCES: Final = 20_000


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Options of one build.

    Attributes:
        build_args: build arguments by name; None: named without a value, and not set in the client's environment.
        labels: labels by name.
        random_labels: names of the labels whose value the client generates for every session.
        target: the name of a stage; empty: the last stage.
        platform: the platform as given; empty: none.
        cache_from: references, in order.
        no_cache: whether the cache is not used.
        pull: whether every base is pulled, even if the store has it.
        is_trusted: whether the client names each base by its signed digest.
        daemon: the platform of the daemon; None: as the store reports it, see `builder_platform`.
    """

    build_args: Mapping[str, str | None] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    random_labels: frozenset[str] = frozenset()
    target: str = ""
    platform: str = ""
    cache_from: tuple[str, ...] = ()
    no_cache: bool = False
    pull: bool = False
    is_trusted: bool = False
    daemon: Platform | None = None


def references(values: Iterable[str]) -> tuple[str, ...]:
    """Return the references of all ``--cache-from`` options.

    The docker CLI accepts several in one option, separated by commas, and none in an empty one.

    Raises:
        DataError: the CLI cannot parse one, or there are more than any build has.
    """
    results: list[str] = []
    for text in values:
        try:
            results += next(csv.reader([text], strict=True), [])
        except csv.Error as error:
            raise DataError(f"--cache-from {text[:80]!r} cannot be read: {error}") from None
        if len(results) > _MAX_REFERENCES:
            raise DataError(f"there are more than {_MAX_REFERENCES:,} --cache-from references")
    return tuple(results)
