"""Differences between two builds that affect no step: nothing uses them, or the cache ignores them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from cacheview.diff.answer_causes import options_that_differ
from cacheview.diff.causes import Cause, CauseKind, CauseOrigin
from cacheview.diff.files import FileComparer
from cacheview.diff.senders import same_client
from cacheview.diff.side import BuildSide, SideKind
from cacheview.dockerfile.context.packed import IGNORE_FILE
from cacheview.model import DataError
from cacheview.stores.redact import has_placeholder

__all__ = ["other_causes"]

_READ_BY_BUILDER: Final = ("Dockerfile", IGNORE_FILE)
"""The files whose differences appear in the steps and in the other files."""


def other_causes(
    a: BuildSide, b: BuildSide, named: Collection[tuple[CauseKind, str]], *, with_files: bool
) -> Iterator[Cause]:
    """Yield the differences that are not among the causes of steps.

    Args:
        named: the `Cause.key` of these causes.
        with_files: whether to include files that no step copies.
    """
    for cause in _all(a, b, with_files=with_files):
        if cause.key not in named:
            yield cause


def _all(a: BuildSide, b: BuildSide, *, with_files: bool) -> Iterator[Cause]:
    if SideKind.IMAGE in (a.kind, b.kind):
        return
    yield from _of_mapping(CauseKind.BUILD_ARGUMENT, a.options.build_args, b.options.build_args)
    yield from _of_mapping(CauseKind.LABEL, a.options.labels, b.options.labels)
    if a.options.target != b.options.target:
        yield _requested_cause(CauseKind.OPTION, "--target", a.options.target or None, b.options.target or None)
    for name, value_a, value_b in options_that_differ(a, b):
        yield _requested_cause(CauseKind.OPTION, name, value_a, value_b)
    if with_files:
        yield from _of_files(a, b)
    if not same_client(a.client, b.client):
        yield _requested_cause(CauseKind.CLIENT, "", a.client, b.client)
    if a.store_kind is not b.store_kind and a.store_kind is not None and b.store_kind is not None:
        kinds = a.store_kind.value, b.store_kind.value
        yield Cause(CauseKind.STORE_KIND, CauseOrigin.SURROUNDINGS, "", *kinds)
    if a.release and b.release and a.release != b.release:
        yield Cause(CauseKind.RELEASE, CauseOrigin.SURROUNDINGS, "", a.release, b.release)


def _requested_cause(kind: CauseKind, name: str, a: str | None, b: str | None) -> Cause:
    return Cause(kind, CauseOrigin.REQUEST, name, a, b)


def _of_mapping(kind: CauseKind, a: Mapping[str, str | None], b: Mapping[str, str | None]) -> Iterator[Cause]:
    for name in dict.fromkeys((*a, *b)):
        if any(map(has_placeholder, (a.get(name) or "", b.get(name) or ""))):
            continue  # it is not known whether they differ
        if a.get(name) != b.get(name) or (name in a) != (name in b):
            yield _requested_cause(kind, name, a.get(name), b.get(name))


def _of_files(a: BuildSide, b: BuildSide) -> Iterator[Cause]:
    try:
        sums_a, sums_b = dict(a.all_sums()), dict(b.all_sums())
    except DataError:
        return
    for name in _READ_BY_BUILDER:
        sums_a.pop(name, None)
        sums_b.pop(name, None)
    if sums_a == sums_b:
        return
    differ = FileComparer(a, b).differ(sums_a, sums_b)
    if differ.by_client:
        return  # the client is a separate cause
    yield Cause(CauseKind.FILES, CauseOrigin.OWN, detail=differ.words)
